//! Stops a trial that gets no better.

use super::curves::scores;
use super::error::at_least;
use super::{Pruner, PrunerError, Verdict};
use crate::trial::text::counted;
use crate::trial::{History, TrialRecord};

/// Stops a trial after so many reports without a better one.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Patience, Pruner};
/// assert_eq!(Patience::new(3).min_delta(0.01).name(), "patience(3, min delta = 0.01)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    reports: usize,
    min_delta: f64,
}

impl Patience {
    /// Bears this many reports without a better one, at least one.
    pub fn new(reports: usize) -> Self {
        Self {
            reports,
            min_delta: 0.0,
        }
    }

    /// By how much a report must be better to count, a finite number from 0; by anything unless set.
    #[must_use]
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.min_delta = delta;
        self
    }
}

impl Pruner for Patience {
    fn name(&self) -> String {
        format!("patience({}, min delta = {})", self.reports, self.min_delta)
    }

    fn check(&self) -> Result<(), PrunerError> {
        at_least(1, "the number of reports of Patience", self.reports as u64)?;
        if !(self.min_delta >= 0.0 && self.min_delta.is_finite()) {
            let setting = "min_delta of Patience";
            let remedy = "it is a finite number from 0";
            return Err(PrunerError::new(setting, self.min_delta, remedy));
        }
        Ok(())
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let goal = history.goal();
        let Some(run) = trial.execution(execution) else {
            return Verdict::Continue;
        };
        let (mut best, mut since) = (f64::NEG_INFINITY, 0);
        for (_, score) in scores(run, goal) {
            // Whatever is reported first is better than nothing.
            if score - best > self.min_delta {
                best = score;
                since = 0;
            } else {
                since += 1;
            }
        }
        if since < self.reports {
            return Verdict::Continue;
        }
        Verdict::Stop(format!(
            "{} was no better than {} for {}",
            goal.name,
            goal.score(best),
            counted(since, "report")
        ))
    }
}
