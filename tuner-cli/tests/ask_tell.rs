//! `tuner ask-tell` as other programs meet it: a process with two pipes.

mod support;

use serde_json::{Value as Json, json};
use support::{Peer, tuner};

fn space() -> Json {
    json!([
        {"name": "lr", "type": "float", "low": 1e-5, "high": 1, "log": true},
        {"name": "layers", "type": "int", "low": 1, "high": 4},
        {"name": "units[3]", "type": "int", "low": 8, "high": 64, "step": 8,
         "condition": {"parent": "layers", "at_least": 4}},
        {"name": "bias", "type": "bool"},
        {"name": "batch", "type": "categorical", "choices": [16, 32.0, 64]},
        {"name": "opt", "type": "categorical", "choices": ["sgd", "adam"]},
        {"name": "opt.sgd.momentum", "type": "float", "low": 0.0, "high": 0.9, "step": 0.3,
         "condition": {"parent": "opt", "values": ["sgd"]}},
        {"name": "classes", "type": "fixed", "value": 10},
    ])
}

fn init(seed: u64) -> Json {
    json!({"cmd": "init", "space": space(), "seed": seed, "direction": "minimize", "budget": 40})
}

#[test]
fn every_sampler_proposes_what_the_space_allows() {
    for sampler in ["random", "sobol", "tpe", "cmaes", "nsga2", "gp"] {
        let mut peer = Peer::start(&["ask-tell", "--sampler", sampler]);
        assert_eq!(peer.call(init(1)), json!({"ok": true}));
        for trial in 0..12 {
            let answer = peer.call(json!({"cmd": "ask"}));
            assert_eq!(answer["id"], trial, "{sampler}: {answer}");
            let params = &answer["params"];
            let lr = params["lr"].as_f64().unwrap();
            assert!((1e-5..=1.0).contains(&lr), "{sampler}: {answer}");
            let layers = params["layers"].as_u64().unwrap();
            assert!((1..=4).contains(&layers), "{sampler}: {answer}");
            assert_eq!(params.get("units[3]").is_some(), layers >= 4);
            assert!(params["bias"].is_boolean(), "{sampler}: {answer}");
            let batches = ["16", "32.0", "64"];
            assert!(batches.contains(&&*params["batch"].to_string()), "{answer}");
            let momentum = params.get("opt.sgd.momentum").map(Json::to_string);
            let grid = ["0.0", "0.3", "0.6", "0.9"];
            assert_eq!(momentum.is_some(), params["opt"] == "sgd", "{answer}");
            assert!(
                momentum.is_none_or(|value| grid.contains(&&*value)),
                "{answer}"
            );
            assert_eq!(params["classes"], 10);
            let value = lr + layers as f64;
            let told = peer.call(json!({"cmd": "tell", "id": trial, "value": value}));
            assert_eq!(told, json!({"ok": true}), "{sampler}");
        }
        assert!(peer.quit().success());
    }
}

#[test]
fn a_second_study_knows_nothing_of_the_first() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "tpe"]);
    let mut study = |seed: u64| -> Vec<Json> {
        peer.call(init(seed));
        let run = |_| {
            let asked = peer.call(json!({"cmd": "ask"}));
            let value = asked["params"]["lr"].clone();
            peer.call(json!({"cmd": "tell", "id": asked["id"], "value": value}));
            asked
        };
        (0..15).map(run).collect()
    };
    let (first, other, again) = (study(7), study(8), study(7));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn workers_tell_in_any_order_and_in_any_state() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "tpe"]);
    peer.call(init(3));
    for id in 0..4 {
        assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], id);
    }
    let report = json!({"cmd": "report", "id": 2, "step": 1, "value": 0.5});
    assert_eq!(peer.call(report), json!({"prune": false}));
    for told in [
        json!({"cmd": "tell", "id": 3, "value": 1}),
        json!({"cmd": "tell", "id": 0, "state": "failed"}),
        json!({"cmd": "tell", "id": 2, "state": "pruned", "step": 3, "value": 0.4}),
        json!({"cmd": "tell", "id": 1, "state": "failed", "value": null, "message": "no memory"}),
    ] {
        assert_eq!(peer.call(told), json!({"ok": true}));
    }
    assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], 4);
}

