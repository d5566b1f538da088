//! The commands that read a stored study, on one that `tuner ask-tell` made.

mod support;

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use support::{Peer, tuner};
use tuner_runtime::sampler::Grid;
use tuner_runtime::space::Space;
use tuner_runtime::storage::Sqlite;
use tuner_runtime::study::{Core, OnChange, Setup};
use tuner_runtime::trial::{Constraint, Objective};

/// Two finished trials, a failed one and a pruned one; the best is number 1.
fn fill(file: &Path, studies: usize) {
    let options = [
        "ask-tell",
        "--sampler",
        "random",
        "--study",
        file.to_str().expect("folders of tests have plain names"),
    ];
    let mut peer = Peer::start(&options);
    for _ in 0..studies {
        let space = json!([
            {"name": "lr", "type": "float", "low": 0, "high": 1},
            {"name": "opt", "type": "categorical", "choices": ["sgd, plain", "adam"]},
        ]);
        let init = json!({"cmd": "init", "space": space, "seed": 1, "direction": "maximize"});
        assert_eq!(peer.call(init), json!({"ok": true}));
        for _ in 0..4 {
            peer.call(json!({"cmd": "ask"}));
        }
        peer.call(json!({"cmd": "report", "id": 1, "step": 1, "value": 0.25}));
        for told in [
            json!({"cmd": "tell", "id": 0, "value": 0.5}),
            json!({"cmd": "tell", "id": 1, "value": 0.75}),
            json!({"cmd": "tell", "id": 2, "state": "failed", "message": "out of memory"}),
            json!({"cmd": "tell", "id": 3, "state": "pruned", "step": 2, "value": 0.1}),
        ] {
            assert_eq!(peer.call(told), json!({"ok": true}));
        }
    }
    assert!(peer.quit().success());
}

#[test]
fn a_study_is_read_by_its_file_and_by_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    fill(&file, 1);
    let (folder, file) = (folder.path().to_str().unwrap(), file.to_str().unwrap());

    let trials = tuner(&["trials", folder, "--json"]).json();
    assert_eq!(trials, tuner(&["trials", file, "--json"]).json());
    let field = |name: &str| -> Vec<Json> {
        let all = trials.as_array().unwrap().iter();
        all.map(|trial| trial[name].clone()).collect()
    };
    assert_eq!(field("number"), [0, 1, 2, 3]);
    assert_eq!(field("state"), ["finished", "finished", "failed", "pruned"]);
    assert_eq!(
        field("value"),
        [json!(0.5), json!(0.75), Json::Null, Json::Null]
    );

    let best = tuner(&["best", file, "--json"]).json();
    assert_eq!((&best["number"], &best["value"]), (&json!(1), &json!(0.75)));
    assert_eq!(best["params"], trials[1]["params"]);
    let expected = tuner(&["best", file, "--expected", "--json"]).json();
    assert_eq!(expected["number"], 1);
    // Half of a difference of two trials may be noise.
    let mean = expected["expected"]["mean"].as_f64().unwrap();
    assert!(mean > 0.6 && mean < 0.76, "{mean}");
    assert!(expected["expected"]["deviation"].as_f64().unwrap() > 0.0);

    let shown = tuner(&["show", file, "1", "--json"]).json();
    assert_eq!(shown, trials[1]);
    assert_eq!(
        shown["executions"][0]["epochs"],
        json!([{"epoch": 1, "value": 0.25}])
    );

    let all = tuner(&["export", file, "--format", "json"]).json();
    assert_eq!(all, tuner(&["export", file, "--json"]).json());
    assert_eq!(all["trials"], trials);

    let studies = tuner(&["studies", folder, "--json"]).json();
    assert_eq!(studies.as_array().unwrap().len(), 1);
    assert_eq!(
        (&studies[0]["trials"], &studies[0]["finished"]),
        (&json!(4), &json!(2))
    );

    for (command, says) in [
        (vec!["trials", file], "failed"),
        (vec!["best", file], "trial 1 of 4"),
        (vec!["best", file, "--expected"], "\nexpected value 0."),
        (vec!["show", file, "2"], "out of memory"),
        (vec!["show", file, "1"], "  1: value 0.25"),
        (vec!["studies", file], "maximize value"),
    ] {
        let run = tuner(&command);
        assert_eq!(run.code, Some(0), "{}", run.error);
        assert!(run.output.contains(says), "{}", run.output);
    }
}

