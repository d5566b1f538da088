//! Pruners, on studies whose curves are known.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

use std::sync::Arc;

use serde_json::json;
use tuner::pruner::{
    Asha, Hyperband, Median, Patience, Percentile, Pruner, Threshold, Verdict, Wilcoxon,
};
use tuner::sampler::Random;
use tuner::space::Space;
use tuner::storage::{Memory, Storage};
use tuner::study::{Core, Setup};
use tuner::trial::{Objective, State};

fn axis() -> Space {
    let params = json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
    Space::from_json(&params).unwrap().0
}

/// Reports the curves one after another, each from step 1 on; a trial that is not stopped ends with
/// its last value. Says at which step each was stopped.
fn stops(
    pruner: impl Pruner + 'static,
    objective: Objective,
    curves: &[Vec<f64>],
) -> Vec<Option<u64>> {
    let mut setup = Setup::new(axis(), Random::new()).objective(objective);
    setup.pruner = Some(Arc::new(pruner));
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    let mut stopped = Vec::new();
    for curve in curves {
        let number = study.ask().unwrap().number;
        let judge =
            |(step, &value): (u64, &f64)| match study.report(number, 0, step, value).unwrap() {
                Verdict::Continue => None,
                Verdict::Pause => panic!("these pruners let nobody wait"),
                Verdict::Stop(reason) => {
                    assert!(reason.starts_with("loss "), "{reason}");
                    Some((step, reason))
                }
            };
        let stop = (1..).zip(curve).find_map(judge);
        match &stop {
            Some((_, reason)) => study.prune(number, reason).unwrap(),
            None => study.tell(number, *curve.last().unwrap()).unwrap(),
        }
        stopped.push(stop.map(|(step, _)| step));
    }
    let history = study.history();
    for (record, stop) in history.trials().iter().zip(&stopped) {
        assert_eq!(record.state == State::Pruned, stop.is_some());
    }
    stopped
}

#[test]
fn step_0_is_judged_where_nothing_is_warmed_up() {
    let stop_at_0 = |pruner: Threshold| {
        let mut setup = Setup::new(axis(), Random::new()).objective(Objective::minimize("loss"));
        setup.pruner = Some(Arc::new(pruner));
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
        let number = study.ask().unwrap().number;
        study.report(number, 0, 0, 200.0).unwrap() != Verdict::Continue
    };
    assert!(stop_at_0(Threshold::new().upper(100.0)));
    assert!(!stop_at_0(Threshold::new().upper(100.0).warmup_steps(1)));
}

fn minimize(pruner: impl Pruner + 'static, curves: &[Vec<f64>]) -> Vec<Option<u64>> {
    stops(pruner, Objective::minimize("loss"), curves)
}

/// The same curves turned upside down must be stopped at the same steps.
fn both<P: Pruner + Clone + 'static>(pruner: P, curves: &[Vec<f64>]) -> Vec<Option<u64>> {
    let mirrored: Vec<Vec<f64>> = curves
        .iter()
        .map(|curve| curve.iter().map(|value| -value).collect())
        .collect();
    let stopped = minimize(pruner.clone(), curves);
    assert_eq!(
        stops(pruner, Objective::maximize("loss"), &mirrored),
        stopped
    );
    stopped
}

fn flat(values: &[f64], steps: usize) -> Vec<Vec<f64>> {
    values.iter().map(|&value| vec![value; steps]).collect()
}

#[test]
fn the_median_stops_what_is_worse_than_most() {
    let mut curves = flat(&[1.0, 2.0, 3.0, 4.0, 5.0], 4);
    curves.push(vec![9.0, 3.5, 2.9, 2.0]);
    curves.push(vec![3.0, 9.0, 9.0, 9.0]);
    let none = [None; 5];
    let stopped = both(Median::new(), &curves);
    assert_eq!(stopped[..5], none, "too few to compare with");
    // The best so far counts: 3.0 is the median at each step.
    assert_eq!(stopped[5..], [Some(1), None]);
    let stopped = both(Median::new().warmup_steps(1), &curves);
    assert_eq!(stopped[5..], [Some(2), None]);
    let stopped = both(Median::new().warmup_steps(1).interval_steps(2), &curves);
    // Step 3 is the first that is judged, and the sixth trial is one to compare with there.
    assert_eq!(stopped[5..], [None, Some(3)]);
    let stopped = both(Median::new().startup_trials(6), &curves);
    assert_eq!(
        stopped[5..],
        [None, Some(3)],
        "the sixth is one more to compare with"
    );
}

