//! Checkpoints: everything that a training needs to go on with the same bits, in one file.
//!
//! The file has the safetensors format: the weights under their names, what the optimiser
//! remembers as `memory.<parameter>.<array>`, the best weights as `best.<parameter>`, and the rest
//! as JSON in the header. It is written beside its place and renamed, so that a process that is
//! killed leaves the old one or the new one.

use std::collections::HashMap;
use std::fs;
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
    let bytes = fs::read(path).map_err(|error| fault(error.to_string()))?;
    let (_, metadata) =
        SafeTensors::read_metadata(&bytes).map_err(|error| fault(error.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| fault(error.to_string()))?;
    let json = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY));
    let json = json.ok_or_else(|| fault(format!("it has no entry {ENTRY}")))?;
    let header: Header = serde_json::from_str(json).map_err(|error| fault(error.to_string()))?;
    if header.version != VERSION {
        return Err(fault(format!(
            "it has version {}, this program reads version {VERSION}",
            header.version
        )));
    }
    if header.description != session.description() {
        return Err(fault(
            "it belongs to a training with other settings, data or seed: remove it to start anew"
                .to_owned(),
        ));
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
