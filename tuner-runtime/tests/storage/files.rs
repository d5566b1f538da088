//! Files that are not ours, or that this version must not touch.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use tuner::storage::{Guard, Sqlite, Storage, StorageError};
use tuner::testing::example_events;

use crate::{beside, filled, id, read};

/// The error of opening, after checking that the file is as it was.
fn refused(path: &Path) -> StorageError {
    let before = fs::read(path).unwrap();
    let fault = Sqlite::open(path).unwrap_err();
    let other = Sqlite::open_read_only(path).unwrap_err();
    assert_eq!(fault.to_string(), other.to_string());
    assert_eq!(fs::read(path).unwrap(), before, "it was left as it is");
    fault
}

#[test]
fn files_of_others_are_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    for text in [
        "x",
        "a diary, longer than the hundred bytes that are looked at",
    ] {
        fs::write(&path, text.repeat(20)).unwrap();
        let fault = refused(&path);
        assert!(matches!(fault, StorageError::Foreign { .. }), "{fault}");
        assert!(fault.to_string().contains("study.db"), "{fault}");
    }
    for pragma in ["PRAGMA application_id = 0", "PRAGMA application_id = 7"] {
        fs::remove_file(&path).unwrap();
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch(&format!("{pragma}; CREATE TABLE t (a)"))
            .unwrap();
        drop(other);
        let fault = refused(&path);
        assert!(fault.to_string().contains("another program"), "{fault}");
    }
}

#[test]
fn a_newer_version_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    drop(filled(&path, 1));
    let change = |sql: &str| {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.close().unwrap();
    };
    change("PRAGMA user_version = 2");
    let fault = refused(&path);
    assert!(
        matches!(fault, StorageError::Newer { found: 2, .. }),
        "{fault}"
    );
    change("PRAGMA user_version = 1");
    assert!(read(&path).is_ok());
}

#[test]
fn reading_changes_nothing_and_needs_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let missing = Sqlite::open_read_only(&path).unwrap_err();
    assert!(matches!(missing, StorageError::Missing { .. }), "{missing}");
    assert!(!path.exists());
    fs::write(&path, "").unwrap();
    let empty = Sqlite::open_read_only(&path).unwrap_err();
    assert!(matches!(empty, StorageError::Empty { .. }), "{empty}");
    let storage = filled(&path, 1);
    let events = storage.read(&id(), 0).unwrap();
    let reader = Sqlite::open_read_only(&path).unwrap();
    assert_eq!(
        reader.read(&id(), 0).unwrap(),
        events,
        "beside one that writes"
    );
    let fault = reader
        .append(&id(), Guard::None, &[events[1].1.clone()])
        .unwrap_err();
    assert!(matches!(fault, StorageError::ReadOnly { .. }), "{fault}");
    drop((reader, storage));
    let reader = Sqlite::open_read_only(&path).unwrap();
    assert_eq!(reader.read(&id(), 0).unwrap(), events, "and alone");
    assert_eq!(names(folder.path()), ["study.db"], "and leaves nothing");
    // Somebody begins to write.
    let writer = Sqlite::open(&path).unwrap();
    for more in 1..3 {
        let event = [events[1].1.clone()];
        let last = writer.append(&id(), Guard::None, &event).unwrap();
        let read = reader.read(&id(), 0).unwrap();
        assert_eq!(read.len() as u64, last, "{more} more");
    }
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn what_a_killed_process_left_is_read_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (
        folder.path().join("study.db"),
        folder.path().join("copy.db"),
    );
    let storage = filled(&path, 1);
    let events = storage.read(&id(), 0).unwrap();
    // As it is while it is written, without the index.
    for suffix in ["", "-wal"] {
        let [from, to] = [&path, &copy].map(|path| beside(path, suffix));
        fs::copy(from, to).unwrap();
    }
    drop(storage);
    let before = fs::read(beside(&copy, "-wal")).unwrap();
    let reader = Sqlite::open_read_only(&copy).unwrap();
    assert_eq!(reader.read(&id(), 0).unwrap(), events);
    assert_eq!(names(folder.path()), ["copy.db", "copy.db-wal", "study.db"]);
    assert_eq!(fs::read(beside(&copy, "-wal")).unwrap(), before);
    // Its owner goes on.
    let writer = Sqlite::open(&copy).unwrap();
    let event = [events[1].1.clone()];
    let last = writer.append(&id(), Guard::None, &event).unwrap();
    assert_eq!(reader.read(&id(), 0).unwrap().len() as u64, last);
}

