//! The contract of a storage.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use serde_json::json;

use crate::space::Point;
use crate::storage::{Guard, Storage, StorageError, StudyId};
use crate::trial::{
    Constraint, Event, FORMAT, Goal, Metrics, Objective, Origin, Outcome, Seq, StudySpec,
};

/// How many threads write at once.
const WRITERS: u64 = 4;
/// How many events each of them writes.
const EACH: u64 = 25;

/// Checks a storage, each time on a new and empty one.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::storage::Memory;
/// tuner::testing::storage_contract(|| Memory::new());
/// ```
///
/// # Panics
/// With what the storage does wrong.
pub fn storage_contract<S: Storage>(new: impl Fn() -> S) {
    studies_are_kept_apart(&new());
    a_study_that_is_begun_anew_is_another_one(&new());
    events_come_back_as_they_were(&new());
    guards_forbid_what_they_name(&new());
    every_decision_conflicts_and_nothing_else_does(&new());
    events_of_any_size_and_name_are_kept(&new());
    a_decision_sees_all_and_keeps_others_out(&new());
    writers_at_once_lose_nothing(&new());
    deciders_at_once_never_decide_the_same(&new());
    sessions_are_known(&new());
}

/// One event of each kind, the creation of a study first, with numbers that are hard to store.
pub fn example_events() -> Vec<Event> {
    let point: Point = [
        ("rate".into(), (0.1 + 0.2).into()),
        ("units[0]".into(), u64::MAX.into()),
        ("kind \"ü\"".into(), "a\nb".into()),
    ]
    .into_iter()
    .collect();
    let metrics = Metrics::new()
        .with("loss", 5e-324)
        .with("b", f64::NEG_INFINITY)
        .with("a", -0.0);
    let goal = |objective: Objective| -> Goal { objective.goal().expect("the direction is given") };
    let spec = StudySpec {
        format: FORMAT,
        seed: u64::MAX,
        space: json!([{"name": "rate", "type": "float", "low": 0.0, "high": 1.0}]),
        goals: vec![goal(Objective::minimize("loss"))],
        constraints: vec![Constraint::at_most("a", 0.1 + 0.2)],
        sampler: "random".to_owned(),
        pruner: Some("median".to_owned()),
    };
    let (trial, execution, seconds) = (0, 1, 0.25);
    vec![
        Event::StudyCreated {
            spec: spec.clone(),
            at: 1,
        },
        Event::StudyChanged { spec, at: 2 },
        Event::TrialEnqueued {
            point: point.clone(),
        },
        Event::TrialStarted {
            number: 0,
            point,
            origin: Origin::Enqueued,
            memo: Some(Arc::new(json!({"lengthscales": [0.1, 1e-300]}))),
            until: Some(1),
            seen: 3,
            owner: "me".into(),
            at: 3,
        },
        Event::ExecutionStarted {
            trial,
            execution,
            seed: u64::MAX - 1,
            at: 4,
        },
        Event::Reported {
            trial,
            execution,
            step: 1,
            metrics: metrics.clone(),
        },
        Event::ExecutionFailed {
            trial,
            execution,
            message: "no room".to_owned(),
            seconds,
        },
        Event::ExecutionPruned {
            trial,
            execution,
            message: "not good".to_owned(),
            seconds,
        },
        Event::TrialResumed {
            number: 0,
            owner: "you".into(),
            at: 5,
        },
        Event::TrialReleased {
            number: 0,
            execution,
            seconds,
            at: 5,
        },
        Event::TrialPaused {
            number: 0,
            execution,
            seconds,
            at: 5,
        },
        Event::TrialPromoted {
            number: 0,
            until: Some(3),
            owner: "me".into(),
            at: 5,
        },
        Event::TrialsDropped {
            numbers: vec![1, u64::MAX],
            message: "others are better".to_owned(),
            at: 5,
        },
        Event::ExecutionFinished {
            trial,
            execution,
            metrics: metrics.clone(),
            seconds,
        },
        Event::TrialFinished {
            number: 0,
            outcome: Outcome::Finished { metrics },
            at: 6,
        },
        Event::AttributeSet {
            trial: Some(0),
            name: "note".into(),
            value: json!(["kept", 1, null]),
        },
    ]
}

fn first() -> Event {
    example_events().swap_remove(0)
}

fn note(text: u64) -> Event {
    Event::AttributeSet {
        trial: None,
        name: "n".into(),
        value: text.into(),
    }
}

fn resumed(number: u64) -> Event {
    Event::TrialResumed {
        number,
        owner: "me".into(),
        at: 0,
    }
}

fn reported(trial: u64) -> Event {
    Event::Reported {
        trial,
        execution: 0,
        step: 1,
        metrics: Metrics::new(),
    }
}

fn ok<T>(result: Result<T, StorageError>) -> T {
    result.unwrap_or_else(|fault| panic!("the storage fails: {fault}"))
}

fn begin(storage: &impl Storage) -> StudyId {
    let id = StudyId::from("study");
    assert_eq!(
        ok(storage.create(&id, &first())),
        1,
        "the first event is event 1"
    );
    id
}

