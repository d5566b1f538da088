//! Studies that live as long as the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::StorageError;
use super::{Decide, Guard, Storage, StudyId, new_session, session_of};
use crate::trial::{Event, Seq};

/// Keeps events in memory.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::storage::{Memory, Storage};
/// assert!(Memory::new().list()?.is_empty());
/// # Ok::<(), tuner::storage::StorageError>(())
/// ```
#[derive(Debug)]
pub struct Memory {
    studies: Mutex<Studies>,
    /// How many studies were ever begun.
    begun: AtomicU64,
    session: Arc<str>,
}

type Studies = BTreeMap<StudyId, Stored>;

#[derive(Debug)]
struct Stored {
    mark: u64,
    events: Vec<Event>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// A storage without studies.
    pub fn new() -> Self {
        Self {
            studies: Mutex::default(),
            begun: AtomicU64::new(0),
            session: new_session(),
        }
    }

    fn studies(&self) -> MutexGuard<'_, Studies> {
        // Every change is a single push or extend: a panic elsewhere leaves nothing half done.
        self.studies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missing(&self, study: &StudyId, studies: &Studies) -> StorageError {
        let known = studies.keys().map(StudyId::as_str);
        StorageError::no_study(self.place(), study, known)
    }
}

/// The events of the study that is meant.
fn find<'s>(studies: &'s mut Studies, study: &StudyId) -> Option<&'s mut Vec<Event>> {
    let stored = studies.get_mut(study)?;
    study.means(stored.mark).then_some(&mut stored.events)
}

/// The events after a place, with their own places.
fn after(events: &[Event], seq: Seq) -> impl Iterator<Item = (Seq, &Event)> {
    let from = usize::try_from(seq).unwrap_or(usize::MAX);
    let numbered = (1..).zip(events.iter());
    numbered.skip(from)
}

impl Storage for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError> {
        let mut studies = self.studies();
        if studies.contains_key(study) {
            return Err(StorageError::StudyExists {
                place: self.place(),
                study: study.to_string(),
            });
        }
        let stored = Stored {
            mark: self.begun.fetch_add(1, Ordering::Relaxed),
            events: vec![first.clone()],
        };
        studies.insert(study.clone(), stored);
        Ok(1)
    }

    fn list(&self) -> Result<Vec<StudyId>, StorageError> {
        let studies = self.studies();
        let marked = studies.iter().map(|(id, stored)| id.marked(stored.mark));
        Ok(marked.collect())
    }

    fn delete(&self, study: &StudyId) -> Result<(), StorageError> {
        let mut studies = self.studies();
        if find(&mut studies, study).is_none() {
            return Err(self.missing(study, &studies));
        }
        studies.remove(study);
        Ok(())
    }

    fn append(&self, study: &StudyId, guard: Guard, events: &[Event]) -> Result<Seq, StorageError> {
        let mut studies = self.studies();
        let Some(stored) = find(&mut studies, study) else {
            return Err(self.missing(study, &studies));
        };
        let known = match guard {
            Guard::None => stored.len() as Seq,
            Guard::Decision(seq) | Guard::Trial(_, seq) => seq,
        };
        let forbidden = after(stored, known)
            .any(|(seq, event)| guard.forbids(seq, event.is_decision(), event.trial()));
        if forbidden {
            return Err(StorageError::Conflict);
        }
        stored.extend_from_slice(events);
        Ok(stored.len() as Seq)
    }

    fn read(&self, study: &StudyId, seq: Seq) -> Result<Vec<(Seq, Event)>, StorageError> {
        let mut studies = self.studies();
        match find(&mut studies, study) {
            Some(stored) => Ok(after(stored, seq)
                .map(|(seq, event)| (seq, event.clone()))
                .collect()),
            None => Err(self.missing(study, &studies)),
        }
    }

    fn decide(
        &self,
        study: &StudyId,
        seq: Seq,
        decide: &mut Decide<'_>,
    ) -> Result<Seq, StorageError> {
        let mut studies = self.studies();
        let Some(stored) = find(&mut studies, study) else {
            return Err(self.missing(study, &studies));
        };
        let news: Vec<(Seq, Event)> = after(stored, seq)
            .map(|(seq, event)| (seq, event.clone()))
            .collect();
        stored.extend(decide(&news));
        Ok(stored.len() as Seq)
    }

    fn session(&self) -> Result<Arc<str>, StorageError> {
        Ok(self.session.clone())
    }

    fn is_alive(&self, session: &str) -> bool {
        *session_of(session) == *self.session
    }
}
