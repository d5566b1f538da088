//! Studies: asking for configurations and telling what came of them, over any storage.
//!
//! [`Core`] works on flat spaces and points; [`Study`] is the same for a Rust type.

mod change;
mod core;
mod error;
mod observer;
mod report;
mod setup;
mod trial;
mod typed;

use self::core::is_alive;
pub use self::core::{Asked, Core};
pub(crate) use self::core::{finished, paused};
pub use change::differences;
pub use error::StudyError;
pub use observer::Observer;
pub use report::Report;
pub(crate) use report::{check_constraints, check_names};
pub use setup::{OnChange, Setup};
pub use trial::{Meant, Trial};
pub use typed::{Best, Study, StudyBuilder};

use std::collections::HashSet;
use std::sync::Arc;

use crate::math::fronts::{dominates, select};
use crate::math::hypervolume as volume;
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

/// Trials in two parts: those of the front, its ends and what lies alone before the crowded parts, and the others as they come.
pub(crate) fn by_front(
    history: &History,
    trials: Vec<Arc<TrialRecord>>,
) -> (Vec<Arc<TrialRecord>>, Vec<Arc<TrialRecord>>) {
    let numbers: HashSet<u64> = front(history).into_iter().collect();
    let is_first = |trial: &Arc<TrialRecord>| numbers.contains(&trial.number);
    let (first, others): (Vec<_>, Vec<_>) = trials.into_iter().partition(is_first);
    let scores = |trial: &Arc<TrialRecord>| -> Vec<f64> {
        let pairs = history.goals().iter().zip(&trial.values);
        pairs.map(|(goal, &value)| goal.score(value)).collect()
    };
    let scores: Vec<Vec<f64>> = first.iter().map(scores).collect();
    let rows: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    let order = select(&rows, rows.len()).into_iter();
    let first = order.map(|place| first[place].clone()).collect();
    (first, others)
}

/// The hypervolume of the front: how much of the space of the objectives it is better than, up to a reference point that is
/// worse than anything of interest. All in the units of the objectives, which are multiplied. Trials that miss a constraint
/// count for nothing.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::sync::Arc;
/// use tuner::{sampler::Random, space::Space, storage::Memory, study::{self, Core, Setup}};
/// use tuner::trial::{Metrics, Objective};
/// let (space, _) = Space::from_json(&serde_json::json!([
///     {"name": "x", "type": "float", "low": 0.0, "high": 1.0},
/// ]))?;
/// let setup = Setup::new(space, Random::new())
///     .objective(Objective::minimize("loss"))
///     .objective(Objective::maximize("speed"));
/// let study = Core::open(Arc::new(Memory::new()), "trade".into(), setup)?;
/// for (loss, speed) in [(1.0, 5.0), (2.0, 8.0), (2.0, 4.0)] {
///     let number = study.ask()?.number;
///     study.tell(number, Metrics::new().with("loss", loss).with("speed", speed))?;
/// }
/// assert_eq!(study::front(&study.history()), [0, 1]);
/// // Losses below 3 and speeds above 0: a box of 2 by 5, and 1 by 3 more.
/// assert_eq!(study::hypervolume(&study.history(), &[3.0, 0.0])?, 13.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the reference does not have one number for each objective.
pub fn hypervolume(history: &History, reference: &[f64]) -> Result<f64, StudyError> {
    let goals = history.goals();
    if reference.len() != goals.len() || reference.iter().any(|x| x.is_nan()) {
        return Err(StudyError::Reference {
            found: reference.to_vec(),
            wanted: goals.iter().map(|goal| goal.name.to_string()).collect(),
        });
    }
    let scores = |values: &[f64]| -> Vec<f64> {
        let pairs = goals.iter().zip(values);
        pairs.map(|(goal, value)| goal.score(*value)).collect()
    };
    let trials = history.finished().filter(|trial| trial.is_feasible());
    let rows: Vec<f64> = trials.flat_map(|trial| scores(&trial.values)).collect();
    Ok(volume::hypervolume(&rows, &scores(reference)))
}

/// Deletes a stored study with all its trials.
///
/// # Errors
/// [`StudyError::InUse`] when another session runs trials of it, [`StudyError::IsOpen`] when one may be about to; when there
/// is no such study, or the storage fails. A study that cannot be read is deleted without asking who uses it.
pub fn delete(storage: &dyn Storage, id: &StudyId) -> Result<(), StudyError> {
    if let Ok(history) = load(storage, id) {
        refuse_if_in_use(storage, id, &history)?;
        let sessions = storage.others();
        if sessions > 0 {
            return Err(StudyError::IsOpen {
                study: id.to_string(),
                place: storage.place(),
                sessions,
            });
        }
    }
    Ok(storage.delete(id)?)
}

fn refuse_if_in_use(
    storage: &dyn Storage,
    id: &StudyId,
    history: &History,
) -> Result<(), StudyError> {
    let own = storage.session()?;
    let is_at_work = |record: &&TrialRecord| is_alive(storage, &own, &record.owner);
    match history.running().find(is_at_work) {
        None => Ok(()),
        Some(record) => Err(StudyError::InUse {
            study: id.to_string(),
            number: record.number,
            owner: record.owner.clone(),
        }),
    }
}
