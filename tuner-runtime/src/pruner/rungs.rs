//! Trials on the rungs of a ladder: who waits where, who went on from there, and what each is worth.

use super::Verdict;
use super::curves::{astray, best_until, last};
use crate::trial::{ExecutionRecord, Goal, History, State, TrialRecord};

/// Pauses a trial that has reached the step that it was to run to. Its first execution decides: once that has come to its
/// end, the others run through.
pub(super) fn pause(trial: &TrialRecord, execution: u64, history: &History) -> Verdict {
    let reached = || {
        let (step, latest) = last(trial.execution(0)?, history.goal())?;
        (step >= trial.until?).then_some((step, latest))
    };
    match reached().filter(|_| execution == 0) {
        Some((step, latest)) if latest.is_nan() => astray(history.goal(), step),
        Some(_) => Verdict::Pause,
        None => Verdict::Continue,
    }
}

/// What an execution is worth at a rung: the best of its scores up to the first report from there on, or of all if it did
/// not come so far.
pub(super) fn score_at(run: &ExecutionRecord, goal: &Goal, rung: u64) -> Option<f64> {
    let steps = || run.curve.steps().iter().copied();
    let at = steps().filter(|&step| step >= rung).min();
    best_until(run, goal, at.or_else(|| steps().max())?)
}

/// Whether a trial went on from a rung, or was never to wait there. One that failed leaves its place to another.
pub(super) fn is_beyond(trial: &TrialRecord, rung: u64) -> bool {
    trial.state != State::Failed && trial.until.is_none_or(|until| until > rung)
}

/// Whether a trial runs and may come to wait at a rung, or at one below.
pub(super) fn arrives(trial: &TrialRecord, rung: u64) -> bool {
    trial.state == State::Running && trial.until.is_some_and(|until| until <= rung)
}

/// Trials that wait, best at this rung first, of equals the one that began first, with their scores. One without a score is
/// the worst.
pub(super) fn ranked<'h>(
    waiting: impl Iterator<Item = &'h TrialRecord>,
    rung: u64,
    goal: &Goal,
) -> Vec<(f64, &'h TrialRecord)> {
    let score = |trial: &TrialRecord| score_at(trial.execution(0)?, goal, rung);
    let mut all: Vec<(f64, &TrialRecord)> = waiting
        .map(|trial| (score(trial).unwrap_or(f64::NEG_INFINITY), trial))
        .collect();
    all.sort_by(|(one, first), (other, second)| {
        let better = other.total_cmp(one);
        better.then(first.number.cmp(&second.number))
    });
    all
}
