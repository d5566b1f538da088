//! What the faults of SQLite and of the file system mean to a user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use super::super::error::StorageError;
use super::PATIENCE_SECONDS;
use super::setup::{beside, file_of};

/// How long the path of a file may be for SQLite, in bytes.
const LONGEST_PATH: usize = 504;

/// What an error of SQLite means.
pub(super) fn explain(path: &Path, fault: rusqlite::Error) -> StorageError {
    let place = path.display().to_string();
    let detail = fault.sqlite_error().map(|fault| fault.extended_code);
    match fault.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageError::Full { place },
        // The file by which processes share the log could not grow.
        _ if detail == Some(ffi::SQLITE_IOERR_SHMSIZE) => StorageError::Full { place },
        Some(ErrorCode::CannotOpen) if is_too_long(&file_of(path)) => path_too_long(path),
        // It was read before: what cannot be opened are the file or its log for writing.
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            let place = denied(path, Access::Write).display().to_string();
            StorageError::ReadOnly { place }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageError::Locked {
            place,
            seconds: PATIENCE_SECONDS,
        },
        Some(ErrorCode::DatabaseCorrupt) => StorageError::Damaged {
            place,
            fault: fault.to_string(),
        },
        Some(ErrorCode::NotADatabase) => StorageError::Damaged {
            place,
            fault: "its beginning is not that of a SQLite database".to_owned(),
        },
        _ => match fault {
            // A column of another type than was written.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => StorageError::Damaged {
                place,
                fault: fault.to_string(),
            },
            _ => StorageError::Other {
                place,
                fault: fault.to_string(),
            },
        },
    }
}

/// Whether SQLite does not take the path from the root.
pub(super) fn is_too_long(file: &Path) -> bool {
    cfg!(unix) && file.as_os_str().len() > LONGEST_PATH
}

pub(super) fn path_too_long(path: &Path) -> StorageError {
    StorageError::Other {
        place: path.display().to_string(),
        fault: format!(
            "its path from the root is longer than the {LONGEST_PATH} bytes that SQLite takes; choose a shorter one"
        ),
    }
}

/// What an error of the file system means to somebody who writes.
pub(super) fn explain_io(path: &Path, fault: &io::Error) -> StorageError {
    let place = path.display().to_string();
    match fault.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StorageError::ReadOnly { place }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::Full { place },
        _ => StorageError::Other {
            place,
            fault: fault.to_string(),
        },
    }
}

/// What an error of the file system means to somebody who reads.
pub(super) fn explain_reading(path: &Path, fault: &io::Error) -> StorageError {
    match fault.kind() {
        io::ErrorKind::PermissionDenied => StorageError::Unreadable {
            place: path.display().to_string(),
        },
        _ => explain_io(path, fault),
    }
}

/// What somebody wants to do with a file.
#[derive(Clone, Copy)]
pub(super) enum Access {
    Read,
    Write,
}

/// Which of the files is in the way: another user may have left those beside it. The file itself when none of them is.
pub(super) fn denied(path: &Path, access: Access) -> PathBuf {
    let file = file_of(path);
    let mut log = ["-wal", "-shm"]
        .map(|suffix| beside(&file, suffix))
        .into_iter();
    match is_denied(&file, access) {
        true => path.to_owned(),
        false => log
            .find(|file| is_denied(file, access))
            .unwrap_or_else(|| path.to_owned()),
    }
}

/// Whether the file is there and the system does not let this process have it.
///
/// It is not opened: to close it would let go of the locks that SQLite has on it in this process.
#[cfg(unix)]
fn is_denied(file: &Path, access: Access) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let Ok(name) = std::ffi::CString::new(file.as_os_str().as_bytes()) else {
        return false;
    };
    let mode = match access {
        Access::Read => libc::R_OK,
        Access::Write => libc::W_OK,
    };
    // SAFETY: the name ends in a zero byte and lives until the call returns.
    let answer = unsafe { libc::faccessat(libc::AT_FDCWD, name.as_ptr(), mode, libc::AT_EACCESS) };
    answer != 0 && fs::symlink_metadata(file).is_ok()
}

#[cfg(not(unix))]
fn is_denied(file: &Path, access: Access) -> bool {
    let data = fs::metadata(file);
    matches!(access, Access::Write) && data.is_ok_and(|data| data.permissions().readonly())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: std::ffi::c_int) -> StorageError {
        let fault = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        explain(Path::new("study.db"), fault)
    }

    #[test]
    fn want_of_room_is_said_of_the_index_too() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            let fault = explained(code);
            assert!(matches!(fault, StorageError::Full { .. }), "{fault}");
        }
        let fault = explained(ffi::SQLITE_IOERR_READ);
        assert!(matches!(fault, StorageError::Other { .. }), "{fault}");
    }
}
