//! Opening the file: whose it is, which version, and what its faults mean.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::super::error::StorageError;
use super::PATIENCE_SECONDS;

/// Marks the file as ours: "tunr".
const APPLICATION_ID: i32 = 0x7475_6e72;

/// The version of the tables.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE studies (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        last INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    );
    CREATE TABLE events (
        study INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        trial INTEGER,
        decision INTEGER NOT NULL,
        event TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (study, seq)
    ) WITHOUT ROWID;
";

pub(super) fn open(path: &Path) -> Result<Connection, StorageError> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(|fault| explain_io(folder, &fault))?;
    }
    look_at(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|fault| explain(path, fault))?;
    patient(&connection).map_err(|fault| explain(path, fault))?;
    if !is_ours(path, &connection)? {
        create(&mut connection).map_err(|fault| explain(path, fault))?;
        is_ours(path, &connection)?;
    }
    let prepare = || -> rusqlite::Result<()> {
        enter_wal(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cell_size_check", true)
    };
    prepare().map_err(|fault| explain(path, fault))?;
    Ok(connection)
}

pub(super) fn open_read_only(path: &Path) -> Result<Connection, StorageError> {
    if !path.is_file() {
        return Err(StorageError::Missing {
            place: path.display().to_string(),
        });
    }
    look_at(path)?;
    match read_only(path, path.as_os_str(), OpenFlags::empty()) {
        // Sharing needs files beside it, which cannot be made there. Where there is no log nobody
        // writes, and nothing has to be shared.
        Err(fault @ StorageError::ReadOnly { .. }) => match unshared(path) {
            Some(uri) => read_only(path, uri.as_ref(), OpenFlags::SQLITE_OPEN_URI),
            None => Err(fault),
        },
        opened => opened,
    }
}

fn read_only(path: &Path, name: &OsStr, more: OpenFlags) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection =
        Connection::open_with_flags(name, flags).map_err(|fault| explain(path, fault))?;
    patient(&connection).map_err(|fault| explain(path, fault))?;
    if is_ours(path, &connection)? {
        Ok(connection)
    } else {
        Err(StorageError::Foreign {
            place: path.display().to_string(),
            found: "an empty database".to_owned(),
        })
    }
}

/// The name under which SQLite reads a file that nobody writes, without files beside it.
fn unshared(path: &Path) -> Option<String> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let path = path.to_str()?.replace('%', "%25").replace('?', "%3f");
    Some(format!("file:{}?immutable=1", path.replace('#', "%23")))
}

fn patient(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(PATIENCE_SECONDS))
}

/// Puts the file into WAL mode, once no other opener reads it.
///
/// SQLite does not wait by itself here: two openers that each hold a read lock and want the
/// exclusive one would wait for each other.
fn enter_wal(connection: &Connection) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    let end = Instant::now() + Duration::from_secs(PATIENCE_SECONDS);
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(fault)
                if fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < end =>
            {
                thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Looks at the first bytes, before SQLite may touch a file that is not ours.
fn look_at(path: &Path) -> Result<(), StorageError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut head));
    match read {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(fault) if fault.kind() == io::ErrorKind::PermissionDenied => {
            return Err(StorageError::Unreadable {
                place: path.display().to_string(),
            });
        }
        Err(fault) => return Err(explain_io(path, &fault)),
        Ok(0) => return Ok(()),
        Ok(_) => {}
    }
    let foreign = |found: &str| StorageError::Foreign {
        place: path.display().to_string(),
        found: found.to_owned(),
    };
    if !head.starts_with(MAGIC) {
        return Err(foreign("it is no SQLite database"));
    }
    match head.get(68..72) {
        Some(id) if id == APPLICATION_ID.to_be_bytes() || id == [0; 4] => Ok(()),
        Some(_) => Err(foreign("a database of another program")),
        None => Err(foreign("a SQLite database cut short")),
    }
}

/// Whether the file holds our tables, in a version that we read; `false` when it holds nothing.
fn is_ours(path: &Path, connection: &Connection) -> Result<bool, StorageError> {
    // One transaction: another process may be making the tables right now.
    let transaction = connection
        .unchecked_transaction()
        .map_err(|fault| explain(path, fault))?;
    let number = |query: &str| -> Result<i64, StorageError> {
        transaction
            .query_row(query, [], |row| row.get(0))
            .map_err(|fault| explain(path, fault))
    };
    let place = || path.display().to_string();
    // The pragma alone would not take the lock that keeps both answers of one moment.
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let id = number("PRAGMA application_id")?;
    if id != i64::from(APPLICATION_ID) {
        if id == 0 && tables == 0 {
            return Ok(false);
        }
        return Err(StorageError::Foreign {
            place: place(),
            found: "a database of another program".to_owned(),
        });
    }
    match number("PRAGMA user_version")? {
        VERSION => {}
        found if found > VERSION => {
            return Err(StorageError::Newer {
                place: place(),
                found,
                supported: VERSION,
            });
        }
        found => {
            return Err(StorageError::Damaged {
                place: place(),
                fault: format!("it says to have the version {found}, which there never was"),
            });
        }
    }
    // The only study may be missing from a damaged table while its events are there.
    let lost = "SELECT EXISTS (SELECT 1 FROM events) AND NOT EXISTS (SELECT 1 FROM studies)";
    if number(lost)? == 1 {
        return Err(StorageError::Damaged {
            place: place(),
            fault: "there are events, and no study that they belong to".to_owned(),
        });
    }
    Ok(true)
}

/// Makes the tables, before the file is put into WAL mode, so that its first page says whose it is.
fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let query = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = transaction.query_row(query, [], |row| row.get(0))?;
    // Another process may have been first.
    if tables == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute_batch(TABLES)?;
    }
    transaction.commit()
}

/// What an error of SQLite means to a user.
pub(super) fn explain(path: &Path, fault: rusqlite::Error) -> StorageError {
    let place = path.display().to_string();
    match fault.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageError::Full { place },
        // It was read before: what cannot be opened are the file or its log for writing.
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
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

/// What an error of the file system means to a user.
pub(super) fn explain_io(path: &Path, fault: &io::Error) -> StorageError {
    let place = path.display().to_string();
    match fault.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StorageError::ReadOnly { place }
        }
        io::ErrorKind::StorageFull => StorageError::Full { place },
        _ => StorageError::Other {
            place,
            fault: fault.to_string(),
        },
    }
}
