//! A study driven by hand.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

// The generated code names `::tuner`.
extern crate tuner_runtime as tuner;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tuner::sampler::{Grid, Random};
use tuner::space::{Handle, Tunable, tunable};
use tuner::storage::{Guard, Memory, Sqlite, Storage, StorageError};
use tuner::study::{OnChange, Report, Study, StudyBuilder, StudyError};
use tuner::trial::{Constraint, Event, Experience, Metrics, Objective, Origin, State};

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    #[hp(int = 0..=4)]
    x: i64,
    #[hp(int = 0..=4)]
    y: i64,
}

fn pair(x: i64, y: i64) -> Pair {
    Pair { x, y }
}

fn in_memory() -> Study<Pair> {
    Study::in_memory(Random::new(), Objective::minimize("loss"), 3).unwrap()
}

#[test]
fn ask_tell_and_best_know_the_type() {
    let study = in_memory();
    assert!(study.best().is_none());
    let mut least = f64::INFINITY;
    for expected in 0..10 {
        let trial = study.ask().unwrap();
        assert_eq!(trial.number, expected);
        let loss = (trial.params.x * 5 + trial.params.y) as f64;
        least = least.min(loss);
        study.tell(trial, loss).unwrap();
    }
    let best = study.best().unwrap();
    assert_eq!(best.value, least);
    assert_eq!((best.params.x * 5 + best.params.y) as f64, least);
    let all: Vec<f64> = study.best_of(99).iter().map(|best| best.value).collect();
    assert!(all.len() == 10 && all.is_sorted());
}

#[test]
fn trials_run_side_by_side_and_end_once() {
    let study = in_memory();
    let (one, two, three) = (
        study.ask().unwrap(),
        study.ask().unwrap(),
        study.ask().unwrap(),
    );
    study.tell(&three, 1.0).unwrap();
    study.fail(&one, "no room").unwrap();
    study.prune(&two, "not good").unwrap();
    let states: Vec<State> = study.trials().iter().map(|record| record.state).collect();
    assert_eq!(states, [State::Failed, State::Pruned, State::Finished]);
    let again = study.tell(&three, 0.5).unwrap_err();
    assert!(
        matches!(again, StudyError::Ended { number: 2, .. }),
        "{again}"
    );
    let missing = study.tell(9u64, 0.5).unwrap_err().to_string();
    assert_eq!(
        missing,
        "there is no trial 9; the study has 3, counted from 0"
    );
    let four = study.ask().unwrap();
    study.tell(&four, f64::NAN).unwrap();
    let record = study.trials()[3].clone();
    assert_eq!((record.state, record.value()), (State::Failed, None));
    assert_eq!(record.message.as_deref(), Some("loss is NaN"));
}

#[test]
fn a_trial_is_told_to_the_study_that_it_was_asked_of() {
    let (one, other) = (in_memory(), in_memory());
    let (trial, own) = (one.ask().unwrap(), other.ask().unwrap());
    assert_eq!(trial.number, own.number);
    let faults = [
        other.tell(&trial, 1.0).unwrap_err(),
        other.report(&trial, 1, 1.0).unwrap_err(),
        other.fail(&trial, "no").unwrap_err(),
    ];
    for fault in faults {
        let fault = fault.to_string();
        assert!(fault.contains("tell it where it was asked for"), "{fault}");
    }
    assert_eq!(other.trials()[0].state, State::Running);
    // A bare number is one of the study that is told.
    other.tell(own.number, 0.5).unwrap();
    one.tell(trial, 0.25).unwrap();
    assert_eq!(
        (one.best().unwrap().value, other.best().unwrap().value),
        (0.25, 0.5)
    );
}

