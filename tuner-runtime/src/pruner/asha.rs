//! Asynchronous successive halving: at each rung only the best part goes on.
//!
//! Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), in the variant that stops: a
//! trial that reaches a rung goes on if it is among the best 1/eta of all that reached it so far,
//! so no trial waits for another.

use super::curves::{best_until, last, others, scores};
use super::{Pruner, Verdict};
use crate::trial::{ExecutionRecord, History, TrialRecord};

/// Stops trials that are not among the best 1/eta at a rung: the steps `first * eta^k`.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::pruner::{Asha, Pruner};
/// let pruner = Asha::new().first_rung(2).reduction(4);
/// assert_eq!(pruner.name(), "asha(first rung = 2, reduction = 4)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asha {
    first_rung: u64,
    reduction: u64,
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
        }
    }

    /// The step of the first rung; 1 unless set.
    #[must_use]
    pub fn first_rung(mut self, step: u64) -> Self {
        self.first_rung = step.max(1);
        self
    }

    /// Eta: of so many trials one goes on, for so many times the steps; 3 unless set.
    #[must_use]
    pub fn reduction(mut self, eta: u64) -> Self {
        self.reduction = eta.max(2);
        self
    }
}

impl Pruner for Asha {
    fn name(&self) -> String {
        format!(
            "asha(first rung = {}, reduction = {})",
            self.first_rung, self.reduction
        )
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
        let all = others(trial, execution, history).map(|(_, run)| run);
        halve(
            trial,
            execution,
            history,
            all,
            self.first_rung,
            self.reduction,
        )
    }
}

/// Judges an execution against others at the rung that its last report reached, if it did.
pub(super) fn halve<'h>(
    trial: &TrialRecord,
    execution: u64,
    history: &'h History,
    others: impl Iterator<Item = &'h ExecutionRecord>,
    first_rung: u64,
    reduction: u64,
) -> Verdict {
    let goal = history.goal();
    let Some(run) = trial.execution(execution) else {
        return Verdict::Continue;
    };
    let Some((step, _)) = last(run, goal) else {
        return Verdict::Continue;
    };
    // The step before may have been below the rung by more than one.
    let steps = scores(run, goal).map(|(step, _)| step);
    let before = steps.filter(|&other| other < step).max().unwrap_or(0);
    let Some(rung) = highest_rung(first_rung, reduction, step).filter(|&rung| rung > before) else {
        return Verdict::Continue;
    };
    let reached = |run: &ExecutionRecord| run.curve.steps().iter().any(|&step| step >= rung);
    let score = |run: &ExecutionRecord| {
        // A trial is worth what it had at the first report from the rung on.
        let at = run
            .curve
            .steps()
            .iter()
            .copied()
            .filter(|&step| step >= rung)
            .min()?;
        best_until(run, goal, at)
    };
    let Some(own) = score(run) else {
        return Verdict::Stop(format!("{} is no number at step {step}", goal.name));
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
