//! Storages: append-only lists of events, one for each study.
//!
//! A storage knows nothing of what the events mean beyond which of them are decisions, which must
//! survive a power cut, and which trial they are about.

mod error;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use error::StorageError;
pub use memory::Memory;
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;

use std::fmt;
use std::sync::Arc;

use crate::trial::{Event, Seq};

/// The name of a study, unique in its storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(Arc<str>);

impl StudyId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StudyId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for StudyId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for StudyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// What must not have happened meanwhile for an append to take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anything may have.
    None,
    /// No decision after this event. Reports and results do not matter.
    Decision(Seq),
    /// Nothing of this trial after this event.
    Trial(u64, Seq),
}

impl Guard {
    /// Whether an event that came after what the writer knew forbids the append.
    pub fn forbids(self, seq: Seq, decision: bool, trial: Option<u64>) -> bool {
        match self {
            Self::None => false,
            Self::Decision(known) => seq > known && decision,
            Self::Trial(number, known) => seq > known && trial == Some(number),
        }
    }
}

/// What a writer that holds the lock appends, given what happened since it looked last.
pub type Decide<'a> = dyn FnMut(&[(Seq, Event)]) -> Vec<Event> + 'a;

/// Keeps the events of studies, and lets any number of threads and processes add to them.
pub trait Storage: Send + Sync {
    /// Where the events are, for messages: a path, `memory`.
    fn place(&self) -> String;

    /// Begins a study with its first event.
    ///
    /// # Errors
    /// [`StorageError::StudyExists`] when there is one of that name.
    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError>;

    /// The studies, by name.
    ///
    /// # Errors
    /// When the storage cannot be read.
    fn list(&self) -> Result<Vec<StudyId>, StorageError>;

    /// Deletes a study with all its events.
    ///
    /// # Errors
    /// [`StorageError::NoStudy`] when there is none of that name.
    fn delete(&self, study: &StudyId) -> Result<(), StorageError>;

    /// Adds events, all or none, and returns the place of the last one (0 in an empty study). Events that must
    /// survive a power cut do so when this returns.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the guard forbids it: read what happened, and decide again.
    fn append(&self, study: &StudyId, guard: Guard, events: &[Event]) -> Result<Seq, StorageError>;

    /// The events after a place, in order; from the first with 0.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when an event is not what was written.
    fn read(&self, study: &StudyId, after: Seq) -> Result<Vec<(Seq, Event)>, StorageError>;

    /// Keeps all other writers out while `decide` looks at the events after a place and answers
    /// with those to add. Returns the place of the last event.
    ///
    /// # Errors
    /// As for [`Storage::read`] and [`Storage::append`]; nothing is added then.
    fn decide(
        &self,
        study: &StudyId,
        after: Seq,
        decide: &mut Decide<'_>,
    ) -> Result<Seq, StorageError>;

    /// The name of this session, the owner of the trials that it begins.
    ///
    /// # Errors
    /// When the session cannot be announced to others.
    fn session(&self) -> Result<Arc<str>, StorageError>;

    /// Whether a session of that name still runs, this one included.
    fn is_alive(&self, session: &str) -> bool;
}

/// A name for a session that no other has.
fn new_session() -> Arc<str> {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{SystemTime, UNIX_EPOCH};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |time| time.as_nanos());
    format!("{:x}-{nanos:x}-{count:x}", std::process::id()).into()
}