#[test]
fn a_result_without_the_objective_leaves_the_trial_as_it_is() {
    let study = in_memory();
    let trial = study.ask().unwrap();
    let error = study
        .tell(&trial, [("mae", 1.0), ("accuracy", 0.5)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("`loss`; there is mae, accuracy"), "{error}");
    study.tell(&trial, [("mae", 1.0), ("loss", 0.5)]).unwrap();
    assert_eq!(study.best().unwrap().metrics.get("mae"), Some(1.0));
}

#[test]
fn a_trial_that_ends_early_ends_its_run_and_counts_its_time() {
    let study = in_memory();
    let (one, two, three) = (
        study.ask().unwrap(),
        study.ask().unwrap(),
        study.ask().unwrap(),
    );
    study.report(&one, 1, 0.5).unwrap();
    study.report(&two, 1, 0.5).unwrap();
    thread::sleep(Duration::from_millis(5));
    study.prune(&one, "not good").unwrap();
    study.fail(&two, "no room").unwrap();
    study.fail(&three, "no room").unwrap();
    let trials = study.trials();
    for (record, state) in trials.iter().zip([State::Pruned, State::Failed]) {
        assert_eq!(record.execution(0).unwrap().state, state);
        assert!(record.seconds() >= 0.005, "{} s", record.seconds());
    }
    assert!(trials[2].executions.is_empty(), "it reported nothing");
}

#[test]
fn the_queue_and_notes_are_part_of_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Sqlite::open(folder.path().join("study.db")).unwrap();
        let builder = Study::<Pair>::builder().storage(storage).name("pairs");
        builder
            .sampler(Random::new())
            .objective("loss")
            .seed(1)
            .build()
            .unwrap()
    };
    let study = open();
    study.enqueue(&pair(4, 0)).unwrap();
    study.enqueue(&pair(0, 4)).unwrap();
    assert!(study.enqueue(&pair(5, 0)).is_err());
    drop(study);
    let study = open();
    let first = study.ask().unwrap();
    assert_eq!(first.params, pair(4, 0));
    study
        .set_attribute(&first, "machine", json!({"cores": 2}))
        .unwrap();
    study.set_attribute(&first, "gone", 1).unwrap();
    study.set_attribute(&first, "gone", json!(null)).unwrap();
    study.tell(first, 1.0).unwrap();
    assert!(study.set_attribute(7u64, "x", 1).is_err());
    study.set_study_attribute("by", "us").unwrap();
    drop(study);
    let study = open();
    assert_eq!(study.ask().unwrap().params, pair(0, 4));
    let record = study.trials()[0].clone();
    assert_eq!(record.origin, Origin::Enqueued);
    let notes: Vec<_> = record
        .attributes
        .iter()
        .map(|(name, note)| (&**name, note.clone()))
        .collect();
    assert_eq!(notes, [("machine", json!({"cores": 2}))]);
    assert_eq!(study.history().attributes().get("by"), Some(&json!("us")));
}

#[test]
fn a_trial_of_an_ended_session_goes_on_and_one_of_a_living_session_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Sqlite::open(folder.path().join("study.db")).unwrap();
        let builder = Study::<Pair>::builder().storage(storage).max_trials(2);
        builder
            .sampler(Random::new())
            .objective("loss")
            .build()
            .unwrap()
    };
    let first = open();
    let trial = first.ask().unwrap();
    let second = open();
    assert_eq!(second.ask_or_resume().unwrap().number, 1);
    let taken = second.tell(trial.number, 0.5).unwrap_err();
    assert!(
        matches!(taken, StudyError::Owned { number: 0, .. }),
        "{taken}"
    );
    assert!(second.ask_or_resume().unwrap_err().is_end());
    drop(first);
    let left = second.tell(trial.number, 0.5).unwrap_err().to_string();
    assert!(left.contains("is run by nobody"), "{left}");
    let resumed = second.ask_or_resume().unwrap();
    assert_eq!((resumed.number, &resumed.params), (0, &trial.params));
    second.tell(resumed, 0.5).unwrap();
    assert!(second.ask_or_resume().unwrap_err().is_end());
}

/// A study of losses, wherever it is stored.
fn losses() -> StudyBuilder<Pair> {
    Study::<Pair>::builder()
        .sampler(Random::new())
        .objective("loss")
        .seed(1)
}

#[test]
fn studies_on_one_storage_never_run_the_same_trial() {
    let storage: Arc<dyn Storage> = Arc::new(Memory::new());
    let open = || losses().shared_storage(storage.clone()).build().unwrap();
    let (one, two) = (open(), open());
    let trial = one.ask().unwrap();
    let other = two.ask_or_resume().unwrap();
    assert_eq!((trial.number, other.number), (0, 1));
    let refused = tuner::study::delete(&*storage, &"study".into()).unwrap_err();
    assert!(matches!(refused, StudyError::InUse { .. }), "{refused}");
    // What came of it may be told to either.
    two.tell(&trial, 0.5).unwrap();
    drop(two);
    assert_eq!(one.ask_or_resume().unwrap().number, 1);
}

