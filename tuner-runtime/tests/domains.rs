//! Every sampler on random spaces: nothing outside of its domain, off its grid, or in a parameter that is inactive.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner::math::rng::Rng;
use tuner::sampler::{NAMES, Sampler, by_name};
use tuner::space::Space;
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::Objective;

/// A space of up to eight parameters of every kind, half of them conditional where that is possible.
fn tree(rng: &mut Rng) -> Json {
    let mut params: Vec<Json> = Vec::new();
    for i in 0..1 + rng.below(8) {
        let mut param = parameter(rng);
        param["name"] = json!(format!("p{i}"));
        let parent = &params.get(rng.below(8) as usize).cloned();
        if let Some(condition) = parent.as_ref().and_then(|parent| condition(parent, rng)) {
            param["condition"] = condition;
        }
        params.push(param);
    }
    Json::Array(params)
}

fn parameter(rng: &mut Rng) -> Json {
    let small = rng.below(9) as i64;
    match rng.below(16) {
        0 => json!({"type": "float", "low": -1e3 * rng.unit(), "high": 1e-3 + rng.unit()}),
        1 => json!({"type": "float", "low": 1e-9, "high": 10f64.powi(small as i32), "log": true}),
        2 => json!({"type": "float", "low": -0.3, "high": small as f64 / 10.0, "step": 0.1}),
        3 => json!({"type": "float", "low": 0.05, "high": 0.3, "step": 0.05}),
        4 => json!({"type": "float", "low": 1e-4, "high": 1.0, "log": true, "step": 10.0}),
        5 => json!({"type": "float", "low": 0.9, "high": 0.999, "scale": "reverse_log"}),
        6 => json!({"type": "float", "low": 0.1, "high": 0.7, "bits": 32}),
        7 => json!({"type": "float", "low": 1.0, "high": 1.0 + 4.0 * f64::EPSILON}),
        8 => json!({"type": "int", "low": -small, "high": small}),
        9 => json!({"type": "int", "low": 7, "high": 7 + 5 * small, "step": 5}),
        10 => json!({"type": "int", "low": 1, "high": 1_000_000, "log": true}),
        11 => json!({"type": "int", "low": 3, "high": 3 << small, "log": true, "step": 2}),
        12 => json!({"type": "int", "low": -(1i64 << 62), "high": (1i64 << 62) + small}),
        13 => {
            let choices = [json!("a"), json!(1), json!(2.5), json!("b")];
            json!({"type": "categorical", "choices": choices[..1 + small as usize % 4]})
        }
        14 => json!({"type": "categorical", "choices": [8, 2, 4], "ordered": true}),
        _ => json!({"type": "bool"}),
    }
}

/// What a child may ask of this parent.
fn condition(parent: &Json, rng: &mut Rng) -> Option<Json> {
    let name = &parent["name"];
    match parent["type"].as_str()? {
        "bool" => Some(json!({"parent": name, "values": [rng.below(2) == 1]})),
        "categorical" => {
            let choices = parent["choices"].as_array()?;
            let first = rng.below(choices.len() as u128) as usize;
            Some(json!({"parent": name, "values": choices[first..]}))
        }
        "int" if rng.below(2) == 1 => {
            let least = (parent["low"].as_i64()? + 1).min(parent["high"].as_i64()?);
            Some(json!({"parent": name, "at_least": least}))
        }
        "int" => Some(json!({"parent": name, "values": [parent["low"]]})),
        _ => None,
    }
}

