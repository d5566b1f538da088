//! Studies and trials as people read them.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;
use tuner_runtime::sampler::Expected;
use tuner_runtime::study::front;
use tuner_runtime::trial::text::{
    configuration, duration, first_line, front_head, metrics, number, one_line, param, seconds,
};
use tuner_runtime::trial::{History, TrialRecord};

/// One line a trial.
pub(super) fn trials(history: &History) -> String {
    listed(history, history.trials().iter())
}

/// What is to say of a study that nobody works on: trials that run by the record do not.
pub(super) const LEFT: &str =
    "nobody works on the study now; its search goes on when it is started again\n";

/// The same, where any trial has not ended. Whether one that waits ever goes on is the pruner's and the budget's to say,
/// which are not stored.
pub(super) fn left(history: &History) -> &'static str {
    match (history.running().next(), history.paused().next()) {
        (Some(_), _) => LEFT,
        (None, Some(_)) => {
            "nobody works on the study now; trials that are paused go on if a search promotes them\n"
        }
        (None, None) => "",
    }
}

fn listed<'a>(history: &History, trials: impl Iterator<Item = &'a Arc<TrialRecord>>) -> String {
    let goals = history.goals().iter().map(|goal| &*goal.name);
    let head = ["trial", "state"].into_iter().chain(goals);
    let head = head.chain(["seconds", "configuration"]);
    let mut rows = vec![head.map(str::to_owned).collect()];
    rows.extend(trials.map(|trial| row(history, trial)));
    table(&rows)
}

fn row(history: &History, trial: &TrialRecord) -> Vec<String> {
    let mut row = vec![trial.number.to_string(), trial.state.to_string()];
    let value = |place| trial.values.get(place).map(|&value| number(value));
    let values = (0..history.goals().len()).map(value);
    row.extend(values.map(|value| value.unwrap_or_else(|| "-".to_owned())));
    row.push(seconds(trial.seconds()));
    let mut text = configuration(&trial.point);
    if !trial.is_feasible() {
        text.push_str("  (misses a constraint)");
    }
    if !trial.fits {
        text.push_str("  (of another space)");
    }
    if let Some(message) = &trial.message {
        let _ = write!(text, "  ({})", first_line(message));
    }
    row.push(text);
    row
}

/// The best trial, one line a parameter, with what is expected of its first objective where it was chosen by that.
pub(super) fn best(history: &History, best: &TrialRecord, expected: Option<Expected>) -> String {
    let mut text = format!("trial {} of {}\n", best.number, history.trials().len());
    let _ = writeln!(text, "{}", metrics(&best.metrics));
    if let Some(Expected { mean, deviation }) = expected {
        let (name, mean, deviation) = (&history.goal().name, number(mean), number(deviation));
        let name = one_line(name);
        let _ = writeln!(text, "expected {name} {mean}, give or take {deviation}");
    }
    if !best.is_feasible() {
        text.push_str("it misses a constraint, as all others do\n");
    }
    parameters(&mut text, best);
    if history.goals().len() > 1 {
        let front = front(history);
        let _ = writeln!(text, "\n{}", front_head(front.len(), front.len()));
        let front = front.into_iter();
        let trials = front.filter_map(|number| history.trial(number));
        text.push_str(&listed(history, trials));
    }
    text
}

/// Everything that is known of a trial.
pub(super) fn trial(trial: &TrialRecord) -> String {
    let mut text = format!("trial {}, {}", trial.number, trial.state);
    let _ = writeln!(text, ", {}", duration(trial.seconds()));
    if let Some(message) = &trial.message {
        let _ = writeln!(text, "{}", printable(message));
    }
    if !trial.metrics.is_empty() {
        let _ = writeln!(text, "{}", metrics(&trial.metrics));
    }
    if !trial.is_feasible() {
        text.push_str("it misses a constraint\n");
    }
    if !trial.fits {
        text.push_str("it is of another space and does not count: the study's space was changed\n");
    }
    parameters(&mut text, trial);
    for (name, note) in &trial.attributes {
        let (name, note) = (one_line(name), one_line(&note.to_string()));
        let _ = writeln!(text, "note {name}: {note}");
    }
    for run in &trial.executions {
        let _ = write!(
            text,
            "execution {}, {}, {}",
            run.number,
            run.state,
            duration(run.seconds)
        );
        match &run.metrics {
            Some(measured) => {
                let _ = writeln!(text, ": {}", metrics(measured));
            }
            None => text.push('\n'),
        }
        for failure in &run.failures {
            let _ = writeln!(text, "  failed: {}", printable(failure));
        }
        for (row, step) in run.curve.steps().iter().enumerate() {
            let _ = writeln!(text, "  {step}: {}", metrics(&run.curve.metrics(row)));
        }
    }
    text
}

/// What a program said, line by line, without what would move the cursor of a terminal.
pub(crate) fn printable(message: &str) -> String {
    let lines: Vec<String> = message.lines().map(one_line).collect();
    lines.join("\n")
}

fn parameters(text: &mut String, trial: &TrialRecord) {
    for (name, value) in trial.point.iter() {
        let _ = writeln!(text, "  {} = {}", one_line(name), param(value));
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
        "paused",
        "at_work",
        "best",
    ];
    let mut cells = vec![columns.map(|column| column.replace('_', " ")).to_vec()];
    cells.extend(rows.iter().map(|row| {
        let cell = |column: &str| match &row[column] {
            Json::Null => "-".to_owned(),
            Json::String(text) => text.clone(),
            Json::Bool(true) => "yes".to_owned(),
            Json::Bool(false) => "no".to_owned(),
            Json::Number(value) if column == "best" => {
                value.as_f64().map_or_else(|| value.to_string(), number)
            }
            other => other.to_string(),
        };
        columns.map(cell).to_vec()
    }));
    table(&cells)
}

/// Columns as wide as their widest cell, one line a row whatever stands in it.
fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}
