//! Pruners that let trials wait: who goes on, when, and how far, by hand and in searches.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use tuner::math::rng::{Purpose, Rng};
use tuner::pruner::{Asha, Hyperband, Pruner, Verdict};
use tuner::sampler::Random;
use tuner::search::{End, Execution, Progress, Stopped, Tuner, TunerBuilder};
use tuner::space::{Space, tunable};
use tuner::storage::Memory;
use tuner::study::{Core, Setup, StudyError};
use tuner::trial::{Objective, State};

fn study(pruner: impl Pruner + 'static, objective: Objective, trials: Option<u64>) -> Core {
    let json = json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
    let (space, _) = Space::from_json(&json).unwrap();
    let mut setup = Setup::new(space, Random::new()).objective(objective);
    setup.pruner = Some(Arc::new(pruner));
    setup.max_trials = trials;
    Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap()
}

/// One worker that runs whatever it is given; each trial reports its value at every step, and ends after `steps`. Gives the
/// number and the goal of every trial that was asked for, in order.
fn runs(study: &Core, values: impl Fn(u64) -> f64, steps: u64) -> Vec<(u64, Option<u64>)> {
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

fn states(study: &Core) -> BTreeMap<&'static str, Vec<u64>> {
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

#[test]
fn hyperband_goes_on_with_the_best_of_each_rung() {
    // The lower the number modulo 7, the better; 0 and 7 are equal.
    let value = |number: u64| (number % 7) as f64;
    let mirrored = |number: u64| -((number % 7) as f64);
    let run = |objective: Objective, value: &dyn Fn(u64) -> f64| {
        let study = study(Hyperband::new(9), objective, Some(17));
        (runs(&study, value, 9), states(&study))
    };
    let (order, states) = run(Objective::minimize("loss"), &value);
    let first: Vec<_> = (0..9).map(|number| (number, Some(1))).collect();
    assert_eq!(order[..9], first);
    assert_eq!(order[9..12], [(0, Some(3)), (7, Some(3)), (1, Some(3))]);
    // Of equals the one that began first.
    assert_eq!(order[12], (0, Some(9)));
    let second: Vec<_> = (9..14).map(|number| (number, Some(3))).collect();
    assert_eq!(order[13..18], second);
    // 9 to 13 are worth 2, 3, 4, 5 and 6: the first one goes on.
    assert_eq!(order[18], (9, Some(9)));
    let third: Vec<_> = (14..17).map(|number| (number, Some(9))).collect();
    assert_eq!(order[19..], third);
    assert_eq!(states["finished"], [0, 9, 14, 15, 16]);
    assert_eq!(states["pruned"].len(), 12);
    assert_eq!(run(Objective::maximize("loss"), &mirrored), (order, states));
}

#[test]
fn a_bracket_that_is_not_full_is_halved_as_it_is() {
    for trials in 1..=9 {
        let study = study(Hyperband::new(9), Objective::minimize("loss"), Some(trials));
        runs(&study, |number| -(number as f64), 9);
        let states = states(&study);
        assert_eq!(states["finished"], [trials - 1], "of {trials}");
        assert!(!states.contains_key("paused"), "of {trials}");
        let history = study.history();
        let message = history.trials()[0].message.as_deref();
        let expected = match trials {
            1 => None,
            9 => Some("not among the best 3 of 9 trials at step 1".to_owned()),
            few => Some(format!(
                "not among the best {} of {few} trials at step 1",
                (few / 3).max(1)
            )),
        };
        assert_eq!(message, expected.as_deref());
    }
}

#[test]
fn asha_goes_on_as_soon_as_there_are_enough() {
    let pruner = Asha::new().promoting(9);
    let study = study(pruner, Objective::maximize("acc"), Some(9));
    // Better and better, then all the same.
    let value = |number: u64| if number < 5 { number as f64 } else { 0.5 };
    let order = runs(&study, value, 9);
    let (one, three, nine) = (Some(1), Some(3), Some(9));
    let expected = [
        // Of three one goes on. After that each new one is the best of all, and with the third at the next rung one goes on
        // from there.
        (0, one),
        (1, one),
        (2, one),
        (2, three),
        (3, one),
        (3, three),
        (4, one),
        (4, three),
        (4, nine),
        (5, one),
        (6, one),
        (7, one),
        (8, one),
    ];
    assert_eq!(order, expected);
    // Those that wait at the end might go on if more trials came.
    let states = states(&study);
    assert_eq!(states["finished"], [4]);
    assert_eq!(states["paused"].len(), 8);
}

#[test]
fn the_best_comes_to_its_end_however_few_trials_there_are() {
    for trials in 1..=4 {
        let pruner = Asha::new().promoting(20);
        let study = study(pruner, Objective::minimize("loss"), Some(trials));
        let order = runs(&study, |number| -(number as f64), 20);
        assert_eq!(order.last(), Some(&(trials - 1, Some(27))));
        assert_eq!(states(&study)["finished"], [trials - 1]);
    }
}

#[test]
fn a_worker_waits_for_those_that_may_go_on() {
    let study = study(Hyperband::new(9), Objective::minimize("loss"), Some(2));
    let (first, second) = (study.ask().unwrap(), study.ask().unwrap());
    let fault = study.ask().unwrap_err();
    assert!(
        matches!(&fault, StudyError::Waiting { running } if running == &[0, 1]),
        "{fault}"
    );
    assert!(!fault.is_end());
    assert_eq!(
        fault.to_string(),
        "the next trial is known once one of those that run has ended or waits: 0, 1"
    );
    assert_eq!(
        study.report(first.number, 0, 1, 0.5).unwrap(),
        Verdict::Pause
    );
    study.pause(first.number).unwrap();
    assert!(study.ask().is_err(), "the other one may be better");
    let fault = study.tell(first.number, 0.5).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "trial 0 is paused; it is told nothing before `ask` goes on with it"
    );
    study.fail(second.number, "no room").unwrap();
    let again = study.ask().unwrap();
    assert_eq!(
        (again.number, again.until, again.resumed),
        (0, Some(3), true)
    );
    assert_eq!(again.point, first.point);
    assert_eq!(study.history().trials()[0].state, State::Running);
}

