//! What is shown of a study whose process is gone.

mod support;

use serde_json::json;
use support::{Peer, tuner};

#[test]
fn trials_of_a_killed_process_are_not_said_to_be_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random", "--study", file]);
    let space = json!([{"name": "rate", "type": "float", "low": 0, "high": 1}]);
    peer.call(json!({"cmd": "init", "space": space, "direction": "minimize"}));
    peer.call(json!({"cmd": "ask"}));
    let says = || {
        let studies = tuner(&["studies", file, "--json"]).json();
        assert_eq!(studies[0]["running"], 1);
        let texts = [tuner(&["trials", file]), tuner(&["show", file, "0"])];
        let left = texts.map(|text| text.output.contains("nobody works on the study now"));
        (studies[0]["at_work"].clone(), left)
    };
    assert_eq!(says(), (json!(true), [false; 2]));
    peer.kill();
    assert_eq!(says(), (json!(false), [true; 2]));
    let table = tuner(&["studies", file]).output;
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split("  ").collect())
        .collect();
    assert!(
        lines[0].contains(&"at work") && lines[1].iter().any(|cell| cell.trim() == "no"),
        "{table}"
    );
}
