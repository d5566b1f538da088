//! Studies in one SQLite file, which survives crashes and is shared by processes.
//!
//! The file is in WAL mode. Each event is a row with a checksum over all of it; the row of its
//! study holds, under a checksum too, how many events there are. So neither a changed nor a
//! missing event of the file goes unnoticed. Of a log (`-wal`) that a killed process left SQLite
//! takes what comes before the first damage, as after a power cut: the last events may be missing,
//! and nobody is told. A commit waits for the disk only when one of its events must survive a
//! power cut.

mod fault;
mod reading;
mod rows;
mod session;
mod setup;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::StorageError;
use super::{Decide, Guard, Storage, StudyId, nanoseconds, session_of};
use crate::trial::{Event, Seq};
use reading::Alone;
use rows::{EventRow, StudyRow, to_json};
use session::Session;
use setup::{FileId, identity};

/// How long a writer waits for another one.
const PATIENCE_SECONDS: u64 = 60;

/// Keeps events in a SQLite file.
pub struct Sqlite {
    path: PathBuf,
    /// The file whichever way it was named, beside which its sessions are.
    file: PathBuf,
    /// Which files it and its log were when it was opened.
    found: [Option<FileId>; 2],
    inner: Mutex<Inner>,
    session: OnceLock<Session>,
}

