//! What can go wrong while a network is built and trained.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use dfdx::tensor::CpuError;

/// An error of building or training a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A layer cannot follow the one before it.
    #[error("layer {number} ({layer}) {problem}")]
    Layer {
        /// The layer's number in the network, from 1.
        number: usize,
        /// The layer's kind.
        layer: &'static str,
        /// What does not fit, and what would.
        problem: String,
    },
    /// The data has a shape or a value that the network or the loss cannot take.
    #[error("{0}")]
    Data(String),
    /// A setting of the training is outside its range.
    #[error("{name} is {value}: {remedy}")]
    Setting {
        /// The setting's name.
        name: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be.
        remedy: String,
    },
    /// A number of the network became infinite or not a number.
    #[error(
        "the network diverged in epoch {epoch}: {what} is no longer finite; \
         try a smaller learning rate or clip the gradients"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: u64,
        /// The parameter or loss in question.
        what: String,
    },
    /// A checkpoint cannot be written or read.
    #[error("the checkpoint {path}: {problem}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The search stopped the training.
    #[error("the search stopped the training")]
    Stopped,
    /// dfdx could not run an operation.
    #[error("dfdx failed: {0}")]
    Engine(String),
}

impl TrainError {
    pub(crate) fn engine(error: CpuError) -> Self {
        Self::Engine(error.to_string())
    }

    /// The error that dfdx's tape can carry. Inside the tape nothing but memory can fail: shapes
    /// are checked before an operation is recorded.
    pub(crate) fn into_engine(self) -> CpuError {
        CpuError::OutOfMemory
    }

    pub(crate) fn checkpoint(path: &Path, problem: String) -> Self {
        Self::Checkpoint {
            path: path.to_path_buf(),
            problem,
        }
    }

    pub(crate) fn setting(name: &'static str, value: impl Debug, remedy: &str) -> Self {
        Self::Setting {
            name,
            // So that 1e300 is not written out.
            value: format!("{value:?}"),
            remedy: remedy.to_owned(),
        }
    }
}
