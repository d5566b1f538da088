//! Pruners that let trials wait: who goes on, when, and how far.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

mod by_hand;
mod changes;
mod faults;
mod searches;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use tuner::pruner::{Hyperband, Pruner, Verdict};
use tuner::sampler::Random;
use tuner::search::{Execution, Progress, Stopped, Tuner, TunerBuilder};
use tuner::space::{Space, tunable};
use tuner::storage::Memory;
use tuner::study::{Core, Setup};
use tuner::trial::{Objective, State};

pub(crate) fn study(
    pruner: impl Pruner + 'static,
    objective: Objective,
    trials: Option<u64>,
) -> Core {
    let json = json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
    let (space, _) = Space::from_json(&json).unwrap();
    let mut setup = Setup::new(space, Random::new()).objective(objective);
    setup.pruner = Some(Arc::new(pruner));
    setup.max_trials = trials;
    Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap()
}

/// One worker that runs whatever it is given; each trial reports its value at every step, and ends after `steps`. Gives the
/// number and the goal of every trial that was asked for, in order.
pub(crate) fn runs(
    study: &Core,
    values: impl Fn(u64) -> f64,
    steps: u64,
) -> Vec<(u64, Option<u64>)> {
    let mut order = Vec::new();
    loop {
        let asked = match study.ask() {
            Ok(asked) => asked,
            Err(end) => {
                assert!(end.is_end(), "{end}");
                return order;
            }
        };
        order.push((asked.number, asked.until));
        let value = values(asked.number);
        let mut verdicts = (1..=steps).map(|step| study.report(asked.number, 0, step, value));
        match verdicts.find(|verdict| !matches!(verdict, Ok(Verdict::Continue))) {
            Some(verdict) => {
                assert_eq!(
                    verdict.unwrap(),
                    Verdict::Pause,
                    "these pruners stop nothing"
                );
                study.pause(asked.number).unwrap();
            }
            None => study.tell(asked.number, value).unwrap(),
        }
    }
}

pub(crate) fn states(study: &Core) -> BTreeMap<&'static str, Vec<u64>> {
    let mut all: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for trial in study.history().trials() {
        let state = match trial.state {
            State::Running => "running",
            State::Paused => "paused",
            State::Finished => "finished",
            State::Pruned => "pruned",
            State::Failed => "failed",
        };
        all.entry(state).or_default().push(trial.number);
    }
    all
}

#[tunable]
#[derive(Debug, Clone)]
pub(crate) struct Descent {
    #[hp(float = 0.0..=1.0)]
    pub(crate) x: f64,
}

/// Hyperband over [`Descent`], in memory unless told otherwise.
pub(crate) fn hyperband(trials: u64) -> TunerBuilder<Descent> {
    Tuner::<Descent>::builder()
        .sampler(Random::new())
        .pruner(Hyperband::new(9))
        .objective(Objective::minimize("loss"))
        .max_trials(trials)
        .seed(5)
        .progress(Progress::Silent)
}

/// A program that keeps how far it is in its folder, and trains from there. Counts the steps that are trained.
pub(crate) fn train(
    run: &mut Execution,
    descent: &Descent,
    trained: &AtomicU64,
) -> Result<f64, Stopped> {
    let kept = run.directory().join("step");
    let before = std::fs::read_to_string(&kept).map_or(0, |text| text.parse().unwrap());
    for step in 1..=9u64 {
        if step > before {
            trained.fetch_add(1, Ordering::Relaxed);
            std::fs::write(&kept, step.to_string()).unwrap();
        }
        run.report(step, descent.x + 1.0 / step as f64)?;
    }
    Ok(descent.x)
}

/// How many trials of the study finished and how many were pruned.
pub(crate) fn ends(tuner: &Tuner<Descent>) -> (usize, usize) {
    let trials = tuner.study().trials();
    let count = |state| trials.iter().filter(|trial| trial.state == state).count();
    assert_eq!(count(State::Finished) + count(State::Pruned), trials.len());
    (count(State::Finished), count(State::Pruned))
}
