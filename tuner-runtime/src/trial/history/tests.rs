//! What the events of a study add up to.

use super::*;
use crate::trial::{Constraint, Metrics, Objective, Origin, Outcome, State};
use serde_json::json;

fn spec() -> StudySpec {
    StudySpec {
        format: FORMAT,
        seed: 1,
        space: json!([{"name": "x", "type": "int", "low": 1, "high": 9}]),
        goals: vec![Objective::minimize("loss").goal().unwrap()],
        constraints: vec![Constraint::at_most("size", 10.0)],
        sampler: "random".to_owned(),
        pruner: None,
    }
}

fn started(number: u64, x: i64) -> Event {
    Event::TrialStarted {
        number,
        point: [("x".into(), x.into())].into_iter().collect(),
        origin: Origin::Suggested,
        memo: None,
        until: None,
        seen: 1,
        owner: "me".into(),
        at: 0,
    }
}

fn finished(number: u64, loss: f64, size: f64) -> Event {
    let metrics = Metrics::new().with("loss", loss).with("size", size);
    let outcome = Outcome::Finished { metrics };
    Event::TrialFinished {
        number,
        outcome,
        at: 5,
    }
}

fn fold(events: Vec<Event>) -> Result<History, HistoryError> {
    let first = Event::StudyCreated {
        spec: spec(),
        at: 0,
    };
    let numbered: Vec<(Seq, Event)> = (1..).zip([first].into_iter().chain(events)).collect();
    Ok(History::fold(&numbered)?.unwrap())
}

