//! The arrays of a network in files of the safetensors format.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, serialize};

use super::error::TrainError;
use super::network::Network;

const OF_THIS_NETWORK: &str = "name a file of a network of the same layers";

/// A named array with its shape, as bytes of little-endian `f32`.
pub(crate) struct Array {
    name: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    pub(crate) fn new(name: impl Into<String>, shape: &[usize], values: &[f32]) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }
}

/// The parameters of a network under their names.
pub(crate) fn arrays(network: &mut Network) -> Vec<Array> {
    let mut arrays = Vec::new();
    network.visit(&mut |name, parameter| {
        arrays.push(Array::new(name, parameter.shape(), parameter.values()));
    });
    arrays
}

/// Writes beside the file and renames, so that there is never half a file. It is not forced to the
/// disk: a power cut may take it.
pub(crate) fn write(
    path: &Path,
    arrays: &[Array],
    metadata: Option<HashMap<String, String>>,
) -> Result<(), TrainError> {
    let fault = |error: &dyn std::fmt::Display| TrainError::checkpoint(path, error.to_string());
    let views = arrays.iter().map(|array| {
        let view = TensorView::new(Dtype::F32, array.shape.clone(), &array.bytes);
        view.map(|view| (array.name.as_str(), view))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(&error))?;
    let bytes = serialize(views, metadata).map_err(|error| fault(&error))?;
    let beside = beside(path);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| unwritable(path, &error))
}

/// Where a file is written before it takes its place.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// Makes the folder of a file that is to be written later, and tries whether it can be.
pub(crate) fn prepare(path: &Path) -> Result<(), TrainError> {
    let beside = beside(path);
    let folder = path.parent().unwrap_or(Path::new(""));
    let tried = match folder.as_os_str().is_empty() {
        true => Ok(()),
        false => fs::create_dir_all(folder),
    };
    let tried = tried.and_then(|()| fs::write(&beside, []));
    tried
        .and_then(|()| fs::remove_file(&beside))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> TrainError {
    let remedy = match error.kind() {
        ErrorKind::NotFound => "make its folder, or name a file in one that there is",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room there",
        _ => "name a file that this program may write, in a folder that it may write to",
    };
    TrainError::checkpoint(path, format!("it cannot be written ({error}); {remedy}"))
}

/// All bytes of a file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, TrainError> {
    fs::read(path).map_err(|error| {
        let remedy = "name a file that there is and that this program may read";
        TrainError::checkpoint(path, format!("it cannot be read ({error}); {remedy}"))
    })
}

/// The error of a file that is none of safetensors.
pub(crate) fn damaged(path: &Path, error: &SafeTensorError) -> TrainError {
    let remedy = "name another file, or remove it and train anew";
    let problem =
        format!("it is damaged, or no file of the safetensors format ({error}); {remedy}");
    TrainError::checkpoint(path, problem)
}

/// Copies the array of this name, which must have this shape.
pub(crate) fn copy(
    path: &Path,
    file: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
    to: &mut [f32],
) -> Result<(), TrainError> {
    let fault = |problem: String| TrainError::checkpoint(path, problem);
    let array = file
        .tensor(name)
        .map_err(|_| fault(format!("it holds no array {name}; {OF_THIS_NETWORK}")))?;
    if array.dtype() != Dtype::F32 || array.shape() != shape {
        return Err(fault(format!(
            "the array {name} has the shape {:?} and the type {:?}, not {shape:?} and F32; {OF_THIS_NETWORK}",
            array.shape(),
            array.dtype(),
        )));
    }
    for (to, bytes) in to.iter_mut().zip(array.data().as_chunks::<4>().0) {
        *to = f32::from_le_bytes(*bytes);
    }
    Ok(())
}

impl Network {
    /// Stores the weights in a file of the safetensors format, under the names of
    /// [`Network::visit`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        write(path, &arrays(self), None)
    }

    /// Takes the weights from a file that [`Network::save`] or a training wrote; its other arrays
    /// are passed over.
    ///
    /// # Errors
    /// When the file cannot be read, or lacks a parameter or holds it in another shape; then some
    /// of the weights may have been taken.
    pub fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let bytes = bytes(path)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| damaged(path, &error))?;
        let mut result = Ok(());
        self.visit(&mut |name, parameter| {
            if result.is_ok() {
                let shape = parameter.shape().to_vec();
                result = copy(path, &file, name, &shape, parameter.values_mut());
            }
        });
        result
    }
}

#[cfg(test)]
mod tests {
    use crate::train::{Activation, Sequential};

    #[test]
    fn saved_weights_come_back_with_every_bit() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("model.safetensors");
        let net = |units| {
            let net = Sequential::input([1, 6, 6])
                .conv2d(3, 2, Activation::Relu)
                .batch_norm();
            net.flatten().dense(units, Activation::Tanh)
        };
        let image: Vec<f32> = (0..36).map(|i| (i as f32).cos()).collect();
        let mut first = net(4).initialize(1).unwrap();
        first.save(&file).unwrap();
        let mut second = net(4).initialize(2).unwrap();
        let expected = first.predict(&image).unwrap();
        assert_ne!(second.predict(&image).unwrap(), expected);
        second.load(&file).unwrap();
        assert_eq!(second.predict(&image).unwrap(), expected);
        let error = net(5)
            .initialize(1)
            .unwrap()
            .load(&file)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("4.dense.weight") && error.contains("model.safetensors"),
            "{error}"
        );
        let error = second.load(&directory.path().join("none")).unwrap_err();
        assert!(
            error.to_string().contains("name a file that there is"),
            "{error}"
        );
        // As many numbers, but others.
        let wide = |inputs, units| {
            let net = Sequential::input([inputs]).dense(units, Activation::Tanh);
            net.initialize(1).unwrap()
        };
        wide(6, 4).save(&file).unwrap();
        let error = wide(4, 6).load(&file).unwrap_err().to_string();
        assert!(error.contains("shape [6, 4]"), "{error}");
        assert!(error.contains("not [4, 6]"), "{error}");
    }
}