/// Trials of random quality on random schedules: several workers at once, in an order that chance decides, of which some
/// fail. Whatever happens, no trial goes on that did not wait, nobody waits for ever, and the search comes to its end.
fn at_random(pruner: impl Pruner + 'static, steps: u64, seed: u64) -> Core {
    let mut rng = Rng::keyed(seed, Purpose::Training, 0, 0);
    let workers = 1 + rng.below(4) as usize;
    let trials = 1 + rng.below(60) as u64;
    let study = study(pruner, Objective::minimize("loss"), Some(trials));
    let mut at_work: Vec<Option<(u64, u64)>> = vec![None; workers];
    let mut is_over = false;
    while !is_over || at_work.iter().any(Option::is_some) {
        let worker = rng.below(workers as u128) as usize;
        let Some((trial, step)) = &mut at_work[worker] else {
            match study.ask() {
                Ok(asked) => at_work[worker] = Some((asked.number, 0)),
                Err(StudyError::Waiting { .. }) => {
                    assert!(
                        at_work.iter().any(Option::is_some),
                        "nobody is left to wait for"
                    );
                }
                Err(end) => {
                    assert!(end.is_end(), "{end}");
                    is_over = true;
                }
            }
            continue;
        };
        *step += 1;
        let (trial, step) = (*trial, *step);
        if rng.below(50) == 0 {
            study.fail(trial, "bad luck").unwrap();
            at_work[worker] = None;
            continue;
        }
        let loss = (trial * 7919 % 101) as f64 + rng.unit();
        match study.report(trial, 0, step, loss).unwrap() {
            Verdict::Pause => {
                study.pause(trial).unwrap();
                at_work[worker] = None;
            }
            Verdict::Continue if step == steps => {
                study.tell(trial, loss).unwrap();
                at_work[worker] = None;
            }
            verdict => assert_eq!(verdict, Verdict::Continue),
        }
    }
    study
}