#[test]
fn a_percentile_is_stricter_or_milder() {
    let curves = flat(&[1.0, 2.0, 3.0, 4.0, 5.0, 2.5], 2);
    assert_eq!(both(Percentile::new(50.0), &curves)[5], None);
    assert_eq!(both(Percentile::new(25.0), &curves)[5], Some(1));
    let curves = flat(&[1.0, 2.0, 3.0, 4.0, 5.0, 4.5], 2);
    assert_eq!(both(Percentile::new(75.0), &curves)[5], Some(1));
    assert_eq!(both(Percentile::new(100.0), &curves)[5], None);
    let curves = flat(&[1.0, 2.0, 3.0, 4.0, 5.0, 9.0, f64::NAN], 2);
    assert_eq!(both(Percentile::new(99.0), &curves)[5], Some(1));
    // All are kept, and what is no number is none of them.
    let stopped = both(Percentile::new(100.0), &curves);
    assert_eq!(stopped[5..], [None, Some(1)]);
}

#[test]
fn asha_keeps_the_best_part_at_each_rung() {
    let curves = flat(&[5.0, 4.0, 6.0, 3.0, 3.5, 2.0], 9);
    let stopped = both(Asha::new(), &curves);
    // 5 and 4 lead when they come; 6 is third of three; 3 leads; 3.5 is second of five of which
    // one goes on; 2 leads.
    assert_eq!(stopped, [None, None, Some(1), None, Some(1), None]);
    let late = both(Asha::new().first_rung(4).reduction(2), &curves);
    // Of three one goes on, of five two.
    assert_eq!(late, [None, None, Some(4), None, None, None]);
    // Between rungs nothing is judged: 9 is bad after the rung only.
    let mut bad = curves.clone();
    bad.push(vec![1.0, 9.0, 9.0, 9.0]);
    assert_eq!(
        both(Asha::new(), &bad)[6],
        None,
        "the best up to the rung counts"
    );
}

#[test]
fn hyperband_judges_within_brackets() {
    let pruner = Hyperband::new(9).stopping();
    assert_eq!(pruner.brackets(), [(1, 9), (3, 5), (9, 3)]);
    // Trials 0 to 8 begin at step 1, 9 to 13 at 3, 14 to 16 run to the end.
    let mut values = vec![1.0];
    values.extend((0..8).map(|k| 9.0 + f64::from(k)));
    values.extend([9.0; 8]);
    let stopped = both(pruner, &flat(&values, 9));
    assert_eq!(stopped[0], None);
    assert_eq!(stopped[1..9], [Some(1); 8]);
    // Equal ones share the first place.
    assert_eq!(stopped[9..], [None; 8]);
    values[10] = 10.0;
    values[15] = 10.0;
    let stopped = both(pruner, &flat(&values, 9));
    // What has run all its steps has its result.
    assert_eq!((stopped[10], stopped[15]), (Some(3), None));
    assert_eq!(Hyperband::new(1).brackets(), [(1, 1)]);
    assert_eq!(
        Hyperband::new(100).min_steps(10).reduction(10).brackets(),
        [(10, 10), (100, 2)]
    );
}

#[test]
fn hyperband_with_the_brackets_of_keras_tuner() {
    // _get_size(s, 0) = ceil(ceil(1 + log_3 R) / (s + 1) 3^s) trials that begin with _get_epochs(s, 0) = ceil(R / 3^s).
    let keras = |epochs| Hyperband::new(epochs).keras_tuner().brackets();
    assert_eq!(keras(81), [(1, 81), (3, 34), (9, 15), (27, 8), (81, 5)]);
    assert_eq!(keras(10), [(2, 12), (4, 6), (10, 4)]);
    assert_eq!(keras(100), [(2, 98), (4, 41), (12, 18), (34, 9), (100, 6)]);
    assert_eq!(keras(1), [(1, 1)]);
    let name = Hyperband::new(10).keras_tuner().name();
    assert_ne!(name, Hyperband::new(10).name());
}

mod with_samplers {
    use super::*;
    use tuner::sampler::{NAMES, by_name};
    use tuner::search::{End, Execution, Progress, Tuner};
    use tuner::space::tunable;

    #[tunable]
    #[derive(Debug, Clone)]
    struct Descent {
        #[hp(float = 1e-4..=1.0, log)]
        rate: f64,
        #[hp(float = 0.0..=0.9)]
        momentum: f64,
    }

    /// A loss that falls towards what the configuration allows, 0 at best.
    fn train(run: &mut Execution, descent: &Descent) -> Result<f64, tuner::search::Stopped> {
        let floor = (descent.rate.log10() + 2.0).powi(2) + (descent.momentum - 0.5).powi(2);
        let mut loss = 0.0;
        for step in 1..=27u64 {
            loss = floor + 3.0 / step as f64;
            run.report(step, loss)?;
        }
        Ok(loss)
    }

