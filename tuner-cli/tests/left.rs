//! What is shown of a study whose process is gone.

mod support;

use std::sync::Arc;

use serde_json::json;
use support::{Peer, tuner};
use tuner_runtime::pruner::Asha;
use tuner_runtime::sampler::Random;
use tuner_runtime::space::Space;
use tuner_runtime::storage::Sqlite;
use tuner_runtime::study::{Core, Setup};

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

#[test]
fn trials_that_wait_are_not_said_to_go_on_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let space = json!([{"name": "rate", "type": "float", "low": 0, "high": 1}]);
    let (space, _) = Space::from_json(&space).unwrap();
    let mut setup = Setup::new(space, Random::new()).objective("loss");
    setup.pruner = Some(Arc::new(Asha::new().promoting(9)));
    let study = Core::open(
        Arc::new(Sqlite::open(&file).unwrap()),
        "study".into(),
        setup,
    )
    .unwrap();
    let number = study.ask().unwrap().number;
    study.report(number, 0, 1, 0.5).unwrap();
    study.pause(number).unwrap();
    drop(study);
    let text = tuner(&["trials", file.to_str().unwrap()]).output;
    assert!(
        text.contains("paused go on if a search promotes them")
            && !text.contains("its search goes on"),
        "{text}"
    );
}
