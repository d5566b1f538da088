//! Asynchronous successive halving: at each rung only the best part goes on.
//!
//! Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020). Unless told otherwise in the variant that
//! stops: a trial that reaches a rung goes on if it is among the best 1/eta of all that reached it so far, so no trial waits
//! for another. In the variant that promotes, the paper's own, each trial waits at a rung until it is among them.

use std::collections::BTreeSet;

use super::curves::{astray, last, others, scores};
use super::error::at_least;
use super::rungs::{arrives, is_beyond, pause, ranked, score_at};
use super::{Next, Pruner, PrunerError, Verdict, without_waiting};
use crate::trial::{ExecutionRecord, History, State, TrialRecord};

/// Stops trials that are not among the best 1/eta at a rung: the steps `first * eta^k`.
///
/// Which variant is better depends on the program. The one that stops judges a trial once: the first few go on because
/// there is nobody to compare with. The one that promotes never is too early, and asks of the program that it can go on
/// where it was, as `Fit` does; one that cannot begins again.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Asha, Pruner};
/// let pruner = Asha::new().first_rung(2).reduction(4);
/// assert_eq!(pruner.name(), "asha(first rung = 2, reduction = 4)");
/// let promoting = pruner.promoting(50);
/// assert_eq!(promoting.name(), "asha(first rung = 2, reduction = 4, promoting up to 50)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asha {
    first_rung: u64,
    reduction: u64,
    /// The steps of a whole trial, in the variant that promotes.
    promoting: Option<u64>,
}

impl Default for Asha {
    fn default() -> Self {
        Self::new()
    }
}

impl Asha {
    /// Rungs at the steps 1, 3, 9, 27 ...
    pub fn new() -> Self {
        Self {
            first_rung: 1,
            reduction: 3,
            promoting: None,
        }
    }

    /// The step of the first rung, at least 1; 1 unless set.
    #[must_use]
    pub fn first_rung(mut self, step: u64) -> Self {
        self.first_rung = step;
        self
    }

    /// Eta: of so many trials one goes on, for so many times the steps; at least 2, and 3 unless set.
    #[must_use]
    pub fn reduction(mut self, eta: u64) -> Self {
        self.reduction = eta;
        self
    }

    /// Lets every trial wait at each rung below `max_steps`, the steps of a whole trial and at least 1, and goes on with the best 1/eta of
    /// all that reached it, as soon as there are eta for one. At the end, when no trial begins any more, the best one of
    /// each rung goes on in any case.
    #[must_use]
    pub fn promoting(mut self, max_steps: u64) -> Self {
        self.promoting = Some(max_steps);
        self
    }

    /// The first rung and eta; what [`Pruner::check`] refuses would have no rungs.
    fn rungs(&self) -> (u64, u64) {
        (self.first_rung.max(1), self.reduction.max(2))
    }

    /// A trial that is among the best of those that reached its rung, and goes on to the next one.
    fn promotable(&self, history: &History, more: bool, max_steps: u64) -> Option<Next> {
        let goal = history.goal();
        let trials = || {
            let all = history.trials().iter().map(|trial| &**trial);
            all.filter(|trial| trial.fits)
        };
        let rungs: BTreeSet<u64> = history.paused().filter_map(|trial| trial.until).collect();
        let mut rungs: Vec<u64> = rungs.into_iter().collect();
        // At the end what stands low is to have its chance before the best one above goes on.
        if more {
            rungs.reverse();
        }
        rungs.into_iter().find_map(|rung| {
            let waits =
                |trial: &&TrialRecord| trial.state == State::Paused && trial.until == Some(rung);
            let waiting = ranked(trials().filter(waits), rung, goal);
            let (best, trial) = waiting.first()?;
            let beyond: Vec<&TrialRecord> = trials().filter(|t| is_beyond(t, rung)).collect();
            let reached = (waiting.len() + beyond.len()) as u64;
            // One that began again has no score yet, and was among the best.
            let score = |trial: &TrialRecord| score_at(trial.execution(0)?, goal, rung);
            let better = beyond
                .iter()
                .filter(|other| score(other).is_none_or(|s| s >= *best));
            let is_last = !more && !trials().any(|trial| arrives(trial, rung));
            let (_, reduction) = self.rungs();
            let kept = (reached / reduction).max(u64::from(is_last));
            let goes_on = (better.count() as u64) < kept;
            goes_on.then(|| Next::Continue {
                trial: trial.number,
                to: below(rung.saturating_mul(reduction), max_steps),
            })
        })
    }
}

