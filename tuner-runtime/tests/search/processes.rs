//! Real processes: killed at any moment, interrupted, and several on one file.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tuner::math::rng::Rng;
use tuner::search::{Execution, Progress, SearchError, Stopped, Tuner, TunerBuilder};
use tuner::trial::State;

use crate::{Net, loss, quiet};

const TRIALS: u64 = 20;
const FOLDER: &str = "TUNER_TEST_FOLDER";
const WORKERS: &str = "TUNER_TEST_WORKERS";

fn tuner(folder: &Path) -> TunerBuilder<Net> {
    let builder = quiet().max_trials(TRIALS).executions_per_trial(2);
    builder.directory(folder).project_name("net")
}

fn run(run: &mut Execution, net: Net) -> Result<f64, Stopped> {
    let result = loss(&net, run.seed());
    for step in 1..=3 {
        run.report(step, result + 1.0 / step as f64)?;
        sleep(Duration::from_millis(1));
    }
    Ok(result)
}

/// Everything that must not depend on what happened to the processes, to the bit.
fn fingerprint(tuner: &Tuner<Net>) -> Vec<String> {
    let trials = tuner.study().trials();
    trials
        .iter()
        .map(|record| {
            let runs = record.executions.iter().map(|run| {
                let bits = run
                    .curve
                    .of("loss")
                    .map(|(step, loss)| (step, loss.to_bits()));
                (run.number, run.seed, run.state, bits.collect::<Vec<_>>())
            });
            format!(
                "{} {} {} {:?} {:?}",
                record.number,
                record.point,
                record.state,
                record.value().map(f64::to_bits),
                runs.collect::<Vec<_>>()
            )
        })
        .collect()
}

fn undisturbed() -> Vec<String> {
    let mut tuner = quiet()
        .max_trials(TRIALS)
        .executions_per_trial(2)
        .build()
        .unwrap();
    tuner.search(run).unwrap();
    fingerprint(&tuner)
}

/// Runs the whole search, in the folder and with the workers that the environment names.
#[test]
#[ignore = "the other tests run it in processes of its own"]
fn child() {
    let folder = std::env::var(FOLDER).expect("the parent names a folder");
    let workers = std::env::var(WORKERS).expect("the parent says how many workers");
    let builder = tuner(Path::new(&folder)).workers(workers.parse().unwrap());
    let result = builder.build().and_then(|mut tuner| tuner.search(run));
    if let Err(fault) = result {
        eprintln!("{fault}");
        std::process::exit(3);
    }
}

/// Tells of a search to somebody who does not listen.
#[test]
#[ignore = "the other tests run it in processes of its own"]
fn child_that_talks() {
    let mut tuner = quiet()
        .max_trials(3)
        .progress(Progress::Plain)
        .build()
        .unwrap();
    let told = tuner.search(run);
    std::process::exit(i32::from(told.is_err() || tuner.best(3).len() < 3));
}

/// Ends with its process in trial 1, whenever that begins.
#[test]
#[ignore = "the other tests run it in processes of its own"]
fn child_that_dies() {
    let folder = std::env::var(FOLDER).expect("the parent names a folder");
    let builder = quiet().directory(folder).project_name("net").max_trials(3);
    let dies = |run: &mut Execution, net: Net| -> Result<f64, Stopped> {
        if run.number() == 1 {
            std::process::exit(9);
        }
        Ok(loss(&net, 0))
    };
    builder.build().unwrap().search(dies).unwrap();
}

/// Searches to the end, says so by a file, and goes on until somebody sends SIGTERM, which it handles itself.
#[test]
#[ignore = "the other tests run it in processes of its own"]
fn child_with_plans() {
    let folder = std::env::var(FOLDER).expect("the parent names a folder");
    let told = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, told.clone()).unwrap();
    for _ in 0..2 {
        quiet().max_trials(3).build().unwrap().search(run).unwrap();
    }
    std::fs::write(Path::new(&folder).join("searched"), "").unwrap();
    let began = Instant::now();
    while !told.load(Ordering::Relaxed) {
        assert!(began.elapsed() < Duration::from_secs(60), "no signal");
        sleep(Duration::from_millis(5));
    }
}

fn spawn(folder: &Path, workers: u32) -> Child {
    spawn_test("processes::child", folder, workers)
}

