//! Everything that can happen to a study, as it is stored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::goal::{Constraint, Goal};
use super::metrics::Metrics;
use crate::space::Point;

/// The version of the events that this build writes. A build reads its own and all older ones.
pub const FORMAT: u32 = 3;

/// The place of an event in its study: 1 for the first, each next one is one more.
pub type Seq = u64;

/// What a study is about: all that a later session must agree with to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudySpec {
    /// The version of the events, [`FORMAT`].
    pub format: u32,
    /// What every random number of the study follows from.
    pub seed: u64,
    /// The flat space, as [`Space::to_json`](crate::space::Space::to_json) writes it.
    pub space: Json,
    /// The objectives, at least one; the first decides where a single one is asked for.
    pub goals: Vec<Goal>,
    /// The constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// The sampler with the settings that its suggestions depend on.
    pub sampler: String,
    /// The pruner with its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruner: Option<String>,
}

/// Where the point of a trial comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The sampler.
    Suggested,
    /// The user's queue.
    Enqueued,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With a result: the mean of each metric over the executions.
    Finished {
        /// The means.
        metrics: Metrics,
    },
    /// Stopped early, because it did not promise enough or took too long.
    Pruned {
        /// Why.
        message: String,
    },
    /// Without a result.
    Failed {
        /// Why.
        message: String,
    },
}

/// One thing that happened. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The study began. The first event, and only there.
    StudyCreated {
        /// What it is about.
        spec: StudySpec,
        /// When.
        at: u64,
    },
    /// The study goes on with another space, objective, sampler or seed.
    StudyChanged {
        /// What it is about from here on.
        spec: StudySpec,
        /// When.
        at: u64,
    },
    /// A point waits to be tried before the sampler is asked again.
    TrialEnqueued {
        /// The point.
        point: Point,
    },
    /// A trial began: its point is decided.
    TrialStarted {
        /// The trial, counted from 0.
        number: u64,
        /// Its point.
        point: Point,
        /// Where the point comes from.
        origin: Origin,
        /// What the sampler must remember.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memo: Option<Arc<Json>>,
        /// The step after which it waits to be promoted; `None`: it runs to its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
        /// The last event that the suggestion took into account.
        seen: Seq,
        /// The session that runs it.
        owner: Arc<str>,
        /// When.
        at: u64,
    },
    /// A trial waits: it may be promoted, or dropped.
    TrialPaused {
        /// The trial.
        number: u64,
        /// The training run that waits.
        execution: u64,
        /// How long it ran since it began or went on.
        seconds: f64,
        /// When.
        at: u64,
    },
    /// A trial that waited goes on.
    TrialPromoted {
        /// The trial.
        number: u64,
        /// The step after which it waits again; `None`: it runs to its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
        /// The session that runs it from here on.
        owner: Arc<str>,
        /// When.
        at: u64,
    },
    /// Trials that waited are pruned: others were promoted.
    TrialsDropped {
        /// The trials.
        numbers: Vec<u64>,
        /// Why.
        message: String,
        /// When.
        at: u64,
    },
    /// Another session goes on with a trial whose own session ended.
    TrialResumed {
        /// The trial.
        number: u64,
        /// The session that runs it from here on.
        owner: Arc<str>,
        /// When.
        at: u64,
    },
    /// The session that ran a trial left it before its end: it is nobody's until it is resumed.
    TrialReleased {
        /// The trial.
        number: u64,
        /// The training run that was left.
        execution: u64,
        /// How long it ran since it began.
        seconds: f64,
        /// When.
        at: u64,
    },
    /// A training run began, or began again.
    ExecutionStarted {
        /// The trial.
        trial: u64,
        /// The execution, counted from 0 within the trial.
        execution: u64,
        /// The seed that it trains with.
        seed: u64,
        /// When.
        at: u64,
    },
    /// A training run reported what it measured so far.
    Reported {
        /// The trial.
        trial: u64,
        /// The execution.
        execution: u64,
        /// The epoch, or whatever the program counts.
        step: u64,
        /// What was measured.
        metrics: Metrics,
    },
    /// A training run ended with a result.
    ExecutionFinished {
        /// The trial.
        trial: u64,
        /// The execution.
        execution: u64,
        /// The result.
        metrics: Metrics,
        /// How long it ran.
        seconds: f64,
    },
    /// A training run ended early, on request.
    ExecutionPruned {
        /// The trial.
        trial: u64,
        /// The execution.
        execution: u64,
        /// Why.
        message: String,
        /// How long it ran.
        seconds: f64,
    },
    /// A training run ended without a result. It may be tried again.
    ExecutionFailed {
        /// The trial.
        trial: u64,
        /// The execution.
        execution: u64,
        /// Why.
        message: String,
        /// How long it ran.
        seconds: f64,
    },
    /// A trial ended.
    TrialFinished {
        /// The trial.
        number: u64,
        /// How.
        outcome: Outcome,
        /// When.
        at: u64,
    },
    /// The user noted something about a trial or about the study.
    AttributeSet {
        /// The trial; `None` for the study.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trial: Option<u64>,
        /// The name of the note.
        name: Arc<str>,
        /// The note; null removes it.
        value: Json,
    },
}