#[test]
fn a_trial_that_was_left_behind_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Sqlite::open(folder.path().join("study.db")).unwrap();
        losses().storage(storage).build().unwrap()
    };
    let first = open();
    let trial = first.ask().unwrap();
    first.report(&trial, 1, 0.25).unwrap();
    first.report(&trial, 2, 0.5).unwrap();
    drop(first);
    let second = open();
    let again = second.ask_or_resume().unwrap();
    assert_eq!(again.number, trial.number);
    second.report(&again, 1, 0.75).unwrap();
    let record = second.trials()[0].clone();
    let reports: Vec<_> = record.executions[0].curve.of("loss").collect();
    assert_eq!(reports, [(1, 0.75)], "those of the ended session are gone");
}

#[test]
fn a_trial_that_is_given_back_goes_on_at_once_and_keeps_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Sqlite::open(folder.path().join("study.db")).unwrap();
        losses().storage(storage).build().unwrap()
    };
    let (first, second, third) = (open(), open(), open());
    let trial = first.ask().unwrap();
    // It was begun since the others were opened.
    let owned = third.tell(&trial, 0.5).unwrap_err();
    assert!(owned.to_string().contains("by another session"), "{owned}");
    first.report(&trial, 1, 0.25).unwrap();
    // All but the release is known to the session that goes on.
    second.core().refresh().unwrap();
    first.core().release(trial.number, 0, 1.5).unwrap();
    let fault = first.tell(&trial, 0.5).unwrap_err().to_string();
    assert!(fault.contains("is run by nobody"), "{fault}");
    assert!(fault.contains("`ask_or_resume`"), "{fault}");
    let again = second.ask_or_resume().unwrap();
    assert_eq!(again.number, trial.number);
    assert_eq!(second.trials()[0].seconds(), 1.5);
    first.core().refresh().unwrap();
    first.core().release(trial.number, 0, 1.5).unwrap();
    second.tell(again, 0.5).unwrap();
    assert_eq!(second.best().unwrap().value, 0.5);
}

#[test]
fn a_session_stores_nothing_in_a_study_that_was_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::open(folder.path().join("study.db")).unwrap();
    let storages: [Arc<dyn Storage>; 2] = [Arc::new(Memory::new()), Arc::new(file)];
    for storage in storages {
        let open = || losses().shared_storage(storage.clone()).build().unwrap();
        let old = open();
        for _ in 0..5 {
            let trial = old.ask().unwrap();
            old.tell(trial, 0.5).unwrap();
        }
        storage.delete(&"study".into()).unwrap();
        let new = open();
        for trials in 0..10 {
            let is_gone = |fault: &StudyError| {
                matches!(fault, StudyError::Storage(StorageError::Gone { .. }))
            };
            assert!(is_gone(&old.ask().unwrap_err()), "{trials} new trials");
            let noted = old.set_study_attribute("by", "us").unwrap_err();
            assert!(is_gone(&noted), "{noted}");
            let trial = new.ask().unwrap();
            assert_eq!(trial.number, trials);
            new.tell(trial, 0.25).unwrap();
        }
        drop(new);
        assert_eq!(open().trials().len(), 10, "it can be read");
    }
}

#[test]
fn a_session_stores_nothing_in_a_study_that_another_one_changed() {
    let storage: Arc<dyn Storage> = Arc::new(Memory::new());
    let builder = || losses().shared_storage(storage.clone());
    let old = builder().build().unwrap();
    let first = old.ask().unwrap();
    old.tell(first, 0.5).unwrap();
    let refused = builder()
        .seed(2)
        .build()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("choose another name; to begin anew"),
        "{refused}"
    );
    let builder = Study::<Pair>::builder()
        .shared_storage(storage.clone())
        .sampler(Random::new())
        .objective(Objective::maximize("accuracy"))
        .on_change(OnChange::Continue);
    let new = builder.build().unwrap();
    let fault = old.ask().unwrap_err();
    assert!(
        matches!(fault, StudyError::ChangedMeanwhile { .. }),
        "{fault}"
    );
    assert_eq!(new.history().trials().len(), 1);

    // The same for what is told of a trial that runs.
    let trial = new.ask().unwrap();
    let spec = old.history().spec().clone();
    let id = new.core().id();
    let changed = [Event::StudyChanged { spec, at: 0 }];
    storage.append(id, Guard::None, &changed).unwrap();
    new.core().refresh().unwrap();
    let fault = new.tell(trial, 7.0).unwrap_err();
    assert!(
        matches!(fault, StudyError::ChangedMeanwhile { .. }),
        "{fault}"
    );
    assert_eq!(new.history().trials()[1].state, State::Running);
}

