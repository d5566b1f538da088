//! Opening the file: whose it is, and which version.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{self, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};

use super::super::error::StorageError;
use super::PATIENCE_SECONDS;
use super::fault::{explain, explain_io, explain_reading, is_too_long, path_too_long};
use super::reading;

/// A file, whichever path it has.
#[cfg(unix)]
pub(super) type FileId = (u64, u64);

/// A file: while it is open, it can be neither deleted nor replaced.
#[cfg(not(unix))]
pub(super) type FileId = PathBuf;

/// What the folder of the sessions is called beside the file. No other of its files has a longer name.
pub(super) const SESSIONS: &str = "-sessions";

const IS_FOLDER: &str = "it is a folder; name a file in it, such as study.db";

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
    let file = nameable(path)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|fault| explain_io(folder, &fault))?;
    }
    refuse_long_name(path, &file)?;
    look_at(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(file, flags).map_err(|fault| explain(path, fault))?;
    // SQLite opens it all the same, and the files that it made beside it would lock out who may write.
    if connection.is_readonly(MAIN_DB).unwrap_or(false) {
        return Err(StorageError::ReadOnly {
            place: path.display().to_string(),
        });
    }
    patient(&connection).map_err(|fault| explain(path, fault))?;
    if !is_ours(path, &connection)? {
        create(&mut connection).map_err(|fault| explain(path, fault))?;
        is_ours(path, &connection)?;
    }
    let prepare = || -> rusqlite::Result<()> {
        enter_wal(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // Opens the log, which is there from now on.
        connection.query_row("SELECT count(*) FROM studies", [], |_| Ok(()))
    };
    prepare().map_err(|fault| explain(path, fault))?;
    Ok(connection)
}

/// The file whichever way it was named.
pub(super) fn file_of(path: &Path) -> PathBuf {
    let file = fs::canonicalize(path).or_else(|_| path::absolute(path));
    file.unwrap_or_else(|_| path.to_owned())
}

/// What has the name of the file and more: the files that belong to it.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Which file has the path right now; `None`: there is none.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let data = fs::metadata(path).ok()?;
    Some((data.dev(), data.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<FileId> {
    fs::canonicalize(path).ok()
}

/// The path from the root: SQLite takes `:memory:` and `file:..` for something other than a path.
fn nameable(path: &Path) -> Result<PathBuf, StorageError> {
    let fault = |fault: &str| StorageError::Other {
        place: format!("the path `{}`", path.display()),
        fault: fault.to_owned(),
    };
    let bytes = path.as_os_str().as_encoded_bytes();
    match bytes.last() {
        None => Err(fault("it is empty; name a file")),
        Some(&last) if path::is_separator(last.into()) => Err(fault(IS_FOLDER)),
        Some(_) => path::absolute(path).map_err(|cause| explain_io(path, &cause)),
    }
}

/// Refuses a name to which the system lets nothing be added, before there is a file of it.
fn refuse_long_name(path: &Path, file: &Path) -> Result<(), StorageError> {
    if is_too_long(file) {
        return Err(path_too_long(path));
    }
    match fs::symlink_metadata(beside(file, SESSIONS)) {
        Err(fault) if fault.kind() == io::ErrorKind::InvalidFilename => Err(StorageError::Other {
            place: path.display().to_string(),
            fault: format!(
                "its name is too long: `{SESSIONS}` is added to it; choose a shorter one"
            ),
        }),
        _ => Ok(()),
    }
}

pub(super) fn patient(connection: &Connection) -> rusqlite::Result<()> {
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

/// Looks at the first bytes, before SQLite may touch a file that is not ours; whether there is a file.
pub(super) fn look_at(path: &Path) -> Result<bool, StorageError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let foreign = |found: &str| StorageError::Foreign {
        place: path.display().to_string(),
        found: found.to_owned(),
    };
    let mut head = Vec::new();
    let data = match fs::metadata(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(false),
        data => data.map_err(|fault| explain_reading(path, &fault))?,
    };
    if data.is_dir() {
        return Err(StorageError::Other {
            place: path.display().to_string(),
            fault: IS_FOLDER.to_owned(),
        });
    }
    // To open a pipe would wait for somebody who writes.
    if !data.is_file() {
        return Err(foreign("a pipe or a device"));
    }
    // By a connection: to close a file of one's own drops the locks that SQLite holds on it for the whole process.
    if let Ok(id) = application_id(path) {
        return match id == 0 || id == i64::from(APPLICATION_ID) {
            true => Ok(true),
            false => Err(foreign("a database of another program")),
        };
    }
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut head));
    match read {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(fault) => return Err(explain_reading(path, &fault)),
        Ok(0) => return Ok(true),
        Ok(_) => {}
    }
    if !head.starts_with(MAGIC) {
        return Err(foreign("it is no SQLite database"));
    }
    match head.get(68..72) {
        Some(id) if id == APPLICATION_ID.to_be_bytes() || id == [0; 4] => Ok(true),
        Some(_) => Err(foreign("a database of another program")),
        None => Err(foreign("a SQLite database cut short")),
    }
}

/// Whose database a file is, for one that SQLite takes for a database.
fn application_id(path: &Path) -> rusqlite::Result<i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let connection = Connection::open_with_flags(reading::unshared(&file), flags)?;
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

/// Whether the file holds our tables, in a version that we read; `false` when it holds nothing.
pub(super) fn is_ours(path: &Path, connection: &Connection) -> Result<bool, StorageError> {
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
