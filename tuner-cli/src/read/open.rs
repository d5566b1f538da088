//! Finding studies: a file, or a folder that holds `study.db`.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tuner_runtime::storage::{Sqlite, Storage, StorageError, StudyId};
use tuner_runtime::study;
use tuner_runtime::trial::History;
use tuner_runtime::trial::text::one_line;

use crate::args::Target;

/// There is no study where one is looked for. A search may be about to begin it.
#[derive(Debug)]
struct NotYet(String);

impl fmt::Display for NotYet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Error for NotYet {}

/// Whether a fault is that there is no study, or no file, yet.
pub(super) fn is_not_yet(fault: &(dyn Error + 'static)) -> bool {
    let is_none = |fault: &StorageError| {
        matches!(
            fault,
            StorageError::Missing { .. }
                | StorageError::Empty { .. }
                | StorageError::NoStudy { .. }
        )
    };
    fault.is::<NotYet>() || fault.downcast_ref().is_some_and(is_none)
}

/// The name of the file in the folder of a project.
const FILE: &str = "study.db";

/// Everything that is stored of a study.
pub(super) fn history(target: &Target) -> Result<History, Box<dyn Error>> {
    let (storage, id) = study(target)?;
    Ok(study::load(&storage, &id)?)
}

/// The file of a study, and which of its studies is meant.
pub(super) fn study(target: &Target) -> Result<(Sqlite, StudyId), Box<dyn Error>> {
    let storage = Sqlite::open_read_only(file(&target.path)?)?;
    let mut ids = storage.list()?;
    if let Some(name) = &target.name {
        let named = ids.into_iter().find(|id| id.as_str() == name);
        return Ok((storage, named.unwrap_or(name.as_str().into())));
    }
    match ids.len() {
        1 => Ok((storage, ids.remove(0))),
        0 => Err(NotYet(format!("{} holds no study yet", storage.place())).into()),
        _ => {
            let (place, names) = (storage.place(), names(&ids));
            Err(format!("{place} holds the studies {names}; name one with --name").into())
        }
    }
}

/// Studies by their names, as they stand in a sentence.
pub(super) fn names(ids: &[StudyId]) -> String {
    let names: Vec<String> = ids
        .iter()
        .map(|id| format!("`{}`", one_line(id.as_str())))
        .collect();
    names.join(", ")
}

fn file(path: &Path) -> Result<PathBuf, NotYet> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let file = path.join(FILE);
    if file.is_file() {
        return Ok(file);
    }
    let path = path.display();
    Err(NotYet(format!(
        "the folder {path} holds no {FILE}; `tuner studies {path}` lists those below it"
    )))
}

/// The folder that a project has if its study is in the file; `None`: no search stores studies in files of that name.
pub(super) fn project(storage: &Sqlite) -> Option<PathBuf> {
    let path = fs::canonicalize(storage.path()).ok()?;
    let is_its = path.file_name()? == FILE;
    path.parent().filter(|_| is_its).map(Path::to_owned)
}

/// The file itself, or all study files below a folder, by path; and which folders cannot be read.
pub(super) fn files(path: &Path) -> (Vec<PathBuf>, Vec<String>) {
    if !path.is_dir() {
        return (vec![path.to_owned()], Vec::new());
    }
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut look = || -> io::Result<()> {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                // Links are not followed: they may lead back up.
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if entry.file_name() == FILE {
                    found.push(entry.path());
                }
            }
            Ok(())
        };
        if let Err(fault) = look() {
            faults.push(format!("{}: {fault}", folder.display()));
        }
    }
    found.sort();
    (found, faults)
}
