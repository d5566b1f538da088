//! How much each parameter matters: the share of the variance of the results that it explains alone.
//!
//! A forest of random trees is fitted to the finished trials and its variance is parted by axes
//! (functional ANOVA, see [`crate::math::forest`]). A conditional parameter is judged over the whole
//! space: it matters by what it changes where it is active. The trees split it there alone, so that it takes
//! no credit from the parameter that switches it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::math::forest::{self, Feature, Forest, Gate, Opening};
use crate::math::rng::Rng;
use crate::math::transform::{centre, standardise, winsorise};
use crate::space::{Axis, Condition, Domain, Param, Space, Value};
use crate::trial::{History, TrialRecord};

/// Trees in the forest.
const TREES: usize = 64;

/// How much one parameter matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The name of the parameter.
    pub name: Arc<str>,
    /// The share of the variance of the first objective, from 0 to 1. What is missing to a sum of 1 belongs to
    /// parameters that act jointly, as they do too where values count as equally poor ([`importances`]).
    pub share: f64,
}

/// The parameters by how much they matter to the first objective, the most important first. Empty with fewer
/// than two finished trials. The same trials give the same numbers.
///
/// Values far below the others (by more than 1.5 interquartile ranges) count as if they were at that limit: one
/// trial that went astray does not decide. Where the middle half of the values is one and the same, those below it count
/// by their rank. A sampler that has found the good part of a space leaves few trials in the rest of it, and these may be
/// beyond that limit: then what is told is what matters among the good values, the rest counts as equally poor, and the sum
/// is smaller.
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
    let values = standardise(&winsorise(&centre(&values)));
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
        _ => Opening::Between(gaps(domain, condition)),
    };
    Some(Gate { axis, open })
}