struct Inner {
    connection: Connection,
    /// Of a reader that does not share the file.
    alone: Option<Alone>,
    /// What `PRAGMA synchronous` is set to: whether a commit waits for the disk.
    flushes: bool,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sqlite")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the file, and makes it (and its folder) when there is none.
    ///
    /// # Errors
    /// When the file is damaged, of another program, of a newer version, or cannot be written.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::storage::{Sqlite, Storage};
    /// let folder = tempfile::tempdir()?;
    /// let storage = Sqlite::open(folder.path().join("study.db"))?;
    /// assert!(storage.list()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let path = path.as_ref();
        Ok(Self::around(path, setup::open(path)?, None))
    }

    /// Opens an existing file and never changes it, nor leaves anything beside it.
    ///
    /// # Errors
    /// When there is no file, or it is damaged, of another program or of a newer version.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let path = path.as_ref();
        if !setup::look_at(path)? {
            return Err(StorageError::Missing {
                place: path.display().to_string(),
            });
        }
        let (connection, alone) = reading::open(path, &setup::file_of(path))?;
        Ok(Self::around(path, connection, alone))
    }

    fn around(path: &Path, connection: Connection, alone: Option<Alone>) -> Self {
        let file = setup::file_of(path);
        Self {
            path: path.to_owned(),
            found: with_log(&file).map(|path| identity(&path)),
            file,
            inner: Mutex::new(Inner {
                connection,
                alone,
                // As `setup` leaves it.
                flushes: false,
            }),
            session: OnceLock::new(),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many sessions work on studies in the file right now, this one included if it is one.
    pub fn sessions(&self) -> usize {
        session::count(&self.file)
    }

    /// Lets the file grow to this size and no further, as a disk without room would.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn limit_bytes(&self, bytes: u64) -> Result<(), StorageError> {
        let inner = self.inner();
        let run = || -> rusqlite::Result<()> {
            let connection = &inner.connection;
            let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            let pages = (bytes / page as u64).max(1);
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        };
        run().map_err(|fault| self.error(fault))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic between statements rolls its transaction back when it is dropped.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, fault: rusqlite::Error) -> StorageError {
        fault::explain(&self.path, fault)
    }

    fn damaged(&self, fault: impl Into<String>) -> StorageError {
        StorageError::Damaged {
            place: self.place(),
            fault: fault.into(),
        }
    }

    /// Runs `work` in a transaction that is stored whole or not at all.
    fn write<R>(
        &self,
        study: &StudyId,
        flush: bool,
        work: impl FnOnce(&Connection) -> Result<R, StorageError>,
    ) -> Result<R, StorageError> {
        let mut inner = self.inner();
        let error = |fault| self.error(fault);
        if inner.flushes != flush {
            let level = if flush { "FULL" } else { "NORMAL" };
            inner
                .connection
                .pragma_update(None, "synchronous", level)
                .map_err(error)?;
            inner.flushes = flush;
        }
        // IMMEDIATE waits for other writers here, where nothing is done yet.
        let transaction = inner
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(error)?;
        let result = work(&transaction)?;
        // A file that was deleted can be written as long as it is open, and nobody finds it.
        if cfg!(unix) && with_log(&self.file).map(|path| identity(&path)) != self.found {
            return Err(StorageError::Gone {
                place: self.place(),
                study: study.to_string(),
            });
        }
        transaction.commit().map_err(error)?;
        Ok(result)
    }

    /// Runs `work` on one moment of the file.
    fn look<R>(
        &self,
        work: impl Fn(&Connection) -> Result<R, StorageError>,
    ) -> Result<R, StorageError> {
        let mut inner = self.inner();
        loop {
            let transaction = inner.connection.transaction();
            let result = transaction
                .map_err(|fault| self.error(fault))
                .and_then(|transaction| work(&transaction));
            match &inner.alone {
                Some(alone) if alone.is_over(&self.file) => {
                    (inner.connection, inner.alone) = reading::open(&self.path, &self.file)?;
                }
                _ => return result,
            }
        }
    }

    /// All studies, each checked.
    fn studies(&self, connection: &Connection) -> Result<Vec<StudyRow>, StorageError> {
        let mut query = connection
            .prepare_cached("SELECT id, name, last, checksum FROM studies")
            .map_err(|fault| self.error(fault))?;
        let rows = query.query_map([], |row| {
            let study = StudyRow {
                id: row.get(0)?,
                name: row.get(1)?,
                last: row.get(2)?,
            };
            Ok((study, row.get::<_, i64>(3)?))
        });
        let rows: Vec<(StudyRow, i64)> = rows
            .and_then(Iterator::collect)
            .map_err(|fault| self.error(fault))?;
        let mut studies = Vec::with_capacity(rows.len());
        for (study, checksum) in rows {
            if study.checksum() != checksum {
                return Err(self.damaged(format!(
                    "the entry of the study `{}` is not what was written",
                    study.name
                )));
            }
            studies.push(study);
        }
        Ok(studies)
    }

    fn study(&self, connection: &Connection, study: &StudyId) -> Result<StudyRow, StorageError> {
        let mut studies = self.studies(connection)?;
        let is_meant = |row: &StudyRow| row.name == study.as_str() && study.means(row.id as u64);
        match studies.iter().position(is_meant) {
            Some(place) => Ok(studies.swap_remove(place)),
            None => {
                let known = studies.iter().map(|row| row.name.as_str());
                Err(StorageError::no_study(self.place(), study, known))
            }
        }
    }

    fn insert(
        &self,
        connection: &Connection,
        mut study: StudyRow,
        events: &[Event],
    ) -> Result<Seq, StorageError> {
        let mut run = || -> rusqlite::Result<()> {
            let mut insert = connection.prepare_cached(
                "INSERT INTO events (study, seq, trial, decision, event, checksum) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for event in events {
                study.last += 1;
                let row = EventRow {
                    seq: study.last,
                    trial: event.trial().map(|number| number as i64),
                    decision: event.is_decision(),
                    event: to_json(event)?,
                };
                insert.execute(params![
                    study.id,
                    row.seq,
                    row.trial,
                    row.decision,
                    row.event,
                    row.checksum(study.id)
                ])?;
            }
            connection
                .prepare_cached("UPDATE studies SET last = ?2, checksum = ?3 WHERE id = ?1")?
                .execute(params![study.id, study.last, study.checksum()])?;
            Ok(())
        };
        run().map_err(|fault| self.error(fault))?;
        Ok(study.last as Seq)
    }

    fn events(
        &self,
        connection: &Connection,
        study: &StudyRow,
        after: Seq,
    ) -> Result<Vec<(Seq, Event)>, StorageError> {
        let mut query = connection
            .prepare_cached(
                "SELECT seq, trial, decision, event, checksum FROM events \
                 WHERE study = ?1 AND seq > ?2 ORDER BY seq",
            )
            .map_err(|fault| self.error(fault))?;
        let mut rows = query
            .query(params![study.id, after as i64])
            .map_err(|fault| self.error(fault))?;
        let mut events = Vec::with_capacity((study.last as usize).saturating_sub(after as usize));
        let mut expected = after as i64;
        while let Some(row) = rows.next().map_err(|fault| self.error(fault))? {
            expected += 1;
            let read = || -> rusqlite::Result<(EventRow, i64)> {
                let event = EventRow {
                    seq: row.get(0)?,
                    trial: row.get(1)?,
                    decision: row.get(2)?,
                    event: row.get(3)?,
                };
                Ok((event, row.get(4)?))
            };
            let (row, checksum) = read().map_err(|fault| self.error(fault))?;
            if row.seq != expected {
                return Err(self.damaged(format!("event {expected} of {} is missing", study.last)));
            }
            if row.checksum(study.id) != checksum {
                return Err(self.damaged(format!("event {expected} is not what was written")));
            }
            // The checksum holds: what cannot be read was written by a later version.
            let event = serde_json::from_str(&row.event).map_err(|fault| StorageError::Other {
                place: self.place(),
                fault: format!(
                    "event {expected} is of a kind that this version does not know ({fault}); \
                     use the version of tuner that wrote it, or a newer one"
                ),
            })?;
            events.push((expected as Seq, event));
        }
        if expected < study.last {
            let first = expected + 1;
            return Err(self.damaged(format!("event {first} of {} is missing", study.last)));
        }
        Ok(events)
    }
}

