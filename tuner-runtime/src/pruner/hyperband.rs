//! Hyperband: successive halving with several first rungs, because nobody knows the right one.
//!
//! Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization" (2018). Bracket
//! `s` of `s_max = floor(log_eta(max / min))` has the first rung `max / eta^s`, and as many trials as
//! give each bracket the same number of steps: `ceil((s_max + 1) eta^s / (s + 1))`. Trials are given
//! to the brackets by their number in that proportion. At each rung all trials of a bracket wait for the last one; then the
//! best 1/eta go on and the others are pruned. Meanwhile other workers begin the next bracket.

use super::asha::halve;
use super::curves::others;
use super::error::at_least;
use super::rungs::{arrives, is_beyond, pause, ranked};
use super::{Next, Pruner, PrunerError, Verdict, without_waiting};
use crate::trial::{Goal, History, State, TrialRecord};

/// What there is to be done in a bracket.
enum Step {
    Take(Next),
    /// A trial is to arrive first.
    Wait,
    Done,
}

/// Halves trials in brackets that begin to do so at different steps.
///
/// A trial that goes on continues where it was if its program keeps checkpoints, as `Fit` does, and begins again if not.
/// When no trial begins any more, a bracket that is not full is halved as it is, so that one trial of it runs to its end.
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
    stopping: bool,
}

impl Hyperband {
    /// For trials of at most this many steps, at least 1.
    pub fn new(max_steps: u64) -> Self {
        Self {
            min_steps: 1,
            max_steps,
            reduction: 3,
            keras_tuner: false,
            stopping: false,
        }
    }

    /// The fewest steps after which a trial may be stopped, from 1 to the most steps of a trial; 1 unless set.
    #[must_use]
    pub fn min_steps(mut self, steps: u64) -> Self {
        self.min_steps = steps;
        self
    }

    /// Eta: of so many trials one goes on, for so many times the steps; at least 2, and 3 unless set.
    #[must_use]
    pub fn reduction(mut self, eta: u64) -> Self {
        self.reduction = eta;
        self
    }

    /// The sizes of brackets and the first rungs of Keras Tuner's `Hyperband`, which are slightly larger: as many trials as
    /// `ceil(1 + log_eta(max))` would give in place of `s_max + 1`, and first rungs rounded up.
    #[must_use]
    pub fn keras_tuner(mut self) -> Self {
        self.keras_tuner = true;
        self
    }

    /// Lets no trial wait: one that reaches a rung is stopped unless it is among the best 1/eta of its bracket that
    /// reached it before, as in ASHA. For programs that cannot go on where they were.
    #[must_use]
    pub fn stopping(mut self) -> Self {
        self.stopping = true;
        self
    }

    /// The first rung and the number of trials of each bracket, the most eager one first.
    pub fn brackets(&self) -> Vec<(u64, u64)> {
        let most = self.most_halvings();
        (0..=most)
            .rev()
            .map(|halvings| {
                let trials = self.share().saturating_mul(self.eta().pow(halvings));
                let trials = trials.div_ceil(u64::from(halvings) + 1);
                (self.rung(halvings), trials)
            })
            .collect()
    }

    /// The reduction; with what [`Pruner::check`] refuses there would be no end of brackets.
    fn eta(&self) -> u64 {
        self.reduction.max(2)
    }

    /// How often the most eager bracket halves: `s_max`.
    fn most_halvings(&self) -> u32 {
        let mut most = 0;
        let mut factor: u64 = 1;
        while let Some(next) = factor.checked_mul(self.eta())
            && self.min_steps.max(1).saturating_mul(next) <= self.max_steps
        {
            factor = next;
            most += 1;
        }
        most
    }

    /// The rung that so many halvings are left at.
    fn rung(&self, left: u32) -> u64 {
        let factor = self.eta().pow(left);
        if self.keras_tuner {
            self.max_steps.div_ceil(factor)
        } else {
            (self.max_steps / factor).max(1)
        }
    }

    /// The same, unless it is that of a whole trial.
    fn budget(&self, left: u32) -> Option<u64> {
        (left > 0).then(|| self.rung(left))
    }

    /// What the trials of all brackets are shares of: `s_max + 1`, or what Keras Tuner has in its place.
    fn share(&self) -> u64 {
        if !self.keras_tuner {
            return u64::from(self.most_halvings()) + 1;
        }
        // The whole powers of eta up to the steps, by whole numbers: a logarithm may miss one by rounding.
        let (mut share, mut power) = (1, 1u64);
        while power < self.max_steps {
            power = power.saturating_mul(self.eta());
            share += 1;
        }
        share
    }