fn studies_are_kept_apart(storage: &impl Storage) {
    assert!(ok(storage.list()).is_empty(), "a new storage is empty");
    let (b, a) = (StudyId::from("b"), StudyId::from("a 'quoted' name"));
    ok(storage.create(&b, &first()));
    ok(storage.create(&a, &first()));
    assert_eq!(ok(storage.list()), [a.clone(), b.clone()], "sorted by name");
    let again = storage.create(&a, &first());
    assert!(
        matches!(again, Err(StorageError::StudyExists { .. })),
        "{again:?}"
    );
    ok(storage.append(&a, Guard::None, &[note(1)]));
    assert_eq!(
        (ok(storage.read(&a, 0)).len(), ok(storage.read(&b, 0)).len()),
        (2, 1)
    );
    ok(storage.delete(&a));
    assert_eq!(ok(storage.list()), [b]);
    for missing in [
        storage.read(&a, 0).map(|_| ()),
        storage.append(&a, Guard::None, &[note(1)]).map(|_| ()),
        storage.decide(&a, 0, &mut |_| Vec::new()).map(|_| ()),
        storage.delete(&a),
    ] {
        let fault = missing.expect_err("there is no such study");
        assert!(matches!(fault, StorageError::NoStudy { .. }), "{fault}");
        assert!(
            fault.to_string().contains("`b`"),
            "it names what there is: {fault}"
        );
    }
    ok(storage.create(&a, &first()));
    assert_eq!(
        ok(storage.read(&a, 0)).len(),
        1,
        "a deleted study leaves nothing"
    );
}

fn a_study_that_is_begun_anew_is_another_one(storage: &impl Storage) {
    let name = begin(storage);
    let listed = || ok(storage.list()).swap_remove(0);
    let old = listed();
    let known = ok(storage.append(&old, Guard::None, &[note(1)]));
    let is_gone = |old: &StudyId| {
        let mut decided = false;
        let decide = storage.decide(old, known, &mut |_| {
            decided = true;
            vec![note(9)]
        });
        assert!(!decided, "nothing is decided on another study");
        for missing in [
            decide.map(|_| ()),
            storage.append(old, Guard::None, &[note(9)]).map(|_| ()),
            storage
                .append(old, Guard::Decision(known), &[note(9)])
                .map(|_| ()),
            storage.read(old, known).map(|_| ()),
            storage.delete(old),
        ] {
            let fault = missing.expect_err("the study is gone");
            assert!(matches!(fault, StorageError::Gone { .. }), "{fault}");
        }
    };
    for events in 1..=4 {
        ok(storage.delete(&name));
        is_gone(&old);
        ok(storage.create(&name, &first()));
        for _ in 1..events {
            ok(storage.append(&name, Guard::None, &[note(2)]));
        }
        is_gone(&old);
        assert_eq!(ok(storage.read(&name, 0)).len(), events, "it is as it was");
    }
    let new = listed();
    assert_eq!(new, old, "the name is the same");
    assert_eq!(ok(storage.read(&new, 0)).len(), 4);
    ok(storage.delete(&new));
}

fn events_come_back_as_they_were(storage: &impl Storage) {
    let id = begin(storage);
    let events = example_events();
    let last = ok(storage.append(&id, Guard::None, &events[1..]));
    assert_eq!(
        last,
        events.len() as Seq,
        "appending returns the place of the last event"
    );
    let expected: Vec<(Seq, Event)> = (1..).zip(events).collect();
    assert_eq!(ok(storage.read(&id, 0)), expected);
    assert_eq!(ok(storage.read(&id, 5)), expected[5..]);
    assert!(ok(storage.read(&id, last)).is_empty());
    assert!(ok(storage.read(&id, last + 7)).is_empty());
    assert_eq!(
        ok(storage.append(&id, Guard::None, &[])),
        last,
        "nothing adds nothing"
    );
}

fn guards_forbid_what_they_name(storage: &impl Storage) {
    let id = begin(storage);
    let conflict = |guard| {
        let before = ok(storage.read(&id, 0)).len();
        let result = storage.append(&id, guard, &[note(0), note(1)]);
        let added = ok(storage.read(&id, 0)).len() - before;
        match result {
            Ok(_) => {
                assert_eq!(added, 2, "all is added");
                false
            }
            Err(StorageError::Conflict) => {
                assert_eq!(added, 0, "a conflict adds nothing");
                true
            }
            Err(fault) => panic!("the storage fails: {fault}"),
        }
    };
    let decided = ok(storage.append(&id, Guard::None, &[resumed(3)]));
    let seen = ok(storage.append(&id, Guard::None, &[reported(3), note(2)]));
    assert!(!conflict(Guard::Decision(seen)));
    assert!(
        !conflict(Guard::Decision(decided)),
        "reports conflict with no decision"
    );
    assert!(
        conflict(Guard::Decision(decided - 1)),
        "a later decision does"
    );
    assert!(
        conflict(Guard::Trial(3, decided)),
        "a later report of the trial does"
    );
    assert!(!conflict(Guard::Trial(3, decided + 1)));
    assert!(!conflict(Guard::Trial(4, 1)), "other trials do not matter");
    assert!(!conflict(Guard::None));
}

