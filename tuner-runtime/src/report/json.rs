//! A study as JSON: what programs read of it.

use serde_json::{Map, Value as Json, json};

use crate::study::front;
use crate::trial::{ExecutionRecord, History, Metrics, TrialRecord};

/// The objective, the best trial, every trial with its executions, and the seconds they ran.
///
/// `best` is null while no trial has a result. With several objectives `front` has the trials that no
/// other one beats in all of them. Metrics are those of the end of an execution; the epochs before
/// stand in `epochs`, one object each.
pub fn json(history: &History) -> Json {
    let goal = history.goal();
    let mut study = json!({
        "objective": {"name": goal.name, "direction": goal.direction},
        "best": history.best().map(|trial| best_json(trial)),
    });
    if history.goals().len() > 1 {
        study["objectives"] = json!(history.goals());
        study["front"] = front_json(history);
    }
    let trials = history.trials().iter().map(|trial| trial_json(trial));
    study["trials"] = trials.collect();
    study["seconds"] = json!(history.seconds());
    study["attributes"] = json!(history.attributes());
    study
}

/// What is told of one of the best trials: its number, values, parameters and metrics.
pub fn best_json(trial: &TrialRecord) -> Json {
    json!({
        "number": trial.number,
        "value": trial.value(),
        "params": trial.point,
        "metrics": trial.metrics,
        "feasible": trial.is_feasible(),
    })
}

/// The trials that no other one beats in all objectives.
pub fn front_json(history: &History) -> Json {
    let front = front(history).into_iter();
    let trials = front.filter_map(|number| history.trial(number));
    trials.map(|trial| best_json(trial)).collect()
}

/// One trial with its executions. Times are milliseconds since 1970.
///
/// `feasible` says whether it keeps every constraint; it is null where there is no result. `fits` is false for a trial
/// outside of the study's space, which was changed since: it does not count any more.
pub fn trial_json(trial: &TrialRecord) -> Json {
    json!({
        "number": trial.number,
        "state": trial.state,
        "until": trial.until,
        "value": trial.value(),
        "feasible": trial.value().map(|_| trial.is_feasible()),
        "fits": trial.fits,
        "params": trial.point,
        "metrics": trial.metrics,
        "message": trial.message,
        "attributes": trial.attributes,
        "started_ms": trial.started,
        "ended_ms": trial.ended,
        "seconds": trial.seconds(),
        "executions": trial.executions.iter().map(execution_json).collect::<Vec<_>>(),
    })
}

fn execution_json(run: &ExecutionRecord) -> Json {
    let epochs = run.curve.steps().iter().enumerate().map(|(row, step)| {
        let mut epoch = Map::new();
        if let Ok(Json::Object(metrics)) = serde_json::to_value(run.curve.metrics(row)) {
            epoch.extend(metrics);
        }
        // A metric of this name takes that of a column.
        if let Some(metric) = epoch.insert("epoch".to_owned(), json!(step)) {
            epoch.insert("metric.epoch".to_owned(), metric);
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