/// Whether a point is what the declaration says, without the library's own idea of it.
fn assert_belongs(params: &Json, point: &Json, who: &str) {
    let point = point.as_object().unwrap();
    let mut active = 0;
    for param in params.as_array().unwrap() {
        let name = param["name"].as_str().unwrap();
        let fault = |what: &str| -> ! { panic!("{who}: {name} {what} in {point:?}\n{params:#}") };
        let wanted = match param.get("condition") {
            None => true,
            Some(condition) => match point.get(condition["parent"].as_str().unwrap()) {
                None => false,
                Some(parent) => match condition.get("values") {
                    Some(values) => values.as_array().unwrap().contains(parent),
                    None => parent.as_i64() >= condition["at_least"].as_i64(),
                },
            },
        };
        let value = match point.get(name) {
            Some(value) if wanted => value,
            None if !wanted => continue,
            Some(_) => fault("is inactive and there"),
            None => fault("is active and missing"),
        };
        active += 1;
        let allowed = match param["type"].as_str().unwrap() {
            "bool" => value.is_boolean(),
            "categorical" => param["choices"].as_array().unwrap().contains(value),
            "int" => is_int(param, value),
            _ => is_float(param, value),
        };
        if !allowed {
            fault("is outside");
        }
    }
    assert_eq!(active, point.len(), "{who}: more than was declared");
}

fn is_int(param: &Json, value: &Json) -> bool {
    let number = |key: &str| param[key].as_i64().unwrap();
    let Some(value) = value.as_i64() else {
        return false;
    };
    let on_grid = match (param.get("step").and_then(Json::as_i64), param.get("log")) {
        (None, _) => true,
        (Some(step), None) => (value - number("low")) % step == 0,
        (Some(factor), Some(_)) => {
            let ratio = value / number("low");
            value % number("low") == 0 && factor == 2 && ratio.count_ones() == 1
        }
    };
    on_grid && (number("low")..=number("high")).contains(&value)
}

fn is_float(param: &Json, value: &Json) -> bool {
    let number = |key: &str| param[key].as_f64().unwrap();
    let Some(value) = value.as_f64() else {
        return false;
    };
    if param.get("bits").is_some() {
        let single = value as f32;
        let (low, high) = (number("low") as f32, number("high") as f32);
        return f64::from(single) == value && (low..=high).contains(&single);
    }
    let on_grid = match (param.get("step").and_then(Json::as_f64), param.get("log")) {
        (None, _) => true,
        // Nearest to the decimal: as text it has no more digits than the bounds.
        (Some(step), None) => {
            let place = (value - number("low")) / step;
            (place - place.round()).abs() < 1e-9 && format!("{value}").len() <= 5
        }
        (Some(factor), Some(_)) => {
            let place = (value / number("low")).ln() / factor.ln();
            (place - place.round()).abs() < 1e-9 && format!("{value}").len() <= 6
        }
    };
    on_grid && (number("low")..=number("high")).contains(&value)
}

/// A number that depends on the whole point, and is large on one side.
fn value(point: &Json) -> f64 {
    let numbers = point.as_object().unwrap().values();
    numbers
        .map(|value| match value {
            Json::Bool(on) => f64::from(u8::from(*on)),
            Json::String(text) => text.len() as f64,
            number => number.as_f64().unwrap().cbrt(),
        })
        .sum()
}

/// Runs a study in which trials end in the way that `ends` says; gives its points as text.
fn run(params: &Json, name: &str, ends: u64) -> Vec<String> {
    let space = Space::from_json(params).unwrap().0;
    let sampler = by_name(name, Some(3)).unwrap();
    if sampler.plan(&space, &[]).is_err() {
        assert_eq!(
            name, "grid",
            "only a grid asks for a number of points\n{params:#}"
        );
        return Vec::new();
    }
    let setup = Setup::new(space, sampler)
        .objective(Objective::minimize("loss"))
        .seed(ends)
        .max_trials(24);
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    let mut points = Vec::new();
    loop {
        let asked = match study.ask() {
            Ok(asked) => asked,
            Err(fault) if fault.is_end() => return points,
            Err(fault) => panic!("{name}: {fault}\n{params:#}"),
        };
        let number = asked.number;
        points.push(serde_json::to_string(&asked.point).unwrap());
        let point: Json = serde_json::to_value(&asked.point).unwrap();
        assert_belongs(params, &point, name);
        let end = if ends == 0 { number % 8 } else { ends };
        match end {
            1 => study.tell(number, 1.0).unwrap(),
            2 => study.fail(number, "no room").unwrap(),
            3 => study
                .tell(number, if number % 2 == 0 { 1e300 } else { -1e300 })
                .unwrap(),
            4 => {
                let odd = [value(&point), f64::NAN, f64::NEG_INFINITY];
                study.tell(number, odd[number as usize % 3]).unwrap();
            }
            5 => {
                let odd = [value(&point), f64::NAN, 1e300];
                study
                    .report(number, 0, number % 4, odd[number as usize % 3])
                    .unwrap();
                study.prune(number, "not good").unwrap();
            }
            // Goes on running.
            6 => {}
            _ => study.tell(number, value(&point)).unwrap(),
        }
    }
}

