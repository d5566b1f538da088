//! Stops a trial whose reports leave the range of what can be hoped for.

use super::curves::{is_past, last};
use super::{Pruner, PrunerError, Verdict};
use crate::trial::{History, TrialRecord};

/// Stops a trial at a report of the objective below `lower` or above `upper`.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Pruner, Threshold};
/// let diverged = Threshold::new().upper(100.0).warmup_steps(1);
/// assert_eq!(diverged.name(), "threshold(-inf..=100, warmup = 1)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    lower: f64,
    upper: f64,
    warmup_steps: u64,
}

impl Default for Threshold {
    fn default() -> Self {
        Self::new()
    }
}

impl Threshold {
    /// Without bounds, which stops nothing yet.
    pub fn new() -> Self {
        Self {
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            warmup_steps: 0,
        }
    }

    /// The smallest value to go on with.
    #[must_use]
    pub fn lower(mut self, value: f64) -> Self {
        self.lower = value;
        self
    }

    /// The largest value to go on with, not below the smallest one.
    #[must_use]
    pub fn upper(mut self, value: f64) -> Self {
        self.upper = value;
        self
    }

    /// Judges no report up to this step; none unless set.
    #[must_use]
    pub fn warmup_steps(mut self, steps: u64) -> Self {
        self.warmup_steps = steps;
        self
    }
}

impl Pruner for Threshold {
    fn name(&self) -> String {
        format!(
            "threshold({}..={}, warmup = {})",
            self.lower, self.upper, self.warmup_steps
        )
    }

    fn check(&self) -> Result<(), PrunerError> {
        for (setting, value) in [("lower", self.lower), ("upper", self.upper)] {
            if value.is_nan() {
                let setting = format!("{setting} of Threshold");
                let remedy = "it is a number; leave it out where there is no bound";
                return Err(PrunerError::new(setting, value, remedy));
            }
        }
        if self.lower > self.upper {
            let remedy = format!("it is at most upper, which is {}", self.upper);
            return Err(PrunerError::new("lower of Threshold", self.lower, remedy));
        }
        Ok(())
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let goal = history.goal();
        let report = trial.execution(execution).and_then(|run| last(run, goal));
        match report.map(|(step, score)| (step, goal.score(score))) {
            Some((step, value)) if is_past(step, self.warmup_steps) => {
                if value >= self.lower && value <= self.upper {
                    return Verdict::Continue;
                }
                Verdict::Stop(format!(
                    "{} is {value} at step {step}, outside of {}..={}",
                    goal.name, self.lower, self.upper
                ))
            }
            _ => Verdict::Continue,
        }
    }
}