    fn search(sampler: &str, pruner: Arc<dyn Pruner>, trials: u64) -> (f64, usize, usize) {
        let mut tuner = Tuner::<Descent>::builder()
            .sampler(by_name(sampler, Some(5)).unwrap())
            .pruner(pruner)
            .objective(Objective::minimize("loss"))
            .max_trials(trials)
            .seed(3)
            .progress(Progress::Silent)
            .build()
            .unwrap();
        let end = tuner.search(|run: &mut Execution, descent: Descent| train(run, &descent));
        assert!(matches!(end, Ok(End::Trials | End::Exhausted)), "{end:?}");
        let history = tuner.study().history();
        let trials = history.trials();
        let pruned = trials.iter().filter(|trial| trial.state == State::Pruned);
        let steps = trials.iter().flat_map(|trial| &trial.executions);
        (
            tuner.best_trial().unwrap().value,
            pruned.count(),
            steps.map(|run| run.curve.len()).sum(),
        )
    }

    #[test]
    fn every_sampler_searches_with_every_pruner() {
        let pruners: [Arc<dyn Pruner>; 7] = [
            Arc::new(Median::new()),
            Arc::new(Percentile::new(25.0)),
            Arc::new(Asha::new()),
            Arc::new(Hyperband::new(27)),
            Arc::new(Threshold::new().upper(5.0)),
            Arc::new(Patience::new(3)),
            Arc::new(Wilcoxon::new(0.1)),
        ];
        for sampler in NAMES {
            for pruner in &pruners {
                let (best, _, steps) = search(sampler, pruner.clone(), 16);
                assert!(
                    best.is_finite() && steps > 16,
                    "{sampler} {}",
                    pruner.name()
                );
            }
        }
    }

    #[test]
    fn bohb_reaches_the_optimum_with_less_than_half_of_the_steps() {
        // Hyperband with a model: S. Falkner, A. Klein and F. Hutter (2018).
        let model = if cfg!(feature = "gp") { "gp" } else { "tpe" };
        for (sampler, far) in [("tpe", 0.45), (model, 0.2)] {
            let (best, pruned, steps) = search(sampler, Arc::new(Hyperband::new(27)), 60);
            assert!(pruned >= 30, "{sampler}: {pruned} were pruned");
            assert!(steps < 60 * 27 / 2, "{sampler}: {steps} steps");
            assert!(best < far, "{sampler}: {best}");
        }
    }
}

#[test]
fn a_threshold_holds_after_the_warm_up() {
    let curves = vec![
        vec![9.0, 0.5],
        vec![0.5, 9.0],
        vec![-9.0, -9.0],
        vec![f64::NAN],
    ];
    let stopped = minimize(Threshold::new().upper(1.0).warmup_steps(1), &curves[..3]);
    assert_eq!(stopped, [None, Some(2), None]);
    let stopped = minimize(Threshold::new().lower(0.0).upper(1.0), &curves);
    assert_eq!(stopped, [Some(1), Some(2), Some(1), Some(1)]);
    let stopped = stops(
        Threshold::new().lower(0.0),
        Objective::maximize("loss"),
        &curves[..3],
    );
    assert_eq!(
        stopped,
        [None, None, Some(1)],
        "bounds are those of the metric itself"
    );
}

#[test]
fn settings_without_sense_are_refused_before_the_study_begins() {
    let nan = f64::NAN;
    let faulty: [(Box<dyn Pruner>, &str); 20] = [
        (
            Box::new(Threshold::new().lower(3.0).upper(1.0)),
            "lower of Threshold is 3; it is at most upper, which is 1",
        ),
        (
            Box::new(Threshold::new().upper(nan)),
            "upper of Threshold is NaN; it is a number",
        ),
        (
            Box::new(Threshold::new().lower(nan)),
            "lower of Threshold is NaN; it is a number",
        ),
        (
            Box::new(Hyperband::new(0)),
            "max_steps of Hyperband is 0; it is at least 1",
        ),
        (
            Box::new(Hyperband::new(9).reduction(1)),
            "the reduction of Hyperband is 1; it is at least 2",
        ),
        (
            Box::new(Hyperband::new(9).reduction(0)),
            "the reduction of Hyperband is 0",
        ),
        (
            Box::new(Hyperband::new(9).min_steps(0)),
            "min_steps of Hyperband is 0",
        ),
        (
            Box::new(Hyperband::new(9).min_steps(10)),
            "min_steps of Hyperband is 10; it is at most max_steps, which is 9",
        ),
        (
            Box::new(Asha::new().reduction(1)),
            "the reduction of Asha is 1",
        ),
        (
            Box::new(Asha::new().first_rung(0)),
            "the first rung of Asha is 0",
        ),
        (
            Box::new(Asha::new().promoting(0)),
            "max_steps of Asha is 0; it is at least 1",
        ),
        (
            Box::new(Percentile::new(nan)),
            "the percentile of Percentile is NaN; it is a number above 0, at most 100",
        ),
        (Box::new(Percentile::new(-1.0)), "is -1; it is a number"),
        (Box::new(Percentile::new(0.0)), "is 0; it is a number"),
        (Box::new(Percentile::new(100.5)), "is 100.5"),
        (
            Box::new(Median::new().interval_steps(0)),
            "interval_steps of Median is 0",
        ),
        (
            Box::new(Patience::new(0)),
            "the number of reports of Patience is 0",
        ),
        (
            Box::new(Patience::new(1).min_delta(-0.5)),
            "min_delta of Patience is -0.5",
        ),
        (
            Box::new(Wilcoxon::new(7.0)),
            "p of Wilcoxon is 7; it is a probability from 0 to 1",
        ),
        (Box::new(Wilcoxon::new(nan)), "p of Wilcoxon is NaN"),
    ];
    let storage = Arc::new(Memory::new());
    for (pruner, says) in faulty {
        let mut setup = Setup::new(axis(), Random::new()).objective("loss");
        setup.pruner = Some(Arc::new(pruner));
        let fault = Core::open(storage.clone(), "study".into(), setup).err();
        let fault = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(fault.contains(says), "{says}: {fault}");
    }
    assert!(storage.list().unwrap().is_empty());
    // One that is asked without a study has an end all the same.
    assert_eq!(Hyperband::new(9).reduction(0).brackets().len(), 4);
}