#[test]
fn points_belong_to_their_space_and_repeat_whatever_comes_of_them() {
    let mut rng = Rng::new(11);
    for case in 0..24 {
        let params = tree(&mut rng);
        for name in NAMES {
            // Every kind of end in turn, and each for all trials of a study.
            let points = run(&params, name, case % 8);
            assert!(name == &"grid" || !points.is_empty(), "{name}\n{params:#}");
            assert_eq!(points, run(&params, name, case % 8), "{name}\n{params:#}");
        }
    }
}

/// Pearson's correlation.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let mean = pairs.iter().fold((0.0, 0.0), |sum, pair| {
        (sum.0 + pair.0 / count, sum.1 + pair.1 / count)
    });
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (x - mean.0, y - mean.1);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    xy / (xx * yy).sqrt()
}

#[test]
fn what_makes_no_difference_is_searched_on_its_scale_and_independently() {
    let params = json!([
        {"name": "rate", "type": "float", "low": 1e-6, "high": 1.0, "log": true},
        {"name": "size", "type": "int", "low": 1, "high": 1_000_000, "log": true},
        {"name": "x", "type": "float", "low": -1.0, "high": 1.0},
        {"name": "y", "type": "float", "low": -1.0, "high": 1.0},
        {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
        {"name": "on", "type": "bool"},
        {"name": "z", "type": "float", "low": -1.0, "high": 1.0,
         "condition": {"parent": "on", "values": [true]}},
    ]);
    for name in NAMES.iter().filter(|name| **name != "grid") {
        let space = Space::from_json(&params).unwrap().0;
        let setup = Setup::new(space, by_name(name, None).unwrap())
            .objective(Objective::minimize("loss"))
            .seed(3)
            .max_trials(60);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let mut points: Vec<Json> = Vec::new();
        while let Ok(asked) = study.ask() {
            study.tell(asked.number, 1.0).unwrap();
            points.push(serde_json::to_value(&asked.point).unwrap());
        }
        let pairs = |one: &str, other: &str| -> Vec<(f64, f64)> {
            let both = points
                .iter()
                .filter_map(|point| Some((point.get(one)?.as_f64()?, point.get(other)?.as_f64()?)));
            both.collect()
        };
        let share = |holds: &dyn Fn(&Json) -> bool| {
            points.iter().filter(|point| holds(point)).count() as f64 / points.len() as f64
        };
        let mut shares = vec![
            share(&|p| p["rate"].as_f64().unwrap() < 1e-3),
            share(&|p| p["size"].as_f64().unwrap() < 1e3),
            share(&|p| p["on"] == true),
        ];
        let kinds = ["a", "b", "c"].map(|kind| share(&|p| p["kind"] == kind));
        shares.extend(kinds.map(|third| 1.5 * third));
        assert!(
            shares.iter().all(|half| (0.2..=0.8).contains(half)),
            "{name}: {shares:?}"
        );
        for (one, other) in [("x", "y"), ("x", "z"), ("y", "z")] {
            let together = correlation(&pairs(one, other));
            assert!(
                together.abs() < 0.5,
                "{name}: {one} follows {other} by {together}"
            );
        }
    }
}