fn every_decision_conflicts_and_nothing_else_does(storage: &impl Storage) {
    for (place, event) in example_events().into_iter().enumerate() {
        let id = StudyId::from(format!("study {place}"));
        let known = ok(storage.create(&id, &first()));
        let is_creation = place == 0;
        let known = if is_creation {
            known - 1
        } else {
            ok(storage.append(&id, Guard::None, std::slice::from_ref(&event)));
            known
        };
        let decides = storage.append(&id, Guard::Decision(known), &[note(0)]);
        let conflicts = matches!(decides, Err(StorageError::Conflict));
        assert_eq!(conflicts, event.is_decision(), "{event:?}");
        let tells = storage.append(&id, Guard::Trial(0, known), &[note(0)]);
        let conflicts = matches!(tells, Err(StorageError::Conflict));
        assert_eq!(conflicts, event.trial() == Some(0), "{event:?}");
    }
}

fn events_of_any_size_and_name_are_kept(storage: &impl Storage) {
    for name in [
        "",
        " ",
        "ü/../\\%_'\";--",
        "a\u{0}b",
        "long ".repeat(200).as_str(),
    ] {
        let id = StudyId::from(name);
        ok(storage.create(&id, &first()));
        let large = Event::ExecutionFailed {
            trial: 0,
            execution: 0,
            message: "\u{0}\u{feff}é\r\n".repeat(20_000),
            seconds: f64::MIN_POSITIVE,
        };
        let events = vec![large; 2];
        assert_eq!(ok(storage.append(&id, Guard::None, &events)), 3);
        let read = ok(storage.read(&id, 1));
        assert!(
            read.iter().map(|(_, event)| event).eq(&events),
            "a large event of the study {name:?} is another one"
        );
        assert!(ok(storage.list()).contains(&id));
    }
}

fn a_decision_sees_all_and_keeps_others_out(storage: &impl Storage) {
    let id = begin(storage);
    ok(storage.append(&id, Guard::None, &[note(1), resumed(0)]));
    let mut seen = Vec::new();
    let last = storage.decide(&id, 1, &mut |news| {
        seen = news.to_vec();
        vec![note(2), note(3)]
    });
    assert_eq!(seen, [(2, note(1)), (3, resumed(0))]);
    assert_eq!(ok(last), 5);
    assert_eq!(ok(storage.read(&id, 3)), [(4, note(2)), (5, note(3))]);
}

fn writers_at_once_lose_nothing(storage: &impl Storage) {
    let id = begin(storage);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let id = &id;
            scope.spawn(move || {
                for k in 0..EACH {
                    ok(storage.append(id, Guard::None, &[note(writer * EACH + k)]));
                }
            });
        }
    });
    let events = ok(storage.read(&id, 1));
    assert_eq!(events.len() as u64, WRITERS * EACH);
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    for ((seq, event), expected) in events.iter().zip(2..) {
        assert_eq!(*seq, expected, "places have no gaps");
        let Event::AttributeSet { value, .. } = event else {
            panic!("no such event was written: {event:?}");
        };
        let value = value.as_u64().expect("it was a number");
        let before = last.insert(value / EACH, value);
        assert!(
            before.is_none_or(|before| before < value),
            "a writer's events keep their order"
        );
    }
}

fn deciders_at_once_never_decide_the_same(storage: &impl Storage) {
    let id = begin(storage);
    let next = |events: &[(Seq, Event)]| {
        let decisions = events.iter().filter(|(_, event)| event.is_decision());
        decisions.count() as u64
    };
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let id = &id;
            scope.spawn(move || {
                for k in 0..EACH {
                    if (writer + k) % 2 == 0 {
                        ok(storage.decide(id, 0, &mut |events| vec![resumed(next(events))]));
                        continue;
                    }
                    loop {
                        let events = ok(storage.read(id, 0));
                        let guard = Guard::Decision(events.len() as Seq);
                        match storage.append(id, guard, &[resumed(next(&events))]) {
                            Err(StorageError::Conflict) => {}
                            result => {
                                ok(result);
                                break;
                            }
                        }
                    }
                }
            });
        }
    });
    let events = ok(storage.read(&id, 1));
    let numbers = events.iter().filter_map(|(_, event)| event.trial());
    assert!(
        numbers.eq(1..=WRITERS * EACH),
        "every decision knew all before it"
    );
}

fn sessions_are_known(storage: &impl Storage) {
    let session = ok(storage.session());
    assert_eq!(ok(storage.session()), session, "a storage is one session");
    assert!(storage.is_alive(&session));
    for other in ["", "nobody", "../nobody", "1-2-3"] {
        assert!(!storage.is_alive(other), "there is no session `{other}`");
    }
}
