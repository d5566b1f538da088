//! Readers that start before the search has stored its study.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use support::{Peer, tuner};

#[test]
fn a_watcher_that_waits_may_start_before_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("project/study.db");
    let mut watcher = Command::new(env!("CARGO_BIN_EXE_tuner"))
        .args(["watch", "--wait", "--interval", "0.02"])
        .arg(file.parent().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sleep(Duration::from_millis(100));
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    sleep(Duration::from_millis(100));
    std::fs::write(&file, "").unwrap();
    sleep(Duration::from_millis(100));
    let mut peer = Peer::start(&["ask-tell", "--study", file.to_str().unwrap()]);
    sleep(Duration::from_millis(100));
    let space = json!([{"name": "x", "type": "bool"}]);
    peer.call(json!({"cmd": "init", "space": space, "direction": "minimize"}));
    peer.call(json!({"cmd": "ask"}));
    peer.call(json!({"cmd": "tell", "id": 0, "value": 0.25}));
    peer.quit();
    let lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let seen: Vec<String> = lines
        .by_ref()
        .take_while(|line| !line.contains("value 0.25 "))
        .collect();
    let says = format!(
        "waiting: {} does not exist",
        file.parent().unwrap().display()
    );
    assert!(seen[0].starts_with(&says), "{seen:?}");
    let waits = seen.iter().filter(|line| line.starts_with("waiting: "));
    assert_eq!(waits.count(), 1, "{seen:?}");
    assert!(watcher.try_wait().unwrap().is_none(), "it goes on watching");
    watcher.kill().unwrap();
    watcher.wait().unwrap();
}

#[test]
fn a_file_without_a_study_holds_none_yet() {
    let folder = tempfile::tempdir().unwrap();
    let [empty, begun] = ["empty", "begun"].map(|name| folder.path().join(name).join("study.db"));
    std::fs::create_dir(empty.parent().unwrap()).unwrap();
    std::fs::write(&empty, "").unwrap();
    let mut peer = Peer::start(&["ask-tell", "--study", begun.to_str().unwrap()]);
    // It answers once the file is open.
    peer.line("");
    for file in [&empty, &begun] {
        let file = file.to_str().unwrap();
        for command in ["trials", "best", "watch"] {
            let run = tuner(&[command, file]);
            assert_eq!(run.code, Some(1));
            assert!(run.error.contains("holds no study yet"), "{}", run.error);
            assert_eq!(run.error.contains("--wait"), command == "watch");
        }
    }
    let all = tuner(&["studies", folder.path().to_str().unwrap()]);
    assert_eq!(all.code, Some(0), "{}", all.error);
    assert!(all.output.starts_with("no study in"), "{}", all.output);
    peer.quit();
}
