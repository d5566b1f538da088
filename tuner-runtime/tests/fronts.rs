//! Several objectives, constraints, beliefs and older studies: what they bring the samplers.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tuner::sampler::{Auto, Nsga2, Random, Sampler};
use tuner::space::{Point, Space};
use tuner::storage::Memory;
use tuner::study::{Core, Setup, front, hypervolume};
use tuner::trial::{Metrics, Objective};

fn space(params: Json) -> Space {
    Space::from_json(&params).unwrap().0
}

fn cube(dimensions: usize) -> Space {
    let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
    space((0..dimensions).map(axis).collect())
}

fn at(point: &Point, name: &str) -> f64 {
    point.get(name).unwrap().as_f64().unwrap()
}

fn run(
    setup: Setup,
    storage: &Arc<Memory>,
    trials: u64,
    value: impl Fn(&Point) -> Metrics,
) -> Core {
    let study = Core::open(storage.clone(), "study".into(), setup).unwrap();
    while (study.history().trials().len() as u64) < trials {
        let asked = study.ask().unwrap();
        study.tell(asked.number, value(&asked.point)).unwrap();
    }
    study
}

fn two(space: Space, sampler: impl Sampler + 'static, seed: u64) -> Setup {
    Setup::new(space, sampler)
        .objective(Objective::minimize("f1"))
        .objective(Objective::minimize("f2"))
        .seed(seed)
}

/// ZDT1: f2 = g (1 - sqrt(f1 / g)), best where all but the first are 0.
fn zdt1(point: &Point) -> Metrics {
    let first = at(point, "x0");
    let rest = point.iter().skip(1).filter_map(|(_, value)| value.as_f64());
    let rest: Vec<f64> = rest.collect();
    let g = 1.0 + 9.0 * rest.iter().sum::<f64>() / rest.len() as f64;
    let f2 = g * (1.0 - (first / g).sqrt());
    Metrics::new().with("f1", first).with("f2", f2)
}

/// The hypervolume of ZDT1 in so many dimensions above (1.1, 1.1), at most 0.21 + 2 / 3.
fn zdt1_volume_of(dimensions: usize, sampler: Box<dyn Sampler>, seed: u64, trials: u64) -> f64 {
    let setup = two(cube(dimensions), sampler, seed).max_trials(trials);
    let study = run(setup, &Arc::default(), trials, zdt1);
    hypervolume(&study.history(), &[1.1, 1.1]).unwrap()
}

/// The mean over seeds in three dimensions.
fn zdt1_volume(seeds: u64, trials: u64, sampler: impl Fn() -> Box<dyn Sampler>) -> f64 {
    let volume = |seed| zdt1_volume_of(3, sampler(), seed, trials);
    (0..seeds).map(volume).sum::<f64>() / seeds as f64
}

#[test]
fn a_genetic_search_finds_the_front_of_zdt1() {
    let luck = zdt1_volume(3, 800, || Box::new(Random::new()));
    let found = zdt1_volume(3, 800, || Box::new(Nsga2::new().population(20)));
    assert!(found > 0.78 && found > luck + 0.2, "{found}, random {luck}");
}

#[test]
fn a_population_fits_the_budget() {
    let large = zdt1_volume(6, 100, || Box::new(Nsga2::new().population(50)));
    let found = zdt1_volume(6, 100, || Box::new(Nsga2::new()));
    assert!(
        found > 1.5 * large,
        "{found}, with a population of 50 {large}"
    );
}

#[test]
fn a_reference_of_the_wrong_length_is_named() {
    let study = run(two(cube(3), Random::new(), 1), &Arc::default(), 3, zdt1);
    let error = hypervolume(&study.history(), &[1.0]).unwrap_err();
    assert!(error.to_string().contains("f1, f2"), "{error}");
}

#[test]
fn auto_goes_on_with_several_objectives_as_if_it_had_not_been_closed() {
    let setup = || two(cube(2), Auto::new(), 3).max_trials(12);
    let value = |point: &Point| {
        Metrics::new()
            .with("f1", at(point, "x0") + at(point, "x1"))
            .with("f2", 1.0 - at(point, "x0"))
    };
    let whole = run(setup(), &Arc::default(), 12, value);
    let storage = Arc::default();
    for trials in 1..=12 {
        run(setup(), &storage, trials, value);
    }
    let parts = Core::open(storage, "study".into(), setup()).unwrap();
    let points = |study: &Core| -> Vec<Point> {
        let history = study.history();
        history.trials().iter().map(|t| t.point.clone()).collect()
    };
    assert_eq!(points(&whole), points(&parts));
    assert!(!front(&whole.history()).is_empty());
}