#[test]
fn a_table_has_a_line_a_trial() {
    let folder = tempfile::tempdir().unwrap();
    fill(&folder.path().join("study.db"), 1);
    let run = tuner(&["export", folder.path().to_str().unwrap(), "--format", "csv"]);
    let lines: Vec<&str> = run.output.lines().collect();
    assert_eq!(
        lines[0],
        "number,state,value,seconds,feasible,fits,metric.value,param.lr,param.opt"
    );
    assert_eq!(lines.len(), 5);
    assert!(lines[2].starts_with("1,finished,0.75,"), "{}", run.output);
    let opt = |line: &&&str| line.ends_with(",\"sgd, plain\"") || line.ends_with(",adam");
    assert_eq!(lines[1..].iter().filter(opt).count(), 4, "{}", run.output);
}

/// Four trials in the order of a grid, the first of which keeps the constraint, and the space of the first two since.
fn constrained(file: &Path) -> Result<(), Box<dyn Error>> {
    let open = |high: u64| -> Result<Core, Box<dyn Error>> {
        let space = json!([{"name": "n", "type": "int", "low": 0, "high": high}]);
        let (space, _) = Space::from_json(&space)?;
        let mut setup = Setup::new(space, Grid::new()).objective("loss");
        setup.constraints = vec![Constraint::at_most("mb", 0.0)];
        setup.on_change = OnChange::Continue;
        let storage = Arc::new(Sqlite::open(file)?);
        Ok(Core::open(storage, "study".into(), setup)?)
    };
    let study = open(4)?;
    for n in 0..4 {
        let metrics = [("loss", 0.5 - f64::from(n)), ("mb", f64::from(n))];
        study.tell(study.ask()?.number, metrics)?;
    }
    study.ask()?;
    drop(study);
    open(1)?;
    Ok(())
}

#[test]
fn trials_that_miss_a_constraint_or_do_not_count_are_marked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    constrained(&file).unwrap();
    let file = file.to_str().unwrap();
    let trials = tuner(&["trials", file, "--json"]).json();
    let field = |name: &str| -> Vec<Json> {
        let all = trials.as_array().unwrap().iter();
        all.map(|trial| trial[name].clone()).collect()
    };
    let feasible = [true, false, false, false].map(Json::from);
    assert_eq!(field("feasible")[..4], feasible);
    assert_eq!(field("feasible")[4], Json::Null);
    assert_eq!(field("fits"), [true, true, false, false, false]);

    let table = tuner(&["export", file]).output;
    let cells: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(cells[0][4..6], ["feasible", "fits"]);
    let marks: Vec<_> = cells[1..].iter().map(|line| (line[4], line[5])).collect();
    assert_eq!(marks[..2], [("true", "true"), ("false", "true")]);
    assert_eq!(marks[3..], [("false", "false"), ("", "false")]);

    let text = tuner(&["trials", file]).output;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].ends_with("  n = 0"), "{text}");
    assert!(lines[2].ends_with("n = 1  (misses a constraint)"), "{text}");
    let both = "n = 2  (misses a constraint)  (of another space)";
    assert!(lines[3].ends_with(both), "{text}");
    assert!(lines[5].ends_with("n = 4  (of another space)"), "{text}");
    let shown = tuner(&["show", file, "2"]).output;
    assert!(
        shown.contains("\nit misses a constraint\nit is of another space"),
        "{shown}"
    );
    let summary = tuner(&["watch", file]).output;
    let counts = "5 trials: 4 finished, 1 running (3 of another space); ";
    assert!(summary.contains(counts), "{summary}");
}

