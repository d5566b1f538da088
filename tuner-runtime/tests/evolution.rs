//! CMA-ES as a sampler, on problems whose best values are known.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner::sampler::{CmaEs, Random, Sampler};
use tuner::space::{Point, Space};
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::{Constraint, Metrics, Objective};

fn best(
    params: &Json,
    sampler: impl Sampler + 'static,
    trials: u64,
    value: impl Fn(&Point) -> f64,
) -> f64 {
    let (space, _) = Space::from_json(params).unwrap();
    let setup = Setup::new(space, sampler).objective(Objective::minimize("loss"));
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup.seed(1)).unwrap();
    for _ in 0..trials {
        let asked = study.ask().unwrap();
        study.tell(asked.number, value(&asked.point)).unwrap();
    }
    let history = study.history();
    history.best().unwrap().value().unwrap()
}

fn continua(count: usize) -> Json {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": -5.0, "high": 5.0});
    (0..count).map(axis).collect()
}

fn numbers(point: &Point) -> Vec<f64> {
    let values = point.iter().filter_map(|(_, value)| value.as_f64());
    values.collect()
}

#[test]
fn a_sphere_is_descended_to_its_bottom() {
    let value = |point: &Point| numbers(point).iter().map(|x| (x - 1.3).powi(2)).sum();
    assert!(best(&continua(5), CmaEs::new(), 900, value) < 1e-8);
    assert!(best(&continua(5), Random::new(), 900, value) > 0.1);
}

#[test]
fn the_valley_of_rosenbrock_is_followed() {
    let value = |point: &Point| {
        let pair =
            |pair: &[f64]| 100.0 * (pair[1] - pair[0].powi(2)).powi(2) + (1.0 - pair[0]).powi(2);
        numbers(point).windows(2).map(pair).sum()
    };
    assert!(best(&continua(3), CmaEs::new(), 1500, value) < 1e-5);
}

#[test]
fn ints_and_continua_together_reach_the_exact_optimum() {
    let mut params = continua(2);
    for (name, high) in [("n", 40), ("m", 6)] {
        let int = json!({"name": name, "type": "int", "low": 0, "high": high});
        params.as_array_mut().unwrap().push(int);
    }
    let value = |point: &Point| {
        let x = numbers(point);
        (x[0] - 2.0).powi(2)
            + (x[1] + x[0] - 1.0).powi(2)
            + (x[2] - 33.0).powi(2)
            + (x[3] - 1.0).powi(2)
    };
    assert!(best(&params, CmaEs::new(), 1200, value) < 1e-6);
}

#[test]
fn choices_and_conditional_parameters_are_settled() {
    let mut params = continua(2);
    let more = [
        json!({"name": "kind", "type": "categorical", "choices": ["a", "b", "c", "d"]}),
        json!({"name": "kind.c", "type": "float", "low": 0.0, "high": 1.0,
               "condition": {"parent": "kind", "values": ["c"]}}),
    ];
    params.as_array_mut().unwrap().extend(more);
    let value = |point: &Point| {
        let x = numbers(point);
        let kind = match point.get("kind").unwrap().as_str().unwrap() {
            "c" => (x[2] - 0.8).powi(2),
            "a" => 1.0,
            _ => 2.0,
        };
        x[0].powi(2) + x[1].powi(2) + kind
    };
    assert!(best(&params, CmaEs::new(), 900, value) < 1e-4);
}

#[test]
fn constraints_keep_the_distribution_inside() {
    let (space, _) = Space::from_json(&continua(2)).unwrap();
    let mut setup = Setup::new(space, CmaEs::new()).objective(Objective::minimize("loss"));
    setup.constraints = vec![Constraint::at_least("first", 1.0)];
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup.seed(1)).unwrap();
    for _ in 0..400 {
        let asked = study.ask().unwrap();
        let x = numbers(&asked.point);
        let metrics = Metrics::new().with("loss", x[0].powi(2) + x[1].powi(2));
        study
            .tell(asked.number, metrics.with("first", x[0]))
            .unwrap();
    }
    let history = study.history();
    let best = history.best().unwrap();
    assert!(
        best.is_feasible() && best.value().unwrap() < 1.01,
        "{best:?}"
    );
}