#[cfg(feature = "gp")]
mod model {
    use super::*;
    use tuner::sampler::{Gp, Prior};
    use tuner::trial::{Constraint, History};

    /// DTLZ2 with as many objectives, over one dimension more.
    fn sphere(objectives: usize) -> impl Fn(&Point) -> Metrics {
        move |point| {
            let away = at(point, &format!("x{}", objectives - 1)) - 0.5;
            let angle = |i: usize| at(point, &format!("x{i}")) * std::f64::consts::FRAC_PI_2;
            let mut metrics = Metrics::new();
            for k in 0..objectives {
                let mut value = 1.0 + away * away * 4.0;
                for i in 0..objectives - 1 - k {
                    value *= angle(i).cos();
                }
                if k > 0 {
                    value *= angle(objectives - 1 - k).sin();
                }
                metrics = metrics.with(format!("f{}", k + 1), value);
            }
            metrics
        }
    }

    #[test]
    fn the_front_of_zdt1_is_found_in_thirty_trials() {
        let luck = zdt1_volume(2, 30, || Box::new(Random::new()));
        let found = zdt1_volume(2, 30, || Box::new(Gp::new()));
        // The best possible is 0.877.
        assert!(found > 0.83 && luck < 0.3, "{found}, random {luck}");
    }

    #[test]
    fn no_search_stays_at_one_end_of_the_front() {
        for seed in 0..6 {
            let found = zdt1_volume_of(8, Box::new(Gp::new()), seed, 40);
            assert!(found > 0.8, "{seed}: {found}");
        }
    }

    #[test]
    fn an_objective_that_never_changes_draws_nobody_away() {
        for constant in ["f1", "f2"] {
            let other = if constant == "f1" { "f2" } else { "f1" };
            let value = |point: &Point| {
                let squares = (0..4).map(|i| (at(point, &format!("x{i}")) - 0.3).powi(2));
                let metrics = Metrics::new().with(other, squares.sum::<f64>());
                metrics.with(constant, 7.0)
            };
            let study = run(two(cube(4), Gp::new(), 1), &Arc::default(), 30, value);
            let history = study.history();
            let trials = history.trials().iter();
            let values = trials.filter_map(|trial| value(&trial.point).get(other));
            let best = values.fold(f64::INFINITY, f64::min);
            assert!(best < 1e-3, "{other}: {best}");
        }
    }

    #[test]
    fn three_and_four_objectives_grow_a_front() {
        for objectives in [3, 4] {
            let volume = |sampler: Box<dyn Sampler>, seed| {
                let mut setup = Setup::new(cube(objectives), sampler)
                    .seed(seed)
                    .max_trials(30);
                for k in 0..objectives {
                    setup = setup.objective(Objective::minimize(format!("f{}", k + 1)));
                }
                let study = run(setup, &Arc::default(), 30, sphere(objectives));
                hypervolume(&study.history(), &vec![1.2; objectives]).unwrap()
            };
            let luck: f64 = (1..=5)
                .map(|seed| volume(Box::new(Random::new()), seed))
                .sum();
            let found: f64 = (1..=5).map(|seed| volume(Box::new(Gp::new()), seed)).sum();
            assert!(found > 1.2 * luck, "{objectives}: {found}, random {luck}");
        }
    }

    #[test]
    fn running_trials_are_not_met_again() {
        let study = run(two(cube(3), Gp::new(), 2), &Arc::default(), 15, zdt1);
        let asked: Vec<Point> = (0..4).map(|_| study.ask().unwrap().point).collect();
        for (i, one) in asked.iter().enumerate() {
            for other in &asked[..i] {
                let distance = |name| (at(one, name) - at(other, name)).abs();
                let total = distance("x0") + distance("x1") + distance("x2");
                assert!(total > 0.02, "{one} is next to {other}");
            }
        }
    }

    /// A valley whose bottom is forbidden: the best that is allowed lies where x0 + x1 = 1.2.
    fn limited(point: &Point) -> Metrics {
        let (x, y) = (at(point, "x0"), at(point, "x1"));
        Metrics::new()
            .with("loss", (x - 0.3).powi(2) + (y - 0.3).powi(2))
            .with("room", x + y)
    }