impl Event {
    /// Whether others that decide what happens next must know of it first.
    pub fn is_decision(&self) -> bool {
        matches!(
            self,
            Self::StudyCreated { .. }
                | Self::StudyChanged { .. }
                | Self::TrialStarted { .. }
                | Self::TrialResumed { .. }
                | Self::TrialPromoted { .. }
                | Self::TrialsDropped { .. }
        )
    }

    /// Whether it must survive a power cut once it is stored. What came before it does then too.
    pub fn is_durable(&self) -> bool {
        matches!(
            self,
            Self::StudyCreated { .. }
                | Self::StudyChanged { .. }
                | Self::ExecutionFinished { .. }
                | Self::TrialFinished { .. }
        )
    }

    /// The trial that it is about; `None` when that is the study, or several trials.
    pub fn trial(&self) -> Option<u64> {
        match self {
            Self::StudyCreated { .. }
            | Self::StudyChanged { .. }
            | Self::TrialEnqueued { .. }
            | Self::TrialsDropped { .. } => None,
            Self::TrialStarted { number, .. }
            | Self::TrialResumed { number, .. }
            | Self::TrialReleased { number, .. }
            | Self::TrialPaused { number, .. }
            | Self::TrialPromoted { number, .. }
            | Self::TrialFinished { number, .. } => Some(*number),
            Self::ExecutionStarted { trial, .. }
            | Self::Reported { trial, .. }
            | Self::ExecutionFinished { trial, .. }
            | Self::ExecutionPruned { trial, .. }
            | Self::ExecutionFailed { trial, .. } => Some(*trial),
            Self::AttributeSet { trial, .. } => *trial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_back_from_json() {
        let point: Point = serde_json::from_str(r#"{"rate": 0.1, "layers": 3}"#).unwrap();
        let events = [
            Event::TrialStarted {
                number: 3,
                point,
                origin: Origin::Suggested,
                memo: Some(Arc::new(serde_json::json!({"next": 4}))),
                until: Some(9),
                seen: 17,
                owner: "a".into(),
                at: 1,
            },
            Event::TrialPromoted {
                number: 3,
                until: Some(27),
                owner: "a".into(),
                at: 2,
            },
            Event::Reported {
                trial: 3,
                execution: 1,
                step: 2,
                metrics: Metrics::new().with("loss", f64::NAN),
            },
            Event::TrialFinished {
                number: 3,
                outcome: Outcome::Failed {
                    message: "out of memory".to_owned(),
                },
                at: 2,
            },
        ];
        for event in events {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(
                serde_json::from_str::<Event>(&text).unwrap(),
                event,
                "{text}"
            );
            assert_eq!(event.trial(), Some(3));
        }
    }
}
