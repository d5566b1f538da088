//! When a search ends, and what it leaves for the next one.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tuner::pruner::{Pruner, Verdict};
use tuner::search::{End, Execution, SearchError, Stopped};
use tuner::trial::{Event, History, State, TrialRecord};

use crate::{Net, loss, quiet};

#[test]
fn a_target_or_too_little_progress_end_the_search() {
    let mut tuner = quiet().max_trials(20).target_value(5.0).build().unwrap();
    let end = tuner.search(|run: &mut Execution, _: Net| 9.0 - run.number() as f64);
    assert_eq!(end.unwrap(), End::Target);
    assert_eq!(tuner.study().trials().len(), 5);
    let mut tuner = quiet().max_trials(20).patience(3).build().unwrap();
    let end = tuner.search(|run: &mut Execution, _: Net| (run.number() as f64 - 4.0).abs());
    assert_eq!(end.unwrap(), End::NoImprovement);
    assert_eq!(tuner.study().trials().len(), 8);
}

#[test]
fn failed_trials_do_not_use_up_patience() {
    let mut tuner = quiet().max_trials(20).patience(3).build().unwrap();
    let end = tuner.search(|run: &mut Execution, _: Net| match run.number() {
        1 | 2 | 4 | 6 => Err("no memory"),
        number => Ok(number as f64),
    });
    assert_eq!(end.unwrap(), End::NoImprovement);
    assert_eq!(tuner.study().trials().len(), 8);
}

#[test]
fn time_over_leaves_the_running_trial_to_the_next_search() {
    let mut tuner = quiet()
        .max_trials(3)
        .max_time(Duration::ZERO)
        .build()
        .unwrap();
    let end = tuner.search(|_: &mut Execution, net: Net| loss(&net, 0));
    assert_eq!(end.unwrap(), End::Time);
    assert!(tuner.study().trials().is_empty());
}

#[test]
fn a_trial_that_takes_too_long_is_pruned() {
    let builder = quiet()
        .max_trials(2)
        .max_trial_time(Duration::from_millis(20));
    let mut tuner = builder.build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| -> Result<f64, Stopped> {
            for step in 1.. {
                run.report(step, 0.5)?;
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(0.0)
        })
        .unwrap();
    for record in tuner.study().trials() {
        assert_eq!((record.state, record.value()), (State::Pruned, None));
        assert_eq!(
            record.message.as_deref(),
            Some("the trial took longer than 0.02 s")
        );
    }
}

#[test]
fn what_a_search_leaves_goes_on_elsewhere_and_keeps_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let here = || {
        quiet()
            .directory(folder.path())
            .project_name("net")
            .max_trials(1)
    };
    let (reports, micros) = (AtomicU64::new(0), AtomicU64::new(0));
    let run = |run: &mut Execution, _: Net| -> Result<f64, Stopped> {
        let began = Instant::now();
        for step in 1..=1_000 {
            std::thread::sleep(Duration::from_millis(5));
            micros.store(began.elapsed().as_micros() as u64, Ordering::Relaxed);
            reports.fetch_add(1, Ordering::Relaxed);
            run.report(step, 0.5)?;
        }
        Ok(0.5)
    };
    let mut first = here().max_time(Duration::from_millis(40)).build().unwrap();
    assert_eq!(first.search(run).unwrap(), End::Time);
    let seconds = first.study().trials()[0].seconds();
    // What it ran, and not what there was before it began.
    let ran = 1e-6 * micros.load(Ordering::Relaxed) as f64;
    assert!(
        ran >= 0.005 && (ran..2.0).contains(&seconds),
        "{seconds} s, {ran} s"
    );
    reports.store(0, Ordering::Relaxed);
    // The first one is there still, and runs nothing.
    let limit = Duration::from_secs_f64(0.5 * seconds);
    let mut second = here().max_trial_time(limit).build().unwrap();
    assert_eq!(second.search(run).unwrap(), End::Trials);
    let record = second.study().trials()[0].clone();
    assert_eq!(record.state, State::Pruned);
    assert_eq!(reports.into_inner(), 1, "its time was over before");
    assert!(record.seconds() > seconds);
}