    #[test]
    fn constraints_are_kept_and_their_edge_is_found() {
        let setup = |sampler: Box<dyn Sampler>| {
            let mut setup = Setup::new(cube(2), sampler).objective(Objective::minimize("loss"));
            setup.constraints = vec![Constraint::at_least("room", 1.2)];
            setup.seed(4).max_trials(30)
        };
        let best = |sampler| {
            let study = run(setup(sampler), &Arc::default(), 30, limited);
            let history = study.history();
            let best = history.best().unwrap();
            assert!(best.is_feasible());
            let late = &history.trials()[15..];
            (
                best.value().unwrap(),
                late.iter().filter(|trial| trial.is_feasible()).count(),
            )
        };
        let (value, kept) = best(Box::new(Gp::new()));
        let (luck, _) = best(Box::new(Random::new()));
        // The optimum is 0.18; random search is further away.
        assert!(value < 0.181 && luck > 0.183, "{value}, random {luck}");
        assert!(kept >= 5, "{kept} of the last 15 keep the constraint");
    }

    #[test]
    fn a_small_feasible_region_is_found_before_anything_else_counts() {
        // A disc of a 200th of the square, away from where the loss is small.
        let value = |point: &Point| {
            let (x, y) = (at(point, "x0"), at(point, "x1"));
            let away = ((x - 0.8).powi(2) + (y - 0.7).powi(2)).sqrt();
            Metrics::new().with("loss", x + y).with("away", away)
        };
        let first = |sampler: Box<dyn Sampler>, seed| {
            let mut setup = Setup::new(cube(2), sampler).objective(Objective::minimize("loss"));
            setup.constraints = vec![Constraint::at_most("away", 0.04)];
            let study = run(setup.seed(seed).max_trials(40), &Arc::default(), 40, value);
            let history = study.history();
            let place = history
                .trials()
                .iter()
                .position(|trial| trial.is_feasible());
            place.unwrap_or(40)
        };
        for seed in 0..3 {
            let found = first(Box::new(Gp::new()), seed);
            assert!(found < 25, "the first that keeps it is trial {found}");
        }
        let luck: usize = (0..3)
            .map(|seed| first(Box::new(Random::new()), seed))
            .sum();
        assert!(luck > 60, "{luck}");
    }

    #[test]
    fn eight_at_a_time_do_not_look_for_a_small_feasible_region_in_one_place() {
        let centre = [0.8, 0.7, 0.3, 0.6];
        let value = |point: &Point| {
            let x = [0, 1, 2, 3].map(|i| at(point, &format!("x{i}")));
            let away: f64 = x.iter().zip(centre).map(|(x, c)| (x - c).powi(2)).sum();
            let loss = x.iter().sum::<f64>();
            Metrics::new().with("loss", loss).with("away", away.sqrt())
        };
        for seed in 0..4 {
            let mut setup = Setup::new(cube(4), Gp::new()).objective(Objective::minimize("loss"));
            setup.constraints = vec![Constraint::at_most("away", 0.1)];
            let storage = Arc::new(Memory::new());
            let study = Core::open(storage, "study".into(), setup.seed(seed)).unwrap();
            for _ in 0..8 {
                let asked: Vec<_> = (0..8).map(|_| study.ask().unwrap()).collect();
                for trial in asked {
                    study.tell(trial.number, value(&trial.point)).unwrap();
                }
            }
            let history = study.history();
            let best = history.best().unwrap();
            // The best possible is 2.2.
            assert!(best.is_feasible(), "{seed}: nothing keeps it");
            assert!(best.value().unwrap() < 2.25, "{:?}", best.value());
        }
    }

    #[test]
    fn a_constraint_on_what_is_no_number_counts_as_missed() {
        let mut setup = Setup::new(cube(2), Gp::new()).objective(Objective::minimize("loss"));
        setup.constraints = vec![Constraint::at_most("size", 1.0)];
        let value = |point: &Point| {
            let (x, y) = (at(point, "x0"), at(point, "x1"));
            let metrics = Metrics::new().with("loss", (x - 0.6).powi(2) + (y - 0.3).powi(2));
            metrics.with("size", if x < 0.5 { f64::NAN } else { 0.5 })
        };
        let study = run(setup.max_trials(30), &Arc::default(), 30, value);
        let history = study.history();
        let best = history.best().unwrap();
        assert!(best.is_feasible());
        assert!(best.value().unwrap() < 2e-4, "{:?}", best.value());
    }

