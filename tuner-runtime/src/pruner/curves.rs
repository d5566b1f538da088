//! Reports as scores: the first objective, such that more is better.

use super::Verdict;
use crate::trial::{ExecutionRecord, Goal, History, TrialRecord};

/// Steps and scores of an execution, in the order in which they were reported.
pub(super) fn scores<'a>(
    run: &'a ExecutionRecord,
    goal: &'a Goal,
) -> impl Iterator<Item = (u64, f64)> + 'a {
    let reports = run.curve.of(&goal.name);
    reports.map(|(step, value)| (step, goal.score(value)))
}

/// The step and the score of the last report.
pub(super) fn last(run: &ExecutionRecord, goal: &Goal) -> Option<(u64, f64)> {
    let (step, value) = run.curve.last(&goal.name)?;
    Some((step, goal.score(value)))
}

/// What becomes of a trial that is judged by a report that is NaN: it went astray, however good it was before.
pub(super) fn astray(goal: &Goal, step: u64) -> Verdict {
    Verdict::Stop(format!("{} is no number at step {step}", goal.name))
}

/// The best score up to a step; `None` when nothing was reported so far.
pub(super) fn best_until(run: &ExecutionRecord, goal: &Goal, step: u64) -> Option<f64> {
    scores(run, goal)
        .filter(|(own, score)| *own <= step && !score.is_nan())
        .map(|(_, score)| score)
        .reduce(f64::max)
}

/// The score at a step.
pub(super) fn at(run: &ExecutionRecord, goal: &Goal, step: u64) -> Option<f64> {
    let mut reports = scores(run, goal);
    reports
        .find(|(own, _)| *own == step)
        .map(|(_, score)| score)
}

/// The same execution of the other trials, as far as they have begun it.
pub(super) fn others<'h>(
    trial: &TrialRecord,
    execution: u64,
    history: &'h History,
) -> impl Iterator<Item = (&'h TrialRecord, &'h ExecutionRecord)> {
    let number = trial.number;
    let all = history.trials().iter().map(|record| &**record);
    all.filter(move |record| record.number != number)
        .filter_map(move |record| Some((record, record.execution(execution)?)))
}

/// Whether a step comes after a warm-up of so many; with none step 0 does too.
pub(super) fn is_past(step: u64, warmup_steps: u64) -> bool {
    warmup_steps == 0 || step > warmup_steps
}
