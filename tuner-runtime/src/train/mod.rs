//! Training with dfdx: layers of run-time size, optimisers and the fit loop.
//!
//! A [`Sequential`] describes a network, a [`Fit`] how it is trained, [`Data`] what it learns
//! from. Training runs on the calling thread alone, and everything random in it follows from one
//! seed, so the same seed gives the same bits wherever it runs.
//!
//! ```
//! # use tuner_runtime as tuner;
//! use tuner::train::{Activation, Data, EarlyStopping, Fit, Loss, Metric, RmsProp, Schedule};
//! use tuner::train::{Sequential, Steps};
//!
//! // Windows of 10 numbers of a sine, and the number that follows each.
//! let series: Vec<f32> = (0..130).map(|t| (t as f32 * 0.3).sin()).collect();
//! let windows: Vec<f32> = series.windows(10).take(120).flatten().copied().collect();
//! let data = Data::values(windows, [10, 1], series[10..].to_vec(), 1)?;
//! let (training, validation) = data.split(0.2)?;
//!
//! let net = Sequential::input([10, 1]).lstm(8, Steps::All).lstm(8, Steps::Last)
//!     .dense(1, Activation::Linear);
//! let fit = Fit::new(net).loss(Loss::Mse).optimizer(RmsProp::new(0.01)).metric(Metric::Mae)
//!     .schedule(Schedule::Cosine { floor: 0.1 }).clip_norm(1.0).batch_size(16).epochs(12)
//!     .early_stopping(EarlyStopping::new("val_loss").patience(4)).restore_best("val_loss");
//! let go = &mut |_: &_| std::ops::ControlFlow::Continue(());
//! let trained = fit.train(42, &training, &validation, go)?;
//! let losses = trained.history.curve("val_loss");
//! assert!(losses.last() < losses.first());
//! # Ok::<(), tuner::train::TrainError>(())
//! ```
//!
//! In a search, `tuner.search(|run, hp: Mlp| fit(&hp).run(run, &training, &validation))` reports
//! every epoch, may be pruned, and goes on from its last epoch after it was interrupted:
//! [`Fit::run`].
//!
//! # Where the time goes
//!
//! Every training measures itself: [`Trained::profile`] holds the seconds of each layer forwards and
//! backwards, of the optimiser, of making batches and of validation. The benchmarks `train_mlp`,
//! `train_cnn` and `train_lstm` print it; the guide to training has what they say.

mod activation;
mod batch;
mod buffer;
mod checkpoint;
mod data;
mod error;
mod execution;
mod fingerprint;
mod fit;
#[cfg(test)]
mod gradient_check;
mod history;
mod init;
mod kept;
mod layer;
mod loss;
mod metric;
mod monitor;
mod network;
mod ops;
mod optimizer;
mod parameter;
mod pool;
mod profile;
#[cfg(test)]
mod reference_tests;
mod schedule;
mod sequential;
mod tally;
mod weights;

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
pub use profile::Profile;
pub use schedule::Schedule;
pub use sequential::Sequential;