#[test]
fn every_search_comes_to_its_end() {
    for seed in 0..60 {
        for keras in [false, true] {
            let pruner = Hyperband::new(9);
            let pruner = if keras { pruner.keras_tuner() } else { pruner };
            let study = at_random(pruner, 9, seed);
            assert_eq!(study.history().paused().count(), 0, "seed {seed}");
            // Of a bracket no more than its share comes to the end.
            let history = study.history();
            let mut left = history.trials();
            for (place, &(_, trials)) in pruner.brackets().iter().enumerate().cycle() {
                let (bracket, others) = left.split_at(left.len().min(trials as usize));
                let whole = bracket
                    .iter()
                    .filter(|trial| trial.state == State::Finished);
                let most = [2, 2, trials as usize][place];
                assert!(whole.count() <= most, "seed {seed}: bracket {place}");
                if others.is_empty() {
                    break;
                }
                left = others;
            }
        }
        let study = at_random(Asha::new().promoting(9), 9, seed);
        let history = study.history();
        let failed = history
            .trials()
            .iter()
            .filter(|trial| trial.state == State::Failed);
        let finished = history.finished_count() as usize;
        assert!(finished > 0 || failed.count() > 0, "seed {seed}");
        let most = history.trials().len().div_ceil(2);
        assert!(
            finished <= most,
            "seed {seed}: {finished} of {}",
            history.trials().len()
        );
    }
}

#[tunable]
#[derive(Debug, Clone)]
struct Descent {
    #[hp(float = 0.0..=1.0)]
    x: f64,
}

/// Hyperband over [`Descent`], in memory unless told otherwise.
fn hyperband(trials: u64) -> TunerBuilder<Descent> {
    Tuner::<Descent>::builder()
        .sampler(Random::new())
        .pruner(Hyperband::new(9))
        .objective(Objective::minimize("loss"))
        .max_trials(trials)
        .seed(5)
        .progress(Progress::Silent)
}

/// A program that keeps how far it is in its folder, and trains from there. Counts the steps that are trained.
fn train(run: &mut Execution, descent: &Descent, trained: &AtomicU64) -> Result<f64, Stopped> {
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
fn ends(tuner: &Tuner<Descent>) -> (usize, usize) {
    let trials = tuner.study().trials();
    let count = |state| trials.iter().filter(|trial| trial.state == state).count();
    assert_eq!(count(State::Finished) + count(State::Pruned), trials.len());
    (count(State::Finished), count(State::Pruned))
}

#[test]
fn no_step_is_trained_twice_by_any_number_of_workers() {
    for workers in [1, 2, 5] {
        let trained = AtomicU64::new(0);
        let mut tuner = hyperband(17).workers(workers).build().unwrap();
        let end = tuner.search(|run: &mut Execution, p: Descent| train(run, &p, &trained));
        assert_eq!(end.unwrap(), End::Trials);
        assert_eq!(ends(&tuner), (5, 12), "{workers} workers");
        // 9 to step 1, 3 to 3, 1 to 9; 5 to 3, 1 to 9; 3 to 9.
        let steps = 9 + 3 * 2 + 6 + 5 * 3 + 6 + 3 * 9;
        assert_eq!(trained.into_inner(), steps, "{workers} workers");
        let history = tuner.study().history();
        // The best of the first nine is among those that went on.
        let first = history.trials()[..9].iter();
        let x = |trial: &tuner::trial::TrialRecord| trial.point.get("x").unwrap().to_string();
        let best = first.min_by(|a, b| {
            x(a).parse::<f64>()
                .unwrap()
                .total_cmp(&x(b).parse().unwrap())
        });
        assert_eq!(best.unwrap().state, State::Finished);
    }
}

#[test]
fn repeats_run_once_the_first_came_to_its_end() {
    let trained = AtomicU64::new(0);
    let mut tuner = hyperband(9).executions_per_trial(2).build().unwrap();
    let until = |run: &mut Execution, p: Descent| {
        assert_eq!(run.until().is_some(), run.execution() == 0);
        train(run, &p, &trained)
    };
    tuner.search(until).unwrap();
    assert_eq!(ends(&tuner), (1, 8));
    let finished = tuner.study().history().best().unwrap().clone();
    assert_eq!(finished.executions.len(), 2);
    assert_eq!(trained.into_inner(), 9 + 3 * 2 + 6 + 9);
}

#[test]
fn trials_that_were_dropped_before_the_best_one_ended_are_no_lack_of_improvement() {
    let trained = AtomicU64::new(0);
    let mut tuner = hyperband(34).patience(4).build().unwrap();
    let end = tuner.search(|run: &mut Execution, p: Descent| train(run, &p, &trained));
    assert_eq!(end.unwrap(), End::NoImprovement);
    let history = tuner.study().history();
    // Six of the first bracket were dropped before any came to its end.
    assert!(
        history.trials().len() > 9,
        "{} trials began",
        history.trials().len()
    );
}

#[cfg(feature = "sqlite")]
#[test]
fn what_waits_goes_on_in_the_next_session() {
    let folder = tempfile::tempdir().unwrap();
    let build = |trials| {
        let tuner = hyperband(trials).directory(folder.path()).project_name("p");
        tuner.build().unwrap()
    };
    let trained = AtomicU64::new(0);
    let mut first = build(9);
    let fault = first.search(|run: &mut Execution, p: Descent| {
        if run.number() == 7 {
            return Err(run.abort("the disk is full"));
        }
        train(run, &p, &trained)
    });
    assert!(fault.is_err());
    let history = first.study().history();
    assert_eq!(
        (history.paused().count(), history.running().count()),
        (7, 1)
    );
    drop((first, history));
    let mut second = build(9);
    let run = |run: &mut Execution, p: Descent| train(run, &p, &trained);
    assert_eq!(second.search(run).unwrap(), End::Trials);
    assert_eq!(ends(&second), (1, 8));
    drop(second);
    // More trials fill the next bracket.
    let mut third = build(17);
    assert_eq!(third.search(run).unwrap(), End::Trials);
    assert_eq!(ends(&third), (5, 12));
    assert_eq!(trained.into_inner(), 9 + 3 * 2 + 6 + 5 * 3 + 6 + 3 * 9);
}

#[cfg(feature = "sqlite")]
#[test]
fn two_sessions_share_the_brackets() {
    let folder = tempfile::tempdir().unwrap();
    let trained = AtomicU64::new(0);
    let session = || {
        let tuner = hyperband(34).directory(folder.path()).project_name("p");
        let mut tuner = tuner.workers(2).build().unwrap();
        let run = |run: &mut Execution, p: Descent| train(run, &p, &trained);
        tuner.search(run).unwrap();
        tuner
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(session);
        session();
        other.join().unwrap();
    });
    let tuner = hyperband(34).directory(folder.path()).project_name("p");
    assert_eq!(ends(&tuner.build().unwrap()), (10, 24));
    let steps = 2 * (9 + 3 * 2 + 6 + 5 * 3 + 6 + 3 * 9);
    assert_eq!(trained.into_inner(), steps);
}

