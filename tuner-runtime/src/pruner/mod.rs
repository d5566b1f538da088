//! Pruners: whether a trial that runs is worth going on with.
//!
//! A pruner compares the metric of the first objective, report by report, with the trials before.
//! A report's step is the fidelity: two trials are compared at the same step.

mod asha;
mod curves;
mod hyperband;
mod patience;
mod percentile;
mod threshold;
mod wilcoxon;

pub use asha::Asha;
pub use hyperband::Hyperband;
pub use patience::Patience;
pub use percentile::{Median, Percentile};
pub use threshold::Threshold;
pub use wilcoxon::Wilcoxon;

use std::sync::Arc;

use crate::trial::{History, TrialRecord};

/// What to do with a running trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// End it now, for this reason.
    Stop(String),
}

/// Judges trials while they run.
pub trait Pruner: Send + Sync {
    /// The name with every setting that the verdicts depend on, such as `median(warmup = 3)`.
    fn name(&self) -> String;

    /// Judges a trial after a report of one of its executions, which is part of the records already.
    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict;
}

impl<P: Pruner + ?Sized> Pruner for Arc<P> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        (**self).judge(trial, execution, history)
    }
}

impl<P: Pruner + ?Sized> Pruner for Box<P> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        (**self).judge(trial, execution, history)
    }
}
