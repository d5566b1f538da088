//! How far trials came, and by what those are compared that came less far than to their end.
//!
//! Pruners that let trials wait leave a study without results for long: of 81 trials of a bracket of Hyperband one comes to
//! its end. As in S. Falkner, A. Klein and F. Hutter, "BOHB" (2018), a sampler then learns from the highest step that enough
//! trials have reached. Scores of different steps are never mixed.

use crate::trial::{ExecutionRecord, History, State, TrialRecord};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Whether a trial ended early. One that waits may go on, and counts as pruned until it does.
pub(super) fn is_stopped(trial: &TrialRecord) -> bool {
    matches!(trial.state, State::Pruned | State::Paused)
}

/// The last step with a finite value of the objective.
pub(super) fn last_step(history: &History, trial: &TrialRecord) -> Option<u64> {
    let name = &history.goal().name;
    let reports = trial.executions.iter().flat_map(|run| run.curve.of(name));
    let finite = reports.filter(|(_, value)| value.is_finite());
    finite.map(|(step, _)| step).max()
}

/// The mean score over the executions that reported a finite value at this step.
pub(super) fn score_at(history: &History, trial: &TrialRecord, step: u64) -> Option<f64> {
    let goal = history.goal();
    let at = |run: &ExecutionRecord| {
        let found = run.curve.of(&goal.name).find(|(at, _)| *at == step)?.1;
        Some(goal.score(found)).filter(|score| score.is_finite())
    };
    let scores: Vec<f64> = trial.executions.iter().filter_map(at).collect();
    let count = scores.len() as f64;
    (count > 0.0).then(|| scores.iter().map(|score| score / count).sum())
}

/// The trials that have a score at a step, whether they ended there or not, with that score.
pub(super) fn reached(history: &History, step: u64) -> impl Iterator<Item = (&TrialRecord, f64)> {
    let all = history.trials().iter().map(|trial| &**trial);
    let sound = all.filter(|trial| trial.fits && trial.state != State::Failed);
    sound.filter_map(move |trial| Some((trial, score_at(history, trial, step)?)))
}

/// Where fewer than `least` trials have a result: the highest of the steps at which trials were stopped that so many have
/// reached. Not for several objectives or constraints, of which a pruner knows nothing.
pub(super) fn level(history: &History, least: usize) -> Option<u64> {
    let plain = history.goals().len() == 1 && history.spec().constraints.is_empty();
    if !plain || history.finished().take(least).count() == least {
        return None;
    }
    let trials = history.trials().iter();
    let stopped = trials.filter(|trial| trial.fits && is_stopped(trial));
    let steps: BTreeSet<u64> = stopped
        .filter_map(|trial| last_step(history, trial))
        .collect();
    let mut steps = steps.into_iter().rev();
    steps.find(|&step| reached(history, step).take(least).count() == least)
}

/// The step that a trial reached (the end is beyond them all), how little the constraints are missed, then the score.
pub(super) type Rank = (u64, f64, f64);

/// The rank of a trial with one objective, once it has ended or was stopped for a while: what goes on after that keeps its
/// place, or a generation that it is in would not be complete any more.
pub(super) fn rank(history: &History, trial: &TrialRecord) -> Option<Rank> {
    if let Some(value) = trial.value() {
        return Some((u64::MAX, -trial.missed(), history.goal().score(value)));
    }
    let was_stopped = trial.executions.iter().any(|run| run.furthest.is_some());
    if trial.state == State::Running && !was_stopped {
        return None;
    }
    let reached = last_step(history, trial).filter(|_| trial.state != State::Failed);
    let reached = reached.and_then(|step| Some((step, score_at(history, trial, step)?)));
    Some(match reached {
        Some((step, score)) => (step, 0.0, score),
        None => (0, f64::NEG_INFINITY, f64::NEG_INFINITY),
    })
}

/// The order of two ranks in which the better one is the first.
pub(super) fn best_first(one: &Rank, other: &Rank) -> Ordering {
    let reached = other.0.cmp(&one.0);
    let kept = reached.then(other.1.total_cmp(&one.1));
    kept.then(other.2.total_cmp(&one.2))
}