fn spawn_test(name: &str, folder: &Path, workers: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(WORKERS, workers.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn finished(child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    output
}

/// The study as it was left, checked against an undisturbed one.
fn compare(folder: &Path) -> Tuner<Net> {
    let tuner = tuner(folder).build().unwrap();
    assert_eq!(fingerprint(&tuner), undisturbed());
    tuner
}

#[test]
fn fifty_kills_change_nothing() {
    let mut rng = Rng::new(11);
    let mut kills = 0;
    while kills < 50 {
        let folder = tempfile::tempdir().unwrap();
        let workers = 1 + kills % 2;
        loop {
            let mut child = spawn(folder.path(), workers);
            sleep(Duration::from_micros(5_000 + rng.below(60_000) as u64));
            if child.try_wait().unwrap().is_some() {
                finished(child);
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            if kills % 10 == 0 {
                finished(spawn(folder.path(), workers));
                break;
            }
        }
        compare(folder.path());
    }
}

#[test]
fn processes_share_a_file_and_run_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..3).map(|_| spawn(folder.path(), 2)).collect();
    for child in children {
        finished(child);
    }
    let tuner = compare(folder.path());
    for record in tuner.study().trials() {
        let attempts: Vec<u32> = record.executions.iter().map(|run| run.attempts).collect();
        assert_eq!(attempts, [1, 1], "trial {}", record.number);
    }
}

#[test]
fn a_search_that_nobody_listens_to_goes_on() {
    let mut child = spawn_test("processes::child_that_talks", Path::new(""), 1);
    drop(child.stderr.take());
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
}

#[cfg(unix)]
fn signal(child: &Child, signal: &str) {
    let kill = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[cfg(unix)]
#[test]
fn after_a_search_signals_do_what_they_did_before() {
    use std::os::unix::process::ExitStatusExt;
    let after = |name: &str| {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn_test("processes::child_with_plans", folder.path(), 1);
        let began = Instant::now();
        while !folder.path().join("searched").exists() {
            assert!(began.elapsed() < Duration::from_secs(30), "no end");
            sleep(Duration::from_millis(5));
        }
        signal(&child, name);
        child.wait_with_output().unwrap().status
    };
    assert_eq!(after("-INT").signal(), Some(2));
    assert!(after("-TERM").success(), "the program handles it");
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_says_how_to_go_on_and_does() {
    let folder = tempfile::tempdir().unwrap();
    let child = spawn(folder.path(), 2);
    let database = folder.path().join("net").join("study.db");
    let reader = || tuner::storage::Sqlite::open_read_only(&database);
    let began = Instant::now();
    let has_trials = || {
        let history = tuner::study::load(&reader().ok()?, &"net".into()).ok()?;
        Some(history.finished_count() > 0)
    };
    while has_trials() != Some(true) {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the search does not begin"
        );
        sleep(Duration::from_millis(1));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    // On a machine that is fast enough the search may have ended before.
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(
            text.contains("run the same command again to go on"),
            "{text}"
        );
        let history = tuner::study::load(&reader().unwrap(), &"net".into()).unwrap();
        let begun = history
            .trials()
            .iter()
            .filter(|record| record.state == State::Running);
        assert!(begun.count() <= 2, "what was running goes on later");
    }
    finished(spawn(folder.path(), 1));
    compare(folder.path());
}

#[test]
fn a_trial_that_kills_its_process_again_and_again_fails() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let child = spawn_test("processes::child_that_dies", folder.path(), 1);
        child.wait_with_output().unwrap().status.code()
    };
    let codes: Vec<_> = (0..6).map(|_| start()).collect();
    let died = Some(9);
    assert_eq!(codes, [died, died, died, died, died, Some(0)]);
    let tuner = tuner(folder.path()).max_trials(3).build().unwrap();
    let trials = tuner.study().trials();
    let states: Vec<State> = trials.iter().map(|record| record.state).collect();
    assert_eq!(states, [State::Finished, State::Failed, State::Finished]);
    let message = trials[1].message.as_deref();
    assert_eq!(message, Some("its process ended 5 times while it ran"));
}

#[test]
fn a_disk_that_fills_up_ends_the_search_fails_no_trial_and_loses_nothing() {
    use tuner::storage::{Sqlite, StorageError};
    use tuner::study::StudyError;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net").join("study.db");
    let storage = Sqlite::open(&path).unwrap();
    storage.limit_bytes(40 * 1024).unwrap();
    let limited = quiet()
        .max_trials(TRIALS)
        .executions_per_trial(2)
        .workers(2);
    let mut full = limited
        .storage(storage)
        .project_name("net")
        .build()
        .unwrap();
    let error = full.search(run).unwrap_err();
    assert!(
        matches!(
            error,
            SearchError::Study(StudyError::Storage(StorageError::Full { .. }))
        ),
        "{error}"
    );
    let trials = full.study().trials();
    assert!(trials.iter().any(|record| record.state == State::Finished));
    assert!(!trials.iter().any(|record| record.state == State::Failed));
    drop(full);
    finished(spawn(folder.path(), 1));
    compare(folder.path());
}
