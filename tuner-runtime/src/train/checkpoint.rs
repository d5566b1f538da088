//! Checkpoints: everything that a training needs to go on with the same bits, in one file.
//!
//! The file has the safetensors format: the weights under their names, what the optimiser
//! remembers as `memory.<parameter>.<array>`, the best weights as `best.<parameter>`, and the rest
//! as JSON in the header. It is written beside its place and renamed, so that a process that is
//! killed leaves the old one or the new one.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};

use super::error::TrainError;
use super::fit::session::{Progress, Session};
use super::weights::{self, Array};

/// The header's entry that holds the JSON.
const ENTRY: &str = "tuner.training";
/// The version of what the JSON and the names mean.
const VERSION: u32 = 1;

/// The remedy where a training cannot go on.
const ANEW: &str = "remove it, or name another file, to start anew";

#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    description: String,
    steps: u64,
    progress: Progress,
}

/// Stores the session as it is.
pub(crate) fn write(session: &mut Session<'_>, path: &Path) -> Result<(), TrainError> {
    let mut arrays = weights::arrays(&mut session.network);
    let best = session.best.iter().flatten().enumerate();
    let best = best.map(|(index, values)| (format!("best.{index}"), values));
    let memory = session
        .stepper
        .memory
        .iter()
        .enumerate()
        .flat_map(|(index, memory)| {
            let arrays = memory.iter().enumerate();
            arrays.map(move |(array, values)| (format!("memory.{index}.{array}"), values))
        });
    for (name, values) in best.chain(memory) {
        arrays.push(Array::new(name, &[values.len()], values));
    }
    let header = Header {
        version: VERSION,
        description: session.description(),
        steps: session.stepper.steps,
        progress: session.progress.clone(),
    };
    let fault = |problem: String| TrainError::checkpoint(path, problem);
    let json = serde_json::to_string(&header).map_err(|error| fault(error.to_string()))?;
    weights::write(
        path,
        &arrays,
        Some(HashMap::from([(ENTRY.to_owned(), json)])),
    )
}

/// Puts the session into the state that a file holds.
pub(crate) fn read(session: &mut Session<'_>, path: &Path) -> Result<(), TrainError> {
    let fault = |problem: String| TrainError::checkpoint(path, problem);
    let damaged = |error| weights::damaged(path, &error);
    let bytes = weights::bytes(path)?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let json = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY));
    let json = json.ok_or_else(|| {
        fault(format!(
            "it holds no training to go on with, for it has no entry {ENTRY}; name another file"
        ))
    })?;
    let header: Header = serde_json::from_str(json)
        .map_err(|error| fault(format!("its entry {ENTRY} is damaged ({error}); {ANEW}")))?;
    if header.version != VERSION {
        return Err(fault(format!(
            "it has version {}, this program reads version {VERSION}; {ANEW}",
            header.version
        )));
    }
    let description = session.description();
    if header.description != description {
        let differences = differences(&header.description, &description);
        return Err(fault(format!(
            "it belongs to a training with other settings, data or seed{}{}. To go on, train with \
             those that it was begun with; else {ANEW}",
            if differences.is_empty() { "" } else { ": " },
            differences.join("; ")
        )));
    }
    let load = |name: &str, to: &mut [f32]| weights::copy(path, &file, name, &[to.len()], to);
    let mut best = Vec::new();
    let has_best = file.tensor("best.0").is_ok();
    let mut result = Ok(());
    session.network.visit(&mut |name, parameter| {
        if result.is_err() {
            return;
        }
        let shape = parameter.shape().to_vec();
        result = weights::copy(path, &file, name, &shape, parameter.values_mut());
        if has_best && result.is_ok() {
            let mut values = vec![0.0; parameter.values().len()];
            result = load(&format!("best.{}", best.len()), &mut values);
            best.push(values);
        }
    });
    result?;
    for (index, memory) in session.stepper.memory.iter_mut().enumerate() {
        for (array, values) in memory.iter_mut().enumerate() {
            load(&format!("memory.{index}.{array}"), values)?;
        }
    }
    session.best = has_best.then_some(best);
    session.stepper.steps = header.steps;
    session.progress = header.progress;
    Ok(())
}

/// In what a training differs from the one that began, each in words; what is too long to read is
/// only named.
fn differences(old: &str, new: &str) -> Vec<String> {
    const LONGEST: usize = 120;
    let (old, new) = (settings(old), settings(new));
    let differ = new.iter().filter_map(|(name, value)| {
        let (_, was) = old.iter().find(|(other, _)| other == name)?;
        (was != value).then_some((name, value, was))
    });
    let words = differ.map(|(name, value, was)| match value.len().max(was.len()) {
        _ if name.ends_with("data") => format!("the {name} is not the same"),
        0..=LONGEST => format!("`{name}` is {value}, and was {was}"),
        _ => format!("`{name}` is another one"),
    });
    words.collect()
}

/// The settings in the description of a training, with their values as they stand there; none where
/// another version wrote it otherwise.
fn settings(description: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let Some(mut rest) = description.strip_prefix("Fit { ") else {
        return found;
    };
    while let Some(end) = end_of_value(rest) {
        let (field, after) = rest.split_at(end);
        found.extend(field.trim_end().split_once(": "));
        if let Some(after) = after.strip_prefix(", ") {
            rest = after;
            continue;
        }
        let after = after.strip_prefix("} seed ").unwrap_or_default();
        if let Some((seed, examples)) = after.split_once(" examples ") {
            found.push(("seed", seed));
            let parts = examples.split_once("), ");
            found.extend(parts.map(|(training, _)| ("training data", training)));
            found.extend(parts.map(|(_, validation)| ("validation data", validation)));
        }
        break;
    }
    found
}

/// Where the value of a field ends: at a comma or a brace that is none of its own.
fn end_of_value(text: &str) -> Option<usize> {
    let (mut depth, mut is_quoted, mut is_escaped) = (0, false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '{' | '[' | '(' => depth += 1,
            ',' | '}' if depth == 0 => return Some(place),
            '}' | ']' | ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
