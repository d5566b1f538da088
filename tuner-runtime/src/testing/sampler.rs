//! The contract of a sampler.

use std::sync::Arc;

use serde_json::json;

use crate::sampler::{Ask, Sampler};
use crate::space::{Point, Space, Value};
use crate::storage::Memory;
use crate::study::{Core, Setup, StudyError};
use crate::trial::{History, Objective};

/// How many trials each check runs, unless the sampler ends before.
const TRIALS: u64 = 24;

/// Checks a sampler on every space that it can search.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::Random;
/// tuner::testing::sampler_contract(|| Random::new());
/// ```
///
/// # Panics
/// With what the sampler does wrong.
pub fn sampler_contract<S: Sampler + 'static>(new: impl Fn() -> S) {
    let mut searched = 0;
    for space in spaces() {
        let goals = [goal("minimize")].map(|goal| goal.goal().expect("the direction is given"));
        if new().plan(&space, &goals).is_err() {
            continue;
        }
        searched += 1;
        let check = Check {
            space: &space,
            new: &new,
        };
        check.every_point_belongs_to_the_space();
        check.a_study_that_is_opened_again_goes_on_as_if_it_had_not_been_closed();
        check.maximising_mirrors_minimising();
        check.several_objectives_are_mirrored_too();
        check.what_a_trial_without_a_result_reported_is_never_a_value();
        check.odd_values_and_many_running_trials_break_nothing();
        check.every_suggestion_follows_from_what_it_took_into_account();
        check.parameters_with_equal_bounds_are_drawn_apart();
        check.the_seed_matters_unless_all_points_are_listed();
    }
    assert!(searched > 0, "{} searches none of the spaces", new().name());
}

/// From one point to conditional trees and continua.
fn spaces() -> Vec<Space> {
    let all = [
        json!([{"name": "only", "type": "int", "low": 3, "high": 3}]),
        json!([
            {"name": "a", "type": "int", "low": 0, "high": 9},
            {"name": "b", "type": "int", "low": 0, "high": 9},
        ]),
        json!([
            {"name": "len", "type": "int", "low": 1, "high": 3},
            {"name": "u0", "type": "int", "low": 32, "high": 512, "step": 32},
            {"name": "u1", "type": "int", "low": 1, "high": 64, "log": true,
             "condition": {"parent": "len", "at_least": 2}},
            {"name": "kind", "type": "categorical", "choices": ["a", "b", 3]},
            {"name": "kind.b.on", "type": "bool",
             "condition": {"parent": "kind", "values": ["b"]}},
            {"name": "share", "type": "float", "low": 0.0, "high": 0.5, "step": 0.1},
        ]),
        json!([
            {"name": "rate", "type": "float", "low": 1e-6, "high": 1e-1, "log": true},
            {"name": "x", "type": "float", "low": -5.0, "high": 5.0},
            {"name": "deep", "type": "bool"},
            {"name": "deep.y", "type": "float", "low": -5.0, "high": 5.0,
             "condition": {"parent": "deep", "values": [true]}},
        ]),
    ];
    let read = |json| Space::from_json(&json).expect("the spaces are sound").0;
    all.map(read).into()
}

fn goal(direction: &str) -> Objective {
    match direction {
        "minimize" => Objective::minimize("value"),
        _ => Objective::maximize("value"),
    }
}

/// Tells every point from every other.
fn value(point: &Point) -> f64 {
    let values = point.iter().enumerate();
    values
        .map(|(place, (_, value))| {
            let number = match value {
                Value::Str(text) => text.len() as f64 + 0.5,
                Value::Bool(on) => f64::from(*on),
                number => number.as_f64().unwrap_or(0.0),
            };
            (number - 0.3) * (number - 0.3) / (place + 1) as f64
        })
        .sum()
}

/// Ends trials in every way, with values times `sign`.
fn every_end(sign: f64) -> impl Fn(&Core, u64, &Point) -> Result<(), StudyError> {
    move |study, number, point| {
        let value = sign * value(point);
        study.report(number, 0, 1, 0.5 * value)?;
        match number % 5 {
            3 => study.fail(number, "no room"),
            4 => study.prune(number, "not good"),
            _ => study.tell(number, value),
        }
    }
}

struct Check<'a, S> {
    space: &'a Space,
    new: &'a dyn Fn() -> S,
}

impl<S: Sampler + 'static> Check<'_, S> {
    fn open(&self, storage: &Arc<Memory>, direction: &str) -> Core {
        self.open_with_seed(storage, direction, 5)
    }

