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

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::trial::{Event, Seq};

/// The name of a study, unique in its storage.
///
/// As [`Storage::list`] gives it, it stands for the study that is there, and for no later one of that name. Two are equal
/// when their names are.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::storage::StudyId;
/// let any = StudyId::from("mnist");
/// let third = any.marked(3);
/// assert_eq!(any, third);
/// assert!(any.means(4) && third.means(3) && !third.means(4));
/// ```
#[derive(Debug, Clone)]
pub struct StudyId {
    name: Arc<str>,
    /// The mark of the study that is meant; `None`: whichever has the name.
    mark: Option<u64>,
}

impl StudyId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The same name, for the study with this mark alone. A storage gives each study one that it never gives again.
    #[must_use]
    pub fn marked(&self, mark: u64) -> Self {
        Self {
            name: self.name.clone(),
            mark: Some(mark),
        }
    }

    /// Whether a study of the name with this mark is meant.
    pub fn means(&self, mark: u64) -> bool {
        self.mark.is_none_or(|own| own == mark)
    }

    /// Whether one study is meant, and no other that gets its name.
    pub fn is_marked(&self) -> bool {
        self.mark.is_some()
    }
}

impl From<&str> for StudyId {
    fn from(name: &str) -> Self {
        Self {
            name: name.into(),
            mark: None,
        }
    }
}

impl From<String> for StudyId {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl PartialEq for StudyId {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for StudyId {}

impl PartialOrd for StudyId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StudyId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl Hash for StudyId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Display for StudyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(out)
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
///
/// Every method that takes a study answers [`StorageError::Gone`] to a marked name whose study is there no more.
pub trait Storage: Send + Sync {
    /// Where the events are, for messages: a path, `memory`.
    fn place(&self) -> String;

    /// Begins a study with its first event.
    ///
    /// # Errors
    /// [`StorageError::StudyExists`] when there is one of that name.
    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError>;

    /// The studies, by name, each with its mark.
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

    /// Whether a session still runs, this one included. It is named by its name, or by the owner of one of its trials.
    fn is_alive(&self, session: &str) -> bool;

    /// How many other sessions have studies of the storage open, as far as it can tell.
    fn others(&self) -> usize {
        0
    }
}

/// Stands in the name of a trial's owner between its session and the number of the study that this opened.
pub(crate) const OWNER_DIVIDER: char = '#';

/// The session that an owner belongs to.
pub(crate) fn session_of(owner: &str) -> &str {
    owner
        .split_once(OWNER_DIVIDER)
        .map_or(owner, |(session, _)| session)
}

/// A name for a session that no other has.
fn new_session() -> Arc<str> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = nanoseconds();
    format!("{:x}-{nanos:x}-{count:x}", std::process::id()).into()
}

/// The nanoseconds since 1970.
fn nanoseconds() -> u128 {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| time.as_nanos())
}