#[test]
fn an_observer_sees_everything_and_may_end_the_search() {
    let seen = Arc::new(AtomicU64::new(0));
    let count = seen.clone();
    let observer = move |event: &Event, history: &History| {
        assert!(!history.trials().is_empty(), "{event:?}");
        if !matches!(event, Event::TrialFinished { .. }) {
            return ControlFlow::Continue(());
        }
        match count.fetch_add(1, Ordering::Relaxed) {
            1 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    let mut tuner = quiet().max_trials(5).observer(observer).build().unwrap();
    let run = |_: &mut Execution, net: Net| loss(&net, 0);
    let error = tuner.search(run).unwrap_err();
    assert!(matches!(
        error,
        SearchError::Interrupted {
            ended: 2,
            running: 0,
            place: None
        }
    ));
    assert!(error.to_string().contains("search again"), "{error}");
    assert_eq!(tuner.search(run).unwrap(), End::Trials);
    assert_eq!(seen.load(Ordering::Relaxed), 5);
}

#[test]
fn what_an_observer_asked_for_before_a_search_does_not_end_it() {
    let observer = |event: &Event, _: &History| match event.trial() {
        Some(0) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let mut tuner = quiet().max_trials(3).observer(observer).build().unwrap();
    let trial = tuner.study().ask().unwrap();
    tuner.study().tell(trial, 0.5).unwrap();
    let run = |_: &mut Execution, net: Net| loss(&net, 0);
    assert_eq!(tuner.search(run).unwrap(), End::Trials);
    assert_eq!(tuner.study().trials().len(), 3);
}

#[test]
fn an_observer_may_end_the_search_within_a_trial() {
    let observer = |event: &Event, _: &History| match event {
        Event::Reported { step: 2, .. } => ControlFlow::Break(()),
        Event::ExecutionFinished { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let builder = quiet().max_trials(1).executions_per_trial(2);
    let mut tuner = builder.observer(observer).build().unwrap();
    let mut search = |steps| {
        let run = |run: &mut Execution, _: Net| -> Result<f64, Stopped> {
            for step in 1..=steps {
                run.report(step, 0.5)?;
            }
            Ok(0.5)
        };
        let end = tuner.search(run);
        let record = tuner.study().trials()[0].clone();
        let runs = record.executions.iter();
        let runs: Vec<_> = runs.map(|run| (run.state, run.curve.len())).collect();
        (end, runs)
    };
    let interrupted = SearchError::Interrupted {
        ended: 0,
        running: 1,
        place: None,
    };
    let interrupted = interrupted.to_string();
    let (end, runs) = search(5);
    assert_eq!(end.unwrap_err().to_string(), interrupted);
    assert_eq!(runs, [(State::Running, 2)]);
    let (end, runs) = search(1);
    assert_eq!(end.unwrap_err().to_string(), interrupted);
    assert_eq!(runs, [(State::Finished, 1)]);
    let (_, runs) = search(1);
    assert_eq!(runs, [(State::Finished, 1); 2]);
}

/// Stops every trial at its second step, whatever it is worth.
struct Second;

impl Pruner for Second {
    fn name(&self) -> String {
        "second".to_owned()
    }

    fn judge(&self, trial: &TrialRecord, execution: u64, _: &History) -> Verdict {
        let run = trial.execution(execution).expect("it just reported");
        match run.curve.len() {
            0 | 1 => Verdict::Continue,
            _ => Verdict::Stop("second step".to_owned()),
        }
    }
}

#[test]
fn whatever_a_stopped_run_returns_it_is_pruned_unless_it_has_a_result() {
    let mut tuner = quiet().max_trials(3).pruner(Second).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| -> Result<f64, String> {
            for step in 1..=3 {
                let Err(stopped) = run.report(step, 0.5) else {
                    continue;
                };
                assert_eq!(step, 2);
                assert_eq!(run.report(step, 0.5), Err(Stopped), "a stop stays");
                match run.number() {
                    0 => return Err(stopped.to_string()),
                    1 => panic!("the error of a library"),
                    _ => return Ok(0.25),
                }
            }
            unreachable!("the second step stops it")
        })
        .unwrap();
    let trials = tuner.study().trials();
    let states: Vec<(State, Option<f64>)> = trials.iter().map(|t| (t.state, t.value())).collect();
    let pruned = (State::Pruned, None);
    assert_eq!(states, [pruned, pruned, (State::Finished, Some(0.25))]);
}

#[test]
fn the_value_of_a_run_that_was_broken_off_is_no_result() {
    let mut tuner = quiet().max_trials(2).pruner(Second).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| {
            for step in 1..=4 {
                let stopped = run.report(step, 0.5).is_err();
                if stopped && run.number() == 0 {
                    break;
                }
            }
            0.25
        })
        .unwrap();
    let trials = tuner.study().trials();
    let states: Vec<(State, Option<f64>)> = trials.iter().map(|t| (t.state, t.value())).collect();
    let whole = (State::Finished, Some(0.25));
    assert_eq!(states, [(State::Pruned, None), whole]);
}

#[test]
fn a_run_that_fails_once_an_end_is_asked_for_goes_on_with_the_next_search() {
    let once = AtomicU64::new(0);
    let observer = move |event: &Event, _: &History| match event {
        Event::Reported { .. } if once.fetch_add(1, Ordering::Relaxed) == 0 => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    };
    let mut tuner = quiet()
        .max_trials(2)
        .workers(2)
        .observer(observer)
        .build()
        .unwrap();
    // First both begin, then trial 0 reports, and then trial 1 fails.
    let step = AtomicU64::new(0);
    let wait = |until: u64| {
        while step.load(Ordering::Relaxed) < until {
            std::thread::yield_now();
        }
    };
    let end = tuner.search(|run: &mut Execution, _: Net| -> Result<f64, String> {
        step.fetch_add(1, Ordering::Relaxed);
        wait(2);
        if run.number() == 0 {
            let ended = run.report(1, 0.5);
            step.fetch_add(1, Ordering::Relaxed);
            return ended.map(|()| 0.5).map_err(|stopped| stopped.to_string());
        }
        wait(3);
        // As a program that this one has started ends by Ctrl-C.
        Err("the trainer ended with signal 2".to_owned())
    });
    assert!(
        matches!(end, Err(SearchError::Interrupted { .. })),
        "{end:?}"
    );
    let states = |tuner: &tuner::search::Tuner<Net>| -> Vec<State> {
        tuner
            .study()
            .trials()
            .iter()
            .map(|trial| trial.state)
            .collect()
    };
    assert_eq!(states(&tuner), [State::Running; 2]);
    tuner.search(|_: &mut Execution, _: Net| 0.5).unwrap();
    assert_eq!(states(&tuner), [State::Finished; 2]);
}
