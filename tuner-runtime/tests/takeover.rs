//! Taking over a trial whose worker ends it at that very moment.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

// The generated code names `::tuner`.
extern crate tuner_runtime as tuner;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tuner::sampler::Random;
use tuner::space::tunable;
use tuner::storage::{Decide, Guard, Memory, Storage, StorageError, StudyId};
use tuner::study::Study;
use tuner::trial::{Event, Outcome, Seq, State};

#[tunable]
struct One {
    #[hp(int = 0..=9)]
    x: i64,
}

/// A session on a shared storage. When it asks whether the other one lives, that one first ends
/// trial 0, and then itself.
struct Session {
    shared: Arc<Memory>,
    name: &'static str,
    other_works: AtomicBool,
}

impl Session {
    fn on(shared: &Arc<Memory>, name: &'static str) -> Self {
        Self {
            shared: shared.clone(),
            name,
            other_works: AtomicBool::new(true),
        }
    }
}

impl Storage for Session {
    fn is_alive(&self, session: &str) -> bool {
        if session != self.name && self.other_works.swap(false, Ordering::Relaxed) {
            let ended = Event::TrialFinished {
                number: 0,
                outcome: Outcome::Failed {
                    message: "at the last moment".to_owned(),
                },
                at: 0,
            };
            let study = self.shared.list().unwrap().swap_remove(0);
            let events = std::slice::from_ref(&ended);
            self.shared.append(&study, Guard::None, events).unwrap();
        }
        session == self.name
    }

    fn session(&self) -> Result<Arc<str>, StorageError> {
        Ok(self.name.into())
    }

    fn place(&self) -> String {
        self.shared.place()
    }

    fn create(&self, study: &StudyId, first: &Event) -> Result<Seq, StorageError> {
        self.shared.create(study, first)
    }

    fn list(&self) -> Result<Vec<StudyId>, StorageError> {
        self.shared.list()
    }

    fn delete(&self, study: &StudyId) -> Result<(), StorageError> {
        self.shared.delete(study)
    }

    fn append(&self, study: &StudyId, guard: Guard, events: &[Event]) -> Result<Seq, StorageError> {
        self.shared.append(study, guard, events)
    }

    fn read(&self, study: &StudyId, after: Seq) -> Result<Vec<(Seq, Event)>, StorageError> {
        self.shared.read(study, after)
    }

    fn decide(
        &self,
        study: &StudyId,
        after: Seq,
        decide: &mut Decide<'_>,
    ) -> Result<Seq, StorageError> {
        self.shared.decide(study, after, decide)
    }
}

#[test]
fn a_trial_that_ends_while_it_is_taken_over_stays_ended() {
    let shared = Arc::new(Memory::new());
    let open = |name| {
        let builder = Study::<One>::builder().storage(Session::on(&shared, name));
        let builder = builder.sampler(Random::new()).objective("loss");
        builder.build().unwrap()
    };
    let first = open("first");
    assert_eq!(first.ask().unwrap().number, 0);
    let second = open("second");
    let next = second.ask_or_resume().unwrap();
    assert_eq!(next.number, 1, "trial 0 has ended and cannot be resumed");
    second.tell(next, 1.0).unwrap();
    let states: Vec<State> = open("third").trials().iter().map(|t| t.state).collect();
    assert_eq!(states, [State::Failed, State::Finished]);
}
