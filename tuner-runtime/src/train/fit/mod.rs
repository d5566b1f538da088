//! How a network is trained. It knows nothing of trials and searches.

#[cfg(test)]
mod metric_tests;
pub(super) mod session;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::data::Data;
use super::error::TrainError;
use super::history::{EpochMetrics, History};
use super::loss::Loss;
use super::metric::Metric;
use super::monitor::{EarlyStopping, Plateau};
use super::network::Network;
use super::optimizer::{Adam, Clip, Optimizer};
use super::profile::Profile;
use super::schedule::Schedule;
use super::sequential::Sequential;
use super::weights;
use session::Session;

/// How a network is trained: a description that can run any number of times.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::ops::ControlFlow;
/// use tuner::train::{Activation, Adam, Data, Fit, Loss, Metric, Sequential};
///
/// // The sign of a number.
/// let inputs: Vec<f32> = (0..64).map(|i| i as f32 - 31.5).collect();
/// let labels: Vec<u8> = inputs.iter().map(|x| (*x > 0.0).into()).collect();
/// let data = Data::classes(inputs, [1], &labels)?;
///
/// let net = Sequential::input([1]).dense(8, Activation::Relu).dense(2, Activation::Linear);
/// let fit = Fit::new(net).loss(Loss::CrossEntropy).optimizer(Adam::new(0.01))
///     .metric(Metric::Accuracy).batch_size(8).epochs(20);
/// let trained = fit.train(42, &data, &data, &mut |_| ControlFlow::Continue(()))?;
/// assert!(trained.history.last().unwrap().get("val_accuracy").unwrap() > 0.9);
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fit {
    net: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    schedule: Schedule,
    clip: Option<Clip>,
    metrics: Vec<Metric>,
    class_weights: Option<Vec<f32>>,
    batch_size: usize,
    pub(super) epochs: u64,
    early_stopping: Option<EarlyStopping>,
    plateau: Option<Plateau>,
    restore_best: Option<String>,
    callbacks: Vec<Callback>,
}

/// A function of the user that sees every epoch.
#[derive(Clone)]
struct Callback(Arc<See>);

type See = dyn Fn(&EpochMetrics) -> ControlFlow<()> + Send + Sync;

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// A trained network and how it got there.
#[derive(Debug)]
pub struct Trained {
    /// The network, with the weights after the last epoch, or after the best one where
    /// [`Fit::restore_best`] asks for it.
    pub network: Network,
    /// The metrics of every epoch.
    pub history: History,
    /// Where the time of the epochs trained by this call went.
    pub profile: Profile,
}

impl Fit {
    /// Trains `net` with cross-entropy, Adam at 1e-3, batches of 32 and one epoch, unless set.
    pub fn new(net: Sequential) -> Self {
        Self {
            net,
            loss: Loss::CrossEntropy,
            optimizer: Adam::new(1e-3).into(),
            schedule: Schedule::Constant,
            clip: None,
            metrics: Vec::new(),
            class_weights: None,
            batch_size: 32,
            epochs: 1,
            early_stopping: None,
            plateau: None,
            restore_best: None,
            callbacks: Vec::new(),
        }
    }

    /// What training makes small.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// How the gradients change the weights.
    #[must_use]
    pub fn optimizer(mut self, optimizer: impl Into<Optimizer>) -> Self {
        self.optimizer = optimizer.into();
        self
    }

    /// How the learning rate changes while training goes on.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Scales the gradients of a step down when their common Euclidean norm is above `limit`. Takes
    /// the place of [`Fit::clip_value`].
    #[must_use]
    pub fn clip_norm(mut self, limit: f64) -> Self {
        self.clip = Some(Clip::Norm(limit));
        self
    }

    /// Keeps each number of the gradients within plus and minus `limit`. Takes the place of
    /// [`Fit::clip_norm`].
    #[must_use]
    pub fn clip_value(mut self, limit: f64) -> Self {
        self.clip = Some(Clip::Value(limit));
        self
    }

