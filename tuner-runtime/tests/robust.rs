//! Every sampler on wide spaces, long studies and values without sense.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner::math::rng::Rng;
use tuner::sampler::{NAMES, Sampler, by_name};
use tuner::space::{Point, Space};
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::Objective;

fn space(params: Json) -> Space {
    Space::from_json(&params).unwrap().0
}

fn study(space: &Space, sampler: Box<dyn Sampler>, trials: u64) -> Core {
    let setup = Setup::new(space.clone(), sampler)
        .objective(Objective::minimize("loss"))
        .seed(1)
        .max_trials(trials);
    Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap()
}

/// The best of so many trials.
fn best(
    space: &Space,
    name: &str,
    seed: u64,
    trials: u64,
    mut loss: impl FnMut(&Point) -> f64,
) -> f64 {
    let setup = Setup::new(space.clone(), by_name(name, None).unwrap())
        .objective(Objective::minimize("loss"))
        .seed(seed);
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    for _ in 0..trials {
        let asked = study.ask().unwrap();
        study.tell(asked.number, loss(&asked.point)).unwrap();
    }
    let history = study.history();
    history.best().unwrap().value().unwrap()
}

/// The losses of so many trials in the order in which they ended, with eight running at any time.
#[cfg(feature = "gp")]
fn eight_at_a_time(
    space: &Space,
    name: &str,
    seed: u64,
    trials: usize,
    loss: impl Fn(&Point) -> f64,
) -> Vec<f64> {
    let setup = Setup::new(space.clone(), by_name(name, None).unwrap())
        .objective(Objective::minimize("loss"))
        .seed(seed);
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    let mut running = std::collections::VecDeque::new();
    let end = |_| {
        while running.len() < 8 {
            running.push_back(study.ask().unwrap());
        }
        let asked = running.pop_front().unwrap();
        study.tell(asked.number, loss(&asked.point)).unwrap();
        loss(&asked.point)
    };
    (0..trials).map(end).collect()
}

/// A float, an int, a choice and a conditional bool in turn.
fn wide() -> Space {
    let param = |i: usize| match i % 4 {
        0 => {
            json!({"name": format!("p{i}"), "type": "float", "low": 1e-4, "high": 1.0, "log": true})
        }
        1 => json!({"name": format!("p{i}"), "type": "int", "low": 1, "high": 12}),
        2 => json!({"name": format!("p{i}"), "type": "categorical", "choices": ["a", "b", "c"]}),
        _ => json!({"name": format!("p{i}"), "type": "bool",
                    "condition": {"parent": format!("p{}", i - 1), "values": ["b"]}}),
    };
    space((0..200).map(param).collect())
}

fn sum(point: &Point) -> f64 {
    point.iter().filter_map(|(_, value)| value.as_f64()).sum()
}

/// All but the grid, which needs steps.
fn samplers() -> impl Iterator<Item = Box<dyn Sampler>> {
    let names = NAMES.iter().filter(|name| **name != "grid");
    names.map(|name| by_name(name, None).unwrap())
}

fn points(study: &Core) -> Vec<Point> {
    let history = study.history();
    history.trials().iter().map(|t| t.point.clone()).collect()
}

#[test]
fn two_hundred_parameters_are_searched_and_repeat() {
    let space = wide();
    for (one, other) in samplers().zip(samplers()) {
        let name = one.name();
        let run = |sampler| {
            let study = study(&space, sampler, 12);
            while let Ok(asked) = study.ask() {
                assert!(space.contains(&asked.point), "{name}");
                study.tell(asked.number, sum(&asked.point)).unwrap();
            }
            points(&study)
        };
        let found = run(one);
        assert_eq!(found.len(), 12, "{name}");
        assert_eq!(found, run(other), "{name}");
    }
}

