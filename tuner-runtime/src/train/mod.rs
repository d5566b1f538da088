//! Training with dfdx: layers of run-time size, optimisers and the fit loop.
//!
//! A [`Sequential`] describes a network, a [`Fit`] how it is trained, [`Data`] what it learns
//! from. Training runs on the calling thread alone, and everything random in it follows from one
//! seed, so the same seed gives the same bits wherever it runs.

mod activation;
mod batch;
mod buffer;
mod checkpoint;
mod data;
mod error;
mod execution;
mod fit;
#[cfg(test)]
mod gradient_check;
mod history;
mod init;
mod layer;
mod loss;
mod metric;
mod monitor;
mod network;
mod ops;
mod optimizer;
mod parameter;
mod pool;
#[cfg(test)]
mod reference_tests;
mod schedule;
mod sequential;

/// The version of dfdx that trains here, for its own modules.
pub use ::dfdx;
pub use activation::Activation;
pub use data::{Data, Inputs};
pub use error::TrainError;
pub use fit::{Fit, Trained};
pub use history::{EpochMetrics, History};
pub use init::Init;
pub use layer::{Conv2d, DfdxModule, Layer, Trainable};
pub use loss::Loss;
pub use metric::Metric;
pub use monitor::{EarlyStopping, Plateau};
pub use network::Network;
pub use ops::time::Steps;
pub use ops::window::Padding;
pub use optimizer::{Adam, AdamW, Optimizer, RmsProp, Sgd};
pub use parameter::Parameter;
pub use schedule::Schedule;
pub use sequential::Sequential;
