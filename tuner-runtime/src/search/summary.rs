//! What a search found, as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::trial::{History, State, TrialRecord};

/// The `count` best trials with their values and seconds, and how many trials failed of what.
pub fn results_table(history: &History, count: usize) -> String {
    let best = history.best_trials(count);
    let of = |state: State| {
        let all = history.trials().iter();
        all.filter(|record| record.state == state).count()
    };
    let mut text = format!(
        "{} trials: {} finished, {} pruned, {} failed, {} running; {} of training\n",
        history.trials().len(),
        of(State::Finished),
        of(State::Pruned),
        of(State::Failed),
        of(State::Running),
        duration(history.seconds()),
    );
    if !best.is_empty() {
        let goals: Vec<String> = history.goals().iter().map(|g| g.name.to_string()).collect();
        let mut rows = vec![vec!["trial".to_owned()]];
        rows[0].extend(goals);
        rows[0].extend(["seconds".to_owned(), "configuration".to_owned()]);
        rows.extend(best.iter().map(|record| row(record)));
        write_table(&mut text, &rows);
    }
    for (message, numbers) in failures(history) {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "failed: {message} (trial {})", numbers.join(", "));
    }
    text
}

fn row(record: &TrialRecord) -> Vec<String> {
    let mut row = vec![record.number.to_string()];
    row.extend(record.values.iter().map(|&value| number(value)));
    row.push(format!("{:.1}", record.seconds()));
    let mut configuration = record.point.to_string();
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
fn failures(history: &History) -> BTreeMap<&str, Vec<u64>> {
    let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for record in history.trials() {
        if record.state == State::Failed {
            let message = record.message.as_deref().unwrap_or("no message");
            found.entry(message).or_default().push(record.number);
        }
    }
    found
}

/// A value with the digits that people compare.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (1e-3..1e6).contains(&size) => {
            let digits = 5 - (size.log10().floor() as i32).clamp(-1, 5);
            format!("{value:.*}", digits.max(0) as usize)
        }
        _ => format!("{value:.4e}"),
    }
}

/// Seconds as people say them.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} min {:.0} s", (s / 60.0).floor(), (s % 60.0).floor()),
        s => format!(
            "{} h {:.0} min",
            (s / 3600.0).floor(),
            (s % 3600.0 / 60.0).floor()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_read_naturally() {
        let numbers = [0.98071234, 1234.5678, 1e-7, 0.0, -3.25].map(number);
        assert_eq!(
            numbers,
            ["0.980712", "1234.57", "1.0000e-7", "0", "-3.25000"]
        );
        let durations = [4.25, 61.0, 3_725.0].map(duration);
        assert_eq!(durations, ["4.2 s", "1 min 1 s", "1 h 2 min"]);
    }
}
