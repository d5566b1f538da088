//! `tuner ask-tell`: one JSON request a line, one answer a line.
//!
//! A faulty request is answered with `{"error": "..."}` and changes nothing.

mod request;
mod session;

use std::error::Error;
use std::io::{self, BufRead, Write};

use serde_json::{Value as Json, json};

use crate::args;
use request::Request;
use session::Session;

/// Answers requests until `quit` or the end of the input.
///
/// # Errors
/// When the streams cannot be read or written.
pub(crate) fn run(options: args::AskTell) -> Result<(), Box<dyn Error>> {
    let mut session = Session::new(options)?;
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let answer = match request::read(&line) {
            Ok(Request::Quit) => return Ok(()),
            Ok(request) => session.answer(request),
            Err(fault) => Err(fault),
        };
        let mut text = answer.unwrap_or_else(error).to_string();
        text.push('\n');
        output.write_all(text.as_bytes())?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

fn error(fault: String) -> Json {
    json!({"error": fault})
}
