//! Programs that fail, pruners that are wrong, workers that race.

use crate::{Descent, hyperband, states, study, train};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tuner::pruner::{Asha, Hyperband, Next, Pruner, Verdict};
use tuner::search::{Execution, SearchError};
use tuner::storage::{Decide, Guard, Memory, Storage, StorageError, StudyId};
use tuner::study::StudyError;
use tuner::trial::{Event, History, Objective, Seq, State, TrialRecord};

#[test]
fn one_that_fails_on_its_way_leaves_its_place_to_the_next() {
    // The best two fail as soon as they go on.
    let promoted_fails = |pruner: Box<dyn Pruner>, trials| {
        let study = study(pruner, Objective::minimize("loss"), Some(trials));
        let mut begun = vec![false; trials as usize];
        while let Ok(asked) = study.ask() {
            let again = std::mem::replace(&mut begun[asked.number as usize], true);
            if again && asked.number < 2 {
                study.fail(asked.number, "no room").unwrap();
                continue;
            }
            let last = asked.until.unwrap_or(9);
            for step in 1..=last {
                study
                    .report(asked.number, 0, step, asked.number as f64)
                    .unwrap();
            }
            match asked.until {
                Some(_) => study.pause(asked.number).unwrap(),
                None => study.tell(asked.number, asked.number as f64).unwrap(),
            }
        }
        states(&study)
    };
    for trials in [3, 9] {
        let states = promoted_fails(Box::new(Hyperband::new(9)), trials);
        assert_eq!(
            (&states["finished"], &states["failed"]),
            (&vec![2], &vec![0, 1])
        );
        assert!(!states.contains_key("paused"));
        let states = promoted_fails(Box::new(Asha::new().promoting(9)), trials);
        assert!(states["finished"].contains(&2), "{states:?}");
    }
}

#[test]
fn what_is_no_number_at_its_rung_is_not_kept_waiting_for_a_place() {
    // Trial 0 is the best one of the first rung, and diverges on the way to the second.
    let diverges = |pruner: Box<dyn Pruner>| {
        let study = study(pruner, Objective::minimize("loss"), Some(9));
        while let Ok(asked) = study.ask() {
            let number = asked.number;
            let value = |step| match number == 0 && step >= 3 {
                true => f64::NAN,
                false => number as f64,
            };
            let reports = (1..=9).map(|step| study.report(number, 0, step, value(step)).unwrap());
            let mut verdicts = reports.skip_while(|verdict| *verdict == Verdict::Continue);
            match verdicts.next() {
                Some(Verdict::Pause) => study.pause(number).unwrap(),
                Some(Verdict::Stop(why)) => study.prune(number, why).unwrap(),
                _ => study.tell(number, number as f64).unwrap(),
            }
        }
        let history = study.history();
        let first = &history.trials()[0];
        assert_eq!(
            (first.state, first.message.as_deref()),
            (State::Pruned, Some("loss is no number at step 3"))
        );
        states(&study)
    };
    let states = diverges(Box::new(Hyperband::new(9)));
    assert_eq!(states["finished"], [1]);
    assert!(!states.contains_key("paused"));
    let states = diverges(Box::new(Asha::new().promoting(9)));
    assert!(states["finished"].contains(&1), "{states:?}");
}

#[test]
fn nobody_ends_a_search_before_the_last_one_has_come_through() {
    let pruners: [Box<dyn Pruner>; 2] = [
        Box::new(Hyperband::new(3)),
        Box::new(Asha::new().promoting(3)),
    ];
    for pruner in pruners {
        let name = pruner.name();
        let study = study(pruner, Objective::minimize("loss"), Some(2));
        for number in [0, 1] {
            assert_eq!(study.ask().unwrap().until, Some(1), "{name}");
            study.report(number, 0, 1, number as f64).unwrap();
            study.pause(number).unwrap();
        }
        let best = study.ask().unwrap();
        assert_eq!((best.number, best.until), (0, None), "{name}");
        let fault = study.ask().unwrap_err();
        assert!(
            matches!(fault, StudyError::Waiting { .. }),
            "{name}: {fault}"
        );
        study.fail(0, "no room").unwrap();
        assert_eq!(study.ask().unwrap().number, 1, "{name}");
        study.tell(1, 1.0).unwrap();
        assert!(study.ask().unwrap_err().is_end(), "{name}");
    }
}

#[test]
fn failures_between_trials_that_wait_are_not_in_a_row() {
    let trained = AtomicU64::new(0);
    let mut tuner = hyperband(9)
        .pruner(Hyperband::new(81))
        .max_trials(81)
        .build()
        .unwrap();
    let run = |run: &mut Execution, p: Descent| match run.number() % 10 {
        9 => Err("no room".to_owned()),
        _ => train(run, &p, &trained).map_err(|stopped| stopped.to_string()),
    };
    tuner.search(run).unwrap();
    let trials = tuner.study().trials();
    let failed = trials.iter().filter(|trial| trial.state == State::Failed);
    assert_eq!(failed.count(), 8);
}