    /// Narrow in a space of six dimensions.
    fn needle(point: &Point) -> f64 {
        (0..6)
            .map(|i| 1.0 - (-((at(point, &format!("x{i}")) - 0.77) / 0.2).powi(2)).exp())
            .sum()
    }

    fn loss(sampler: impl Sampler + 'static, trials: u64, seed: u64) -> f64 {
        let setup = Setup::new(cube(6), sampler).objective(Objective::minimize("loss"));
        let setup = setup.seed(seed).max_trials(trials);
        let value = |point: &Point| Metrics::new().with("loss", needle(point));
        let study = run(setup, &Arc::default(), trials, value);
        let history = study.history();
        history.best().unwrap().value().unwrap()
    }

    #[test]
    fn a_right_belief_helps_and_a_wrong_one_is_overcome() {
        let believing = |guess: f64| {
            (0..6).fold(Gp::new(), |sampler, i| {
                sampler.prior(format!("x{i}"), Prior::around(guess).spread(0.1))
            })
        };
        let seeds = 0..3;
        let mean = |sampler: &dyn Fn() -> Gp, trials| {
            let sum: f64 = seeds
                .clone()
                .map(|seed| loss(sampler(), trials, seed))
                .sum();
            sum / 3.0
        };
        let none = mean(&Gp::new, 16);
        let right = mean(&|| believing(0.7), 16);
        assert!(right < 0.7 * none, "{right}, without {none}");
        let misled = || Gp::new().prior("x0", Prior::around(0.1).spread(0.1));
        let wrong = mean(&misled, 60);
        assert!(wrong < 0.7 * none, "{wrong}, without in 16 trials {none}");
    }