#[test]
fn a_change_that_many_want_at_once_is_made_once() {
    const OPENERS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let file = || Sqlite::open(folder.path().join("study.db")).unwrap();
    drop(losses().storage(file()).build().unwrap());
    for seed in 2..6 {
        let start = Barrier::new(OPENERS);
        thread::scope(|scope| {
            for _ in 0..OPENERS {
                scope.spawn(|| {
                    let builder = losses().seed(seed).on_change(OnChange::Continue);
                    let builder = builder.storage(file());
                    start.wait();
                    assert_eq!(builder.build().unwrap().core().seed(), seed);
                });
            }
        });
    }
    let events = file().read(&"study".into(), 0).unwrap();
    let changes = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::StudyChanged { .. }));
    assert_eq!(changes.count(), 4);
}

#[test]
fn a_trial_left_behind_that_the_changed_space_does_not_hold_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = || Sqlite::open(folder.path().join("study.db")).unwrap();
    let old = losses().storage(file()).build().unwrap();
    old.enqueue(&pair(4, 4)).unwrap();
    old.ask().unwrap();
    drop(old);
    let mut space = Pair::space();
    space.x.narrow(0..=2).unwrap();
    let builder = losses().space(space).on_change(OnChange::Continue);
    let new = builder.storage(file()).build().unwrap();
    assert_eq!(new.ask_or_resume().unwrap().number, 1);
    let record = new.trials()[0].clone();
    assert_eq!(record.state, State::Failed);
    let message = record.message.as_deref();
    assert_eq!(message, Some("the changed space does not hold it"));
}

#[test]
fn a_narrowed_space_is_searched_and_no_more() {
    let mut space = Pair::space();
    space.x.narrow(1..=2).unwrap();
    space.y.fix(3).unwrap();
    let study = Study::<Pair>::with_space(space, Grid::new(), "loss", 0).unwrap();
    let mut tried = Vec::new();
    let end = loop {
        match study.ask() {
            Ok(trial) => {
                tried.push(trial.params.clone());
                study.tell(trial, 0.0).unwrap();
            }
            Err(end) => break end,
        }
    };
    assert_eq!(tried, [pair(1, 3), pair(2, 3)]);
    assert!(end.is_end(), "{end}");
    assert_eq!(study.space().cardinality(), Some(2));
}

#[test]
fn the_front_holds_what_nothing_dominates() {
    let builder = Study::<Pair>::builder().sampler(Grid::new());
    let builder = builder
        .objective("loss")
        .objective(Objective::maximize("speed"));
    let study = builder
        .constraint(Constraint::at_least("loss", 2.0))
        .build()
        .unwrap();
    while let Ok(trial) = study.ask() {
        let (x, y) = (trial.params.x as f64, trial.params.y as f64);
        // Slower or worse than the diagonal by as much as they differ.
        let metrics = Metrics::new()
            .with("loss", x + (y - x).abs())
            .with("speed", x - (y - x).abs());
        study.tell(trial, metrics).unwrap();
    }
    let front: Vec<Pair> = study.front().into_iter().map(|best| best.params).collect();
    assert_eq!(front, [pair(2, 2), pair(3, 3), pair(4, 4)]);
}

#[test]
fn a_note_of_the_user_does_not_pass_for_an_older_study() {
    let older = losses().build().unwrap();
    for _ in 0..5 {
        let trial = older.ask().unwrap();
        older.tell(trial, 0.5).unwrap();
    }
    let storage: Arc<dyn Storage> = Arc::new(Memory::new());
    let study = losses().shared_storage(storage.clone()).build().unwrap();
    let text = study
        .set_study_attribute("warm_start", "run 41")
        .unwrap_err();
    assert!(text.to_string().contains("`warm_start`"), "{text}");
    let trial = study.ask().unwrap();
    study.set_attribute(&trial, "warm_start", "run 41").unwrap();
    study.tell(trial, 0.5).unwrap();
    // As it may stand in a study of before.
    let noted = Event::AttributeSet {
        trial: None,
        name: "warm_start".into(),
        value: json!("run 41"),
    };
    storage
        .append(&"study".into(), Guard::None, &[noted])
        .unwrap();
    study.warm_start(&older.history(), 0).unwrap();
    let experience = Experience::read(&study.history()).unwrap();
    assert_eq!(experience.points.len(), 5);
    // The first older study counts.
    study.warm_start(&study.history(), 0).unwrap();
    assert_eq!(Experience::read(&study.history()), Some(experience));
}

