//! What every sampler must hold to, tried on studies in memory.

use std::sync::Arc;

use serde_json::json;

use super::{Ask, Auto, CmaEs, Nsga2, Random, Sampler, Sobol, Tpe};
use crate::space::{Point, Space, Value};
use crate::trial::{Event, FORMAT, Goal, History, Metrics, Objective, Origin, Outcome, StudySpec};

/// What came of a trial.
enum Told {
    Value(f64),
    Failed,
    Pruned,
    /// Nothing yet.
    Running,
}

struct TestStudy {
    history: History,
    sampler: Box<dyn Sampler>,
}

impl TestStudy {
    fn new(sampler: Box<dyn Sampler>, space: &Space, goal: Goal, seed: u64) -> Self {
        let spec = StudySpec {
            format: FORMAT,
            seed,
            space: space.to_json(),
            goals: vec![goal],
            constraints: Vec::new(),
            sampler: sampler.name(),
            pruner: None,
        };
        let history = History::begin(1, &Event::StudyCreated { spec, at: 0 }).unwrap();
        Self { history, sampler }
    }

    fn apply(&mut self, event: Event) {
        self.history.apply(self.history.seq() + 1, &event).unwrap();
    }

    fn run(&mut self, trials: u64, mut f: impl FnMut(u64, &Point) -> Told) {
        for _ in 0..trials {
            let number = self.history.trials().len() as u64;
            let ask = Ask {
                history: &self.history,
                number,
                budget: Some(trials),
            };
            let suggestion = self.sampler.suggest(&ask).unwrap();
            let point = suggestion.point;
            assert!(self.history.space().contains(&point), "{point}");
            let told = f(number, &point);
            self.apply(Event::TrialStarted {
                number,
                point,
                origin: Origin::Suggested,
                memo: suggestion.memo.map(Arc::new),
                until: None,
                seen: self.history.seq(),
                owner: "test".into(),
                at: 0,
            });
            let message = "as planned".to_owned();
            let outcome = match told {
                Told::Value(value) => {
                    let name = self.history.goal().name.clone();
                    Outcome::Finished {
                        metrics: Metrics::new().with(name, value),
                    }
                }
                Told::Failed => Outcome::Failed { message },
                Told::Pruned => Outcome::Pruned { message },
                Told::Running => continue,
            };
            self.apply(Event::TrialFinished {
                number,
                outcome,
                at: 0,
            });
        }
    }

    fn points(&self) -> Vec<Point> {
        self.history
            .trials()
            .iter()
            .map(|trial| trial.point.clone())
            .collect()
    }

    fn best(&self) -> f64 {
        self.history.best().and_then(|trial| trial.value()).unwrap()
    }
}

fn samplers() -> Vec<Box<dyn Sampler>> {
    vec![
        Box::new(Auto::new()),
        Box::new(Random::new()),
        Box::new(Sobol::new()),
        Box::new(Tpe::new()),
        Box::new(CmaEs::new()),
        #[cfg(feature = "gp")]
        Box::new(super::Gp::new()),
        Box::new(Nsga2::new().population(8)),
    ]
}

fn learning() -> Vec<Box<dyn Sampler>> {
    vec![
        Box::new(Tpe::new()),
        Box::new(CmaEs::new()),
        #[cfg(feature = "gp")]
        Box::new(super::Gp::new()),
        Box::new(Nsga2::new().population(8)),
    ]
}

fn goal(maximize: bool) -> Goal {
    let objective = match maximize {
        true => Objective::maximize("score"),
        false => Objective::minimize("score"),
    };
    objective.goal().unwrap()
}

fn space(json: serde_json::Value) -> Space {
    Space::from_json(&json).unwrap().0
}

