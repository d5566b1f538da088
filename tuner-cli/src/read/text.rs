//! Studies and trials as people read them.

use std::fmt::Write as _;

use serde_json::Value as Json;
use tuner_runtime::trial::{History, TrialRecord};

/// One line a trial.
pub(super) fn trials(history: &History) -> String {
    let head = [
        "trial",
        "state",
        &history.goal().name,
        "seconds",
        "configuration",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(history.trials().iter().map(|trial| {
        let value = trial
            .value()
            .map_or_else(|| "-".to_owned(), |v| v.to_string());
        let seconds = format!("{:.1}", trial.seconds());
        let configuration = trial.point.to_string();
        vec![
            trial.number.to_string(),
            trial.state.to_string(),
            value,
            seconds,
            configuration,
        ]
    }));
    table(&rows)
}

/// The best trial, one line a parameter.
pub(super) fn best(history: &History, best: &TrialRecord) -> String {
    let mut text = format!("trial {} of {}\n", best.number, history.trials().len());
    let _ = writeln!(text, "{}", best.metrics);
    parameters(&mut text, best);
    text
}

/// Everything that is known of a trial.
pub(super) fn trial(trial: &TrialRecord) -> String {
    let mut text = format!("trial {}, {}", trial.number, trial.state);
    let _ = writeln!(text, ", {:.1} s", trial.seconds());
    if let Some(message) = &trial.message {
        let _ = writeln!(text, "{message}");
    }
    if !trial.metrics.is_empty() {
        let _ = writeln!(text, "{}", trial.metrics);
    }
    parameters(&mut text, trial);
    for run in &trial.executions {
        let _ = write!(
            text,
            "execution {}, {}, {:.1} s",
            run.number, run.state, run.seconds
        );
        match &run.metrics {
            Some(metrics) => {
                let _ = writeln!(text, ": {metrics}");
            }
            None => text.push('\n'),
        }
        for failure in &run.failures {
            let _ = writeln!(text, "  failed: {failure}");
        }
        for (row, step) in run.curve.steps().iter().enumerate() {
            let _ = writeln!(text, "  {step}: {}", run.curve.metrics(row));
        }
    }
    text
}

fn parameters(text: &mut String, trial: &TrialRecord) {
    for (name, value) in trial.point.iter() {
        let _ = writeln!(text, "  {name} = {value}");
    }
}

/// One line a study, of the objects that `--json` writes.
pub(super) fn studies(rows: &[Json]) -> String {
    let columns = [
        "path",
        "name",
        "objective",
        "sampler",
        "trials",
        "finished",
        "running",
        "best",
    ];
    let mut cells = vec![columns.map(str::to_owned).to_vec()];
    cells.extend(rows.iter().map(|row| {
        let cell = |column: &str| match &row[column] {
            Json::Null => "-".to_owned(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        columns.map(cell).to_vec()
    }));
    table(&cells)
}

/// Columns as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}
