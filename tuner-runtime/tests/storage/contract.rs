//! Every storage holds to the contract.

use tuner::storage::{Memory, Sqlite, Storage};
use tuner::testing::storage_contract;

#[test]
fn memory_holds_to_the_contract() {
    storage_contract(Memory::new);
}

#[test]
fn sqlite_holds_to_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    storage_contract(|| {
        count.set(count.get() + 1);
        Sqlite::open(folder.path().join(format!("{}.db", count.get()))).unwrap()
    });
}

#[test]
fn a_session_is_alive_for_others_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let (one, other) = (Sqlite::open(&path).unwrap(), Sqlite::open(&path).unwrap());
    let (name, own) = (one.session().unwrap(), other.session().unwrap());
    assert_ne!(name, own);
    assert!(other.is_alive(&name) && one.is_alive(&own));
    drop(one);
    assert!(!other.is_alive(&name) && other.is_alive(&own));
    drop(other);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["study.db"], "a closed study is one file");
}

#[cfg(unix)]
#[test]
fn a_session_is_alive_whichever_way_its_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("study.db"), folder.path().join("link"));
    let one = Sqlite::open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let other = Sqlite::open(&link).unwrap();
    let (name, own) = (one.session().unwrap(), other.session().unwrap());
    assert!(other.is_alive(&name) && one.is_alive(&own));
    assert_eq!((one.others(), other.sessions()), (1, 2));
    drop(one);
    assert!(!other.is_alive(&name));
    assert_eq!((other.others(), other.sessions()), (0, 1));
}

#[cfg(unix)]
#[test]
fn who_may_write_a_study_may_begin_a_session() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let storage = Sqlite::open(&path).unwrap();
    set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    storage.session().unwrap();
    let sessions = metadata(folder.path().join("study.db-sessions")).unwrap();
    assert_eq!(sessions.permissions().mode() & 0o770, 0o770);
}
