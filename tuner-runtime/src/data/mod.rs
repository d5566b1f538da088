//! Real data sets as plain arrays: MNIST, Fashion-MNIST, CIFAR-10 and series of measured values.
//!
//! Each loader reads its files once, checks them completely and shares the result by `Arc`, so that
//! clones for workers and trials cost nothing. Nothing is downloaded: [`directory`] finds the files,
//! and every fault is a [`DataError`] that names the file.
//!
//! ```no_run
//! # use tuner_runtime as tuner;
//! use tuner::data;
//! # fn main() -> Result<(), data::DataError> {
//! let mnist = data::mnist(&data::directory("mnist", None)?)?;
//! assert_eq!(mnist.train.len(), 60_000);
//! assert_eq!(mnist.train.shape(), [28, 28]);
//! # Ok(())
//! # }
//! ```

mod cifar10;
mod csv;
mod directory;
mod error;
mod file;
mod idx;
mod images;
mod series;

pub use cifar10::cifar10;
pub use directory::directory;
pub use error::DataError;
pub use idx::{fashion_mnist, idx, mnist};
pub use images::{Images, TrainTest};
pub use series::{Series, Windows, noisy_sine, temperatures, windows};
