//! Runs the program.

// Each test file is a program of its own, and none uses all of this.
#![allow(dead_code)]
// Helpers of tests are tests too, which clippy does not see.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value as Json;

/// A process that answers line by line.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_in(Path::new("."), options)
    }

    pub(crate) fn start_in(folder: &Path, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tuner"))
            .current_dir(folder)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    pub(crate) fn call(&mut self, request: Json) -> Json {
        self.line(&request.to_string())
    }

    pub(crate) fn line(&mut self, line: &str) -> Json {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|fault| panic!("{line}: {answer}: {fault}"))
    }

    pub(crate) fn quit(mut self) -> ExitStatus {
        writeln!(self.input, r#"{{"cmd":"quit"}}"#).unwrap();
        self.child.wait().unwrap()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What a run of the program left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) error: String,
}

pub(crate) fn tuner(options: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tuner"));
    let run = command.args(options).stdin(Stdio::null()).output().unwrap();
    Run {
        code: run.status.code(),
        output: String::from_utf8(run.stdout).unwrap(),
        error: String::from_utf8(run.stderr).unwrap(),
    }
}

impl Run {
    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.code, Some(0), "{}", self.error);
        serde_json::from_str(&self.output).unwrap()
    }
}