    /// Adds something to report beside the loss.
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        if !self.metrics.contains(&metric) {
            self.metrics.push(metric);
        }
        self
    }

    /// How much the examples of each class count in the training loss.
    #[must_use]
    pub fn class_weights(mut self, weights: impl Into<Vec<f32>>) -> Self {
        self.class_weights = Some(weights.into());
        self
    }

    /// How many examples one step sees; the last of an epoch sees the rest. With a module of dfdx
    /// that keeps statistics, a rest of one example joins the step before it.
    #[must_use]
    pub fn batch_size(mut self, examples: usize) -> Self {
        self.batch_size = examples;
        self
    }

    /// How often all examples are seen.
    #[must_use]
    pub fn epochs(mut self, epochs: u64) -> Self {
        self.epochs = epochs;
        self
    }

    /// Ends the training when a metric no longer gets better.
    #[must_use]
    pub fn early_stopping(mut self, stopping: EarlyStopping) -> Self {
        self.early_stopping = Some(stopping);
        self
    }

    /// Lowers the learning rate when a metric no longer gets better.
    #[must_use]
    pub fn plateau(mut self, plateau: Plateau) -> Self {
        self.plateau = Some(plateau);
        self
    }

    /// Gives the network back with the weights of the epoch whose `metric` was best.
    #[must_use]
    pub fn restore_best(mut self, metric: impl Into<String>) -> Self {
        self.restore_best = Some(metric.into());
        self
    }

    /// Calls `see` with the metrics of every epoch; `ControlFlow::Break(())` ends the training.
    #[must_use]
    pub fn callback<F>(mut self, see: F) -> Self
    where
        F: Fn(&EpochMetrics) -> ControlFlow<()> + Send + Sync + 'static,
    {
        self.callbacks.push(Callback(Arc::new(see)));
        self
    }

    /// The names of what every epoch reports, in order.
    pub fn metric_names(&self, with_validation: bool) -> Vec<String> {
        let own = || std::iter::once("loss").chain(self.metrics.iter().map(|m| m.name()));
        let mut names: Vec<String> = own().map(str::to_owned).collect();
        if with_validation {
            names.extend(own().map(|name| format!("val_{name}")));
        }
        names
    }

    /// Trains a new network: the same seed and data give the same bits, on any thread.
    ///
    /// `validation` is a `&Data` or `None`. `on_epoch` sees the metrics after every epoch and may
    /// end the training by `ControlFlow::Break(())`.
    ///
    /// # Errors
    /// When a setting, a layer or the data does not fit, and when the network diverges.
    pub fn train<'a>(
        &self,
        seed: u64,
        train: &Data,
        validation: impl Into<Option<&'a Data>>,
        on_epoch: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        Session::new(self, seed, train, validation.into())?.run(None, on_epoch)
    }

    /// Like [`Fit::train`], but stores a checkpoint in the file `checkpoint` after every epoch, in a
    /// folder that is made where there is none, and goes on from there when the file exists already:
    /// a training that was killed and started again ends with the same bits as one that was not.
    /// `on_epoch` sees the epochs that are trained now; the history holds all.
    ///
    /// # Errors
    /// Those of [`Fit::train`], and when the checkpoint cannot be written, cannot be read, or
    /// belongs to another training. More epochs are another training too, for schedules depend on
    /// their number.
    pub fn train_resumable<'a>(
        &self,
        seed: u64,
        train: &Data,
        validation: impl Into<Option<&'a Data>>,
        checkpoint: &Path,
        on_epoch: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        let mut session = Session::new(self, seed, train, validation.into())?;
        if checkpoint.exists() {
            session.resume(checkpoint)?;
        }
        if session.has_epochs_left() {
            weights::prepare(checkpoint)?;
        }
        session.run(Some(checkpoint), on_epoch)
    }

    /// The loss and the metrics of a trained network on `data`, by name.
    ///
    /// # Errors
    /// When the data does not fit the network or the loss.
    pub fn evaluate(
        &self,
        network: &mut Network,
        data: &Data,
    ) -> Result<Vec<(String, f64)>, TrainError> {
        self.check_data(network, data, "the data")?;
        session::evaluate(self, network, data)
    }

    /// Checks everything that does not depend on the data.
    fn check(&self, with_validation: bool) -> Result<(), TrainError> {
        if self.batch_size == 0 {
            return Err(TrainError::setting("the batch size", 0, "it is at least 1"));
        }
        if self.epochs == 0 {
            return Err(TrainError::setting(
                "the number of epochs",
                0,
                "it is at least 1",
            ));
        }
        let names = self.metric_names(with_validation);
        let early_stopping = self.early_stopping.as_ref().map(EarlyStopping::metric);
        let plateau = self.plateau.as_ref().map(Plateau::metric);
        let watched = [early_stopping, plateau, self.restore_best.as_deref()];
        for name in watched.into_iter().flatten() {
            if !names.iter().any(|known| known == name) {
                let remedy = format!("this training reports {}", names.join(", "));
                return Err(TrainError::setting("a watched metric", name, &remedy));
            }
        }
        if let Some(stopping) = &self.early_stopping {
            stopping.check()?;
        }
        if let Some(plateau) = &self.plateau {
            plateau.check()?;
        }
        if let Some(clip) = self.clip {
            clip.check()?;
        }
        self.schedule.check(self.epochs)?;
        self.optimizer.check()
    }

    /// Checks data that errors call `part`.
    fn check_data(&self, network: &Network, data: &Data, part: &str) -> Result<(), TrainError> {
        if data.input_shape() != network.input_shape() {
            return Err(TrainError::Data(format!(
                "the inputs of {part} have the shape {:?}, the network takes {:?}",
                data.input_shape(),
                network.input_shape()
            )));
        }
        if data.is_empty() {
            return Err(TrainError::Data(format!("{part} holds no example")));
        }
        if let Some(weights) = &self.class_weights {
            let Some(largest) = data.largest_class() else {
                return Err(TrainError::Data(format!(
                    "class weights need classes as targets: make {part} with Data::classes, or \
                     weigh the examples by Data::weighted"
                )));
            };
            let classes = largest as usize + 1;
            let usable = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
            if weights.len() < classes || !usable {
                return Err(TrainError::Data(format!(
                    "the class weights {weights:?} do not fit {part} of {}: \
                     give one for each class, finite and at least 0",
                    match classes {
                        1 => "1 class".to_owned(),
                        _ => format!("{classes} classes"),
                    }
                )));
            }
        }
        for metric in &self.metrics {
            metric.check(data, part, self.loss)?;
        }
        self.loss.check(data, part, network.output_shape())
    }
}
