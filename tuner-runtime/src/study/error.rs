//! What can go wrong with a study, in words that name the value and the remedy.

use std::sync::Arc;

use crate::pruner::PrunerError;
use crate::sampler::SampleError;
use crate::space::{PointError, SpaceError};
use crate::storage::{StorageError, StudyId};
use crate::trial::{Constraint, Direction, HistoryError, State, UnknownDirection};

/// A study that cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The events cannot be stored or read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The stored events do not add up.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// There is no suggestion.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The space is faulty.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A point does not belong to the space.
    #[error(transparent)]
    Point(#[from] PointError),
    /// An objective without a direction.
    #[error(transparent)]
    Direction(#[from] UnknownDirection),
    /// No objective was given.
    #[error("the study has no objective; add .objective(\"val_loss\"), or whatever is measured")]
    NoObjective,
    /// An objective without a name.
    #[error("an objective has no name; name what is measured, such as \"val_loss\"")]
    NamelessObjective,
    /// A study of no trials.
    #[error("max_trials is 0; it is at least 1")]
    NoTrials,
    /// A constraint whose bound is no number.
    #[error("the bound of the constraint on `{constraint}` is {limit}; it is a finite number")]
    Limit {
        /// The metric.
        constraint: Arc<str>,
        /// The bound.
        limit: f64,
    },
    /// Two objectives with one name.
    #[error("the objective `{name}` is given twice; give each once")]
    TwoObjectives {
        /// The name.
        name: Arc<str>,
    },
    /// A point that fronts are measured from has not one number for each objective.
    #[error(
        "the reference {found:?} is to hold one number for each objective, in this order: {}",
        wanted.join(", ")
    )]
    Reference {
        /// The numbers as given.
        found: Vec<f64>,
        /// The objectives.
        wanted: Vec<String>,
    },
    /// The stored study is about something else.
    #[error(
        "the study `{study}` in {place} differs from what is asked for:\n  {}\n\
         To go on with it all the same, add .on_change(OnChange::Continue); to keep it, choose \
         another name; to begin anew, delete it first, as .overwrite(true) of a search does",
        differences.join("\n  ")
    )]
    Changed {
        /// The study.
        study: String,
        /// The storage.
        place: String,
        /// What differs, each in words.
        differences: Vec<String>,
    },
    /// Another session runs trials of the study, which must not be changed or deleted under it.
    #[error(
        "another session ({owner}) runs trial {number} of the study `{study}`; \
         end it first, or choose another name"
    )]
    InUse {
        /// The study.
        study: String,
        /// One of the trials.
        number: u64,
        /// The other session.
        owner: Arc<str>,
    },
    /// Other sessions have studies of the storage open. One of them may be about to run a trial.
    #[error(
        "the study `{study}` cannot be deleted: other sessions ({sessions}) have {place} open; \
         end them first (this program may be one: drop its tuner or study before), or choose \
         another name"
    )]
    IsOpen {
        /// The study.
        study: String,
        /// The storage.
        place: String,
        /// How many other sessions there are.
        sessions: usize,
    },
    /// Another session changed what the study is about, after this one had opened it. Nothing was stored.
    #[error(
        "another session went on with the study `{study}` in {place} with another space, objective, sampler, pruner or \
         seed; start this program again with the same ones, or choose another name"
    )]
    ChangedMeanwhile {
        /// The study.
        study: String,
        /// The storage.
        place: String,
    },
    /// There are as many trials as there may be.
    #[error("{}", match limit {
        1 => "the only trial has begun".to_owned(),
        limit => format!("all {limit} trials have begun"),
    })]
    Complete {
        /// The limit.
        limit: u64,
    },
    /// A running trial is to end or to be paused before the next one is known.
    #[error(
        "the next trial is known once one of those that run has ended or waits: {}; \
         one whose session ended goes on by `ask_or_resume`",
        numbers(running)
    )]
    Waiting {
        /// The trials that run.
        running: Vec<u64>,
    },
    /// A setting of the pruner makes no sense.
    #[error(transparent)]
    PrunerSetting(#[from] PrunerError),
    /// A pruner asks for what cannot be. Nothing was stored.
    #[error("the pruner {pruner} is faulty: it {fault}; mend it, or go on with another one")]
    Pruner {
        /// Its name.
        pruner: String,
        /// What it asks for.
        fault: String,
    },
    /// There is no trial of that number.
    #[error("there is no trial {number}; the study has {count}, counted from 0")]
    NoTrial {
        /// The number asked for.
        number: u64,
        /// How many there are.
        count: usize,
    },
    /// The trial was asked of another study, or of this one as it was opened elsewhere. Nothing was stored.
    #[error(
        "trial {number} was asked of the study `{asked}` and is told to another one, `{told}`, or to the same as it was \
         opened again; tell it where it was asked for"
    )]
    Foreign {
        /// The trial.
        number: u64,
        /// The study that it was asked of.
        asked: StudyId,
        /// The one that it was told to.
        told: StudyId,
    },
    /// The trial had ended before.
    #[error("trial {number} is {state} already; each trial is told once")]
    Ended {
        /// The trial.
        number: u64,
        /// How it ended.
        state: State,
    },
    /// The trial waits.
    #[error("trial {number} is paused; it is told nothing before `ask` goes on with it")]
    Paused {
        /// The trial.
        number: u64,
    },
    /// Another session runs the trial, or nobody does.
    #[error(
        "trial {number} is run {} with its number by `ask_or_resume` (over `tuner ask-tell` by `ask`)",
        match &**owner {
            "" => "by nobody: the session that ran it ended or gave it back. It comes again".to_owned(),
            owner => format!(
                "by another session, {owner}; a trial is told where it runs. Once nobody runs it, it comes again"
            ),
        }
    )]
    Owned {
        /// The trial.
        number: u64,
        /// The other session; empty where there is none any more.
        owner: Arc<str>,
    },
    /// A result without the objective.
    #[error(
        "what is measured lacks the objective `{objective}`; there is {known}. \
         Name one of them as the objective, or measure `{objective}`"
    )]
    NoValue {
        /// The objective.
        objective: Arc<str>,
        /// The names that there are.
        known: String,
    },
    /// A result without a metric that a constraint is on.
    #[error(
        "what is measured lacks `{0}`, on which there is the constraint \"{constraint}\"; there is {known}. \
         Measure `{0}` too, or put the constraint on one of those",
        constraint.name
    )]
    NotMeasured {
        /// The constraint.
        constraint: Constraint,
        /// The names that there are.
        known: String,
    },
    /// An older study has the same objective in the other direction. Nothing was stored.
    #[error(
        "the older study is to {older} `{objective}` and this one to {new} it: what was best there is \
         worst here. Start from a study of the same direction, or enqueue single configurations of it"
    )]
    OtherDirection {
        /// The objective.
        objective: Arc<str>,
        /// The direction of the older study.
        older: Direction,
        /// That of this one.
        new: Direction,
    },
    /// A note of a name that means something else.
    #[error(
        "a note named `{name}` holds what the study takes over from an older one; choose another name"
    )]
    ReservedNote {
        /// The name.
        name: Arc<str>,
    },
    /// A single number where several objectives are asked for.
    #[error(
        "the result is one number, and the study has {count} objectives ({names}); \
         give metrics by name: Metrics::new().with(..)"
    )]
    OneNumber {
        /// How many objectives there are.
        count: usize,
        /// Their names.
        names: String,
    },
}

fn numbers(all: &[u64]) -> String {
    let all: Vec<String> = all.iter().map(u64::to_string).collect();
    all.join(", ")
}

impl StudyError {
    /// Whether nothing is wrong and there is just nothing left to try.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Complete { .. } | Self::Sample(SampleError::Exhausted { .. })
        )
    }
}
