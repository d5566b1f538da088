//! How much each parameter matters: the share of the variance of the results that it explains alone.
//!
//! A forest of random trees is fitted to the finished trials and its variance is parted by axes
//! (functional ANOVA, see [`crate::math::forest`]). A conditional parameter is judged over the whole
//! space: it matters by what it changes where it is active.

use std::sync::Arc;

use crate::math::forest::{Feature, Forest};
use crate::math::rng::Rng;
use crate::space::{Axis, Param};
use crate::trial::{History, TrialRecord};

/// Trees in the forest.
const TREES: usize = 64;

/// How much one parameter matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The name of the parameter.
    pub name: Arc<str>,
    /// The share of the variance of the first objective, from 0 to 1. What is missing to a sum of 1
    /// belongs to parameters that act jointly.
    pub share: f64,
}

/// The parameters by how much they matter, the most important first. Empty with fewer than two
/// finished trials. The same trials give the same numbers.
pub fn importances(history: &History) -> Vec<Importance> {
    let space = history.space();
    let places: Vec<usize> = (0..space.len())
        .filter(|&place| space.params()[place].domain.axis() != Axis::Constant)
        .collect();
    let features: Vec<Feature> = places
        .iter()
        .map(|&place| feature(&space.params()[place]))
        .collect();
    let trials: Vec<&TrialRecord> = history.finished().collect();
    if trials.len() < 2 {
        return Vec::new();
    }
    let rows: Vec<Vec<f64>> = trials
        .iter()
        .map(|trial| {
            let units = space.encode(&trial.point);
            places.iter().map(|&place| units[place]).collect()
        })
        .collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let score = |trial: &&TrialRecord| history.goal().score(trial.values[0]);
    let values: Vec<f64> = trials.iter().map(score).collect();
    let mut rng = Rng::new(history.spec().seed);
    let shares = Forest::fit(&features, &rows, &values, TREES, &mut rng).shares();
    let mut importances: Vec<Importance> = places
        .iter()
        .zip(shares)
        .map(|(&place, share)| Importance {
            name: space.params()[place].name.clone(),
            share,
        })
        .collect();
    importances.sort_by(|one, other| other.share.total_cmp(&one.share));
    importances
}

fn feature(param: &Param) -> Feature {
    match param.domain.axis() {
        // An inactive choice lies in the middle of the axis, within the middle category.
        Axis::Unordered { count } => Feature::Category(count),
        _ => Feature::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Event, FORMAT, Metrics, Objective, Origin, Outcome, StudySpec};
    use serde_json::json;

    fn study(trials: u64) -> History {
        let space = json!([
            {"name": "rate", "type": "float", "low": 1e-4, "high": 1.0, "log": true},
            {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
            {"name": "idle", "type": "int", "low": 1, "high": 9},
            {"name": "fixed", "type": "fixed", "value": 1},
        ]);
        let spec = StudySpec {
            format: FORMAT,
            seed: 1,
            space,
            goals: vec![Objective::minimize("loss").goal().unwrap()],
            constraints: Vec::new(),
            sampler: "random".to_owned(),
            pruner: None,
        };
        let mut history = History::begin(1, &Event::StudyCreated { spec, at: 0 }).unwrap();
        let mut rng = Rng::new(4);
        for number in 0..trials {
            let point = history.space().sample(&mut rng);
            let rate = point.get("rate").and_then(|rate| rate.as_f64()).unwrap();
            let kind = point.get("kind").and_then(|kind| kind.as_str()).unwrap() == "b";
            let loss = (rate.log10() + 2.0).powi(2) + if kind { 0.0 } else { 0.5 };
            let started = Event::TrialStarted {
                number,
                point,
                origin: Origin::Suggested,
                memo: None,
                seen: history.seq(),
                owner: "test".into(),
                at: 0,
            };
            history.apply(history.seq() + 1, &started).unwrap();
            let outcome = Outcome::Finished {
                metrics: Metrics::new().with("loss", loss),
            };
            let finished = Event::TrialFinished {
                number,
                outcome,
                at: 0,
            };
            history.apply(history.seq() + 1, &finished).unwrap();
        }
        history
    }

    #[test]
    fn what_matters_comes_first_and_what_does_not_is_near_zero() {
        let found = importances(&study(200));
        let names: Vec<&str> = found.iter().map(|importance| &*importance.name).collect();
        assert_eq!(names, ["rate", "kind", "idle"]);
        assert!(found[0].share > 0.8, "{found:?}");
        assert!(found[2].share < 0.03, "{found:?}");
        assert_eq!(found, importances(&study(200)));
    }

    #[test]
    fn too_few_trials_say_nothing() {
        assert!(importances(&study(1)).is_empty());
    }
}