#[test]
fn a_file_that_was_deleted_or_replaced_takes_no_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let storage = filled(&path, 1);
    let event = &example_events()[1..2];
    // A file that is open cannot be moved everywhere.
    let Ok(()) = fs::rename(&path, folder.path().join("moved")) else {
        return;
    };
    let gone = |fault: StorageError| assert!(matches!(fault, StorageError::Gone { .. }), "{fault}");
    gone(storage.append(&id(), Guard::None, event).unwrap_err());
    gone(
        storage
            .create(&"other".into(), &example_events()[0])
            .unwrap_err(),
    );
    fs::write(&path, "another file").unwrap();
    gone(storage.append(&id(), Guard::None, event).unwrap_err());
}

#[test]
fn only_a_path_of_a_file_is_taken_and_nothing_is_left_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| folder.path().join(name);
    fs::create_dir(below("folder")).unwrap();
    let mut cases = vec![
        ("".into(), "name a file"),
        (below("folder"), "it is a folder"),
        (below("none/"), "it is a folder"),
    ];
    if cfg!(unix) {
        cases.push((below(&"x".repeat(250)), "too long"));
        cases.push((below(&["y".repeat(120).as_str(); 5].join("/")), "504 bytes"));
        let pipe = below("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|made| made.success()) {
            cases.push((pipe, "a pipe or a device"));
        }
    }
    for (path, says) in cases {
        let fault = Sqlite::open(&path).unwrap_err().to_string();
        assert!(fault.contains(says), "{fault}");
        assert!(!path.is_file(), "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn the_file_that_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let storage = filled(&path, 1);
    // As if another user had made it.
    let close = |suffix: &str, closed: bool| {
        let file = beside(&path, suffix);
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        permissions.set_readonly(closed);
        fs::set_permissions(&file, permissions).unwrap();
    };
    for suffix in ["-wal", "-shm"] {
        close(suffix, true);
        // An administrator may write everywhere.
        let closed = fs::OpenOptions::new()
            .append(true)
            .open(beside(&path, suffix))
            .is_err();
        let refused = |storage: Sqlite| storage.append(&id(), Guard::None, &example_events()[1..2]);
        if closed {
            let fault = Sqlite::open(&path)
                .and_then(refused)
                .unwrap_err()
                .to_string();
            let named = format!("study.db{suffix} cannot be written");
            assert!(fault.contains(&named), "{fault}");
        }
        close(suffix, false);
    }
    drop(storage);
}

#[test]
fn a_study_in_a_folder_that_cannot_be_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    // With what a URI would take for its own.
    let closed = folder.path().join("closed #1?x=%41");
    let path = closed.join("study.db");
    let events = filled(&path, 1).read(&id(), 0).unwrap();
    let before = [&path, &closed].map(|path| fs::metadata(path).unwrap().permissions());
    for (path, permissions) in [&path, &closed].into_iter().zip(before.clone()) {
        let mut closed = permissions;
        closed.set_readonly(true);
        fs::set_permissions(path, closed).unwrap();
    }
    let read = Sqlite::open_read_only(&path).and_then(|reader| reader.read(&id(), 0));
    let written = Sqlite::open(&path).map(|_| ());
    // An administrator may write everywhere.
    let administrator = fs::write(closed.join("probe"), "").is_ok();
    for (path, permissions) in [&path, &closed].into_iter().zip(before) {
        fs::set_permissions(path, permissions).unwrap();
    }
    assert_eq!(read.unwrap(), events);
    if !administrator {
        let fault = written.unwrap_err();
        assert!(matches!(fault, StorageError::ReadOnly { .. }), "{fault}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let fault = Sqlite::open(file.join("study.db")).unwrap_err().to_string();
    assert!(fault.contains("file"), "{fault}");
    assert_eq!(fs::read(&file).unwrap(), b"no folder");

    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let mut permissions = fs::metadata(&closed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&closed, permissions).unwrap();
    let opened = Sqlite::open(closed.join("study.db"));
    // An administrator may write everywhere.
    if fs::write(closed.join("probe"), "").is_err() {
        let fault = opened.unwrap_err();
        assert!(fault.to_string().contains("closed"), "{fault}");
    } else {
        assert!(opened.is_ok());
    }
}

#[test]
fn a_file_that_many_make_at_once_is_made_once() {
    const OPENERS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let first = &example_events()[0];
    for round in 0..10 {
        let path = folder.path().join(format!("{round}.db"));
        let start = Barrier::new(OPENERS);
        let created = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..OPENERS {
                scope.spawn(|| {
                    start.wait();
                    let storage = Sqlite::open(&path).unwrap();
                    match storage.create(&id(), first) {
                        Ok(_) => {
                            created.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(StorageError::StudyExists { .. }) => {}
                        Err(fault) => panic!("{fault}"),
                    }
                    assert_eq!(storage.read(&id(), 0).unwrap().len(), 1);
                });
            }
        });
        assert_eq!(created.into_inner(), 1);
    }
}
