//! The program `tuner`: reads stored studies, and lets programs in any language drive one.

mod args;
mod ask_tell;
mod pruner;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::AskTell(options) => ask_tell::run(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(fault) if is_closed_pipe(&*fault) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(fault: &(dyn std::error::Error + 'static)) -> bool {
    let fault = fault.downcast_ref::<std::io::Error>();
    fault.is_some_and(|fault| fault.kind() == std::io::ErrorKind::BrokenPipe)
}
