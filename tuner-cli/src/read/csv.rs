//! Trials as a table of comma-separated values (RFC 4180, with plain line ends).

use std::sync::Arc;

use tuner_runtime::trial::History;

/// One line a trial. Metrics stand under `metric.NAME`, parameters under `param.NAME`; what a trial
/// does not have is empty, and so is `feasible` without a result. One with `fits` false is outside of the space.
pub(super) fn table(history: &History) -> String {
    let (mut metrics, mut params): (Vec<Arc<str>>, Vec<String>) = Default::default();
    params.extend(
        history
            .space()
            .params()
            .iter()
            .map(|param| param.name.to_string()),
    );
    for trial in history.trials() {
        for name in trial.metrics.names() {
            if !metrics.contains(name) {
                metrics.push(name.clone());
            }
        }
        // Those of a space that was changed later.
        for (name, _) in trial.point.iter() {
            if !params.iter().any(|own| own == name) {
                params.push(name.to_owned());
            }
        }
    }
    let mut head: Vec<String> = ["number", "state", "value", "seconds", "feasible", "fits"]
        .map(str::to_owned)
        .into();
    head.extend(metrics.iter().map(|name| format!("metric.{name}")));
    head.extend(params.iter().map(|name| format!("param.{name}")));
    let mut text = line(&head);
    for trial in history.trials() {
        let mut cells = vec![
            trial.number.to_string(),
            trial.state.to_string(),
            trial
                .value()
                .map(|value| value.to_string())
                .unwrap_or_default(),
            trial.seconds().to_string(),
            trial
                .value()
                .map(|_| trial.is_feasible().to_string())
                .unwrap_or_default(),
            trial.fits.to_string(),
        ];
        let metric = |name: &Arc<str>| trial.metrics.get(name).map(|value| value.to_string());
        cells.extend(metrics.iter().map(|name| metric(name).unwrap_or_default()));
        let param = |name: &String| trial.point.get(name).map(|value| value.to_string());
        cells.extend(params.iter().map(|name| param(name).unwrap_or_default()));
        text.push_str(&line(&cells));
    }
    text
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    cells.join(",") + "\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let cells = ["plain", "a,b", "say \"so\"", "two\nlines", ""].map(str::to_owned);
        assert_eq!(
            line(&cells),
            "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\n"
        );
    }
}