    fn open_with_seed(&self, storage: &Arc<Memory>, direction: &str, seed: u64) -> Core {
        let setup = Setup::new(self.space.clone(), (self.new)()).objective(goal(direction));
        self.open_as(storage, setup.seed(seed))
    }

    fn open_as(&self, storage: &Arc<Memory>, setup: Setup) -> Core {
        Core::open(storage.clone(), "study".into(), setup.max_trials(TRIALS))
            .unwrap_or_else(|fault| panic!("{}: {fault}", (self.new)().name()))
    }

    /// The next point; `None` when all trials began, or everything was tried.
    fn ask(&self, study: &Core) -> Option<(u64, Point)> {
        match study.ask() {
            Ok(asked) => Some((asked.number, asked.point)),
            Err(fault) if fault.is_end() => None,
            Err(fault) => panic!("{}: {fault}\n{}", (self.new)().name(), self.space),
        }
    }

    fn points(study: &Core) -> Vec<Point> {
        let history = study.history();
        let trials = history.trials().iter();
        trials.map(|record| record.point.clone()).collect()
    }

    /// The points as text, which tells every bit of a number from every other.
    fn texts(study: &Core) -> Vec<String> {
        let points = Self::points(study);
        let text = |point: &Point| serde_json::to_string(point).expect("points are JSON");
        points.iter().map(text).collect()
    }

    /// Runs all trials one after another; `tell` says what came of each.
    fn run(
        &self,
        direction: &str,
        tell: impl Fn(&Core, u64, &Point) -> Result<(), StudyError>,
    ) -> Core {
        self.run_in(self.open(&Arc::default(), direction), tell)
    }

    fn run_in(
        &self,
        study: Core,
        tell: impl Fn(&Core, u64, &Point) -> Result<(), StudyError>,
    ) -> Core {
        while let Some((number, point)) = self.ask(&study) {
            tell(&study, number, &point).expect("the trial runs");
        }
        study
    }

    fn every_point_belongs_to_the_space(&self) {
        let study = self.run("minimize", |study, number, point| {
            assert!(
                self.space.contains(point),
                "{point} is outside of\n{}",
                self.space
            );
            study.tell(number, value(point))
        });
        let points = Self::points(&study);
        assert!(!points.is_empty());
        if points.len() < TRIALS as usize {
            let planned = (self.new)().plan(self.space, study.history().goals());
            assert_eq!(
                planned,
                Ok(Some(points.len() as u128)),
                "it says when it will end"
            );
        }
    }

    fn a_study_that_is_opened_again_goes_on_as_if_it_had_not_been_closed(&self) {
        let whole = self.run("minimize", every_end(1.0));
        let storage = Arc::default();
        while let Some((number, point)) = self.ask(&self.open(&storage, "minimize")) {
            let study = self.open(&storage, "minimize");
            every_end(1.0)(&study, number, &point).expect("the trial runs");
        }
        let parts = self.open(&storage, "minimize");
        let name = (self.new)().name();
        assert_eq!(Self::texts(&parts), Self::texts(&whole), "{name}");
    }

    fn maximising_mirrors_minimising(&self) {
        let small = self.run("minimize", every_end(1.0));
        let large = self.run("maximize", every_end(-1.0));
        let name = (self.new)().name();
        assert_eq!(Self::texts(&small), Self::texts(&large), "{name}");
    }

    fn several_objectives_are_mirrored_too(&self) {
        let run = |mirrored: bool| {
            let (one, other, sign) = match mirrored {
                false => (
                    Objective::minimize("one"),
                    Objective::maximize("other"),
                    1.0,
                ),
                true => (
                    Objective::maximize("one"),
                    Objective::minimize("other"),
                    -1.0,
                ),
            };
            let setup = Setup::new(self.space.clone(), (self.new)());
            let setup = setup.objective(one).objective(other).seed(5);
            let goals = setup.goals().expect("the directions are given");
            // Not every sampler follows several.
            setup.sampler.plan(self.space, &goals).ok()?;
            let study = self.open_as(&Arc::default(), setup);
            let study = self.run_in(study, |study, number, point| {
                let (one, other) = (value(point), value(point).sqrt().sin());
                study.tell(number, [("one", sign * one), ("other", sign * other)])
            });
            Some(Self::texts(&study))
        };
        assert_eq!(run(false), run(true), "{}", (self.new)().name());
    }

