//! Hyperband: successive halving with several first rungs, because nobody knows the right one.
//!
//! Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization" (2018). Bracket
//! `s` of `s_max = floor(log_eta(max / min))` has the first rung `max / eta^s`, and as many trials as
//! give each bracket the same number of steps: `ceil((s_max + 1) eta^s / (s + 1))`. Trials are given
//! to the brackets by their number in that proportion, and halved as in ASHA, within their bracket.

use super::asha::halve;
use super::curves::others;
use super::{Pruner, Verdict};
use crate::trial::{History, TrialRecord};

/// Halves trials in brackets that begin to do so at different steps.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Hyperband, Pruner};
/// // Algorithm 1 of the paper: at most 81 steps, eta 3.
/// let pruner = Hyperband::new(81);
/// assert_eq!(pruner.brackets(), [(1, 81), (3, 34), (9, 15), (27, 8), (81, 5)]);
/// assert_eq!(pruner.name(), "hyperband(1..=81, reduction = 3)");
/// // Keras Tuner rounds the number of brackets up, and the first rungs too.
/// let keras = Hyperband::new(100).keras_tuner();
/// assert_eq!(keras.brackets(), [(2, 98), (4, 41), (12, 18), (34, 9), (100, 6)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyperband {
    min_steps: u64,
    max_steps: u64,
    reduction: u64,
    keras_tuner: bool,
}

impl Hyperband {
    /// For trials of at most this many steps.
    pub fn new(max_steps: u64) -> Self {
        Self {
            min_steps: 1,
            max_steps: max_steps.max(1),
            reduction: 3,
            keras_tuner: false,
        }
    }

    /// The fewest steps after which a trial may be stopped; 1 unless set.
    #[must_use]
    pub fn min_steps(mut self, steps: u64) -> Self {
        self.min_steps = steps.max(1);
        self
    }

    /// Eta: of so many trials one goes on, for so many times the steps; 3 unless set.
    #[must_use]
    pub fn reduction(mut self, eta: u64) -> Self {
        self.reduction = eta.max(2);
        self
    }

    /// The sizes of brackets and the first rungs of Keras Tuner's `Hyperband`, which are slightly larger: as many trials as
    /// `ceil(1 + log_eta(max))` would give in place of `s_max + 1`, and first rungs rounded up.
    #[must_use]
    pub fn keras_tuner(mut self) -> Self {
        self.keras_tuner = true;
        self
    }

    /// The first rung and the number of trials of each bracket, the most eager one first.
    pub fn brackets(&self) -> Vec<(u64, u64)> {
        let eta = self.reduction;
        let mut most = 0;
        let mut factor: u64 = 1;
        while let Some(next) = factor.checked_mul(eta)
            && self.min_steps.saturating_mul(next) <= self.max_steps
        {
            factor = next;
            most += 1;
        }
        // The whole powers of eta up to the steps, by whole numbers: a logarithm may miss one by rounding.
        let (mut end, mut power) = (1, 1u64);
        while self.keras_tuner && power < self.max_steps {
            power = power.saturating_mul(eta);
            end += 1;
        }
        let end = if self.keras_tuner {
            end
        } else {
            u64::from(most) + 1
        };
        (0..=most)
            .rev()
            .map(|bracket: u32| {
                let factor = eta.pow(bracket);
                let rung = if self.keras_tuner {
                    self.max_steps.div_ceil(factor)
                } else {
                    (self.max_steps / factor).max(1)
                };
                let trials = end.saturating_mul(factor);
                (rung, trials.div_ceil(u64::from(bracket) + 1))
            })
            .collect()
    }

    /// The bracket of a trial.
    fn bracket(&self, brackets: &[(u64, u64)], number: u64) -> usize {
        let round: u64 = brackets.iter().map(|(_, trials)| trials).sum();
        let mut place = number % round;
        for (bracket, (_, trials)) in brackets.iter().enumerate() {
            if place < *trials {
                return bracket;
            }
            place -= trials;
        }
        brackets.len() - 1
    }
}

impl Pruner for Hyperband {
    fn name(&self) -> String {
        let brackets = if self.keras_tuner {
            ", brackets of Keras Tuner"
        } else {
            ""
        };
        format!(
            "hyperband({}..={}, reduction = {}{brackets})",
            self.min_steps, self.max_steps, self.reduction
        )
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let brackets = self.brackets();
        let own = self.bracket(&brackets, trial.number);
        let (first_rung, _) = brackets[own];
        let same = others(trial, execution, history)
            .filter(|(record, _)| self.bracket(&brackets, record.number) == own)
            .map(|(_, run)| run);
        halve(trial, execution, history, same, first_rung, self.reduction)
    }
}