/// The parts of the axis of an ordered parent on which the condition holds, each from the last value before it to the
/// first one after it.
fn gaps(domain: &Domain, condition: &Condition) -> Vec<(f64, f64)> {
    let count = domain.count().unwrap_or(0);
    let beside = |value: &Value| {
        let index = domain.index(value);
        index
            .into_iter()
            .flat_map(|index| index.saturating_sub(1)..=index + 1)
    };
    // Of many integers those are enough at which the condition changes.
    let indices: BTreeSet<u128> = match (domain, condition) {
        (Domain::Choice(_), _) => (0..count).collect(),
        (_, Condition::AtLeast { count, .. }) => {
            beside(&domain.nearest(&Value::Int(*count))).collect()
        }
        (_, Condition::Is { values, .. }) => values.iter().flat_map(beside).collect(),
    };
    let values = indices.into_iter().filter_map(|index| domain.value(index));
    let mut marks: Vec<(f64, bool)> = values
        .map(|value| (domain.encode(&value), condition.holds(&value)))
        .collect();
    marks.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut gaps = Vec::new();
    let (mut after, mut is_open) = (f64::NEG_INFINITY, false);
    for (x, holds) in marks.into_iter().chain([(f64::INFINITY, false)]) {
        if !holds {
            if is_open {
                gaps.push((after, x));
            }
            after = x;
        }
        is_open = holds;
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Point;
    use crate::trial::{Event, FORMAT, Metrics, Objective, Origin, Outcome, StudySpec};
    use serde_json::json;

    fn finish(history: &mut History, point: Point, loss: f64) {
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
        sampled(space, trials, |point| {
            let kind = point.get("kind").and_then(|kind| kind.as_str()).unwrap() == "b";
            let rate = number(point, "rate").unwrap();
            (rate.log10() + 2.0).powi(2) + if kind { 0.0 } else { 0.5 }
        })
    }

    fn number(point: &Point, name: &str) -> Option<f64> {
        point.get(name).and_then(|value| value.as_f64())
    }

    fn sampled(space: serde_json::Value, trials: u64, loss: impl Fn(&Point) -> f64) -> History {
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
            let loss = loss(&point);
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

    fn shares(history: &History) -> Vec<(String, f64)> {
        let found = importances(history).into_iter();
        found.map(|one| (one.name.to_string(), one.share)).collect()
    }

    fn unit(name: &str) -> serde_json::Value {
        json!({"name": name, "type": "float", "low": 0.0, "high": 1.0})
    }

    #[test]
    fn a_plateau_of_most_values_hides_nothing() {
        let space = json!([unit("x"), unit("idle")]);
        let x = |point: &Point| number(point, "x").unwrap();
        // One in ten is bad; one in five is worse by more and more.
        for loss in [|x: f64| f64::from(x > 0.9), |x: f64| (x - 0.8).max(0.0)] {
            let found = shares(&sampled(space.clone(), 300, |point| loss(x(point))));
            assert!(found[0].0 == "x" && found[0].1 > 0.9, "{found:?}");
        }
        // Nor does one that went astray beside it.
        let mut history = sampled(space, 300, |point| (x(point) - 0.8).max(0.0));
        let point = history.space().sample(&mut Rng::new(9));
        finish(&mut history, point, 1e300);
        let found = shares(&history);
        assert!(found[0].0 == "x" && found[0].1 > 0.8, "{found:?}");
    }

    #[test]
    fn values_that_are_large_beside_their_differences_are_told_apart() {
        let space = json!([unit("x"), unit("idle")]);
        let x = |point: &Point| number(point, "x").unwrap();
        for loss in [
            |x: f64| 1e300 * (1.0 + 1e-12 * x),
            |x: f64| 1.7e18 + 1e8 * x,
            |x: f64| 1.7e308_f64.copysign(x - 0.5),
        ] {
            let found = shares(&sampled(space.clone(), 100, |point| loss(x(point))));
            assert!(found[0].0 == "x" && found[0].1 > 0.8, "{found:?}");
        }
        for same in [1e300, 0.1, 2e12] {
            let found = shares(&sampled(space.clone(), 30, |_| same));
            assert!(found.iter().all(|(_, share)| *share == 0.0), "{found:?}");
        }
    }

    #[test]
    fn what_hangs_below_an_ordered_parent_is_judged_as_below_a_switch() {
        let int = json!({"name": "n", "type": "int", "low": 1, "high": 2});
        let ordered =
            json!({"name": "n", "type": "categorical", "choices": [1, 2], "ordered": true});
        let switch = json!({"name": "n", "type": "categorical", "choices": ["1", "2"]});
        let at_least = json!({"parent": "n", "at_least": 2});
        let is = json!({"parent": "n", "values": [2]});
        for (parent, condition) in [
            (switch, json!({"parent": "n", "values": ["2"]})),
            (int.clone(), at_least),
            (int, is.clone()),
            (ordered, is),
        ] {
            let mut child = unit("c");
            child["condition"] = condition;
            let space = json!([parent, child, unit("idle")]);
            // Half of the variance is the child's alone, the rest that of both.
            let history = sampled(space, 400, |point| number(point, "c").unwrap_or(0.5));
            let found = shares(&history);
            assert!(found[0].0 == "c" && found[0].1 > 0.3, "{found:?}");
        }
    }

    #[test]
    fn what_lies_below_a_switch_without_effect_of_its_own_is_found() {
        let child = |name: &str, kind: &str| {
            let mut child = unit(name);
            child["condition"] = json!({"parent": "kind", "values": [kind]});
            child
        };
        let switch = json!({"name": "kind", "type": "categorical", "choices": ["a", "b"]});
        let space = json!([switch, child("p", "a"), child("q", "b"), unit("idle")]);
        let loss = |point: &Point| match number(point, "p") {
            Some(p) => p,
            None => 1.0 - number(point, "q").unwrap(),
        };
        // A quarter each, and the other half with the switch.
        let found = shares(&sampled(space, 100, loss));
        for name in ["p", "q"] {
            let (_, share) = found.iter().find(|(found, _)| found == name).unwrap();
            assert!((share - 0.25).abs() < 0.08, "{found:?}");
        }
        let idle = found.iter().find(|(name, _)| name == "idle").unwrap();
        assert!(idle.1 < 0.08, "{found:?}");
        // Two switches deep it is a quarter too.
        let outer = json!({"name": "on", "type": "bool"});
        let mut inner = json!({"name": "kind", "type": "categorical", "choices": ["a", "b"]});
        inner["condition"] = json!({"parent": "on", "values": [true]});
        let space = json!([outer, inner, child("p", "a"), unit("idle")]);
        let found = shares(&sampled(space, 1000, |point| {
            number(point, "p").unwrap_or(0.5)
        }));
        assert!(found[0].0 == "p" && found[0].1 > 0.15, "{found:?}");
    }

    #[test]
    fn a_gate_opens_between_the_values_that_close_it() {
        let gaps = |parent: serde_json::Value, condition: serde_json::Value| {
            let mut child = unit("c");
            child["condition"] = condition;
            let (space, _) = Space::from_json(&json!([parent, child])).unwrap();
            let [parent, child] = space.params() else {
                panic!("two parameters");
            };
            super::gaps(&parent.domain, child.condition.as_ref().unwrap())
        };
        let int = || json!({"name": "n", "type": "int", "low": 1, "high": 4});
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        let at_least = |n: i64| gaps(int(), json!({"parent": "n", "at_least": n}));
        assert_eq!(at_least(3), [(0.375, high)]);
        assert_eq!(at_least(1), [(low, high)]);
        let is = |values: &[i64]| gaps(int(), json!({"parent": "n", "values": values}));
        assert_eq!(is(&[1, 3]), [(low, 0.375), (0.375, 0.875)]);
        assert_eq!(is(&[3, 4]), [(0.375, high)]);
        // Choices stand by value, not as declared.
        let choices =
            json!({"name": "n", "type": "categorical", "choices": [8, 1, 4], "ordered": true});
        let found = gaps(choices, json!({"parent": "n", "values": [4, 8]}));
        assert_eq!(found, [(1.0 / 6.0, high)]);
    }

    #[test]
    fn too_few_trials_say_nothing() {
        assert!(importances(&study(1)).is_empty());
    }
}
