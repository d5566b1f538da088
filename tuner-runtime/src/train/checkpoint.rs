//! Checkpoints: everything that a training needs to go on with the same bits, in one file.
//!
//! The file has the safetensors format: the weights under their names, what the optimiser
//! remembers as `memory.<parameter>.<array>`, the best weights as `best.<parameter>`, and the rest
//! as JSON in the header. It is written beside its place and renamed, so that a process that is
//! killed leaves the old one or the new one.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::error::TrainError;
use super::fit::session::{Progress, Session};

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
    let mut arrays: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    session.network.visit(&mut |name, parameter| {
        let bytes = to_bytes(parameter.values());
        arrays.push((name.to_owned(), parameter.shape().to_vec(), bytes));
    });
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
        arrays.push((name, vec![values.len()], to_bytes(values)));
    }
    let header = Header {
        version: VERSION,
        description: session.description(),
        steps: session.stepper.steps,
        progress: session.progress.clone(),
    };
    let fault = |problem: String| TrainError::checkpoint(path, problem);
    let json = serde_json::to_string(&header).map_err(|error| fault(error.to_string()))?;
    let views = arrays.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        view.map(|view| (name.as_str(), view))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(error.to_string()))?;
    let metadata = HashMap::from([(ENTRY.to_owned(), json)]);
    let bytes = serialize(views, Some(metadata)).map_err(|error| fault(error.to_string()))?;
    replace(path, &bytes).map_err(|error| fault(error.to_string()))
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
    let load = |name: &str, to: &mut [f32]| -> Result<(), TrainError> {
        let array = file
            .tensor(name)
            .map_err(|error| fault(format!("{name}: {error}")))?;
        if array.dtype() != Dtype::F32 || array.data().len() != 4 * to.len() {
            return Err(fault(format!("the array {name} has another size or type")));
        }
        for (to, bytes) in to.iter_mut().zip(array.data().as_chunks::<4>().0) {
            *to = f32::from_le_bytes(*bytes);
        }
        Ok(())
    };
    let mut best = Vec::new();
    let has_best = file.tensor("best.0").is_ok();
    let mut result = Ok(());
    session.network.visit(&mut |name, parameter| {
        if result.is_err() {
            return;
        }
        result = load(name, parameter.values_mut());
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

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Writes beside the file and renames, so that there is never half a file. It is not forced to the
/// disk: after a power cut the training may have to begin again.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("tmp");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