#[cfg(feature = "gp")]
#[test]
fn with_thirty_parameters_the_first_trials_are_no_waste() {
    const TRIALS: u64 = 45;
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let space = space((0..30).map(axis).collect());
    let mut left = Vec::new();
    for seed in 1..=3 {
        let mut rng = Rng::new(seed);
        let optimum: Vec<f64> = (0..30).map(|_| 0.1 + 0.8 * rng.unit()).collect();
        let loss = |point: &Point| {
            let x = point.iter().filter_map(|(_, value)| value.as_f64());
            x.zip(&optimum)
                .map(|(x, best)| (x - best).powi(2))
                .sum::<f64>()
        };
        let study = study(&space, by_name("gp", None).unwrap(), TRIALS);
        for _ in 0..TRIALS {
            let asked = study.ask().unwrap();
            study.tell(asked.number, loss(&asked.point)).unwrap();
        }
        let history = study.history();
        let first = history.trial(0).unwrap().value().unwrap();
        left.push(history.best().unwrap().value().unwrap() / first);
    }
    println!("of the first trial's loss there remain {left:.2?} after {TRIALS} trials");
    assert!(left.iter().sum::<f64>() < 3.0 * 0.75);
}

#[cfg(feature = "gp")]
#[test]
fn a_search_that_has_found_a_bottom_looks_for_another() {
    let axis = |name| json!({"name": name, "type": "float", "low": 0.0, "high": 1.0});
    let space = space(json!([axis("x"), axis("y")]));
    // A wide bowl, and far from it a narrow one that is deeper.
    let loss = |point: &Point| {
        let x: Vec<f64> = point
            .iter()
            .filter_map(|(_, value)| value.as_f64())
            .collect();
        let square = |at: [f64; 2]| (x[0] - at[0]).powi(2) + (x[1] - at[1]).powi(2);
        1.0 + 0.5 * square([0.2, 0.2]) - 1.4 * (-60.0 * square([0.85, 0.8])).exp()
    };
    let mut found = Vec::new();
    for seed in 1..=4 {
        found.push(best(&space, "gp", seed, 120, loss));
    }
    assert!(found.iter().all(|loss| *loss < 0.9), "{found:?}");
}