#[test]
fn an_interrupted_search_counts_what_waits() {
    let trained = AtomicU64::new(0);
    let mut tuner = hyperband(9).build().unwrap();
    let error = tuner.search(|run: &mut Execution, p: Descent| match run.number() {
        5 => Err(run.abort("the disk is full")),
        _ => train(run, &p, &trained),
    });
    assert!(
        matches!(error, Err(SearchError::Aborted { .. })),
        "{error:?}"
    );
    let history = tuner.study().history();
    assert_eq!((history.paused().count(), history.ended_count()), (5, 0));
}

/// Drops what it is told to once there is a trial.
struct Wrong(Vec<u64>);

impl Pruner for Wrong {
    fn name(&self) -> String {
        "wrong".to_owned()
    }

    fn judge(&self, _: &TrialRecord, _: u64, _: &History) -> Verdict {
        Verdict::Pause
    }

    fn next(&self, history: &History, _: bool) -> Next {
        match history.trials().len() {
            0 | 1 => Next::New { budget: Some(1) },
            _ => Next::Drop {
                trials: self.0.clone(),
                reason: "told to".to_owned(),
            },
        }
    }
}

#[test]
fn a_faulty_pruner_is_named_and_ruins_nothing() {
    for (trials, fault) in [
        (vec![], "drops no trial"),
        (vec![0, 0], "drops trial 0 twice"),
        (vec![1], "trial 1, which is not paused"),
        (vec![0, 7], "trial 7, which is not paused"),
    ] {
        let study = study(Wrong(trials), Objective::minimize("loss"), None);
        let first = study.ask().unwrap().number;
        study.report(first, 0, 1, 0.5).unwrap();
        study.pause(first).unwrap();
        let second = study.ask().unwrap().number;
        let message = study.ask().unwrap_err().to_string();
        assert!(
            message.starts_with("the pruner wrong is faulty: it ") && message.contains(fault),
            "{message}"
        );
        study.tell(second, 0.25).unwrap();
        let events = study.storage().read(study.id(), 0).unwrap();
        assert_eq!(History::fold(&events).unwrap().unwrap().paused().count(), 1);
    }
}

/// Comes back late from storing that a trial waits, as a slow disk does.
struct Slow(Memory);

impl Storage for Slow {
    fn place(&self) -> String {
        self.0.place()
    }

    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError> {
        self.0.create(study, first)
    }

    fn list(&self) -> Result<Vec<StudyId>, StorageError> {
        self.0.list()
    }

    fn delete(&self, study: &StudyId) -> Result<(), StorageError> {
        self.0.delete(study)
    }

    fn append(&self, study: &StudyId, guard: Guard, events: &[Event]) -> Result<Seq, StorageError> {
        let last = self.0.append(study, guard, events);
        if events
            .iter()
            .any(|event| matches!(event, Event::TrialPaused { .. }))
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        last
    }

    fn read(&self, study: &StudyId, after: Seq) -> Result<Vec<(Seq, Event)>, StorageError> {
        self.0.read(study, after)
    }

    fn decide(
        &self,
        study: &StudyId,
        after: Seq,
        decide: &mut Decide<'_>,
    ) -> Result<Seq, StorageError> {
        self.0.decide(study, after, decide)
    }

    fn session(&self) -> Result<Arc<str>, StorageError> {
        self.0.session()
    }

    fn is_alive(&self, session: &str) -> bool {
        self.0.is_alive(session)
    }
}

#[test]
fn no_trial_is_run_by_two_workers_at_once() {
    let at_work: Mutex<BTreeSet<u64>> = Mutex::default();
    let tuner = hyperband(30).pruner(Asha::new().promoting(9)).workers(4);
    let mut tuner = tuner.storage(Slow(Memory::new())).build().unwrap();
    let run = |run: &mut Execution, p: Descent| {
        assert!(
            at_work.lock().unwrap().insert(run.number()),
            "it runs already"
        );
        let mut steps = (1..=9).map(|step| {
            std::thread::sleep(Duration::from_millis(2));
            run.report(step, p.x)
        });
        let stopped = steps.find_map(Result::err);
        at_work.lock().unwrap().remove(&run.number());
        stopped.map_or(Ok(p.x), Err)
    };
    tuner.search(run).unwrap();
    let core = tuner.study().core();
    let events = core.storage().read(core.id(), 0).unwrap();
    let resumed = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::TrialResumed { .. }));
    assert_eq!(resumed.count(), 0, "nobody left a trial behind");
    let failed = tuner
        .study()
        .trials()
        .iter()
        .any(|trial| trial.state == State::Failed);
    assert!(!failed);
}

#[cfg(feature = "sqlite")]
#[test]
fn folders_of_dropped_trials_go() {
    let folder = tempfile::tempdir().unwrap();
    let trained = AtomicU64::new(0);
    let tuner = hyperband(9)
        .directory(folder.path())
        .project_name("p")
        .keep_best(1);
    let mut tuner = tuner.build().unwrap();
    tuner
        .search(|run: &mut Execution, p: Descent| train(run, &p, &trained))
        .unwrap();
    let kept = std::fs::read_dir(folder.path().join("p/trials")).unwrap();
    assert_eq!(kept.count(), 1);
}
