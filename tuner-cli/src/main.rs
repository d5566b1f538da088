//! The program `tuner`: reads stored studies, and lets programs in any language drive one.

mod args;
mod ask_tell;
mod pruner;
mod read;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::AskTell(options) => ask_tell::run(options),
        Command::Studies { path, json } => read::studies(&path, json),
        Command::Trials(options) => read::trials(&options),
        Command::Best { read, expected } => read::best(&read, expected),
        Command::Show { read, number } => read::show(&read, number),
        Command::Watch {
            read,
            interval,
            wait,
        } => read::watch(&read, interval, wait),
        Command::Export { read, format } => read::export(&read, format),
        Command::Delete { read, yes: _ } => read::delete(&read),
        Command::Completions { shell } => completions(shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(fault) if is_closed_pipe(&*fault) => ExitCode::SUCCESS,
        Err(fault) => {
            // Nobody may be there to read it.
            let fault = read::printable(&fault.to_string());
            let _ = writeln!(std::io::stderr(), "error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Box<dyn Error>> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tuner", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}

fn is_closed_pipe(fault: &(dyn Error + 'static)) -> bool {
    let fault = fault.downcast_ref::<std::io::Error>();
    fault.is_some_and(|fault| fault.kind() == std::io::ErrorKind::BrokenPipe)
}