#[test]
fn a_pruner_answers_reports() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random", "--pruner", "patience:2"]);
    peer.call(init(3));
    peer.call(json!({"cmd": "ask"}));
    let verdicts = [0.5, 0.4, 0.6, 0.7].map(|value| {
        let step = (value * 100.0) as u64;
        peer.call(json!({"cmd": "report", "id": 0, "step": step, "value": value}))["prune"].clone()
    });
    assert_eq!(verdicts, [false, false, false, true]);
}

#[test]
fn the_study_goes_on_after_a_faulty_request() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random"]);
    let mut fault = |line: &str, says: &str| {
        let answer = peer.line(line);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(says), "{line}: {answer}");
        assert!(answer.get("done").is_none(), "{answer}");
    };
    fault(r#"{"cmd":"ask"}"#, "send \"init\" first");
    fault(r#"{"cmd":"tell","id":0,"value":1}"#, "send \"init\" first");
    fault(
        r#"{"cmd":"init","space":[{"name":"a","type":"int","low":2,"high":1}],"direction":"minimize"}"#,
        "`a`: the range 2..=1",
    );
    fault(
        r#"{"cmd":"init","space":[{"name":"a","type":"float","low":0,"high":1e300,"step":1e-300}],"direction":"minimize"}"#,
        "`a`: the step 1e-300 is too fine for 0.0..=1e300,",
    );
    assert_eq!(peer.call(init(0)), json!({"ok": true}));
    assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], 0);
    let mut fault = |line: &str, says: &str| {
        let answer = peer.line(line);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(says), "{line}: {answer}");
    };
    fault("", "no JSON");
    fault("{\"cmd\":", "no JSON");
    fault(
        r#"{"cmd":"tell","id":1,"value":1}"#,
        "no trial with the id 1; the ids go from 0 to 0",
    );
    fault(
        r#"{"cmd":"tell","id":"0","value":1}"#,
        "no trial with the id \"0\"; write the id as `ask` gave it, a number without quotes",
    );
    fault(r#"{"cmd":"tell","id":0,"value":NaN}"#, "JSON has no NaN");
    fault(r#"{"cmd":"tell","id":0}"#, "`value` is missing");
    // A study that cannot begin leaves the one before it alone.
    fault(
        r#"{"cmd":"init","space":{},"direction":"minimize"}"#,
        "list of parameters",
    );
    // Some languages write all numbers so.
    assert_eq!(
        peer.line(r#"{"cmd":"tell","id":0.0,"value":1}"#),
        json!({"ok": true})
    );
    let again = peer.line(r#"{"cmd":"tell","id":0,"value":1}"#);
    let error = again["error"].as_str().unwrap();
    assert!(error.contains("trial 0 is finished already"), "{error}");
    assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], 1);
}

#[test]
fn the_end_of_a_grid_is_an_error_and_a_lowered_bound_a_warning() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "grid"]);
    let space = json!([{"name": "n", "type": "int", "low": 0, "high": 10, "step": 4}]);
    let answer = peer.call(json!({"cmd": "init", "space": space, "direction": "maximize"}));
    assert_eq!(answer["ok"], true);
    let warning = answer["warning"].as_str().unwrap();
    assert!(
        warning.contains("`n`") && warning.contains('8'),
        "{warning}"
    );
    let tried = [0, 1, 2].map(|_| peer.call(json!({"cmd": "ask"}))["params"]["n"].as_i64());
    assert_eq!(tried, [Some(0), Some(4), Some(8)]);
    let end = peer.call(json!({"cmd": "ask"}));
    assert_eq!(
        end,
        json!({"error": "all 3 points were tried", "done": true})
    );
    let fixed = json!([{"name": "n", "type": "fixed", "value": 3}]);
    for (budget, says) in [
        (2, "the only point was tried"),
        (1, "the only trial has begun"),
    ] {
        let init =
            json!({"cmd": "init", "space": fixed, "direction": "maximize", "budget": budget});
        peer.call(init);
        peer.call(json!({"cmd": "ask"}));
        let end = peer.call(json!({"cmd": "ask"}));
        assert_eq!(end, json!({"error": says, "done": true}));
    }
}

