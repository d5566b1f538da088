//! Storages: the contract, and everything that can befall a file.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

extern crate tuner_runtime as tuner;

mod contract;
mod faults;
mod files;

use std::path::{Path, PathBuf};

use tuner::storage::{Guard, Sqlite, Storage, StorageError, StudyId};
use tuner::testing::example_events;
use tuner::trial::{Event, Seq};

fn id() -> StudyId {
    "study".into()
}

/// Stores the example events in a file, `rounds` times over, each in a transaction of its own.
fn filled(path: &Path, rounds: usize) -> Sqlite {
    let storage = Sqlite::open(path).unwrap();
    let events = example_events();
    storage.create(&id(), &events[0]).unwrap();
    for event in events[1..].iter().cycle().take(rounds * (events.len() - 1)) {
        storage
            .append(&id(), Guard::None, std::slice::from_ref(event))
            .unwrap();
    }
    storage
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn read(path: &Path) -> Result<Vec<(Seq, Event)>, StorageError> {
    Sqlite::open(path)?.read(&id(), 0)
}
