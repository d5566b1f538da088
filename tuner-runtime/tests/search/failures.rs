//! Errors, panics and numbers that are none: they fail what they should and nothing else.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tuner::pruner::{Hyperband, Pruner, Verdict};
use tuner::search::{Execution, IntoOutcome, Outcome, SearchError, Stopped, TunerBuilder};
use tuner::trial::{Constraint, Event, History, Metrics, Objective, State, TrialRecord};

use crate::{Net, loss, quiet};

#[test]
fn errors_panics_and_nan_fail_their_trial_and_the_search_goes_on() {
    let mut tuner = quiet()
        .max_trials(8)
        .max_consecutive_failed_trials(9)
        .build()
        .unwrap();
    tuner
        .search(|run: &mut Execution, net: Net| -> Result<f64, String> {
            match run.number() {
                1 => Err("out of memory".to_owned()),
                2 => panic!("index {} is out of range", 7),
                3 => Ok(f64::NAN),
                4 => Ok(f64::INFINITY),
                5 => {
                    run.report(1, 0.5).map_err(|stop| stop.to_string())?;
                    run.report(2, f64::NAN).map_err(|stop| stop.to_string())?;
                    Ok(0.0)
                }
                _ => Ok(loss(&net, 0)),
            }
        })
        .unwrap();
    let trials = tuner.study().trials();
    let messages: Vec<Option<&str>> = trials.iter().map(|t| t.message.as_deref()).collect();
    assert_eq!(
        messages,
        [
            None,
            Some("out of memory"),
            Some("panicked: index 7 is out of range"),
            Some("loss is NaN"),
            Some("loss is inf"),
            Some("loss is NaN at step 2"),
            None,
            None,
        ]
    );
    for record in &trials {
        let failed = record.message.is_some();
        assert_eq!(record.state == State::Failed, failed);
        assert_eq!(
            record.value().is_none(),
            failed,
            "a failed trial has no value"
        );
    }
    let table = tuner.results_summary();
    assert!(table.contains("3 finished, 5 failed"), "{table}");
    assert!(table.contains("failed: out of memory (trial 1)"), "{table}");
}

#[test]
fn a_failed_execution_is_tried_again_with_its_seed() {
    let runs = AtomicU64::new(0);
    let seed = AtomicU64::new(0);
    let builder = quiet()
        .max_trials(1)
        .executions_per_trial(3)
        .max_retries_per_trial(2);
    let mut tuner = builder.build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| {
            let number = runs.fetch_add(1, Ordering::Relaxed);
            match number {
                1 | 2 => {
                    assert_eq!(run.execution(), 1);
                    seed.store(run.seed(), Ordering::Relaxed);
                    Err("the disk was away")
                }
                _ => {
                    if run.execution() == 1 {
                        assert_eq!(run.seed(), seed.load(Ordering::Relaxed));
                    }
                    Ok(number as f64)
                }
            }
        })
        .unwrap();
    let record = tuner.study().trials()[0].clone();
    assert_eq!(record.value(), Some((0.0 + 3.0 + 4.0) / 3.0));
    assert_eq!(record.executions[1].failures, ["the disk was away"; 2]);
    assert_eq!(record.executions[1].attempts, 3);
}

#[test]
fn too_many_failures_in_a_row_end_the_search_with_the_last_one() {
    let mut tuner = quiet()
        .max_trials(20)
        .max_consecutive_failed_trials(4)
        .build()
        .unwrap();
    let error = tuner
        .search(|run: &mut Execution, net: Net| match run.number() {
            3 => Ok(loss(&net, 0)),
            number => Err(format!("no gpu {number}")),
        })
        .unwrap_err();
    assert!(error.to_string().contains("no gpu 7"), "{error}");
    assert!(matches!(error, SearchError::Failing { count: 4, .. }));
    assert_eq!(tuner.study().trials().len(), 8);
    assert!(tuner.best_hyperparameters().is_ok(), "what was found stays");
}

