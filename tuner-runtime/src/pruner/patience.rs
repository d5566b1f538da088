//! Stops a trial that gets no better.

use super::curves::scores;
use super::{Pruner, Verdict};
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
            reports: reports.max(1),
            min_delta: 0.0,
        }
    }

    /// By how much a report must be better to count; by anything unless set.
    #[must_use]
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.min_delta = delta.max(0.0);
        self
    }
}

impl Pruner for Patience {
    fn name(&self) -> String {
        format!("patience({}, min delta = {})", self.reports, self.min_delta)
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
            "{} was no better than {} for {since} reports",
            goal.name,
            goal.score(best)
        ))
    }
}
