//! Single parts of the samplers, each where nothing else makes up for it.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner::math::rng::Rng;
use tuner::sampler::{NAMES, Sampler, Tpe, by_name};
use tuner::space::{Point, Space};
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::{Metrics, Objective};

fn space(params: Json) -> Space {
    Space::from_json(&params).unwrap().0
}

fn cube(dimensions: usize) -> Space {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    space((0..dimensions).map(axis).collect())
}

fn numbers(point: &Point) -> Vec<f64> {
    let values = point.iter().filter_map(|(_, value)| value.as_f64());
    values.collect()
}

fn setup(space: Space, sampler: impl Sampler + 'static, seed: u64) -> Setup {
    Setup::new(space, sampler)
        .objective(Objective::minimize("loss"))
        .seed(seed)
}

fn open(setup: Setup) -> Core {
    Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap()
}

/// Runs so many trials one after another.
fn run(study: &Core, trials: u64, value: impl Fn(&Point) -> Metrics) {
    for _ in 0..trials {
        let asked = study.ask().unwrap();
        study.tell(asked.number, value(&asked.point)).unwrap();
    }
}

fn loss(value: f64) -> Metrics {
    Metrics::new().with("loss", value)
}

#[test]
fn the_declared_defaults_come_first() {
    let params = json!([
        {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true, "default": 0.02},
        {"name": "layers", "type": "int", "low": 1, "high": 9, "default": 2},
        {"name": "second", "type": "int", "low": 1, "high": 64, "default": 48,
         "condition": {"parent": "layers", "at_least": 2}},
        {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"], "default": "c"},
    ]);
    // Where the budget is enough for all points the automatic choice goes another way.
    let few = json!([
        {"name": "a", "type": "int", "low": 1, "high": 5, "default": 4},
        {"name": "b", "type": "bool", "default": true},
    ]);
    let told = "rate = 0.02, layers = 2, second = 48, kind = c";
    for (params, told) in [(params, told), (few, "a = 4, b = true")] {
        let begins = |name: &&&str| ["gp", "tpe", "nsga2", "auto"].contains(*name);
        for name in NAMES.iter().filter(begins) {
            for seed in 0..3 {
                let sampler = by_name(name, None).unwrap();
                let study = open(setup(space(params.clone()), sampler, seed).max_trials(20));
                assert_eq!(study.ask().unwrap().point.to_string(), told, "{name}");
                // While it runs it is not proposed again.
                assert_ne!(study.ask().unwrap().point.to_string(), told, "{name}");
            }
        }
    }
}

#[test]
fn tpe_sees_parameters_together() {
    // All that is good lies on the diagonal; of each parameter alone every value is as good as any other.
    let apart = |point: &Point| {
        let at = numbers(point);
        (at[0] - at[1]).abs()
    };
    let mut all = Vec::new();
    for seed in 1..=4 {
        let study = open(setup(cube(2), Tpe::new(), seed));
        let mut rng = Rng::new(seed);
        for _ in 0..200 {
            study.enqueue(&cube(2).sample(&mut rng)).unwrap();
        }
        run(&study, 200, |point| loss(apart(point)));
        all.extend((0..25).map(|_| apart(&study.ask().unwrap().point)));
    }
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    // Random points have a third.
    assert!(mean < 0.1, "{mean}");
}

#[cfg(feature = "gp")]
mod model {
    use super::*;
    use std::fmt::{Debug, Write};
    use std::sync::Mutex;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};
    use tuner::sampler::{Ask, Auto, Gp, Prior, Random};
    use tuner::trial::{Constraint, History, State};

    /// The square of the distance from the point with this number on each axis.
    fn away(point: &Point, place: f64) -> f64 {
        let squares = numbers(point).into_iter().map(|x| (x - place).powi(2));
        squares.sum()
    }

    #[test]
    fn eight_at_once_keep_a_distance() {
        for objectives in [1, 2] {
            let mut distances = Vec::new();
            for seed in 0..4 {
                let mut setup = setup(cube(4), Gp::new(), seed);
                if objectives == 2 {
                    setup = setup.objective(Objective::minimize("other"));
                }
                let study = open(setup);
                run(&study, 16, |point| {
                    loss(away(point, 0.3)).with("other", away(point, 0.6))
                });
                let asked: Vec<Point> = (0..8).map(|_| study.ask().unwrap().point).collect();
                for (i, one) in asked.iter().enumerate() {
                    for other in &asked[..i] {
                        let pairs = numbers(one).into_iter().zip(numbers(other));
                        let square: f64 = pairs.map(|(x, y)| (x - y).powi(2)).sum();
                        distances.push(square.sqrt());
                    }
                }
            }
            let mean = distances.iter().sum::<f64>() / distances.len() as f64;
            let least = distances.into_iter().fold(f64::INFINITY, f64::min);
            assert!(
                mean > 0.2 && least > 0.005,
                "{objectives} objectives: {mean}, the nearest two {least}"
            );
        }
    }

    #[test]
    fn what_an_older_study_expects_helps_though_none_of_its_points_is_tried() {
        let value = |point: &Point| loss(away(point, 0.77));
        let older = open(setup(cube(5), Random::new(), 8));
        run(&older, 60, value);
        let older = older.history();
        let mean = |older: Option<&History>| {
            let best = |seed| {
                let study = open(setup(cube(5), Gp::new(), seed));
                if let Some(older) = older {
                    assert_eq!(study.warm_start(older, 0).unwrap(), 0);
                }
                // Four trials begin without a model.
                run(&study, 6, value);
                study.history().best().unwrap().value().unwrap()
            };
            (0..4).map(best).sum::<f64>() / 4.0
        };
        let (cold, helped) = (mean(None), mean(Some(&older)));
        assert!(helped < 0.2 * cold, "{helped}, without {cold}");
    }

    #[test]
    fn where_the_values_say_nothing_a_belief_decides() {
        // Nothing depends on x1, and the trials so far lie elsewhere, but for the guess, which is a poor one.
        let sampler = || Gp::new().prior("x1", Prior::around(0.1).spread(0.05));
        for seed in 0..4 {
            let study = open(setup(cube(2), sampler(), seed).max_trials(100));
            let first = [[0.5, 0.1], [0.1, 0.9], [0.3, 0.6], [0.8, 0.7], [0.2, 0.8]];
            for [x, y] in first {
                let point = serde_json::from_value(json!({"x0": x, "x1": y}));
                study.enqueue(&point.unwrap()).unwrap();
            }
            let value = |point: &Point| loss((numbers(point)[0] - 0.2).powi(2));
            run(&study, 8, value);
            let history = study.history();
            let late = &history.trials()[5..];
            let late: Vec<f64> = late.iter().map(|trial| numbers(&trial.point)[1]).collect();
            assert!(late.iter().all(|y| (y - 0.1).abs() < 0.15), "{late:?}");
        }
    }

    /// Each session runs the trials up to one of these numbers, over the same storage.
    fn limited(sessions: &[u64]) -> Arc<History> {
        let storage = Arc::new(Memory::new());
        let open = || {
            let mut setup = setup(cube(2), Gp::new(), 3);
            setup.constraints = vec![
                Constraint::at_most("steep", 0.0),
                Constraint::at_least("flat", 0.0),
            ];
            Core::open(storage.clone(), "study".into(), setup).unwrap()
        };
        // The first ones by hand, which takes no time.
        let mut rng = Rng::new(1);
        for _ in 0..100 {
            open().enqueue(&cube(2).sample(&mut rng)).unwrap();
        }
        for &until in sessions {
            let study = open();
            while (study.history().trials().len() as u64) < until {
                let asked = study.ask().unwrap();
                let at = numbers(&asked.point);
                if at[0] > 0.95 {
                    study.fail(asked.number, "no room").unwrap();
                    continue;
                }
                // Most trials miss the one, few the other.
                let steep = (9.0 * at[0]).sin() + 0.5;
                let flat = at[1] - 0.1;
                let told = loss(away(&asked.point, 0.4));
                let told = told.with("steep", steep).with("flat", flat);
                study.tell(asked.number, told).unwrap();
            }
        }
        open().history()
    }

    #[test]
    fn a_long_study_with_constraints_and_failures_goes_on_as_if_it_had_not_been_closed() {
        let (whole, parts) = (limited(&[118]), limited(&[101, 103, 108, 117, 118]));
        let failed = whole.trials().iter().filter(|t| t.state == State::Failed);
        let kept = whole.finished().filter(|trial| trial.is_feasible()).count();
        assert!(
            failed.count() >= 3 && kept < 60,
            "{kept} keep all constraints"
        );
        for (one, other) in whole.trials().iter().zip(parts.trials()) {
            assert_eq!(one.point, other.point, "trial {}", one.number);
            assert_eq!(one.memo, other.memo, "trial {}", one.number);
        }
        assert_eq!(parts.trials().len(), 118);
    }

    /// Keeps what is said of samplers.
    struct Listener(Arc<Mutex<Vec<String>>>);

    /// The fields of a line in a row.
    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            write!(self.0, "{} = {value:?}; ", field.name()).unwrap();
        }
    }

    impl Subscriber for Listener {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "tuner::sampler"
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(String::new());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn the_automatic_choice_says_once_what_it_takes_and_why() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let listener = Listener(lines.clone());
        let study = open(setup(cube(3), Random::new(), 1));
        run(&study, 3, |point| loss(away(point, 0.3)));
        let history = study.history();
        let auto = Auto::new();
        tracing::subscriber::with_default(listener, || {
            for number in [0, 1, 2, 1000, 1001] {
                let ask = Ask {
                    history: &history,
                    number,
                    budget: Some(5000),
                };
                auto.suggest(&ask).unwrap();
            }
        });
        let lines = lines.lock().unwrap();
        let takes = [
            (0, "gp: 3 parameters, 5000 trials"),
            (
                1000,
                "cmaes: 3 parameters with an order, 5000 trials, 1000 of them begun",
            ),
        ];
        let takes = takes
            .map(|(trial, what)| format!("message = sampler auto takes {what}; trial = {trial}; "));
        assert_eq!(*lines, takes);
    }
}
