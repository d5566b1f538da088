//! Damage: a clear error or a clean recovery, and never another content.

use std::fs;

use tuner::storage::{Guard, Sqlite, Storage, StorageError};
use tuner::testing::example_events;

use crate::{beside, filled, id, read};

#[test]
fn a_log_cut_anywhere_recovers_to_what_was_stored_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.db");
    let storage = filled(&path, 1);
    let events = storage.read(&id(), 0).unwrap();
    let main = fs::read(&path).unwrap();
    let log = fs::read(beside(&path, "-wal")).unwrap();
    let cut = folder.path().join("cut.db");
    let mut lengths = std::collections::BTreeSet::new();
    for end in (0..log.len()).step_by(64).chain([log.len()]) {
        fs::write(&cut, &main).unwrap();
        fs::write(beside(&cut, "-wal"), &log[..end]).unwrap();
        match read(&cut) {
            Ok(found) => {
                assert_eq!(found, events[..found.len()], "cut at {end}");
                lengths.insert(found.len());
            }
            // Before the study's creation was stored there was none.
            Err(StorageError::NoStudy { .. }) => assert!(lengths.is_empty(), "cut at {end}"),
            Err(fault) => panic!("cut at {end}: {fault}"),
        }
    }
    assert_eq!(
        lengths.len(),
        events.len(),
        "each commit is a point of recovery"
    );
}

#[test]
fn a_flipped_byte_is_noticed_or_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    drop(filled(&path, 2));
    let events = read(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    let (mut noticed, mut harmless) = (0, 0);
    for place in (0..whole.len()).step_by(13) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(&path, &bytes).unwrap();
        match read(&path) {
            Ok(found) => {
                assert!(found == events, "byte {place} changed what is read");
                harmless += 1;
            }
            Err(fault) => {
                let text = fault.to_string();
                assert!(text.contains("study.db"), "byte {place}: {text}");
                assert!(
                    !matches!(fault, StorageError::NoStudy { .. }),
                    "byte {place}: {text}"
                );
                let left = fs::read(&path).unwrap();
                assert!(left == bytes, "byte {place}: the file was changed");
                noticed += 1;
            }
        }
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(&path, suffix));
        }
    }
    assert!(
        noticed > 100 && harmless > 0,
        "{noticed} noticed, {harmless} harmless"
    );
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let storage = filled(&path, 1);
    let before = storage.read(&id(), 0).unwrap();
    storage.limit_bytes(64 * 1024).unwrap();
    let event = &example_events()[1..2];
    let mut stored = before.len();
    let fault = loop {
        match storage.append(&id(), Guard::None, event) {
            Ok(last) => stored = last as usize,
            Err(fault) => break fault,
        }
    };
    assert!(matches!(fault, StorageError::Full { .. }), "{fault}");
    assert!(fault.to_string().contains("Free some space"), "{fault}");
    assert!(stored > before.len());
    assert_eq!(storage.read(&id(), 0).unwrap().len(), stored);
    drop(storage);
    let storage = Sqlite::open(&path).unwrap();
    let events = storage.read(&id(), 0).unwrap();
    assert_eq!(
        (&events[..before.len()], events.len()),
        (&before[..], stored)
    );
    storage.append(&id(), Guard::None, event).unwrap();
}