#[test]
fn what_goes_astray_is_stopped_however_good_it_was() {
    let nan = f64::NAN;
    let mut curves: Vec<Vec<f64>> = (0..6).map(|k| vec![1.0 + f64::from(k) / 10.0; 9]).collect();
    curves.push(vec![nan; 9]);
    curves.push(vec![0.5, 0.5, 0.5, nan, nan, nan, nan, nan, nan]);
    let last = |stopped: Vec<Option<u64>>| stopped[6..].to_vec();
    assert_eq!(last(minimize(Median::new(), &curves)), [Some(1), Some(4)]);
    let warm = Percentile::new(90.0).warmup_steps(5);
    assert_eq!(last(minimize(warm, &curves)), [Some(6), Some(6)]);
    // At the next rung.
    assert_eq!(last(minimize(Asha::new(), &curves)), [Some(1), Some(9)]);
    // 2^-5 is the first probability below 5 %; three good steps are outweighed by six bad ones, 2^-6.
    let stopped = last(minimize(Wilcoxon::new(0.05), &curves));
    assert_eq!(stopped, [Some(5), Some(9)]);
}

#[test]
fn patience_ends_what_gets_no_better() {
    let curves = vec![
        vec![3.0, 2.0, 1.0, 0.5],
        vec![3.0, 3.0, 3.0, 1.0],
        vec![3.0, 2.0, 2.5, 2.0, 1.0],
        vec![3.0, 2.99, 2.98, 2.97],
    ];
    assert_eq!(
        both(Patience::new(2), &curves),
        [None, Some(3), Some(4), None]
    );
    let stopped = both(Patience::new(2).min_delta(0.1), &curves);
    assert_eq!(stopped, [None, Some(3), Some(4), Some(3)]);
}

#[test]
fn wilcoxon_waits_until_the_difference_is_beyond_doubt() {
    let best = vec![1.0; 8];
    let worse: Vec<f64> = (0..8).map(|k| 1.1 + f64::from(k) / 10.0).collect();
    let mixed: Vec<f64> = (0..8)
        .map(|k| if k % 2 == 0 { 0.8 } else { 1.15 })
        .collect();
    let curves = vec![best, worse, mixed];
    // 2^-5 is the first probability below 5 %, 2^-7 below 1 %.
    assert_eq!(both(Wilcoxon::new(0.05), &curves), [None, Some(5), None]);
    assert_eq!(both(Wilcoxon::new(0.01), &curves), [None, Some(7), None]);
    assert_eq!(
        both(Wilcoxon::new(0.05).startup_steps(6), &curves)[1],
        Some(6)
    );
}

#[test]
fn one_common_step_is_no_plural() {
    let setup = Setup::new(axis(), Random::new()).objective(Objective::minimize("loss"));
    let pruner = Wilcoxon::new(0.9).startup_steps(1);
    let mut setup = setup.seed(1);
    setup.pruner = Some(Arc::new(pruner));
    let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).unwrap();
    let report = |loss: f64| {
        let number = study.ask().unwrap().number;
        let verdict = study.report(number, 0, 1, loss).unwrap();
        study.tell(number, loss).unwrap();
        verdict
    };
    assert_eq!(report(0.5), Verdict::Continue);
    let verdict = report(0.75);
    assert!(
        matches!(&verdict, Verdict::Stop(why) if why.contains("at 1 common step (")),
        "{verdict:?}"
    );
}
