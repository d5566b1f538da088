//! Who is still there: each session holds a lock on a file of its own beside the study.
//!
//! The operating system lets go of the lock when the process ends, however it ends. So a trial
//! whose owner's file is not locked can be taken over at once, and one whose owner lives never is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::error::StorageError;
use super::super::new_session;
use super::fault::explain_io;
use super::setup::{SESSIONS, beside};

/// A session, alive until it is dropped.
pub(super) struct Session {
    name: Arc<str>,
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Session {
    pub(super) fn begin(database: &Path) -> Result<Self, StorageError> {
        let name = new_session();
        let path = file_of(database, &name);
        let begin = || -> io::Result<File> {
            let folder = folder_of(database);
            loop {
                fs::create_dir_all(&folder)?;
                #[cfg(unix)]
                let _ = share(&folder, database);
                sweep(&folder);
                let file = match File::create(&path) {
                    // Another session ended and removed the folder in between.
                    Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
                    file => file?,
                };
                file.lock()?;
                // Another session may have swept it away before it was locked.
                if path.exists() {
                    return Ok(file);
                }
            }
        };
        match begin() {
            Ok(file) => Ok(Self {
                name,
                path,
                _file: file,
            }),
            Err(fault) => Err(explain_io(&folder_of(database), &fault)),
        }
    }

    pub(super) fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // What is left behind is swept by the next session; a folder in use is not removed.
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = self.path.parent() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Whether the session holds its lock. Without certainty it counts as alive.
pub(super) fn is_alive(database: &Path, name: &str) -> bool {
    // A name from a damaged or foreign log must not lead elsewhere; nobody has none.
    if name.is_empty() || name.contains(['/', '\\', '.']) {
        return false;
    }
    match File::open(file_of(database, name)) {
        Ok(file) => file.try_lock_shared().is_err(),
        Err(fault) => fault.kind() != io::ErrorKind::NotFound,
    }
}

/// How many sessions hold their locks.
pub(super) fn count(database: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder_of(database)) else {
        return 0;
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter(|name| name.to_str().is_some_and(|name| is_alive(database, name)))
        .count()
}

/// Lets all who may write the file write the folder, as SQLite does with what it makes beside the file: what a killed process
/// leaves is in nobody's way. A folder that another user made stays as it is.
#[cfg(unix)]
fn share(folder: &Path, database: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let file = fs::metadata(database)?.permissions().mode();
    let own = fs::metadata(folder)?.permissions().mode();
    // Who may read the file may look into the folder.
    let mode = own | file & 0o666 | (file & 0o444) >> 2;
    match mode == own {
        true => Ok(()),
        false => fs::set_permissions(folder, fs::Permissions::from_mode(mode)),
    }
}

/// Removes the files of sessions that ended without doing so.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        // The lock is held until the file is gone: its session cannot take it in between.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder_of(database: &Path) -> PathBuf {
    beside(database, SESSIONS)
}

fn file_of(database: &Path, name: &str) -> PathBuf {
    folder_of(database).join(name)
}
