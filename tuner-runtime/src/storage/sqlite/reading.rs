//! Opening for reading, which leaves nothing beside the file.
//!
//! SQLite shares a file by two others beside it, the log `-wal` and the index `-shm`, and makes those that are missing even
//! for a reader. They would belong to the reader and lock out whoever writes next. So a reader shares what is there, as it
//! is while somebody writes. Else it reads alone, and what it read counts if the files are still as they were.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::super::error::StorageError;
use super::super::new_session;
use super::fault::{Access, denied, explain, explain_io, explain_reading};
use super::setup::{FileId, beside, identity, is_ours, patient};

/// What a reader that shares nothing goes by. It outlives the connection.
pub(super) struct Alone {
    /// How the files were when it began.
    found: Found,
    /// What it reads in place of the file.
    _copy: Option<Copied>,
}

impl Alone {
    /// Whether somebody wrote since: what is read now is no moment of the file.
    pub(super) fn is_over(&self, file: &Path) -> bool {
        Found::of(file) != self.found
    }
}

/// Opens a file that is there.
pub(super) fn open(path: &Path, file: &Path) -> Result<(Connection, Option<Alone>), StorageError> {
    loop {
        let missing = |fault: io::Error| fault.kind() == io::ErrorKind::NotFound;
        if fs::metadata(file).is_err_and(missing) {
            return Err(StorageError::Missing {
                place: path.display().to_string(),
            });
        }
        let found = Found::of(file);
        let alone = || read_only(path, unshared(file).as_ref(), OpenFlags::SQLITE_OPEN_URI);
        let (connection, copy) = match found.log() {
            Log::Shared => match read_only(path, file.as_os_str(), OpenFlags::empty()) {
                // Nothing is in the log: all that there is can be read without it.
                Err(StorageError::Unreadable { .. }) if found.is_log_empty() => (alone(), None),
                opened => return Ok((opened?, None)),
            },
            Log::None => (alone(), None),
            Log::LeftBehind => {
                let copy = match Copied::of(file) {
                    // Somebody began to write meanwhile.
                    Err(_) if Found::of(file) != found => continue,
                    copy => copy?,
                };
                let name = copy.file();
                (
                    read_only(path, name.as_ref(), OpenFlags::empty()),
                    Some(copy),
                )
            }
        };
        if Found::of(file) == found {
            return Ok((connection?, Some(Alone { found, _copy: copy })));
        }
    }
}

fn read_only(path: &Path, name: &OsStr, more: OpenFlags) -> Result<Connection, StorageError> {
    let open = || -> Result<Connection, StorageError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
        let connection =
            Connection::open_with_flags(name, flags).map_err(|fault| explain(path, fault))?;
        patient(&connection).map_err(|fault| explain(path, fault))?;
        if is_ours(path, &connection)? {
            Ok(connection)
        } else {
            Err(StorageError::Empty {
                place: path.display().to_string(),
            })
        }
    };
    open().map_err(|fault| match fault {
        StorageError::ReadOnly { .. } => StorageError::Unreadable {
            place: denied(path, Access::Read).display().to_string(),
        },
        fault => fault,
    })
}

/// The name under which SQLite reads a file that nobody writes, without files beside it.
pub(super) fn unshared(file: &Path) -> String {
    use std::fmt::Write;
    let mut name = String::from("file://");
    let bytes = file.as_os_str().as_encoded_bytes();
    // A path with a drive follows a slash, and without what Windows puts before it.
    if cfg!(windows) {
        name.push('/');
    }
    for &byte in bytes.strip_prefix(br"\\?\").unwrap_or(bytes) {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b':' | b'\\' => name.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => name.push(byte.into()),
            _ => {
                let _ = write!(name, "%{byte:02x}");
            }
        }
    }
    name + "?immutable=1"
}

/// The file, its log and its index, as they were at one moment.
#[derive(PartialEq)]
struct Found([Option<Seen>; 3]);

/// Which file it was, its bytes, and when it was changed last.
type Seen = (FileId, u64, Option<SystemTime>);

/// What there is beside the file.
enum Log {
    /// Nobody writes, and nothing is left in a log.
    None,
    /// Nobody writes, and the log of somebody who did was left.
    LeftBehind,
    /// Somebody may be writing.
    Shared,
}

impl Found {
    fn of(file: &Path) -> Self {
        Self(["", "-wal", "-shm"].map(|suffix| {
            let file = beside(file, suffix);
            let data = fs::metadata(&file).ok()?;
            Some((identity(&file)?, data.len(), data.modified().ok()))
        }))
    }

    fn log(&self) -> Log {
        match &self.0 {
            [_, None, _] => Log::None,
            [_, Some(_), Some(_)] => Log::Shared,
            [_, Some(_), None] if self.is_log_empty() => Log::None,
            [_, Some(_), None] => Log::LeftBehind,
        }
    }

    fn is_log_empty(&self) -> bool {
        self.0[1].as_ref().is_none_or(|(_, bytes, _)| *bytes == 0)
    }
}

/// A copy of the file and its log, deleted with this.
struct Copied(PathBuf);

impl Copied {
    fn of(file: &Path) -> Result<Self, StorageError> {
        let folder = std::env::temp_dir().join(format!("tuner-{}", new_session()));
        make(&folder).map_err(|fault| explain_io(&folder, &fault))?;
        let copy = Self(folder);
        for suffix in ["", "-wal"] {
            let (from, to) = (beside(file, suffix), beside(&copy.file(), suffix));
            fs::copy(&from, &to).map_err(|fault| match fault.kind() {
                io::ErrorKind::PermissionDenied => explain_reading(&from, &fault),
                _ => explain_io(&to, &fault),
            })?;
        }
        Ok(copy)
    }

    fn file(&self) -> PathBuf {
        self.0.join("study.db")
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // What stays of it is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a folder for this user alone.
fn make(folder: &Path) -> io::Result<()> {
    let builder = &mut fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
    builder.create(folder)
}