    /// How many trials of a bracket go on after so many halvings, if so many began.
    fn kept(&self, bracket: u32, halvings: u32, begun: u64, is_full: bool) -> u64 {
        if self.keras_tuner && is_full {
            let left = self.eta().pow(bracket - halvings);
            return self
                .share()
                .saturating_mul(left)
                .div_ceil(u64::from(bracket) + 1);
        }
        (begun / self.eta().pow(halvings)).max(1)
    }

    /// What is to be done with the trials of a bracket that halves so often, when no more of them will begin.
    fn halve(&self, bracket: u32, members: &[&TrialRecord], is_full: bool, goal: &Goal) -> Step {
        let begun = members.len() as u64;
        for halvings in 1..=bracket {
            let rung = self.rung(bracket - halvings + 1);
            if members.iter().any(|trial| arrives(trial, rung)) {
                return Step::Wait;
            }
            // Another pruner may have left some below the rung.
            let waits = |trial: &&TrialRecord| {
                trial.state == State::Paused && trial.until.is_some_and(|until| until <= rung)
            };
            let waiting = ranked(members.iter().copied().filter(waits), rung, goal);
            let Some((_, best)) = waiting.first() else {
                continue;
            };
            let kept = self.kept(bracket, halvings, begun, is_full);
            let beyond = || members.iter().filter(|trial| is_beyond(trial, rung));
            if (beyond().count() as u64) < kept {
                return Step::Take(Next::Continue {
                    trial: best.number,
                    to: self.budget(bracket - halvings),
                });
            }
            // One that fails on the way leaves its place to the next best.
            if beyond().any(|trial| trial.state == State::Running) {
                return Step::Wait;
            }
            return Step::Take(Next::Drop {
                trials: waiting.iter().map(|(_, trial)| trial.number).collect(),
                reason: format!("the best {kept} of {begun} trials went on from step {rung}"),
            });
        }
        Step::Done
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
        let stopping = if self.stopping { ", stopping" } else { "" };
        format!(
            "hyperband({}..={}, reduction = {}{brackets}{stopping})",
            self.min_steps, self.max_steps, self.reduction
        )
    }

    fn check(&self) -> Result<(), PrunerError> {
        at_least(1, "max_steps of Hyperband", self.max_steps)?;
        at_least(1, "min_steps of Hyperband", self.min_steps)?;
        at_least(2, "the reduction of Hyperband", self.reduction)?;
        if self.min_steps > self.max_steps {
            let remedy = format!("it is at most max_steps, which is {}", self.max_steps);
            let setting = "min_steps of Hyperband";
            return Err(PrunerError::new(setting, self.min_steps, remedy));
        }
        Ok(())
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        if !self.stopping {
            return pause(trial, execution, history);
        }
        let brackets = self.brackets();
        let own = self.bracket(&brackets, trial.number);
        let (first_rung, _) = brackets[own];
        let same = others(trial, execution, history)
            .filter(|(record, _)| self.bracket(&brackets, record.number) == own)
            .map(|(_, run)| run);
        let rungs = (first_rung, self.eta());
        halve(trial, execution, history, same, rungs, Some(self.max_steps))
    }

    fn next(&self, history: &History, more: bool) -> Next {
        if self.stopping {
            return without_waiting(history);
        }
        let brackets = self.brackets();
        let all: Vec<&TrialRecord> = history.trials().iter().map(|trial| &**trial).collect();
        let mut left = all.as_slice();
        let mut is_waiting = false;
        for (place, &(_, trials)) in brackets.iter().enumerate().cycle() {
            let halvings = (brackets.len() - 1 - place) as u32;
            let size = usize::try_from(trials).unwrap_or(usize::MAX);
            let (members, others) = left.split_at(size.min(left.len()));
            let is_full = members.len() == size;
            if !is_full && more {
                return Next::New {
                    budget: self.budget(halvings),
                };
            }
            // What a changed space does not hold cannot go on.
            let members: Vec<&TrialRecord> = members.iter().copied().filter(|t| t.fits).collect();
            match self.halve(halvings, &members, is_full, history.goal()) {
                Step::Take(next) => return next,
                Step::Wait => is_waiting = true,
                Step::Done => {}
            }
            if !is_full {
                break;
            }
            left = others;
        }
        match is_waiting {
            true => Next::Wait,
            false => Next::New { budget: None },
        }
    }
}