impl Pruner for Asha {
    fn name(&self) -> String {
        let promoting = self
            .promoting
            .map_or(String::new(), |steps| format!(", promoting up to {steps}"));
        format!(
            "asha(first rung = {}, reduction = {}{promoting})",
            self.first_rung, self.reduction
        )
    }

    fn check(&self) -> Result<(), PrunerError> {
        at_least(1, "the first rung of Asha", self.first_rung)?;
        at_least(2, "the reduction of Asha", self.reduction)?;
        at_least(1, "max_steps of Asha", self.promoting.unwrap_or(1))
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        if self.promoting.is_some() {
            return pause(trial, execution, history);
        }
        let all = others(trial, execution, history).map(|(_, run)| run);
        halve(trial, execution, history, all, self.rungs(), None)
    }

    fn next(&self, history: &History, more: bool) -> Next {
        let Some(max_steps) = self.promoting else {
            return without_waiting(history);
        };
        if let Some(next) = self.promotable(history, more, max_steps) {
            return next;
        }
        // It may come to wait, or fail and leave its place to one that waits.
        let is_open = history.paused().next().is_some();
        let mut running = history.running().filter(|trial| trial.fits);
        if !more && running.any(|trial| is_open || arrives(trial, u64::MAX)) {
            return Next::Wait;
        }
        Next::New {
            budget: below(self.rungs().0, max_steps),
        }
    }
}

/// A rung, if trials are to wait there.
fn below(rung: u64, max_steps: u64) -> Option<u64> {
    Some(rung).filter(|&rung| rung < max_steps)
}

/// Judges an execution against others at the rung that its last report reached, if it did; not from the step on at which
/// trials end.
pub(super) fn halve<'h>(
    trial: &TrialRecord,
    execution: u64,
    history: &'h History,
    others: impl Iterator<Item = &'h ExecutionRecord>,
    (first_rung, reduction): (u64, u64),
    end: Option<u64>,
) -> Verdict {
    let goal = history.goal();
    let Some(run) = trial.execution(execution) else {
        return Verdict::Continue;
    };
    let Some((step, latest)) = last(run, goal) else {
        return Verdict::Continue;
    };
    // The step before may have been below the rung by more than one.
    let steps = scores(run, goal).map(|(step, _)| step);
    let before = steps.filter(|&other| other < step).max().unwrap_or(0);
    let judged = |rung: &u64| *rung > before && end.is_none_or(|end| *rung < end);
    let Some(rung) = highest_rung(first_rung, reduction, step).filter(judged) else {
        return Verdict::Continue;
    };
    let reached = |run: &ExecutionRecord| run.curve.steps().iter().any(|&step| step >= rung);
    let score = |run: &ExecutionRecord| score_at(run, goal, rung);
    let Some(own) = score(run).filter(|_| !latest.is_nan()) else {
        return astray(goal, step);
    };
    let other_scores: Vec<f64> = others
        .filter(|run| reached(run))
        .filter_map(score)
        .collect();
    let count = other_scores.len() as u64 + 1;
    let better = other_scores.iter().filter(|&&other| other > own).count() as u64;
    // Of the first few the best goes on.
    let kept = (count / reduction).max(1);
    if better < kept {
        return Verdict::Continue;
    }
    Verdict::Stop(format!(
        "{} is {} at step {step}, place {} of the {count} that reached step {rung}; {kept} of \
         them go on",
        goal.name,
        goal.score(own),
        better + 1,
    ))
}

/// The highest rung up to a step.
fn highest_rung(first: u64, reduction: u64, step: u64) -> Option<u64> {
    let mut rung = (first <= step).then_some(first)?;
    while let Some(next) = rung.checked_mul(reduction).filter(|&next| next <= step) {
        rung = next;
    }
    Some(rung)
}
