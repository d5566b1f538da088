//! A study as JSON: what programs read of it.

use serde_json::{Map, Value as Json, json};

use crate::trial::{ExecutionRecord, History, Metrics, TrialRecord};

/// The objective, the best trial, every trial with its executions, and the seconds they ran.
///
/// `best` is null while no trial has a result. Metrics are those of the end of an execution; the
/// epochs before stand in `epochs`, one object each.
pub fn json(history: &History) -> Json {
    let best = history.best().map(
        |trial| json!({"number": trial.number, "value": trial.value(), "params": trial.point}),
    );
    let goal = history.goal();
    json!({
        "objective": {"name": goal.name, "direction": goal.direction},
        "best": best,
        "trials": history.trials().iter().map(|trial| trial_json(trial)).collect::<Vec<_>>(),
        "seconds": history.seconds(),
    })
}

/// One trial with its executions.
pub fn trial_json(trial: &TrialRecord) -> Json {
    json!({
        "number": trial.number,
        "state": trial.state,
        "value": trial.value(),
        "params": trial.point,
        "metrics": trial.metrics,
        "message": trial.message,
        "seconds": trial.seconds(),
        "executions": trial.executions.iter().map(execution_json).collect::<Vec<_>>(),
    })
}

fn execution_json(run: &ExecutionRecord) -> Json {
    let epochs = run.curve.steps().iter().enumerate().map(|(row, step)| {
        let mut epoch = Map::new();
        epoch.insert("epoch".to_owned(), json!(step));
        if let Ok(Json::Object(metrics)) = serde_json::to_value(run.curve.metrics(row)) {
            epoch.extend(metrics);
        }
        Json::Object(epoch)
    });
    json!({
        "number": run.number,
        "state": run.state,
        "seed": run.seed,
        "attempts": run.attempts,
        "metrics": run.metrics.as_ref().unwrap_or(&Metrics::new()),
        "seconds": run.seconds,
        "failures": run.failures,
        "message": run.message,
        "epochs": epochs.collect::<Vec<_>>(),
    })
}