#[test]
fn a_wrong_objective_ends_the_search_before_training_and_fails_no_trial() {
    let trained = AtomicU64::new(0);
    let mut tuner = quiet()
        .max_trials(5)
        .max_retries_per_trial(3)
        .build()
        .unwrap();
    let error = tuner
        .search(
            |run: &mut Execution, _: Net| -> Result<f64, tuner::search::WrongObjective> {
                run.expect_metrics(&["accuracy", "val_accuracy"])?;
                trained.fetch_add(1, Ordering::Relaxed);
                Ok(0.0)
            },
        )
        .unwrap_err();
    assert!(matches!(error, SearchError::WrongObjective(_)));
    let text = error.to_string();
    assert!(
        text.contains("`loss`") && text.contains("accuracy, val_accuracy"),
        "{text}"
    );
    assert_eq!(trained.into_inner(), 0);
    let failed = |record: &tuner::trial::TrialRecord| record.state == State::Failed;
    assert!(!tuner.study().trials().iter().any(|record| failed(record)));
    // The same by a report or a result that lacks it.
    let mut tuner = quiet().max_trials(5).build().unwrap();
    let error = tuner.search(|_: &mut Execution, _: Net| Metrics::new().with("mae", 1.0));
    assert!(matches!(error, Err(SearchError::WrongObjective(_))));
    let mut tuner = quiet()
        .objective(Objective::maximize("speed"))
        .build()
        .unwrap();
    let error = tuner.search(|run: &mut Execution, _: Net| run.report(1, 0.5));
    assert!(matches!(error, Err(SearchError::WrongObjective(_))));
}

#[test]
fn a_constraint_on_what_is_not_measured_ends_the_search() {
    let constrained = || quiet().constraint(Constraint::at_most("sizze", 2.0));
    let mut tuner = constrained().build().unwrap();
    let sized = |_: &mut Execution, _: Net| Metrics::new().with("loss", 0.1).with("size", 1.0);
    let error = tuner.search(sized).unwrap_err();
    assert!(matches!(error, SearchError::WrongObjective(_)));
    let text = error.to_string();
    assert!(
        text.starts_with("wrong constraint: ")
            && text.contains("`sizze`")
            && text.contains("there is loss, size"),
        "{text}"
    );
    let ended = |record: &tuner::trial::TrialRecord| record.ended.is_some();
    assert!(!tuner.study().trials().iter().any(|record| ended(record)));
    // A number alone does not measure it either; reports need not, before the end.
    let mut tuner = constrained().build().unwrap();
    let error = tuner.search(|run: &mut Execution, _: Net| run.report(1, 0.5).map(|()| 0.5));
    assert!(matches!(error, Err(SearchError::WrongObjective(_))));
    let curve = &tuner.study().trials()[0].executions[0].curve;
    assert_eq!(curve.len(), 1, "the report was taken");
    let mut tuner = constrained().build().unwrap();
    let error = tuner.search(
        |run: &mut Execution, _: Net| -> Result<f64, tuner::search::WrongObjective> {
            run.expect_metrics(&["loss", "size"])?;
            Ok(0.0)
        },
    );
    assert!(matches!(error, Err(SearchError::WrongObjective(_))));
}