#[test]
fn the_best_keeps_the_constraints_and_ties_go_to_the_first() {
    let events = vec![
        started(0, 1),
        started(1, 2),
        started(2, 3),
        started(3, 4),
        finished(3, 0.5, 9.0),
        finished(0, 0.1, 11.0),
        finished(2, 0.5, 10.0),
    ];
    let history = fold(events).unwrap();
    let order: Vec<u64> = history.best_trials(9).iter().map(|t| t.number).collect();
    assert_eq!(order, [2, 3, 0]);
    assert_eq!(history.best().unwrap().number, 2);
    assert_eq!(history.finished_count(), 3);
    assert_eq!(history.running().map(|t| t.number).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_constraint_on_what_is_no_number_is_missed() {
    let events = vec![
        started(0, 1),
        started(1, 2),
        finished(0, 0.1, f64::NAN),
        finished(1, 0.5, 11.0),
    ];
    let history = fold(events).unwrap();
    let record = history.trial(0).unwrap();
    assert_eq!(
        (record.is_feasible(), record.missed()),
        (false, f64::INFINITY)
    );
    assert_eq!(history.best().unwrap().number, 1, "it misses by 1");
}

#[test]
fn events_that_do_not_add_up_are_refused() {
    for (events, part) in [
        (vec![started(1, 1)], "is not the next one"),
        (vec![finished(0, 0.0, 0.0)], "does not exist"),
        (
            vec![started(0, 1), finished(0, 0.0, 0.0), finished(0, 0.0, 0.0)],
            "had ended before",
        ),
    ] {
        let text = fold(events).unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    }
    assert!(History::begin(1, &started(0, 1)).is_err());
    let newer = StudySpec {
        format: FORMAT + 1,
        ..spec()
    };
    let event = Event::StudyCreated { spec: newer, at: 0 };
    assert!(matches!(
        History::begin(1, &event),
        Err(HistoryError::Newer { .. })
    ));
}

#[test]
fn a_changed_study_is_judged_by_its_new_space_and_objectives() {
    let mut changed = spec();
    changed.space = json!([{"name": "x", "type": "int", "low": 2, "high": 9}]);
    changed.goals = vec![Objective::maximize("size").goal().unwrap()];
    changed.constraints.clear();
    let events = vec![
        started(0, 1),
        finished(0, 0.1, 30.0),
        started(1, 2),
        finished(1, 0.2, 20.0),
        started(2, 3),
        finished(2, 0.3, 10.0),
        Event::StudyChanged {
            spec: changed,
            at: 9,
        },
    ];
    let history = fold(events).unwrap();
    assert!(!history.trial(0).unwrap().fits);
    let best = history.best().unwrap();
    assert_eq!((best.number, best.value()), (1, Some(20.0)));
    assert_eq!(history.finished().count(), 2);
    assert_eq!(history.finished_count(), 2);
}

#[test]
fn a_run_that_begins_again_forgets_its_reports() {
    let run = |attempt: u64| Event::ExecutionStarted {
        trial: 0,
        execution: 0,
        seed: 7,
        at: attempt,
    };
    let report = |step| Event::Reported {
        trial: 0,
        execution: 0,
        step,
        metrics: Metrics::new().with("loss", 0.5),
    };
    let events = vec![
        started(0, 1),
        run(0),
        report(1),
        report(2),
        run(1),
        report(1),
    ];
    let history = fold(events).unwrap();
    let record = history.trial(0).unwrap().execution(0).unwrap();
    assert_eq!((record.attempts, record.curve.steps()), (2, &[1][..]));
}

#[test]
fn what_is_given_back_is_nobodys_and_keeps_its_time() {
    let released = |execution| Event::TrialReleased {
        number: 0,
        execution,
        seconds: 2.5,
        at: 3,
    };
    let run = Event::ExecutionStarted {
        trial: 0,
        execution: 0,
        seed: 7,
        at: 1,
    };
    let resumed = Event::TrialResumed {
        number: 0,
        owner: "you".into(),
        at: 4,
    };
    let events = vec![started(0, 1), run, released(0)];
    let record = fold(events.clone()).unwrap().trial(0).unwrap().clone();
    assert_eq!((&*record.owner, record.state), ("", State::Running));
    assert_eq!(record.seconds(), 2.5);
    // The next one may be left before it began.
    let events = events.into_iter().chain([resumed, released(1)]);
    let record = fold(events.collect()).unwrap().trial(0).unwrap().clone();
    assert_eq!((record.executions.len(), record.seconds()), (1, 2.5));
    let after_its_end = vec![started(0, 1), finished(0, 0.5, 1.0), released(0)];
    assert!(fold(after_its_end).is_err());
}

#[test]
fn attempts_that_end_with_their_process_and_come_no_further_are_counted() {
    let mut history = fold(vec![started(0, 1)]).unwrap();
    let mut lost = |events: Vec<Event>| {
        for event in &events {
            history.apply(history.seq() + 1, event).unwrap();
        }
        history.trial(0).unwrap().executions[0].lost
    };
    let (trial, execution, at) = (0, 0, 1);
    let run = || Event::ExecutionStarted {
        trial,
        execution,
        seed: 7,
        at,
    };
    let report = |step| Event::Reported {
        trial,
        execution,
        step,
        metrics: Metrics::new().with("loss", 0.5),
    };
    let resumed = |owner: &str| Event::TrialResumed {
        number: trial,
        owner: owner.into(),
        at,
    };
    assert_eq!(lost(vec![run(), resumed("b")]), 1);
    assert_eq!(lost(vec![run(), resumed("c")]), 2);
    assert_eq!(lost(vec![run(), report(1), resumed("d")]), 0);
    assert_eq!(lost(vec![run(), report(1), resumed("e")]), 1);
    assert_eq!(lost(vec![run(), resumed("e")]), 1, "it lives");
    let released = Event::TrialReleased {
        number: trial,
        execution,
        seconds: 1.0,
        at,
    };
    assert_eq!(lost(vec![released.clone(), resumed("f")]), 1, "Ctrl-C");
    let further = vec![run(), report(9), released, resumed("f")];
    assert_eq!(lost(further), 0, "Ctrl-C, after more steps");
    assert_eq!(lost(vec![run(), report(8), resumed("g")]), 1);
    let failed = Event::ExecutionFailed {
        trial,
        execution,
        message: "killed".to_owned(),
        seconds: 0.0,
    };
    assert_eq!(lost(vec![failed]), 0, "a retry begins to count anew");
}

#[test]
fn of_trials_side_by_side_none_is_said_to_have_ended_their_process() {
    let run = |trial| Event::ExecutionStarted {
        trial,
        execution: 0,
        seed: 7,
        at: 1,
    };
    let resumed = |owner: &str| Event::TrialResumed {
        number: 0,
        owner: owner.into(),
        at: 1,
    };
    let mut history = fold(vec![started(0, 1), started(1, 2)]).unwrap();
    let mut lost = |events: [Event; 3]| {
        for event in &events {
            history.apply(history.seq() + 1, event).unwrap();
        }
        let run = &history.trial(0).unwrap().executions[0];
        (run.accompanied, run.lost)
    };
    assert_eq!(lost([run(0), run(1), resumed("b")]), (true, 0));
    assert_eq!(lost([run(0), resumed("c"), resumed("d")]), (false, 2));
}

#[test]
fn what_waits_goes_on_or_is_dropped_and_nothing_else_is() {
    let paused = |number| Event::TrialPaused {
        number,
        execution: 0,
        seconds: 1.5,
        at: 6,
    };
    let promoted = |number| Event::TrialPromoted {
        number,
        until: Some(9),
        owner: "you".into(),
        at: 7,
    };
    let dropped = |numbers: &[u64]| Event::TrialsDropped {
        numbers: numbers.to_vec(),
        message: "others are better".to_owned(),
        at: 8,
    };
    let mut events = vec![started(0, 1), started(1, 2), started(2, 3)];
    events.extend([paused(1), paused(0), promoted(0)]);
    let history = fold(events.clone()).unwrap();
    let numbers = |trials: &mut dyn Iterator<Item = &TrialRecord>| -> Vec<u64> {
        trials.map(|trial| trial.number).collect()
    };
    assert_eq!(numbers(&mut history.running()), [2, 0]);
    assert_eq!(numbers(&mut history.paused()), [1]);
    assert_eq!(history.ended_count(), 0);
    let record = history.trial(0).unwrap();
    assert_eq!((record.state, record.until), (State::Running, Some(9)));
    assert_eq!((&*record.owner, record.since), ("you", 7));
    assert_eq!(record.seconds(), 1.5);
    for (wrong, fault) in [
        (promoted(2), "was not paused before"),
        (paused(1), "was paused before"),
        (finished(1, 0.5, 1.0), "was paused before"),
        (promoted(5), "does not exist"),
    ] {
        let mut events = events.clone();
        events.push(wrong);
        let message = fold(events).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
    let mut history = history;
    let seq = history.seq() + 1;
    assert!(history.apply(seq, &dropped(&[1, 2])).is_err(), "2 runs");
    assert_eq!(history.paused().count(), 1, "then nothing changes");
    history.apply(seq, &dropped(&[1])).unwrap();
    let record = history.trial(1).unwrap();
    assert_eq!((record.state, record.ended), (State::Pruned, Some(8)));
    assert_eq!(record.message.as_deref(), Some("others are better"));
    assert_eq!(history.ended_count(), 1);
}