#[test]
fn a_text_of_two_lines_stays_in_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random", "--study", file]);
    let space = json!([{"name": "a\nb", "type": "categorical", "choices": ["two\nlines"]}]);
    peer.call(json!({"cmd": "init", "space": space, "direction": "minimize"}));
    peer.call(json!({"cmd": "ask"}));
    peer.call(json!({"cmd": "tell", "id": 0, "value": 1}));
    peer.quit();
    let trials = tuner(&["trials", file]).output;
    assert_eq!(trials.lines().count(), 2, "{trials}");
    assert!(trials.contains(r#"a\nb = "two\nlines""#), "{trials}");
    let shown = tuner(&["show", file, "0"]).output;
    assert!(shown.contains("\n  a\\nb = \"two\\nlines\"\n"), "{shown}");
}

#[test]
fn names_move_no_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let (space, _) = Space::from_json(&json!([{"name": "a", "type": "bool"}])).unwrap();
    let odd = "\u{1b}[2J\u{9b}1m\rodd";
    for name in [odd, "other"] {
        let storage = Arc::new(Sqlite::open(&file).unwrap());
        let setup = Setup::new(space.clone(), Grid::new()).objective(Objective::minimize(odd));
        let study = Core::open(storage, name.into(), setup).unwrap();
        let number = study.ask().unwrap().number;
        study.report(number, 0, 1, [(odd, 1.0)]).unwrap();
        study.set_attribute(Some(number), odd, odd).unwrap();
        study.tell(number, 1.0).unwrap();
    }
    let file = file.to_str().unwrap();
    for (command, code) in [
        (&["studies"][..], 0),
        (&["trials", "--name", odd], 0),
        (&["best", "--name", odd], 0),
        (&["show", "0", "--name", odd], 0),
        (&["watch", "--name", odd], 0),
        // Which of the two is not said.
        (&["best"], 1),
        (&["best", "--name", "\u{1b}[2J"], 1),
        (&["delete", "--yes", "--name", odd], 0),
    ] {
        let options: Vec<&str> = [&command[..1], &[file], &command[1..]].concat();
        let run = tuner(&options);
        assert_eq!(run.code, Some(code), "{command:?}: {}", run.error);
        let text = run.output + &run.error;
        assert!(text.contains("\\u{1b}[2J"), "{command:?}: {text}");
        let moves = |letter: char| letter.is_control() && letter != '\n';
        assert!(!text.contains(moves), "{command:?}: {text:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_hides_no_other() {
    use std::fs::{Permissions, create_dir, read_dir, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (open, closed) = (folder.path().join("open"), folder.path().join("closed"));
    create_dir(&open).unwrap();
    create_dir(&closed).unwrap();
    fill(&open.join("study.db"), 1);
    set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything.
    let is_closed = read_dir(&closed).is_err();
    let run = tuner(&["studies", folder.path().to_str().unwrap()]);
    set_permissions(&closed, Permissions::from_mode(0o755)).unwrap();
    assert!(run.output.contains("maximize value"), "{}", run.output);
    if is_closed {
        assert_eq!(run.code, Some(1));
        assert!(run.error.contains("closed: "), "{}", run.error);
    }
}

#[test]
fn one_of_several_studies_is_named_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    fill(&file, 2);
    let file = file.to_str().unwrap();
    let vague = tuner(&["best", file]);
    assert_eq!(vague.code, Some(1));
    assert!(
        vague.error.contains("`study`, `study-2`"),
        "{}",
        vague.error
    );
    assert_eq!(tuner(&["best", file, "--name", "study-2"]).code, Some(0));

    assert_eq!(tuner(&["delete", file, "--name", "study"]).code, Some(2));
    assert_eq!(
        tuner(&["studies", file, "--json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        tuner(&["delete", file, "--name", "study", "--yes"]).code,
        Some(0)
    );
    let left = tuner(&["studies", file, "--json"]).json();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["name"], "study-2");
}

#[test]
fn a_running_study_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random", "--study", file]);
    let space = json!([{"name": "on", "type": "bool"}]);
    peer.call(json!({"cmd": "init", "space": space, "direction": "minimize"}));
    peer.call(json!({"cmd": "ask"}));
    let refused = tuner(&["delete", file, "--yes"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.error.contains("is running"), "{}", refused.error);
    // Between two trials too.
    peer.call(json!({"cmd": "tell", "id": 0, "state": "failed"}));
    let refused = tuner(&["delete", file, "--yes"]);
    assert_eq!(refused.code, Some(1));
    let none = tuner(&["best", file]);
    assert!(
        none.error.contains("no trial of the study has a result"),
        "{}",
        none.error
    );
    peer.quit();
    assert_eq!(tuner(&["delete", file, "--yes"]).code, Some(0));
}

#[test]
fn faults_are_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    fill(&file, 1);
    let notes = folder.path().join("notes");
    std::fs::write(&notes, "no study at all").unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let missing = folder.path().join("missing.db");
    for (path, says) in [
        (&missing, "does not exist"),
        (&notes, "no file of tuner"),
        (&empty, "holds no study.db"),
    ] {
        for command in ["trials", "best"] {
            let run = tuner(&[command, path.to_str().unwrap()]);
            assert_eq!(run.code, Some(1), "{command}");
            assert!(run.error.contains(says), "{command}: {}", run.error);
        }
        let delete = tuner(&["delete", path.to_str().unwrap(), "--yes"]);
        assert_eq!(delete.code, Some(1));
    }
    assert!(!missing.exists(), "a reading command made a file");
    let run = tuner(&["show", file.to_str().unwrap(), "9"]);
    assert!(
        run.error.contains("no trial 9; the study has 4"),
        "{}",
        run.error
    );
    assert_eq!(tuner(&["trials"]).code, Some(2));
}

#[test]
fn a_study_is_watched_until_nobody_works_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let file = file.to_str().unwrap();
    let mut peer = Peer::start(&["ask-tell", "--sampler", "random", "--study", file]);
    let space = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    peer.call(json!({"cmd": "init", "space": space, "direction": "minimize"}));
    peer.call(json!({"cmd": "ask"}));
    let watch = |more: &[&str]| {
        let options = ["watch", file, "--interval", "0.05"];
        Command::new(env!("CARGO_BIN_EXE_tuner"))
            .args(options.iter().chain(more))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut watchers = [watch(&[]), watch(&["--json"])];
    std::thread::sleep(std::time::Duration::from_millis(300));
    for watcher in &mut watchers {
        assert!(watcher.try_wait().unwrap().is_none(), "it goes on watching");
    }
    peer.call(json!({"cmd": "tell", "id": 0, "value": 1.0 / 3.0}));
    assert!(peer.quit().success());
    let [text, lines] = watchers.map(|watcher| {
        let run = watcher.wait_with_output().unwrap();
        assert!(run.status.success());
        assert_eq!(String::from_utf8(run.stderr).unwrap(), "");
        String::from_utf8(run.stdout).unwrap()
    });
    assert!(text.contains("trial 0: value 0.333333 in "), "{text}");
    assert!(text.contains("1 trial: 1 finished"), "{text}");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let events: Vec<Json> = lines.collect();
    let seqs = events.iter().map(|event| event["seq"].as_u64());
    assert!(seqs.eq((1..=events.len() as u64).map(Some)));
    let last = events.last().unwrap();
    assert_eq!(last["event"], "trial_finished");
    assert_eq!(last["outcome"]["finished"]["metrics"]["value"], 1.0 / 3.0);
}

#[test]
fn a_deleted_study_leaves_neither_weights_nor_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("study");
    let kept = project.join("trials").join("0001");
    fill(&project.join("study.db"), 1);
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::write(project.join("notes"), "ours").unwrap();
    let gone = tuner(&["delete", project.to_str().unwrap(), "--yes", "--json"]).json();
    assert_eq!(
        (&gone["deleted"], &gone["trials"]),
        (&json!("study"), &json!(4))
    );
    let left = std::fs::read_dir(&project).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["notes", "study.db"]);
}

