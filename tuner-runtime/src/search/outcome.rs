//! What a training run may return.

use std::fmt::Display;

use crate::study::Report;
use crate::trial::Metrics;

/// What came of a training run.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The value of the objective, or metrics by name.
    Result(Report),
    /// The metrics of every epoch, with its number. The result is those of the best one by the
    /// first objective.
    Epochs(Vec<(u64, Metrics)>),
    /// The best of what was reported, by the first objective, among the reports that keep the constraints if any does.
    Reported,
    /// No result, with the reason.
    Failed(String),
}

/// Turns what a training run returns into its outcome.
///
/// The value of the objective is an `f64`; [`Metrics`] hold several values; `()` takes the best of what
/// was reported and keeps the constraints; and each of them may come in a `Result` with any error that can be shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result of a training run",
    label = "return an f64, Metrics, the history of a training, or a Result of one of them"
)]
pub trait IntoOutcome {
    /// The outcome.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for f64 {
    fn into_outcome(self) -> Outcome {
        Outcome::Result(self.into())
    }
}

impl IntoOutcome for f32 {
    fn into_outcome(self) -> Outcome {
        Outcome::Result(self.into())
    }
}

impl IntoOutcome for Metrics {
    fn into_outcome(self) -> Outcome {
        Outcome::Result(self.into())
    }
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Reported
    }
}

impl<R: IntoOutcome, E: Display> IntoOutcome for Result<R, E> {
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(result) => result.into_outcome(),
            // The alternate form shows the causes, where an error type has them.
            Err(fault) => Outcome::Failed(format!("{fault:#}")),
        }
    }
}