    /// What it reported may be evidence of what it would have become, but only where finished trials reported too.
    fn what_a_trial_without_a_result_reported_is_never_a_value(&self) {
        let run = |pruned: bool, reported: f64| {
            let study = self.run("minimize", |study, number, point| {
                if number % 3 != 1 {
                    return study.tell(number, value(point));
                }
                study.report(number, 0, 1, reported)?;
                match pruned {
                    true => study.prune(number, "not good"),
                    false => study.fail(number, "no room"),
                }
            });
            let best = study.history().best().map(|trial| trial.number % 3);
            assert_ne!(best, Some(1), "{}", (self.new)().name());
            Self::texts(&study)
        };
        for pruned in [false, true] {
            let name = (self.new)().name();
            assert_eq!(run(pruned, -1e9), run(pruned, 1e9), "{name}");
        }
    }

    fn odd_values_and_many_running_trials_break_nothing(&self) {
        for odd in [0.0, 1e300, -1e300, f64::MIN_POSITIVE] {
            let study = self.open(&Arc::default(), "minimize");
            let mut running = Vec::new();
            while let Some(asked) = self.ask(&study) {
                running.push(asked);
                // Four at once, the newest told first.
                if running.len() == 4 {
                    for (number, point) in running.drain(..).rev() {
                        let told = if number % 2 == 0 { odd } else { value(&point) };
                        study.tell(number, told).expect("the trial runs");
                    }
                }
            }
            assert!(
                Self::points(&study)
                    .iter()
                    .all(|point| self.space.contains(point))
            );
        }
    }
    /// A fresh sampler that sees the same events proposes the same, whatever else happened since.
    fn every_suggestion_follows_from_what_it_took_into_account(&self) {
        let study = self.open(&Arc::default(), "minimize");
        let mut running = Vec::new();
        while let Some((number, point)) = self.ask(&study) {
            running.push((number, value(&point)));
            // Up to three at once, of every kind of end.
            if running.len() < 3 {
                continue;
            }
            let (number, value) = running.remove(number as usize % 3);
            study.report(number, 0, 1, value).expect("the trial runs");
            let told = match number % 5 {
                3 => study.fail(number, "no room"),
                4 => study.prune(number, "not good"),
                _ => study.tell(number, value),
            };
            told.expect("the trial runs");
        }
        let events = study.storage().read(study.id(), 0);
        let events = events.expect("memory can be read");
        for record in study.history().trials() {
            let known = History::fold(&events[..record.seen as usize]);
            let history = known.ok().flatten().expect("the events add up");
            let ask = Ask {
                history: &history,
                number: record.number,
                budget: study.max_trials(),
            };
            let name = (self.new)().name();
            let again = (self.new)().suggest(&ask);
            let again = again.unwrap_or_else(|fault| panic!("{name}: {fault}"));
            let point = self.space.adopt(&again.point);
            assert_eq!(
                point.as_ref(),
                Ok(&record.point),
                "{name}, trial {}",
                record.number
            );
            assert_eq!(again.memo, record.memo.as_deref().cloned(), "{name}");
        }
    }

    fn parameters_with_equal_bounds_are_drawn_apart(&self) {
        let twins: Vec<(&str, &str)> = [("a", "b"), ("x", "deep.y")]
            .into_iter()
            .filter(|(one, other)| {
                self.space.place(one).is_some() && self.space.place(other).is_some()
            })
            .collect();
        for (one, other) in twins {
            let study = self.run("minimize", |study, number, point| {
                study.tell(number, value(point))
            });
            let points = Self::points(&study);
            let both = points.iter().filter_map(|point| {
                let number = |name| point.get(name).and_then(Value::as_f64);
                Some((number(one)?, number(other)?))
            });
            let both: Vec<(f64, f64)> = both.collect();
            let same = both.iter().filter(|(one, other)| one == other).count();
            assert!(
                both.is_empty() || 2 * same < both.len() + 2,
                "{}: `{one}` and `{other}` are the same in {same} of {} points",
                (self.new)().name(),
                both.len()
            );
        }
    }

    fn the_seed_matters_unless_all_points_are_listed(&self) {
        let goals = [goal("minimize").goal().expect("the direction is given")];
        let is_listed = (self.new)().plan(self.space, &goals) != Ok(None);
        if is_listed || self.space.cardinality().is_some_and(|count| count < 100) {
            return;
        }
        let points = |seed| {
            let study = self.open_with_seed(&Arc::default(), "minimize", seed);
            while let Some((number, point)) = self.ask(&study) {
                study.tell(number, value(&point)).expect("the trial runs");
            }
            Self::points(&study)
        };
        assert_ne!(points(5), points(6), "{}", (self.new)().name());
    }
}
