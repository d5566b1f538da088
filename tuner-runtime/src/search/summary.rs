//! What a search found, as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::trial::text::{configuration, counted, duration, first_line, number, one_line, seconds};
use crate::trial::{History, State, TrialRecord};

/// How many causes of failures are told, and how many trials of each.
const CAUSES: usize = 10;
const LISTED: usize = 10;

/// The `count` best trials with their values and seconds, and how many trials failed of what.
pub fn results_table(history: &History, count: usize) -> String {
    let best = history.best_trials(count);
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
    let _ = writeln!(text, "; {} of training", duration(history.seconds()));
    if !best.is_empty() {
        let goals: Vec<String> = history.goals().iter().map(|g| one_line(&g.name)).collect();
        let mut rows = vec![vec!["trial".to_owned()]];
        rows[0].extend(goals);
        rows[0].extend(["seconds".to_owned(), "configuration".to_owned()]);
        rows.extend(best.iter().map(|record| row(record)));
        write_table(&mut text, &rows);
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