/// The file and its log, in which a commit is until it is moved into the file.
fn with_log(file: &Path) -> [PathBuf; 2] {
    [file.to_owned(), setup::beside(file, "-wal")]
}

impl Storage for Sqlite {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError> {
        self.write(study, true, |connection| {
            let studies = self.studies(connection)?;
            if studies.iter().any(|row| row.name == study.as_str()) {
                return Err(StorageError::StudyExists {
                    place: self.place(),
                    study: study.to_string(),
                });
            }
            let highest = studies.iter().map(|row| row.id).max().unwrap_or(0);
            let row = StudyRow {
                // By the clock, for a study that was deleted must not come back as another one.
                id: (nanoseconds() as i64).max(highest + 1),
                name: study.to_string(),
                last: 0,
            };
            connection
                .execute(
                    "INSERT INTO studies (id, name, last, checksum) VALUES (?1, ?2, ?3, ?4)",
                    params![row.id, row.name, row.last, row.checksum()],
                )
                .map_err(|fault| self.error(fault))?;
            self.insert(connection, row, std::slice::from_ref(first))
        })
    }

    fn list(&self) -> Result<Vec<StudyId>, StorageError> {
        let studies = self.look(|connection| self.studies(connection))?;
        let marked = |row: &StudyRow| StudyId::from(row.name.as_str()).marked(row.id as u64);
        let mut names: Vec<StudyId> = studies.iter().map(marked).collect();
        names.sort();
        Ok(names)
    }

    fn delete(&self, study: &StudyId) -> Result<(), StorageError> {
        self.write(study, true, |connection| {
            let row = self.study(connection, study)?;
            let run = || -> rusqlite::Result<()> {
                connection.execute("DELETE FROM events WHERE study = ?1", [row.id])?;
                connection.execute("DELETE FROM studies WHERE id = ?1", [row.id])?;
                Ok(())
            };
            run().map_err(|fault| self.error(fault))
        })
    }

    fn append(&self, study: &StudyId, guard: Guard, events: &[Event]) -> Result<Seq, StorageError> {
        let flush = events.iter().any(Event::is_durable);
        self.write(study, flush, |connection| {
            let row = self.study(connection, study)?;
            let found = match guard {
                Guard::None => Ok(None),
                Guard::Decision(seq) => connection
                    .prepare_cached(
                        "SELECT 1 FROM events WHERE study = ?1 AND seq > ?2 AND decision LIMIT 1",
                    )
                    .and_then(|mut query| {
                        query
                            .query_row(params![row.id, seq as i64], |_| Ok(()))
                            .optional()
                    }),
                Guard::Trial(number, seq) => connection
                    .prepare_cached(
                        "SELECT 1 FROM events WHERE study = ?1 AND seq > ?2 AND trial = ?3 LIMIT 1",
                    )
                    .and_then(|mut query| {
                        query
                            .query_row(params![row.id, seq as i64, number as i64], |_| Ok(()))
                            .optional()
                    }),
            };
            if found.map_err(|fault| self.error(fault))?.is_some() {
                return Err(StorageError::Conflict);
            }
            self.insert(connection, row, events)
        })
    }

    fn read(&self, study: &StudyId, after: Seq) -> Result<Vec<(Seq, Event)>, StorageError> {
        // One transaction, so that the count and the events are of the same moment.
        self.look(|connection| {
            let row = self.study(connection, study)?;
            self.events(connection, &row, after)
        })
    }

    fn decide(
        &self,
        study: &StudyId,
        after: Seq,
        decide: &mut Decide<'_>,
    ) -> Result<Seq, StorageError> {
        self.write(study, true, |connection| {
            let row = self.study(connection, study)?;
            let news = self.events(connection, &row, after)?;
            self.insert(connection, row, &decide(&news))
        })
    }

    fn session(&self) -> Result<Arc<str>, StorageError> {
        if let Some(session) = self.session.get() {
            return Ok(session.name());
        }
        let session = Session::begin(&self.file)?;
        // Of two threads one is first; the other's session ends unused.
        Ok(self.session.get_or_init(|| session).name())
    }

    fn is_alive(&self, session: &str) -> bool {
        let (session, own) = (session_of(session), self.session.get());
        own.is_some_and(|own| *own.name() == *session) || session::is_alive(&self.file, session)
    }

    fn others(&self) -> usize {
        let own = usize::from(self.session.get().is_some());
        self.sessions().saturating_sub(own)
    }
}
