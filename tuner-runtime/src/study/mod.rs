//! Studies: asking for configurations and telling what came of them, over any storage.
//!
//! [`Core`] works on flat spaces and points; [`Study`] is the same for a Rust type.

mod change;
mod core;
mod error;
mod observer;
mod report;
mod setup;
mod typed;

pub(crate) use self::core::finished;
pub use self::core::{Asked, Core};
pub use change::differences;
pub use error::StudyError;
pub use observer::Observer;
pub use report::Report;
pub(crate) use report::check_names;
pub use setup::{OnChange, Setup};
pub use typed::{Best, Study, StudyBuilder, Trial};

use crate::math::fronts::dominates;
use crate::storage::{Storage, StorageError, StudyId};
use crate::trial::{History, TrialRecord};

/// Reads a stored study, without taking part in it.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::storage::Memory;
/// // A storage that holds no such study says which it holds.
/// let error = tuner::study::load(&Memory::new(), &"mnist".into()).unwrap_err();
/// assert!(error.to_string().contains("no study `mnist`"));
/// ```
///
/// # Errors
/// When there is no such study, or it is damaged or of a newer version.
pub fn load(storage: &dyn Storage, id: &StudyId) -> Result<History, StudyError> {
    let history = History::fold(&storage.read(id, 0)?)?;
    history.ok_or_else(|| {
        StudyError::Storage(StorageError::Damaged {
            place: storage.place(),
            fault: format!("the study `{id}` has no beginning"),
        })
    })
}

/// The numbers of the finished trials that no other one dominates in the objectives. Trials that miss a
/// constraint count only when all do.
pub fn front(history: &History) -> Vec<u64> {
    let any = history.finished().any(TrialRecord::is_feasible);
    let trials: Vec<&TrialRecord> = history
        .finished()
        .filter(|record| record.is_feasible() || !any)
        .collect();
    let scores: Vec<Vec<f64>> = trials
        .iter()
        .map(|record| {
            let pairs = history.goals().iter().zip(&record.values);
            pairs.map(|(goal, &value)| goal.score(value)).collect()
        })
        .collect();
    let beaten = |own: &[f64]| scores.iter().any(|other| dominates(other, own));
    let kept = trials.iter().zip(&scores).filter(|(_, own)| !beaten(own));
    kept.map(|(record, _)| record.number).collect()
}

/// Deletes a stored study with all its trials.
///
/// # Errors
/// [`StudyError::InUse`] when another session runs trials of it; when there is no such study, or the
/// storage fails. A study that cannot be read is deleted without asking who uses it.
pub fn delete(storage: &dyn Storage, id: &StudyId) -> Result<(), StudyError> {
    if let Ok(history) = load(storage, id) {
        refuse_if_in_use(storage, id, &history)?;
    }
    Ok(storage.delete(id)?)
}

fn refuse_if_in_use(
    storage: &dyn Storage,
    id: &StudyId,
    history: &History,
) -> Result<(), StudyError> {
    let own = storage.session()?;
    let theirs = |owner: &str| *owner != *own && storage.is_alive(owner);
    match history.running().find(|record| theirs(&record.owner)) {
        None => Ok(()),
        Some(record) => Err(StudyError::InUse {
            study: id.to_string(),
            number: record.number,
            owner: record.owner.clone(),
        }),
    }
}
