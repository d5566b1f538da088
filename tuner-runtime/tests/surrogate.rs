//! What the Gaussian process makes of a study.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "gp")]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::json;
use tuner::math::rng::Rng;
use tuner::sampler::{Gp, Random, Sampler, Surrogate};
use tuner::space::{Point, Space};
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::{Constraint, Metrics, Objective};

fn cube(dimensions: usize) -> Space {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let axes: Vec<_> = (0..dimensions).map(axis).collect();
    Space::from_json(&axes.into()).unwrap().0
}

fn at(point: &Point, name: &str) -> f64 {
    point.get(name).unwrap().as_f64().unwrap()
}

fn run(setup: Setup, trials: u64, mut value: impl FnMut(&Point) -> Metrics) -> Core {
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    for _ in 0..trials {
        let asked = study.ask().unwrap();
        study.tell(asked.number, value(&asked.point)).unwrap();
    }
    study
}

#[test]
fn it_speaks_in_the_units_of_each_objective() {
    let value = |point: &Point| {
        let (x, y) = (at(point, "x0"), at(point, "x1"));
        Metrics::new()
            .with("loss", 1000.0 * (x - 0.5).powi(2) + 300.0)
            .with("speed", 1e-3 * y)
    };
    let setup = Setup::new(cube(2), Random::new())
        .objective(Objective::minimize("loss"))
        .objective(Objective::maximize("speed"));
    let study = run(setup, 40, value);
    let history = study.history();
    let point: Point = serde_json::from_str(r#"{"x0": 0.9, "x1": 0.25}"#).unwrap();
    let loss = Surrogate::fit(&history, "loss").unwrap();
    let at = loss.predict(&point).unwrap();
    assert!((at.mean - 460.0).abs() < 10.0, "{at:?}");
    assert!(at.deviation > 0.0 && at.deviation < 20.0, "{at:?}");
    assert!(loss.noise() < 10.0);
    let speed = Surrogate::fit(&history, "speed").unwrap();
    let at = speed.predict(&point).unwrap();
    assert!((at.mean - 2.5e-4).abs() < 2e-5, "{at:?}");
    let error = Surrogate::fit(&history, "size").unwrap_err().to_string();
    assert!(error.contains("`loss`, `speed`"), "{error}");
    let outside: Point = serde_json::from_str(r#"{"x0": 1.5, "x1": 0.25}"#).unwrap();
    assert!(loss.predict(&outside).is_err());
}

/// The true loss of the first of a ranking and of the luckiest trial, in mean over ten studies of noisy squares.
fn recommended(sampler: fn() -> Box<dyn Sampler>) -> (f64, f64) {
    let square = |point: &Point| {
        let away = |(name, c): (&str, f64)| (at(point, name) - c).powi(2);
        [("x0", 0.3), ("x1", 0.6), ("x2", 0.8)]
            .map(away)
            .iter()
            .sum::<f64>()
    };
    let (mut first, mut luckiest) = (0.0, 0.0);
    for seed in 1..=10 {
        let mut noise = Rng::new(seed);
        let setup = Setup::new(cube(3), sampler())
            .objective(Objective::minimize("loss"))
            .seed(seed);
        let study = run(setup, 60, |point| {
            Metrics::new().with("loss", square(point) + 0.3 * noise.normal())
        });
        let history = study.history();
        let ranking = Surrogate::fit(&history, "loss").unwrap().ranking();
        first += square(&history.trial(ranking[0].number).unwrap().point) / 10.0;
        luckiest += square(&history.best().unwrap().point) / 10.0;
    }
    (first, luckiest)
}

#[test]
fn the_trial_that_is_expected_to_be_best_is_better_than_the_luckiest() {
    for sampler in [
        (|| Box::new(Random::new()) as Box<dyn Sampler>) as fn() -> _,
        || Box::new(Gp::new()),
    ] {
        let (first, luckiest) = recommended(sampler);
        assert!(first < 0.85 * luckiest, "{first} {luckiest}");
    }
}

#[test]
fn a_ranking_is_as_that_of_the_study_where_nothing_is_noisy() {
    for maximize in [false, true] {
        let sign = if maximize { -1.0 } else { 1.0 };
        let objective = match maximize {
            true => Objective::maximize("value"),
            false => Objective::minimize("value"),
        };
        let mut setup = Setup::new(cube(1), Random::new()).objective(objective);
        setup.constraints = vec![Constraint::at_most("size", 0.5)];
        let study = run(setup, 20, |point| {
            let x = at(point, "x0");
            let value = sign * (10.0 + (x - 0.7).powi(2));
            Metrics::new().with("value", value).with("size", x)
        });
        let history = study.history();
        let ranking = Surrogate::fit(&history, "value").unwrap().ranking();
        let numbers: Vec<u64> = ranking.iter().map(|ranked| ranked.number).collect();
        let best = history.best_trials(20);
        assert_eq!(numbers, best.iter().map(|t| t.number).collect::<Vec<_>>());
        let away = ranking[0].expected.mean - best[0].value().unwrap();
        assert!(away.abs() < 1e-2, "{away}");
    }
}