#[test]
fn a_deleted_study_leaves_what_no_search_put_there() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("study");
    let trials = project.join("trials");
    fill(&project.join("study.db"), 1);
    for name in ["0001/0", "0002/0", "0002/figures", "7/0", "best"] {
        std::fs::create_dir_all(trials.join(name)).unwrap();
    }
    std::fs::write(trials.join("mine.txt"), "ours").unwrap();
    let gone = tuner(&["delete", project.to_str().unwrap(), "--yes"]);
    assert!(gone.output.contains("what they kept"), "{}", gone.output);
    let left = std::fs::read_dir(&trials).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["0002", "7", "best", "mine.txt"]);
    assert!(trials.join("7/0").exists() && trials.join("0002/figures").exists());
    assert!(!trials.join("0002/0").exists());
}

#[test]
fn what_trials_kept_in_a_renamed_folder_goes_with_the_last_study_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("renamed");
    let kept = project.join("trials/0001/0");
    fill(&project.join("study.db"), 2);
    std::fs::create_dir_all(&kept).unwrap();
    let path = project.to_str().unwrap();
    let first = tuner(&["delete", path, "--name", "study", "--yes"]).output;
    let says = "was left, for it may belong to another study of the file (`study-2`)";
    assert!(first.contains(says) && kept.exists(), "{first}");
    let last = tuner(&["delete", path, "--yes"]).output;
    assert!(last.contains("what they kept in"), "{last}");
    assert!(!project.join("trials").exists());
}

#[cfg(unix)]
#[test]
fn a_study_deleted_by_a_link_takes_nothing_that_lies_beside_the_link() {
    let folder = tempfile::tempdir().unwrap();
    let [project, other] = ["study", "other"].map(|name| folder.path().join(name));
    fill(&project.join("study.db"), 1);
    for place in [&project, &other] {
        std::fs::create_dir_all(place.join("trials/0001/0")).unwrap();
    }
    std::os::unix::fs::symlink(project.join("study.db"), other.join("study.db")).unwrap();
    let gone = tuner(&["delete", other.to_str().unwrap(), "--yes", "--json"]).json();
    let trials = project.canonicalize().unwrap().join("trials");
    assert_eq!(gone["folder"], trials.to_str().unwrap());
    assert!(!trials.exists() && other.join("trials/0001/0").exists());
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tuner"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(run.stderr).unwrap(), "");
    assert!(run.status.success());
    assert!(tuner(&["completions", "bash"]).output.contains("ask-tell"));
    // An error stays one, whether or not somebody reads it.
    let mut child = Command::new(env!("CARGO_BIN_EXE_tuner"))
        .args(["trials", "/nowhere/study.db"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