#[test]
fn sessions_that_start_from_one_older_study_try_each_configuration_once() {
    let older = losses().build().unwrap();
    for _ in 0..12 {
        let trial = older.ask().unwrap();
        let loss = trial.params.x + trial.params.y;
        older.tell(trial, loss as f64).unwrap();
    }
    let older = older.history();
    let folder = tempfile::tempdir().unwrap();
    let file = Sqlite::open(folder.path().join("study.db")).unwrap();
    let storages: [Arc<dyn Storage>; 2] = [Arc::new(Memory::new()), Arc::new(file)];
    for storage in storages {
        let open = || losses().shared_storage(storage.clone()).build().unwrap();
        let (one, other) = (open(), open());
        assert_eq!(one.warm_start(&older, 3).unwrap(), 3);
        assert_eq!(other.warm_start(&older, 3).unwrap(), 0, "they wait");
        let late = open();
        for _ in 0..3 {
            let trial = one.ask().unwrap();
            one.tell(trial, 0.5).unwrap();
        }
        assert_eq!(late.warm_start(&older, 3).unwrap(), 0, "they were tried");
        assert_eq!(late.warm_start(&older, 4).unwrap(), 1);
        // However many do so at once.
        let sessions: Vec<Study<Pair>> = (0..4).map(|_| open()).collect();
        let added: usize = thread::scope(|scope| {
            let start = |study| {
                let older = &older;
                scope.spawn(move || Study::warm_start(study, older, 6).unwrap())
            };
            let threads: Vec<_> = sessions.iter().map(start).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(added, 2);
    }
}

#[test]
fn a_result_measures_what_the_constraints_are_on() {
    let builder = Study::<Pair>::builder()
        .sampler(Random::new())
        .objective("loss");
    let study = builder
        .constraint(Constraint::at_most("mb", 2.0))
        .build()
        .unwrap();
    let trial = study.ask().unwrap();
    study.report(&trial, 1, 0.5).unwrap();
    for lacking in [
        Metrics::new().with("loss", 0.5).with("MB", 1.0).into(),
        Report::from(0.5),
    ] {
        let text = study.tell(&trial, lacking).unwrap_err().to_string();
        assert!(
            text.contains("`mb`") && text.contains("mb at most 2"),
            "{text}"
        );
    }
    study.tell(&trial, [("loss", 0.5), ("mb", 3.0)]).unwrap();
    assert!(!study.trials()[0].is_feasible());
    // What went astray has failed, whatever else it lacks.
    let trial = study.ask().unwrap();
    study.tell(trial, f64::NAN).unwrap();
    assert_eq!(study.trials()[1].state, State::Failed);
    // The objective itself may be bounded.
    let builder = Study::<Pair>::builder()
        .sampler(Random::new())
        .objective("loss");
    let bound = Constraint::at_least("loss", 2.0);
    let study = builder.constraint(bound).build().unwrap();
    study.tell(study.ask().unwrap(), 3.0).unwrap();
    assert!(study.trials()[0].is_feasible());
}

#[test]
fn what_makes_no_sense_is_said_before_anything_runs() {
    let text = |builder: tuner::study::StudyBuilder<Pair>| {
        let built = builder.sampler(Random::new()).build();
        built.map(|_| ()).unwrap_err().to_string()
    };
    let new = Study::<Pair>::builder;
    for (builder, says) in [
        (new(), "add .objective("),
        (new().objective(" "), "an objective has no name"),
        (new().objective("score"), "Objective::maximize(\"score\")"),
        (new().objective("loss").max_trials(0), "max_trials is 0"),
        (
            new().objective("loss").objective("loss"),
            "`loss` is given twice",
        ),
        (
            new()
                .objective("loss")
                .constraint(Constraint::at_most("mb", f64::NAN)),
            "constraint on `mb` is NaN",
        ),
    ] {
        let text = text(builder);
        assert!(text.contains(says), "{text}");
    }
}