#[test]
fn a_space_that_no_grid_lists_is_refused_with_a_remedy_of_the_program() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "grid"]);
    let all = json!({"type": "int", "low": i64::MIN, "high": i64::MAX});
    let [mut first, mut second] = [all.clone(), all];
    first["name"] = "a".into();
    second["name"] = "b".into();
    for (space, ends) in [
        (
            json!([{"name": "rate", "type": "float", "low": 0, "high": 1}]),
            "`rate` (0.0..=1.0); give it a \"step\", or start with --grid-points 5",
        ),
        (json!([first, second]), "or take another sampler"),
    ] {
        let init = json!({"cmd": "init", "space": space, "direction": "minimize"});
        let answer = peer.call(init);
        let error = answer["error"].as_str().unwrap();
        assert!(error.ends_with(ends), "{error}");
    }
}

#[test]
fn a_stored_study_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let options = ["ask-tell", "--sampler", "tpe", "--study", file];
    let ask = json!({"cmd": "ask"});

    let mut peer = Peer::start(&options);
    peer.call(init(5));
    peer.call(ask.clone());
    peer.call(json!({"cmd": "tell", "id": 0, "value": 2}));
    let left_behind = peer.call(ask.clone());
    peer.kill();

    let mut peer = Peer::start(&options);
    assert_eq!(peer.call(init(5)), json!({"ok": true}));
    assert_eq!(peer.call(ask.clone()), left_behind);
    peer.call(json!({"cmd": "tell", "id": 1, "value": 1}));
    assert_eq!(peer.call(ask.clone())["id"], 2);
    // Another study of the same process stands beside it.
    peer.call(init(5));
    assert_eq!(peer.call(ask.clone())["id"], 0);
    peer.quit();

    let mut peer = Peer::start(&options);
    let mut other = init(6);
    let refused = peer.call(other.clone());
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("the seed is 6, and was 5"), "{error}");
    assert!(error.contains("--on-change continue"), "{error}");
    other["seed"] = Json::Null;
    assert_eq!(peer.call(other), json!({"ok": true}));
}

#[test]
fn what_a_killed_process_asked_for_is_known_to_one_that_was_open_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let options = ["ask-tell", "--study", file.to_str().unwrap()];
    let [mut killed, mut other] = [(); 2].map(|()| {
        let mut peer = Peer::start(&options);
        peer.call(init(5));
        peer
    });
    let asked = killed.call(json!({"cmd": "ask"}));
    let mut tell = |value: f64| other.call(json!({"cmd": "tell", "id": 0, "value": value}));
    let fault = |answer: Json| answer["error"].as_str().unwrap_or_default().to_owned();
    let error = fault(tell(1.0));
    assert!(error.contains("is run by another process ("), "{error}");
    killed.kill();
    let error = fault(tell(1.0));
    let says = "trial 0 was left by a process that ended; `ask` gives it out again with this id";
    assert_eq!(error, says);
    assert_eq!(other.call(json!({"cmd": "ask"})), asked);
    let told = other.call(json!({"cmd": "tell", "id": 0, "value": 1}));
    assert_eq!(told, json!({"ok": true}));
}

#[test]
fn what_stands_in_the_way_of_a_changed_study_has_a_remedy_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let options = ["ask-tell", "--study", file.to_str().unwrap()];
    let mut first = Peer::start(&options);
    first.call(init(5));
    first.call(json!({"cmd": "ask"}));
    let mut other = Peer::start(&[&options[..], &["--on-change", "continue"]].concat());
    let says = |answer: Json, fault: &str| {
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(fault), "{answer}");
        assert!(
            error.ends_with("or name another file with --study"),
            "{error}"
        );
    };
    says(
        other.call(init(6)),
        "runs trial 0 of the study, which differs",
    );
    first.call(json!({"cmd": "tell", "id": 0, "value": 1}));
    assert_eq!(other.call(init(6)), json!({"ok": true}));
    says(
        first.call(json!({"cmd": "ask"})),
        "another process went on with",
    );
}