#[test]
fn samplers_learn_from_trials_that_wait() {
    // The first bracket of Hyperband: 27 trials of which one comes to its end.
    let far = |sampler: &str, sign: f64, seed: u64| -> f64 {
        let axis = |name: &str| json!({"name": name, "type": "float", "low": 0.0, "high": 1.0});
        let (space, _) = Space::from_json(&json!([axis("x"), axis("y")])).unwrap();
        let objective = match sign > 0.0 {
            true => Objective::minimize("loss"),
            false => Objective::maximize("loss"),
        };
        let sampler = tuner::sampler::by_name(sampler, None).unwrap();
        let mut setup = Setup::new(space, sampler).objective(objective).seed(seed);
        setup.pruner = Some(Arc::new(Hyperband::new(27)));
        setup.max_trials = Some(27);
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let mut total = 0.0;
        for number in 0..27 {
            let asked = study.ask().unwrap();
            assert_eq!((asked.number, asked.until), (number, Some(1)));
            let at = |name| asked.point.get(name).and_then(|x| x.as_f64()).unwrap();
            let loss = (at("x") - 0.2_f64).powi(2) + (at("y") - 0.6_f64).powi(2);
            study.report(number, 0, 1, sign * loss).unwrap();
            study.pause(number).unwrap();
            total += if number >= 15 { loss / 12.0 } else { 0.0 };
        }
        total
    };
    let mean = |sampler: &str, sign: f64| -> f64 {
        (0..12).map(|seed| far(sampler, sign, seed) / 12.0).sum()
    };
    let luck = mean("random", 1.0);
    for sampler in ["tpe", "gp"] {
        if sampler == "gp" && cfg!(not(feature = "gp")) {
            continue;
        }
        let (learned, mirrored) = (mean(sampler, 1.0), mean(sampler, -1.0));
        assert!(learned < luck / 2.0, "{sampler}: {learned}, by luck {luck}");
        assert_eq!(learned, mirrored, "{sampler}");
    }
}
