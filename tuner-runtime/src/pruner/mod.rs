//! Pruners: whether a trial that runs is worth going on with, and which one that waits goes on next.
//!
//! A pruner compares the metric of the first objective, report by report, with the trials before.
//! A report's step is the fidelity: two trials are compared at the same step.

mod asha;
mod curves;
mod error;
mod hyperband;
mod patience;
mod percentile;
mod rungs;
mod threshold;
mod wilcoxon;

pub use asha::Asha;
pub use error::PrunerError;
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
    /// Stop it for now: [`Pruner::next`] says later whether it goes on.
    Pause,
    /// End it now, for this reason.
    Stop(String),
}

/// What a study does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Begin a trial.
    New {
        /// The step at which it is to wait; `None`: it runs to its end.
        budget: Option<u64>,
    },
    /// Go on with a trial that waits.
    Continue {
        /// The trial.
        trial: u64,
        /// The step at which it is to wait again; `None`: it runs to its end.
        to: Option<u64>,
    },
    /// Prune trials that wait, and ask again.
    Drop {
        /// The trials.
        trials: Vec<u64>,
        /// Why.
        reason: String,
    },
    /// Nothing before a trial that runs has ended or waits.
    Wait,
}

/// Judges trials while they run.
pub trait Pruner: Send + Sync {
    /// The name with every setting that the verdicts depend on, such as `median(warmup = 3)`.
    fn name(&self) -> String;

    /// Checks, before anything runs, that the settings make sense; they do unless this says otherwise.
    ///
    /// # Errors
    /// When one does not.
    fn check(&self) -> Result<(), PrunerError> {
        Ok(())
    }

    /// Judges a trial after a report of one of its executions, which is part of the records already.
    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict;

    /// What to do next, for pruners that let trials wait. `more` says whether another trial may begin: without it, what
    /// waits has nobody else to wait for, and [`Next::New`] says that there is nothing left to do.
    ///
    /// A pruner that lets nobody wait goes on with what another one left waiting.
    fn next(&self, history: &History, more: bool) -> Next {
        let _ = more;
        without_waiting(history)
    }
}

/// What comes next where no trial is to wait: those that do run to their end, one after another, before a new one begins.
pub fn without_waiting(history: &History) -> Next {
    match history.paused().find(|trial| trial.fits) {
        Some(trial) => Next::Continue {
            trial: trial.number,
            to: None,
        },
        None => Next::New { budget: None },
    }
}

impl<P: Pruner + ?Sized> Pruner for Arc<P> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn check(&self) -> Result<(), PrunerError> {
        (**self).check()
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        (**self).judge(trial, execution, history)
    }

    fn next(&self, history: &History, more: bool) -> Next {
        (**self).next(history, more)
    }
}

impl<P: Pruner + ?Sized> Pruner for Box<P> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn check(&self) -> Result<(), PrunerError> {
        (**self).check()
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        (**self).judge(trial, execution, history)
    }

    fn next(&self, history: &History, more: bool) -> Next {
        (**self).next(history, more)
    }
}
