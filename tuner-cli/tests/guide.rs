//! The Python program of docs/ask-tell.md, where there is a Python to run it.
#![cfg(unix)]
// Helpers of tests are tests too, which clippy does not see.
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const GUIDE: &str = include_str!("../../docs/ask-tell.md");

fn has_python() -> bool {
    let version = Command::new("python3").arg("--version").output();
    version.is_ok_and(|run| run.status.success())
}

/// Runs the program with the `tuner` of a folder.
fn run(folder: &Path) -> Output {
    let (_, rest) = GUIDE.split_once("```python\n").unwrap();
    let (program, _) = rest.split_once("```").unwrap();
    let mut path = OsString::from(folder);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut command = Command::new("python3");
    let command = command.args(["-c", program]).env("PATH", path);
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_program_of_the_guide_runs_to_the_end_of_its_budget() {
    if !has_python() {
        return;
    }
    let own = Path::new(env!("CARGO_BIN_EXE_tuner")).parent().unwrap();
    let run = run(own);
    let (output, error) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{error}");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "all 30 trials have begun");
    assert!(lines[1].contains("'optimizer': "), "{output}");
}

#[test]
fn the_program_of_the_guide_takes_no_fault_for_the_end() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tuner");
    let answers = |line: &str| format!("read request; echo '{line}'\n");
    for (at_ask, says) in [
        (
            answers(r#"{"error":"the disk is full"}"#),
            "the disk is full",
        ),
        ("read request; exit 3\n".to_owned(), "the status 3"),
    ] {
        let script = format!("#!/bin/sh\n{}{at_ask}", answers(r#"{"ok":true}"#));
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let run = run(folder.path());
        assert!(!run.status.success(), "{says}");
        let error = String::from_utf8_lossy(&run.stderr);
        assert!(error.contains(says), "{error}");
    }
}