#[cfg(unix)]
#[test]
fn a_result_is_not_taken_when_its_file_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    for gone in ["project", "project/study.db", "project/study.db-wal"] {
        let file = folder.path().join("project/study.db");
        let mut peer = Peer::start(&["ask-tell", "--study", file.to_str().unwrap()]);
        assert_eq!(peer.call(init(5)), json!({"ok": true}));
        for id in 0..2 {
            assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], id);
        }
        let mut tell = |id: u64| peer.call(json!({"cmd": "tell", "id": id, "value": 2}));
        assert_eq!(tell(0), json!({"ok": true}));
        let path = folder.path().join(gone);
        match path.is_dir() {
            true => std::fs::remove_dir_all(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
        let answer = tell(1);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains("was deleted"), "{gone}: {answer}");
        assert!(error.ends_with("with --study"), "{gone}: {answer}");
        peer.quit();
        let _ = std::fs::remove_dir_all(folder.path().join("project"));
    }
}

#[test]
fn what_is_taken_for_something_else_is_a_path_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let start = |name: &str| Peer::start_in(folder.path(), &["ask-tell", "--study", name]);
    for name in [":memory:", "file:study.db?mode=memory"] {
        for id in 0..2 {
            let mut peer = start(name);
            assert_eq!(peer.call(init(5)), json!({"ok": true}), "{name}");
            assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], id, "{name}");
            peer.call(json!({"cmd": "tell", "id": id, "value": 2}));
            peer.quit();
        }
        assert!(folder.path().join(name).is_file());
    }
}

#[test]
fn a_trial_that_comes_again_is_judged_by_what_it_reports_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let pruner = ["--pruner", "patience:2", "--study", file];
    let options: Vec<&str> = ["ask-tell", "--sampler", "random"]
        .into_iter()
        .chain(pruner)
        .collect();
    let report =
        |step: u64, value: f64| json!({"cmd": "report", "id": 0, "step": step, "value": value});
    let mut peer = Peer::start(&options);
    peer.call(init(5));
    peer.call(json!({"cmd": "ask"}));
    let stops = (1..200).find(|&step| peer.call(report(step, step as f64))["prune"] == true);
    assert!(stops.is_some(), "it gets worse and worse");
    peer.kill();
    let mut peer = Peer::start(&options);
    peer.call(init(5));
    assert_eq!(peer.call(json!({"cmd": "ask"}))["id"], 0);
    assert_eq!(peer.call(report(1, 9.0)), json!({"prune": false}));
    peer.quit();
    let shown = tuner(&["show", file, "0", "--json"]).json();
    let epochs = &shown["executions"][0]["epochs"];
    assert_eq!(*epochs, json!([{"epoch": 1, "value": 9.0}]));
}

#[test]
fn a_pruned_trial_is_told_what_it_reported() {
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random"]);
    peer.call(init(0));
    peer.call(json!({"cmd": "ask"}));
    peer.call(json!({"cmd": "report", "id": 0, "step": 3, "value": 0.5}));
    let tell =
        |value: f64| json!({"cmd": "tell", "id": 0, "state": "pruned", "step": 3, "value": value});
    let refused = peer.call(tell(0.4));
    let error = refused["error"].as_str().unwrap();
    assert!(
        error.contains("trial 0 reported 0.5 at step 3 and is told 0.4"),
        "{error}"
    );
    assert_eq!(peer.call(tell(0.5)), json!({"ok": true}));
}

#[test]
fn the_command_line_names_what_there_is() {
    let unknown = tuner(&["ask-tell", "--sampler", "magic"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.error.contains("sobol"), "{}", unknown.error);
    let pruner = tuner(&["ask-tell", "--sampler", "random", "--pruner", "percentile"]);
    assert_eq!(pruner.code, Some(2));
    assert!(pruner.error.contains("at most 100"), "{}", pruner.error);
    let ignored = tuner(&["ask-tell", "--sampler", "tpe", "--grid-points", "3"]);
    assert_eq!(ignored.code, Some(1));
    assert!(
        ignored.error.contains("is for the sampler grid"),
        "{}",
        ignored.error
    );
    let none = tuner(&["ask-tell", "--sampler", "grid", "--grid-points", "0"]);
    assert_eq!(none.code, Some(2), "{}", none.error);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(
        &file,
        "not a study, but long enough to be looked at ".repeat(9),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let foreign = tuner(&["ask-tell", "--sampler", "random", "--study", file]);
    assert_eq!(foreign.code, Some(1));
    assert!(
        foreign.error.contains("no file of tuner"),
        "{}",
        foreign.error
    );
}
