//! One step after the other, and at random.

use crate::{runs, states, study};
use serde_json::json;
use std::sync::Arc;
use tuner::math::rng::{Purpose, Rng};
use tuner::pruner::{Asha, Hyperband, Pruner, Verdict};
use tuner::space::Space;
use tuner::storage::Memory;
use tuner::study::{Core, Setup, StudyError};
use tuner::trial::{Objective, State};

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
    assert_eq!(order[12], (0, None));
    let second: Vec<_> = (9..14).map(|number| (number, Some(3))).collect();
    assert_eq!(order[13..18], second);
    // 9 to 13 are worth 2, 3, 4, 5 and 6: the first one goes on.
    assert_eq!(order[18], (9, None));
    let third: Vec<_> = (14..17).map(|number| (number, None)).collect();
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
            9 => Some("the best 3 of 9 trials went on from step 1".to_owned()),
            few => Some(format!(
                "the best {} of {few} trials went on from step 1",
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
    let (one, three) = (Some(1), Some(3));
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
        (4, None),
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
        assert_eq!(order.last(), Some(&(trials - 1, None)));
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
        "the next trial is known once one of those that run has ended or waits: 0, 1; one whose session \
         ended goes on by `ask_or_resume`"
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
    let history = study.history();
    let record = &history.trials()[0];
    let steps = record.execution(0).unwrap().curve.steps();
    assert_eq!((record.state, steps), (State::Running, &[1][..]));
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
