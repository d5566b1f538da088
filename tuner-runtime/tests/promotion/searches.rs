//! Searches whose programs go on where they were.

use crate::{Descent, ends, hyperband, train};
use std::sync::atomic::AtomicU64;
use tuner::search::{End, Execution};
use tuner::trial::State;

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
        assert!(run.until().is_none() || run.execution() == 0);
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