/// Wide networks run out of memory, and would be the best. A search with the usual settings ends after three failures in a row.
#[cfg(feature = "gp")]
#[test]
fn failures_at_the_edge_of_what_is_best_hardly_ever_come_three_in_a_row() {
    let space = space(json!([
        {"name": "units", "type": "int", "low": 1, "high": 1000},
        {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
        {"name": "dropout", "type": "float", "low": 0.0, "high": 0.5},
    ]));
    let number = |point: &Point, name: &str| point.get(name).unwrap().as_f64().unwrap();
    let mut ended = 0;
    for seed in 0..8 {
        let setup = Setup::new(space.clone(), by_name("gp", None).unwrap())
            .objective(Objective::minimize("loss"))
            .seed(seed);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let mut failures = Vec::new();
        for _ in 0..40 {
            let asked = study.ask().unwrap();
            let [units, rate, dropout] =
                ["units", "rate", "dropout"].map(|name| number(&asked.point, name));
            let fails = units > 600.0;
            failures.push(fails);
            if fails {
                study.fail(asked.number, "out of memory").unwrap();
                continue;
            }
            let off = 0.3 * (rate.log10() + 3.0).powi(2) + (dropout - 0.2).powi(2);
            study
                .tell(asked.number, 1.0 - units / 1000.0 + off)
                .unwrap();
        }
        ended += usize::from(failures.windows(3).any(|all| all == [true; 3]));
        // The best possible is 0.4.
        let history = study.history();
        assert!(history.best().unwrap().value().unwrap() < 0.41);
    }
    assert!(ended <= 3, "{ended} of 8");
}

#[cfg(feature = "gp")]
#[test]
fn a_plateau_is_left() {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let space = space((0..4).map(axis).collect());
    // A cone that sticks out of a plain, with its top at another place for each seed.
    let loss = |point: &Point, seed: u64| {
        let mut rng = Rng::new(seed);
        let off = point.iter().filter_map(|(_, value)| value.as_f64());
        let square: f64 = off.map(|x| (x - 0.15 - 0.7 * rng.unit()).powi(2)).sum();
        (2.4 * square.sqrt() - 0.8).min(0.0)
    };
    let seeds = 1..=8;
    let found = seeds.map(|seed| best(&space, "gp", seed, 80, |point| loss(point, seed)));
    let found: Vec<f64> = found.collect();
    let left = found.iter().filter(|loss| **loss < -0.3);
    assert!(left.count() >= 7, "{found:?}");
}

#[cfg(feature = "gp")]
#[test]
fn the_luckiest_of_noisy_values_leads_nobody_astray() {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let space = space((0..5).map(axis).collect());
    let centre = [0.3, 0.6, 0.8, 0.5, 0.1];
    let square = |point: &Point| {
        let numbers = point.iter().filter_map(|(_, value)| value.as_f64());
        numbers
            .zip(centre)
            .map(|(x, c)| (x - c).powi(2))
            .sum::<f64>()
    };
    let mut late = Vec::new();
    for seed in 1..=4 {
        let mut noise = Rng::new(seed);
        let seen = std::cell::RefCell::new(Vec::new());
        best(&space, "gp", seed, 80, |point| {
            seen.borrow_mut().push(square(point));
            square(point) + 0.1 * noise.normal()
        });
        late.extend_from_slice(&seen.into_inner()[60..]);
    }
    // Random points have 0.7.
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!(mean < 0.25, "{mean}");
}

#[cfg(feature = "gp")]
#[test]
fn noise_hides_no_better_branch() {
    let number = |name, low: f64, high: f64, optimizer: &str| {
        let condition = json!({"parent": "optimizer", "values": [optimizer]});
        json!({"name": name, "type": "float", "low": low, "high": high, "condition": condition})
    };
    let space = space(json!([
        {"name": "lr", "type": "float", "low": 1e-5, "high": 1.0, "log": true},
        {"name": "decay", "type": "float", "low": 1e-6, "high": 0.1, "log": true},
        {"name": "optimizer", "type": "categorical", "choices": ["sgd", "adam", "rmsprop"]},
        number("momentum", 0.0, 0.99, "sgd"),
        number("beta", 0.8, 0.99, "adam"),
        number("rho", 0.5, 0.99, "rmsprop"),
    ]));
    // At best 0.05, with Adam; 0.1 and 0.12 with the others.
    let loss = |point: &Point| {
        let number = |name| point.get(name).and_then(|value| value.as_f64());
        let optimizer = point.get("optimizer").and_then(|value| value.as_str());
        let away = |name, best: f64, scale: f64| scale * (number(name).unwrap() - best).powi(2);
        let (lr, own) = match optimizer.unwrap() {
            "sgd" => (-1.5, 0.1 + away("momentum", 0.9, 0.3)),
            "adam" => (-3.0, 0.05 + away("beta", 0.9, 4.0)),
            _ => (-2.5, 0.12 + away("rho", 0.8, 0.4)),
        };
        let log = |name| number(name).unwrap().log10();
        own + 0.06 * (log("lr") - lr).powi(2) + 0.01 * (log("decay") + 4.0).powi(2)
    };
    let mut late = Vec::new();
    for seed in 1..=6 {
        let mut noise = Rng::new(seed);
        let seen = std::cell::RefCell::new(Vec::new());
        best(&space, "gp", seed, 100, |point| {
            seen.borrow_mut().push(loss(point));
            loss(point) + 0.1 * noise.normal()
        });
        late.extend_from_slice(&seen.into_inner()[75..]);
    }
    // Random points have 0.31.
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!(mean < 0.17, "{mean}");
}

#[cfg(feature = "gp")]
#[test]
fn what_is_running_blinds_nobody() {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    let space = space((0..4).map(axis).collect());
    let loss = |point: &Point| {
        let numbers = point.iter().filter_map(|(_, value)| value.as_f64());
        let squares = numbers.zip([0.3, 0.6, 0.8, 0.5]);
        squares.map(|(x, c)| (x - c).powi(2)).sum::<f64>()
    };
    let mut late = Vec::new();
    for seed in 1..=6 {
        late.extend_from_slice(&eight_at_a_time(&space, "gp", seed, 40, loss)[20..]);
    }
    // Random points have 0.47.
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!(mean < 0.1, "{mean}");
}

#[test]
fn tpe_does_not_stay_in_the_first_good_branch() {
    let float = |name, parent, value| {
        json!({"name": name, "type": "float", "low": 0.0, "high": 1.0,
               "condition": {"parent": parent, "values": [value]}})
    };
    let space = space(json!([
        {"name": "a", "type": "categorical", "choices": ["p", "q", "r"]},
        {"name": "b", "type": "categorical", "choices": ["u", "v", "w"],
         "condition": {"parent": "a", "values": ["q", "r"]}},
        float("x", "b", "v"),
        float("y", "b", "v"),
        float("z", "a", "p"),
    ]));
    // Good at once with p, and best deep in r: with q, u and w all is poor.
    let loss = |point: &Point| {
        let number = |name| point.get(name).and_then(|value| value.as_f64()).unwrap();
        let label = |name| point.get(name).and_then(|value| value.as_str());
        match (label("a").unwrap(), label("b")) {
            ("p", _) => 1.0 + (number("z") - 0.3).abs(),
            (a, Some("v")) => {
                let square = (number("x") - 0.8).powi(2) + (number("y") - 0.1).powi(2);
                3.0 * square + if a == "q" { 1.5 } else { 0.0 }
            }
            _ => 1.4,
        }
    };
    let mut stayed = 0;
    for seed in 1..=10 {
        stayed += usize::from(best(&space, "tpe", seed, 250, loss) > 0.9);
    }
    assert_eq!(stayed, 0, "of 10 studies");
}

#[test]
fn one_parameter_and_values_without_sense_break_nothing() {
    let only = space(json!([{"name": "x", "type": "float", "low": -1.0, "high": 1.0}]));
    let odd: [&dyn Fn(u64) -> f64; 5] = [
        &|_| 3.0,
        &|n| if n % 2 == 0 { 1e300 } else { -1e300 },
        &|n| 1e-300 * n as f64,
        &|n| if n == 3 { 1e300 } else { n as f64 },
        &|_| f64::NAN,
    ];
    for told in odd {
        for sampler in samplers() {
            let name = sampler.name();
            let study = study(&only, sampler, 30);
            let mut seen = std::collections::HashSet::new();
            while let Ok(asked) = study.ask() {
                assert!(only.contains(&asked.point), "{name}");
                assert!(seen.insert(asked.point.clone()), "{name} repeats itself");
                let value = told(asked.number);
                study.tell(asked.number, value).unwrap();
                // What is no number is no value: the trial failed.
                let history = study.history();
                let trial = history.trial(asked.number).unwrap();
                assert_eq!(trial.value().is_some(), value.is_finite(), "{name}");
            }
            assert_eq!(seen.len(), 30, "{name}");
        }
    }
}

#[test]
fn a_single_trial_has_a_point() {
    for sampler in samplers() {
        let study = study(&wide(), sampler, 1);
        assert!(wide().contains(&study.ask().unwrap().point));
        assert!(study.ask().unwrap_err().is_end());
    }
}

#[test]
fn a_study_of_ten_thousand_trials_goes_on() {
    let space = space(json!([
        {"name": "x", "type": "float", "low": -1.0, "high": 1.0},
        {"name": "y", "type": "float", "low": -1.0, "high": 1.0},
        {"name": "n", "type": "int", "low": 1, "high": 1000},
        {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
    ]));
    for sampler in samplers() {
        let name = sampler.name();
        let study = study(&space, sampler, 20_000);
        // By hand up to the last of ten thousand, which the sampler is asked for.
        let mut rng = Rng::new(2);
        for _ in 0..10_000 {
            let point = space.sample(&mut rng);
            study.enqueue(&point).unwrap();
            let number = study.ask().unwrap().number;
            study.tell(number, sum(&point)).unwrap();
        }
        for _ in 0..3 {
            let asked = study.ask().unwrap();
            assert!(space.contains(&asked.point), "{name}");
            study.tell(asked.number, sum(&asked.point)).unwrap();
        }
    }
}
