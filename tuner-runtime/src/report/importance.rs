//! How much each parameter matters: the share of the variance of the results that it explains alone.
//!
//! A forest of random trees is fitted to the finished trials and its variance is parted by axes
//! (functional ANOVA, see [`crate::math::forest`]). A conditional parameter is judged over the whole
//! space: it matters by what it changes where it is active. The trees split it there alone, so that it takes
//! no credit from the parameter that switches it.

use std::sync::Arc;

use crate::math::forest::{self, Feature, Forest, Gate, Opening};
use crate::math::rng::Rng;
use crate::math::transform::{standardise, winsorise};
use crate::space::{Axis, Condition, Param, Space};
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

/// The parameters by how much they matter to the first objective, the most important first. Empty with fewer
/// than two finished trials. The same trials give the same numbers.
///
/// Values far below the others (by more than 1.5 interquartile ranges) count as if they were at that limit: one
/// trial that went astray does not decide.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::sync::Arc;
/// use tuner::{report::importances, sampler::Random, space::Space, storage::Memory};
/// use tuner::study::{Core, Setup};
/// use tuner::trial::Objective;
/// let (space, _) = Space::from_json(&serde_json::json!([
///     {"name": "idle", "type": "bool"},
///     {"name": "x", "type": "float", "low": 0.0, "high": 1.0},
/// ]))?;
/// let setup = Setup::new(space, Random::new()).objective(Objective::minimize("loss"));
/// let study = Core::open(Arc::new(Memory::new()), "example".into(), setup)?;
/// for _ in 0..50 {
///     let asked = study.ask()?;
///     let x = asked.point.get("x").and_then(|x| x.as_f64()).expect("x is a number");
///     study.tell(asked.number, x * x)?;
/// }
/// let found = importances(&study.history());
/// assert_eq!(&*found[0].name, "x");
/// assert!(found[0].share > 0.9 && found[1].share < 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn importances(history: &History) -> Vec<Importance> {
    importances_of(history, 0)
}

/// The same for the objective with this place in [`History::goals`]; empty where there is none.
pub fn importances_of(history: &History, objective: usize) -> Vec<Importance> {
    let space = history.space();
    let Some(goal) = history.goals().get(objective) else {
        return Vec::new();
    };
    let places: Vec<usize> = (0..space.len())
        .filter(|&place| space.params()[place].domain.axis() != Axis::Constant)
        .collect();
    let axes: Vec<forest::Axis> = places
        .iter()
        .map(|&place| forest::Axis {
            feature: feature(&space.params()[place]),
            gate: gate(space, place, &places),
        })
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
    let score = |trial: &&TrialRecord| goal.score(trial.values[objective]);
    let values: Vec<f64> = trials.iter().map(score).collect();
    let values = standardise(&winsorise(&values));
    let mut rng = Rng::new(history.spec().seed);
    let shares = Forest::fit(&axes, &rows, &values, TREES, &mut rng).shares();
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

/// Where a conditional parameter is active, on the axis of its parent; `None` where it always or never is.
fn gate(space: &Space, place: usize, places: &[usize]) -> Option<Gate> {
    let condition = space.params()[place].condition.as_ref()?;
    let parent = condition.parent();
    // A parent with a single value decides nothing; its own condition may.
    let Some(axis) = places.iter().position(|&other| other == parent) else {
        return gate(space, parent, places);
    };
    let domain = &space.params()[parent].domain;
    let open = match (domain.axis(), condition) {
        (Axis::Unordered { count }, _) => Opening::Of(
            (0..count as u128)
                .map(|index| {
                    domain
                        .value(index)
                        .is_some_and(|value| condition.holds(&value))
                })
                .collect(),
        ),
        (_, Condition::AtLeast { count, .. }) => {
            let nearest = domain.nearest(&crate::space::Value::Int(*count));
            let (low, high) = domain.cell(&nearest);
            let least = if condition.holds(&nearest) { low } else { high };
            Opening::Between(least, 1.0)
        }
        // The values that are named, if they are neighbours, and what lies between them otherwise.
        (_, Condition::Is { values, .. }) => {
            let cells = values.iter().map(|value| domain.cell(value));
            let (least, most) = cells.fold((1.0, 0.0), |(least, most): (f64, f64), (low, high)| {
                (least.min(low), most.max(high))
            });
            Opening::Between(least, most)
        }
    };
    Some(Gate { axis, open })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Event, FORMAT, Metrics, Objective, Origin, Outcome, StudySpec};
    use serde_json::json;

    fn finish(history: &mut History, point: crate::space::Point, loss: f64) {
        let number = history.trials().len() as u64;
        let started = Event::TrialStarted {
            number,
            point,
            origin: Origin::Suggested,
            memo: None,
            until: None,
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
        for _ in 0..trials {
            let point = history.space().sample(&mut rng);
            let rate = point.get("rate").and_then(|rate| rate.as_f64()).unwrap();
            let kind = point.get("kind").and_then(|kind| kind.as_str()).unwrap() == "b";
            let loss = (rate.log10() + 2.0).powi(2) + if kind { 0.0 } else { 0.5 };
            finish(&mut history, point, loss);
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
    fn one_trial_that_went_astray_does_not_decide() {
        let mut history = study(60);
        let point = history.space().sample(&mut Rng::new(9));
        finish(&mut history, point, 1e300);
        let found = importances(&history);
        assert_eq!(&*found[0].name, "rate");
        assert!(found[0].share > 0.5, "{found:?}");
    }

    #[test]
    fn too_few_trials_say_nothing() {
        assert!(importances(&study(1)).is_empty());
    }
}
