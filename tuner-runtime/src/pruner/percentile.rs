//! Stops a trial that is worse than most others were at the same step.
//!
//! The median rule of Google Vizier (Golovin et al. 2017), for any percentile.

use super::curves::{astray, at, best_until, is_past, last, others};
use super::error::at_least;
use super::{Pruner, PrunerError, Verdict};
use crate::trial::text::counted;
use crate::trial::{History, State, TrialRecord};

/// Stops a trial whose best report so far is not among the given best share of the finished trials
/// at the same step.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Percentile, Pruner};
/// let pruner = Percentile::new(25.0).startup_trials(10).warmup_steps(2);
/// assert_eq!(pruner.name(), "percentile(25, startup = 10, warmup = 2, interval = 1)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    percentile: f64,
    startup_trials: usize,
    warmup_steps: u64,
    interval_steps: u64,
}

impl Percentile {
    /// Keeps the best `percentile` percent at every step: 50 is the median rule, 25 is stricter, and 100
    /// keeps all but what is NaN. It is a number above 0, at most 100.
    pub fn new(percentile: f64) -> Self {
        Self {
            percentile,
            startup_trials: 5,
            warmup_steps: 0,
            interval_steps: 1,
        }
    }

    /// Judges nothing before this many trials have finished; 5 unless set.
    #[must_use]
    pub fn startup_trials(mut self, count: usize) -> Self {
        self.startup_trials = count;
        self
    }

    /// Judges no report up to this step; none unless set.
    #[must_use]
    pub fn warmup_steps(mut self, steps: u64) -> Self {
        self.warmup_steps = steps;
        self
    }

    /// Judges every so many steps after the warm-up, at least 1; each unless set.
    #[must_use]
    pub fn interval_steps(mut self, steps: u64) -> Self {
        self.interval_steps = steps;
        self
    }

    fn settings(&self) -> String {
        format!(
            "startup = {}, warmup = {}, interval = {}",
            self.startup_trials, self.warmup_steps, self.interval_steps
        )
    }
}

impl Pruner for Percentile {
    fn name(&self) -> String {
        format!("percentile({}, {})", self.percentile, self.settings())
    }

    fn check(&self) -> Result<(), PrunerError> {
        if !(self.percentile > 0.0 && self.percentile <= 100.0) {
            let remedy = "it is a number above 0, at most 100";
            let setting = "the percentile of Percentile";
            return Err(PrunerError::new(setting, self.percentile, remedy));
        }
        at_least(1, "interval_steps of Percentile", self.interval_steps)
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let goal = history.goal();
        let Some(run) = trial.execution(execution) else {
            return Verdict::Continue;
        };
        let Some((step, score)) = last(run, goal) else {
            return Verdict::Continue;
        };
        let judged = is_past(step, self.warmup_steps)
            && (step - self.warmup_steps).is_multiple_of(self.interval_steps);
        if !judged {
            return Verdict::Continue;
        }
        let mut scores: Vec<f64> = others(trial, execution, history)
            .filter(|(record, _)| record.state == State::Finished)
            .filter_map(|(_, other)| at(other, goal, step))
            .filter(|score| !score.is_nan())
            .collect();
        if scores.len() < self.startup_trials.max(1) {
            return Verdict::Continue;
        }
        if score.is_nan() {
            return astray(goal, step);
        }
        // Even one that is worse than all before it.
        if self.percentile >= 100.0 {
            return Verdict::Continue;
        }
        scores.sort_by(|one, other| other.total_cmp(one));
        let limit = quantile(&scores, self.percentile.clamp(0.0, 100.0) / 100.0);
        match best_until(run, goal, step) {
            Some(best) if best < limit => Verdict::Stop(format!(
                "{} is {} at best up to step {step}, worse than the best {} % of {} \
                 ({} there)",
                goal.name,
                goal.score(best),
                self.percentile,
                counted(scores.len(), "trial"),
                goal.score(limit),
            )),
            _ => Verdict::Continue,
        }
    }
}

/// The value that a share of the sorted values come before, interpolated.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, part) = (place.floor(), place.fract());
    let value = sorted[low as usize];
    match sorted.get(low as usize + 1) {
        // Equal neighbours stay what they are, infinite ones included.
        Some(&next) if part > 0.0 && next != value => value + part * (next - value),
        _ => value,
    }
}

/// Stops a trial whose best report so far is worse than the median of the finished trials at the
/// same step.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Median, Pruner};
/// assert_eq!(Median::new().name(), "median(startup = 5, warmup = 0, interval = 1)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median(Percentile);

impl Default for Median {
    fn default() -> Self {
        Self::new()
    }
}

impl Median {
    /// The median rule.
    pub fn new() -> Self {
        Self(Percentile::new(50.0))
    }

    /// Judges nothing before this many trials have finished; 5 unless set.
    #[must_use]
    pub fn startup_trials(self, count: usize) -> Self {
        Self(self.0.startup_trials(count))
    }

    /// Judges no report up to this step; none unless set.
    #[must_use]
    pub fn warmup_steps(self, steps: u64) -> Self {
        Self(self.0.warmup_steps(steps))
    }

    /// Judges every so many steps after the warm-up, at least 1; each unless set.
    #[must_use]
    pub fn interval_steps(self, steps: u64) -> Self {
        Self(self.0.interval_steps(steps))
    }
}

impl Pruner for Median {
    fn name(&self) -> String {
        format!("median({})", self.0.settings())
    }

    fn check(&self) -> Result<(), PrunerError> {
        at_least(1, "interval_steps of Median", self.0.interval_steps)
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        self.0.judge(trial, execution, history)
    }
}