/// A parameter of every kind, conditional ones among them.
fn mixed() -> Space {
    space(json!([
        {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
        {"name": "noise", "type": "float", "low": 0, "high": 0.5, "step": 0.1},
        {"name": "batch", "type": "int", "low": 16, "high": 1024, "log": true, "step": 2},
        {"name": "wide", "type": "int", "low": 1, "high": 100_000, "log": true},
        {"name": "layers", "type": "int", "low": 1, "high": 3},
        {"name": "second", "type": "float", "low": 0.0, "high": 1.0,
         "condition": {"parent": "layers", "at_least": 2}},
        {"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]},
        {"name": "kind.b", "type": "bool", "condition": {"parent": "kind", "values": ["b"]}},
        {"name": "size", "type": "categorical", "choices": [8, 2, 4], "ordered": true},
        {"name": "fixed", "type": "fixed", "value": 10},
    ]))
}

fn plane() -> Space {
    let axis = |name| json!({"name": name, "type": "float", "low": -1.0, "high": 1.0});
    space(json!([axis("x"), axis("y")]))
}

fn number(point: &Point, name: &str) -> f64 {
    point.get(name).and_then(Value::as_f64).unwrap()
}

fn bowl(point: &Point) -> f64 {
    (number(point, "x") - 0.3).powi(2) + (number(point, "y") + 0.6).powi(2)
}

/// A value for every point of the mixed space.
fn mixed_value(point: &Point) -> f64 {
    let layers = number(point, "layers");
    let kind = point.get("kind").and_then(Value::as_str).unwrap();
    (number(point, "rate").log10() + 3.0).abs() + layers * 0.1 + if kind == "b" { 0.0 } else { 0.5 }
}

#[test]
fn every_trial_is_new_inside_the_space_and_the_same_for_the_same_seed() {
    for (first, second) in samplers().into_iter().zip(samplers()) {
        let name = first.name();
        let run = |sampler, seed| {
            let mut study = TestStudy::new(sampler, &mixed(), goal(false), seed);
            study.run(60, |number, point| match number % 7 {
                3 => Told::Failed,
                5 => Told::Pruned,
                6 => Told::Running,
                _ => Told::Value(mixed_value(point)),
            });
            study.points()
        };
        let points = run(first, 7);
        let distinct: std::collections::HashSet<&Point> = points.iter().collect();
        assert_eq!(distinct.len(), 60, "{name} repeats itself");
        assert_eq!(points, run(second, 7), "{name}");
    }
}

#[test]
fn maximising_mirrors_minimising() {
    for (first, second) in samplers().into_iter().zip(samplers()) {
        let mut down = TestStudy::new(first, &mixed(), goal(false), 3);
        down.run(60, |_, point| Told::Value(mixed_value(point)));
        let mut up = TestStudy::new(second, &mixed(), goal(true), 3);
        up.run(60, |_, point| Told::Value(-mixed_value(point)));
        assert_eq!(down.points(), up.points(), "{}", down.sampler.name());
    }
}

#[cfg(feature = "gp")]
#[test]
fn of_all_points_the_good_ones_come_first() {
    let axis = |name| json!({"name": name, "type": "int", "low": 0, "high": 9});
    let space = space(json!([axis("a"), axis("b")]));
    for seed in 0..4 {
        let mut study = TestStudy::new(Box::new(Auto::new()), &space, goal(false), seed);
        let mut best = None;
        study.run(100, |number, point| {
            let off = |name| self::number(point, name) - 7.0;
            let value = off("a").powi(2) + off("b").powi(2);
            if value == 0.0 {
                best = Some(number);
            }
            Told::Value(value)
        });
        let points = study.points();
        let distinct: std::collections::HashSet<&Point> = points.iter().collect();
        assert_eq!(distinct.len(), 100);
        assert!(best.is_some_and(|number| number < 25), "{seed}: {best:?}");
    }
}

#[test]
fn learning_beats_luck() {
    let mean_best = |make: &dyn Fn() -> Box<dyn Sampler>| {
        let best = |seed| {
            let mut study = TestStudy::new(make(), &plane(), goal(false), seed);
            study.run(80, |_, point| Told::Value(bowl(point)));
            study.best().log10()
        };
        (0..8).map(best).sum::<f64>() / 8.0
    };
    let luck = mean_best(&|| Box::new(Random::new()));
    for place in 0..learning().len() {
        let reached = mean_best(&|| learning().swap_remove(place));
        let name = learning()[place].name();
        assert!(
            reached < luck - 0.3,
            "{name} reached 10^{reached}, random 10^{luck}"
        );
    }
}

#[test]
fn parameters_with_equal_bounds_stay_independent() {
    for sampler in samplers() {
        let name = sampler.name();
        let mut study = TestStudy::new(sampler, &plane(), goal(false), 5);
        study.run(40, |_, point| Told::Value(bowl(point)));
        let tied = study
            .points()
            .iter()
            // Two corners lie on the diagonal too.
            .filter(|p| number(p, "x") == number(p, "y") && number(p, "x").abs() < 1.0)
            .count();
        assert!(tied < 3, "{name}: {tied} points on the diagonal");
    }
}

#[test]
fn what_failed_or_was_pruned_is_never_a_value() {
    // Half of the plane fails or is pruned. What counted as 0 would draw a maximiser of negative values.
    for end in [|| Told::Failed, || Told::Pruned] {
        for sampler in learning() {
            let name = sampler.name();
            let mut study = TestStudy::new(sampler, &plane(), goal(true), 2);
            study.run(120, |_, point| match number(point, "x") < 0.0 {
                true => end(),
                false => Told::Value(-10.0 - bowl(point)),
            });
            assert!(study.best() > -10.02, "{name}: {}", study.best());
            // The Gaussian process, once it is done elsewhere, looks where trials were pruned.
            if name == "gp" && matches!(end(), Told::Pruned) {
                continue;
            }
            let late = &study.points()[80..];
            let ended = late.iter().filter(|point| number(point, "x") < 0.0);
            let ended = ended.count();
            assert!(
                ended < 14,
                "{name}: {ended} of the last 40 trials had no result"
            );
        }
    }
}

#[test]
fn nothing_breaks_on_odd_values() {
    let odd: [&dyn Fn(u64) -> Told; 4] = [
        &|_| Told::Value(1.0),
        &|_| Told::Failed,
        &|number| Told::Value(if number % 2 == 0 { 1e300 } else { -1e300 }),
        &|_| Told::Running,
    ];
    for told in odd {
        for sampler in samplers() {
            let mut study = TestStudy::new(sampler, &mixed(), goal(false), 1);
            study.run(40, |number, _| told(number));
        }
    }
}

#[test]
fn a_finite_space_is_searched_to_its_end() {
    let json = json!([
        {"name": "a", "type": "int", "low": 1, "high": 4},
        {"name": "b", "type": "bool", "condition": {"parent": "a", "at_least": 3}},
    ]);
    for sampler in samplers() {
        let name = sampler.name();
        let mut study = TestStudy::new(sampler, &space(json.clone()), goal(false), 1);
        // What stops when everything was tried is not asked again.
        let trials = if name == "auto" { 6 } else { 8 };
        study.run(trials, |_, point| Told::Value(number(point, "a")));
        assert_eq!(study.history.distinct_points(), 6, "{name}");
    }
}