#[test]
fn a_trial_that_lacks_the_objective_fails_once_another_one_has_it() {
    let accuracy = |value| Metrics::new().with("accuracy", value);
    let both = |loss| accuracy(0.5).with("loss", loss);
    let mut tuner = quiet().max_trials(5).build().unwrap();
    tuner
        .search(|run: &mut Execution, _: Net| match run.number() {
            1 => accuracy(0.5).into_outcome(),
            3 => run.report(1, accuracy(0.5)).into_outcome(),
            4 => Outcome::Epochs(vec![(1, both(0.5)), (2, accuracy(0.5))]),
            number => both(number as f64).into_outcome(),
        })
        .unwrap();
    for record in tuner.study().trials() {
        let lacks = [1, 3, 4].contains(&record.number);
        assert_eq!(record.state == State::Failed, lacks, "{}", record.number);
        let message = record.message.as_deref().unwrap_or_default();
        assert_eq!(message.contains("lacks the objective `loss`"), lacks);
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let text = |builder: tuner::search::TunerBuilder<Net>| {
        builder.build().map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(text(quiet().workers(0)), "workers is 0; it is at least 1");
    assert!(text(quiet().max_trials(0)).contains("max_trials"));
    assert!(text(quiet().objective("loss")).contains("given twice"));
    assert!(text(quiet().objective("score")).contains("Objective::maximize(\"score\")"));
    assert!(text(quiet().project_name("a/b")).contains("single folder"));
    assert!(text(tuner::search::Tuner::<Net>::builder()).contains("no objective"));
}

/// Proposes nothing but trouble.
struct Faulty;

impl tuner::sampler::Sampler for Faulty {
    fn name(&self) -> String {
        "faulty".to_owned()
    }

    fn suggest(
        &self,
        ask: &tuner::sampler::Ask<'_>,
    ) -> Result<tuner::sampler::Suggestion, tuner::sampler::SampleError> {
        assert!(ask.number < 2, "no idea for trial {}", ask.number);
        Ok(ask.space().sample(&mut ask.rng()).into())
    }
}

#[test]
fn a_sampler_that_panics_ends_the_search_with_its_message() {
    let builder = quiet().sampler(Faulty).max_trials(5).workers(2);
    let mut tuner = builder.build().unwrap();
    let error = tuner.search(|_: &mut Execution, net: Net| loss(&net, 0));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no idea for trial 2"), "{error}");
    assert_eq!(tuner.best(9).len(), 2);
}

/// The payload of a panic that panics again when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_payload_that_panics_fails_its_trial_alone() {
    let mut tuner = quiet().max_trials(2).build().unwrap();
    tuner
        .search(|run: &mut Execution, net: Net| {
            if run.number() == 0 {
                std::panic::panic_any(Bomb);
            }
            loss(&net, 0)
        })
        .unwrap();
    let trials = tuner.study().trials();
    let message = trials[0].message.as_deref();
    assert_eq!(message, Some("panicked: without a message"));
    assert_eq!(trials[1].state, State::Finished);
}

/// Has no opinion on trials.
struct Clueless;

impl Pruner for Clueless {
    fn name(&self) -> String {
        "clueless".to_owned()
    }

    fn judge(&self, trial: &TrialRecord, _: u64, _: &History) -> Verdict {
        panic!("no idea of trial {}", trial.number)
    }
}

#[test]
fn a_pruner_or_an_observer_that_panics_at_a_report_fails_no_trial() {
    let panics = |event: &Event, _: &History| {
        let reported = matches!(event, Event::Reported { .. });
        assert!(!reported, "no idea of trial 0");
        ControlFlow::Continue(())
    };
    let search = |builder: TunerBuilder<Net>| {
        let mut tuner = builder.max_trials(3).build().unwrap();
        let run = |run: &mut Execution, _: Net| run.report(1, 0.5);
        let error = tuner.search(run).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, SearchError::Panicked { .. }), "{text}");
        assert!(text.contains("no idea of trial 0"), "{text}");
        let states: Vec<State> = tuner.study().trials().iter().map(|t| t.state).collect();
        assert_eq!(states, [State::Running], "it can go on");
    };
    search(quiet().pruner(Clueless));
    search(quiet().observer(panics));
}

#[test]
fn a_worker_that_panics_lets_no_other_one_wait() {
    let panics = |event: &Event, _: &History| {
        let second = thread::current().name() == Some("tuner worker 1");
        let began = matches!(event, Event::ExecutionStarted { .. });
        assert!(!(second && began), "no second worker");
        ControlFlow::Continue(())
    };
    let builder = quiet().pruner(Hyperband::new(9)).workers(2);
    let mut tuner = builder.observer(panics).max_trials(20).build().unwrap();
    let (done, end) = mpsc::channel();
    thread::spawn(move || {
        let result = tuner.search(|run: &mut Execution, net: Net| -> Result<f64, Stopped> {
            for step in 1..=9 {
                run.report(step, loss(&net, 0))?;
                thread::sleep(Duration::from_millis(1));
            }
            Ok(loss(&net, 0))
        });
        let _ = done.send(result);
    });
    let result = end.recv_timeout(Duration::from_secs(30));
    let error = result.expect("the search ends").unwrap_err();
    assert!(error.to_string().contains("no second worker"), "{error}");
}
