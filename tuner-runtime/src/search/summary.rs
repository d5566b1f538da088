//! What a search found, as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::study::by_front;
use crate::trial::text::{
    configuration, counted, duration, first_line, front_head, number, one_line, seconds,
};
use crate::trial::{History, State, TrialRecord};

/// How many causes of failures are told, and how many trials of each.
const CAUSES: usize = 10;
const LISTED: usize = 10;

/// The `count` best trials with their values and seconds, and how many trials failed of what. With several objectives
/// those of the front come first; of a larger one the ends are shown and what spreads over it.
pub fn results_table(history: &History, count: usize) -> String {
    let states = [
        State::Finished,
        State::Pruned,
        State::Failed,
        State::Paused,
        State::Running,
    ];
    let counts = states.map(|state| {
        let all = history.trials().iter();
        (all.filter(|record| record.state == state).count(), state)
    });
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let mut text = match history.trials().len() {
        0 => return "no trial has begun\n".to_owned(),
        all => format!("{}: {}", counted(all, "trial"), counts.join(", ")),
    };
    // They stay in the record, whatever became of them, and do not count.
    match history.trials().iter().filter(|trial| !trial.fits).count() {
        0 => {}
        others => {
            let _ = write!(text, " ({others} of another space)");
        }
    }
    if let Some(lacking) = lacking_objective(history) {
        let _ = write!(text, " ({lacking})");
    }
    let _ = writeln!(text, "; {} of training", duration(history.seconds()));
    if history.best().is_some_and(|best| !best.is_feasible()) {
        text.push_str("no trial keeps all constraints\n");
    }
    match history.goals() {
        [_] => write_trials(&mut text, history, &history.best_trials(count)),
        _ => write_front(&mut text, history, count),
    }
    let failures = failures(history);
    for (message, numbers) in failures.iter().take(CAUSES) {
        let trials = if numbers.len() == 1 {
            "trial"
        } else {
            "trials"
        };
        let listed = numbers.iter().take(LISTED).map(u64::to_string);
        let listed: Vec<String> = listed.collect();
        let more = if numbers.len() > LISTED { " ..." } else { "" };
        let listed = listed.join(", ");
        let _ = writeln!(text, "failed: {message} ({trials} {listed}{more})");
    }
    if failures.len() > CAUSES {
        let others = counted(failures.len() - CAUSES, "other cause");
        let _ = writeln!(text, "and {others}");
    }
    text
}

fn write_front(text: &mut String, history: &History, count: usize) {
    let (mut front, mut others) = by_front(history, history.best_trials(usize::MAX));
    if front.is_empty() {
        return;
    }
    let size = front.len();
    front.truncate(count);
    let goal = history.goal();
    let score = |trial: &TrialRecord| trial.value().map_or(f64::NAN, |value| goal.score(value));
    front.sort_by(|one, other| score(other).total_cmp(&score(one)));
    let _ = writeln!(text, "{}", front_head(size, front.len()));
    write_trials(text, history, &front);
    others.truncate(count - front.len());
    if !others.is_empty() {
        let name = one_line(&goal.name);
        let _ = writeln!(text, "the others, the best in {name} first:");
        write_trials(text, history, &others);
    }
}

fn write_trials(text: &mut String, history: &History, trials: &[Arc<TrialRecord>]) {
    if trials.is_empty() {
        return;
    }
    let goals: Vec<String> = history.goals().iter().map(|g| one_line(&g.name)).collect();
    let mut rows = vec![vec!["trial".to_owned()]];
    rows[0].extend(goals);
    rows[0].extend(["seconds".to_owned(), "configuration".to_owned()]);
    rows.extend(trials.iter().map(|record| row(record)));
    write_table(text, &rows);
}

/// Trials that finished and have no value all the same, in words: they ended before the study was changed to aim at what
/// they did not measure.
pub fn lacking_objective(history: &History) -> Option<String> {
    let all = history.trials().iter();
    let trials: Vec<_> = all
        .filter(|trial| trial.state == State::Finished && trial.fits && trial.values.is_empty())
        .collect();
    let mut goals = history.goals().iter();
    let goal = goals.find(|goal| trials.iter().any(|t| t.metrics.get(&goal.name).is_none()))?;
    let they = if trials.len() == 1 { "it" } else { "they" };
    Some(format!(
        "{} without `{}`, which was no objective when {they} ended",
        counted(trials.len(), "trial"),
        one_line(&goal.name)
    ))
}

fn row(record: &TrialRecord) -> Vec<String> {
    let mut row = vec![record.number.to_string()];
    row.extend(record.values.iter().map(|&value| number(value)));
    row.push(seconds(record.seconds()));
    let mut configuration = configuration(&record.point);
    if !record.is_feasible() {
        configuration.push_str("  (misses a constraint)");
    }
    row.push(configuration);
    row
}

/// All columns but the last are aligned to the right.
fn write_table(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows[0].len();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths).take(columns - 1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        let _ = writeln!(text, "  {}", row[columns - 1]);
    }
}

/// The messages of failed trials, each with its trials.
fn failures(history: &History) -> BTreeMap<String, Vec<u64>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in history.trials() {
        if record.state == State::Failed {
            let message = first_line(record.message.as_deref().unwrap_or_default());
            found.entry(message).or_default().push(record.number);
        }
    }
    found
}