    #[test]
    fn beliefs_are_checked_and_stored() {
        let space = || {
            space(json!([
                {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
                {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
                {"name": "kind.b", "type": "int", "low": 1, "high": 9,
                 "condition": {"parent": "kind", "values": ["b"]}},
            ]))
        };
        let open = |sampler: Gp| {
            let setup = Setup::new(space(), sampler).objective(Objective::minimize("loss"));
            Core::open(Arc::new(Memory::new()), "study".into(), setup)
        };
        let fault = |sampler| open(sampler).map(|_| ()).unwrap_err().to_string();
        let unknown = fault(Gp::new().prior("lr", Prior::around(1.0)));
        assert!(
            unknown.contains("`lr`") && unknown.contains("rate, kind"),
            "{unknown}"
        );
        let outside = fault(Gp::new().prior("rate", Prior::around(1.0)));
        assert!(outside.contains("guess 1 is outside"), "{outside}");
        let weights = Prior::weights([("d", 1.0)]);
        assert!(fault(Gp::new().prior("kind", weights)).contains("none of"));
        let number = fault(Gp::new().prior("rate", Prior::weights([("a", 1.0)])));
        assert!(number.contains("Prior::around"), "{number}");
        let choice = fault(Gp::new().prior("kind", Prior::around(1.0)));
        assert!(choice.contains("Prior::weights"), "{choice}");

        let told = |prior| {
            let (space, _) = Space::from_json(&json!([
                {"name": "seed", "type": "fixed", "value": 3},
                {"name": "rate", "type": "float", "low": 0.0, "high": 1.0},
            ]))
            .unwrap();
            let goal = Objective::minimize("loss").goal().unwrap();
            let planned = Gp::new().prior("seed", prior).plan(&space, &[goal]);
            planned.unwrap_err().to_string()
        };
        for prior in [Prior::around(3.0), Prior::weights([(3i64, 1.0)])] {
            assert!(told(prior).contains("fixed to 3 and not tuned"));
        }
        for spread in [-1.0, 0.0, 1.5, f64::NAN] {
            let space = cube(1);
            let goal = Objective::minimize("loss").goal().unwrap();
            let sampler = Gp::new().prior("x0", Prior::around(0.1).spread(spread));
            let fault = sampler.plan(&space, &[goal]).unwrap_err().to_string();
            let says =
                format!("`x0`: the spread is {spread}; it is a part of the range, from 0.01");
            assert!(fault.contains(&says), "{fault}");
        }

        let sampler = Gp::new()
            .prior("rate", Prior::around(1e-3))
            .prior("kind.b", Prior::around(3.0))
            .prior("kind", Prior::weights([("b", 8.0), ("a", 1.0)]));
        let study = open(sampler).unwrap();
        let first = study.ask().unwrap().point;
        assert_eq!(first.to_string(), "rate = 0.001, kind = b, kind.b = 3");
        let value = |point: &Point| (at(point, "rate").log10() + 3.0).abs();
        study.tell(0, value(&first)).unwrap();
        let mut kinds = 0;
        for _ in 0..19 {
            let asked = study.ask().unwrap();
            kinds += usize::from(asked.point.get("kind").unwrap().as_str() == Some("b"));
            study.tell(asked.number, value(&asked.point)).unwrap();
        }
        assert!(kinds >= 10, "{kinds} of 19 trials try the likeliest choice");
        let stored = study.history().spec().sampler.clone();
        assert!(stored.contains("kind [b: 8, a: 1]"), "{stored}");
    }

    #[test]
    fn guesses_are_tried_where_the_space_is_too_wide_for_beliefs() {
        let mut params = vec![
            json!({"name": "rate", "type": "float", "low": 0.0, "high": 1.0}),
            json!({"name": "len", "type": "int", "low": 1, "high": 102}),
        ];
        params.extend((2..=102).map(|k| {
            json!({"name": format!("u{k}"), "type": "float", "low": 0.0, "high": 1.0,
                   "condition": {"parent": "len", "at_least": k}})
        }));
        let sampler = Gp::new().prior("rate", Prior::around(0.9));
        let setup =
            Setup::new(space(json!(params)), sampler).objective(Objective::minimize("loss"));
        let value = |point: &Point| Metrics::new().with("loss", at(point, "rate"));
        let study = run(setup.max_trials(10), &Arc::default(), 10, value);
        let rates: Vec<f64> = study
            .history()
            .trials()
            .iter()
            .map(|t| at(&t.point, "rate"))
            .collect();
        assert!(
            rates[0] == 0.9 && rates[1..].iter().all(|&rate| rate != 0.9),
            "{rates:?}"
        );
    }

    fn older(sign: f64) -> Arc<History> {
        let setup = Setup::new(cube(6), Random::new()).objective(Objective::minimize("loss"));
        let value = |point: &Point| Metrics::new().with("loss", sign * needle(point));
        run(setup.seed(8), &Arc::default(), 200, value).history()
    }

    fn warm(older: Option<&History>, storage: &Arc<Memory>, seed: u64, trials: u64) -> Core {
        let setup = Setup::new(cube(6), Gp::new()).objective(Objective::minimize("loss"));
        let setup = setup.seed(seed).max_trials(14);
        let study = Core::open(storage.clone(), "study".into(), setup.clone()).unwrap();
        if let Some(older) = older {
            study.warm_start(older, 3).unwrap();
        }
        let value = |point: &Point| Metrics::new().with("loss", 2.0 * needle(point) + 1.0);
        run(setup, storage, trials, value)
    }

    #[test]
    fn an_older_study_helps_if_it_agrees_and_does_no_harm_if_not() {
        let mean = |older: Option<&History>| {
            let best = |seed| {
                let history = warm(older, &Arc::default(), seed, 14).history();
                history.best().unwrap().value().unwrap()
            };
            (0..3).map(best).sum::<f64>() / 3.0
        };
        let (cold, helped) = (mean(None), mean(Some(&older(1.0))));
        assert!(helped < 0.75 * cold, "{helped}, without {cold}");
        let misled = mean(Some(&older(-1.0)));
        assert!(misled < 1.4 * cold, "{misled}, without {cold}");
    }

    #[test]
    fn a_warm_study_goes_on_as_if_it_had_not_been_closed() {
        let older = older(1.0);
        let whole = warm(Some(&older), &Arc::default(), 1, 12).history();
        let storage = Arc::default();
        // Each session says again what it learns from.
        for trials in 1..=12 {
            warm(Some(&older), &storage, 1, trials);
        }
        let parts = warm(Some(&older), &storage, 1, 12).history();
        assert_eq!(parts.trials().len(), 12);
        for (one, other) in whole.trials().iter().zip(parts.trials()) {
            assert_eq!(one.point, other.point, "trial {}", one.number);
            assert_eq!(one.memo, other.memo);
        }
    }

    /// Two places in five dimensions: the front lies between them.
    fn places(point: &Point) -> Metrics {
        let away = |place: f64| -> f64 {
            let axes = (0..5).map(|i| at(point, &format!("x{i}")) - place);
            axes.map(|away| away * away).sum()
        };
        Metrics::new().with("f1", away(0.3)).with("f2", away(0.6))
    }

    fn warm_front(older: Option<&History>, storage: &Arc<Memory>, seed: u64, trials: u64) -> Core {
        let setup = two(cube(5), Gp::new(), seed).max_trials(12);
        let study = Core::open(storage.clone(), "study".into(), setup.clone()).unwrap();
        if let Some(older) = older {
            // No point of the older study is tried: what helps is what was learned from it.
            study.warm_start(older, 0).unwrap();
        }
        run(setup, storage, trials, places)
    }

    #[test]
    fn of_several_objectives_each_learns_from_its_own() {
        // The older study names them in the other order, and what misleads has them the wrong way round.
        let older = |value: &dyn Fn(&Point) -> Metrics| {
            let setup = Setup::new(cube(5), Random::new())
                .objective(Objective::minimize("f2"))
                .objective(Objective::minimize("f1"));
            run(setup.seed(8), &Arc::default(), 120, value).history()
        };
        let mean = |older: Option<&History>| {
            let volume = |seed| {
                let history = warm_front(older, &Arc::default(), seed, 12).history();
                hypervolume(&history, &[0.6, 0.6]).unwrap()
            };
            (0..3).map(volume).sum::<f64>() / 3.0
        };
        let right = older(&places);
        let wrong = older(&|point| {
            let metrics = places(point);
            let value = |name| -metrics.get(name).unwrap();
            Metrics::new()
                .with("f1", value("f1"))
                .with("f2", value("f2"))
        });
        let (cold, helped, misled) = (mean(None), mean(Some(&right)), mean(Some(&wrong)));
        // The whole front has 0.36 - 0.03375.
        let missing = |volume: f64| 0.32625 - volume;
        let (cold, helped, misled) = (missing(cold), missing(helped), missing(misled));
        assert!(helped < 0.5 * cold, "{helped} is missing, without {cold}");
        assert!(misled < 1.4 * cold, "{misled} is missing, without {cold}");
        let whole = warm_front(Some(&right), &Arc::default(), 1, 12).history();
        let storage = Arc::default();
        for trials in 1..=12 {
            warm_front(Some(&right), &storage, 1, trials);
        }
        let parts = warm_front(Some(&right), &storage, 1, 12).history();
        for (one, other) in whole.trials().iter().zip(parts.trials()) {
            assert_eq!(one.point, other.point, "trial {}", one.number);
            assert_eq!(one.memo, other.memo);
        }
    }

    #[test]
    fn of_an_older_front_the_best_in_the_only_objective_are_tried_first() {
        let older = run(two(cube(5), Random::new(), 8), &Arc::default(), 60, places).history();
        for (place, name) in ["f1", "f2"].into_iter().enumerate() {
            let setup = Setup::new(cube(5), Random::new()).objective(Objective::minimize(name));
            let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
            assert_eq!(study.warm_start(&older, 3).unwrap(), 3);
            let value = |metrics: Metrics| metrics.get(name).unwrap();
            let tried: Vec<f64> = (0..3)
                .map(|_| value(places(&study.ask().unwrap().point)))
                .collect();
            let mut values: Vec<f64> = older.finished().map(|trial| trial.values[place]).collect();
            values.sort_by(f64::total_cmp);
            assert_eq!(tried, values[..3], "{name}");
        }
    }

    #[test]
    fn the_ends_of_an_older_front_are_tried_first() {
        let setup = two(cube(5), Random::new(), 8);
        let older = run(setup, &Arc::default(), 60, places).history();
        let setup = two(cube(5), Random::new(), 1);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        assert_eq!(study.warm_start(&older, 3).unwrap(), 3);
        let tried: Vec<Metrics> = (0..3)
            .map(|_| places(&study.ask().unwrap().point))
            .collect();
        let least = |name: &str, of: &mut dyn Iterator<Item = f64>| {
            let least = of.fold(f64::INFINITY, f64::min);
            assert!(least.is_finite(), "{name}");
            least
        };
        for (place, name) in ["f1", "f2"].into_iter().enumerate() {
            let best = least(name, &mut older.finished().map(|trial| trial.values[place]));
            let found = least(
                name,
                &mut tried.iter().map(|metrics| metrics.get(name).unwrap()),
            );
            assert_eq!(found, best, "{name}");
        }
    }
}
