//! The training loop. It knows nothing of trials and searches.

use std::ops::ControlFlow;
use std::time::Instant;

use super::buffer::{self, Buffer};
use super::data::Data;
use super::error::TrainError;
use super::history::{EpochMetrics, History};
use super::loss::Loss;
use super::metric::Metric;
use super::network::Network;
use super::optimizer::{Adam, Optimizer, Stepper};
use super::sequential::Sequential;
use crate::math::rng::{Purpose, Rng};

/// How many examples are evaluated at once outside training.
pub(crate) const EVALUATION_BATCH: usize = 500;

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
    metrics: Vec<Metric>,
    batch_size: usize,
    epochs: u64,
}

/// A trained network and how it got there.
#[derive(Debug)]
pub struct Trained {
    /// The network, with the weights after the last epoch.
    pub network: Network,
    /// The metrics of every epoch.
    pub history: History,
}

impl Fit {
    /// Trains `net` with cross-entropy, Adam at 1e-3, batches of 32 and one epoch, unless set.
    pub fn new(net: Sequential) -> Self {
        Self {
            net,
            loss: Loss::CrossEntropy,
            optimizer: Adam::new(1e-3).into(),
            metrics: Vec::new(),
            batch_size: 32,
            epochs: 1,
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

    /// Adds something to report beside the loss.
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        if !self.metrics.contains(&metric) {
            self.metrics.push(metric);
        }
        self
    }

    /// How many examples one step sees.
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
        let validation = validation.into();
        self.check()?;
        let mut network = self.net.initialize(seed)?;
        for data in std::iter::once(train).chain(validation) {
            self.check_data(&network, data)?;
        }
        let mut stepper = Stepper::new(self.optimizer);
        let mut history = History::default();
        for epoch in 1..=self.epochs {
            let start = Instant::now();
            let totals = self.epoch(epoch, seed, &mut network, &mut stepper, train)?;
            let mut values = self.named("", totals);
            if let Some(data) = validation {
                values.extend(self.named("val_", self.evaluate(&mut network, data)?));
            }
            if let Some(what) = network.non_finite() {
                return Err(TrainError::Diverged { epoch, what });
            }
            let metrics = EpochMetrics {
                epoch,
                seconds: start.elapsed().as_secs_f64(),
                values,
            };
            if let Some((what, _)) = metrics.values.iter().find(|(_, v)| !v.is_finite()) {
                let what = what.clone();
                return Err(TrainError::Diverged { epoch, what });
            }
            let flow = on_epoch(&metrics);
            history.epochs.push(metrics);
            if flow.is_break() {
                break;
            }
        }
        buffer::clear();
        Ok(Trained { network, history })
    }

    /// One pass over the training data in random order; the means of the loss and the metrics.
    fn epoch(
        &self,
        epoch: u64,
        seed: u64,
        network: &mut Network,
        stepper: &mut Stepper,
        data: &Data,
    ) -> Result<Vec<f64>, TrainError> {
        // Everything random in an epoch follows from the seed and the epoch's number alone.
        let mut rng = Rng::keyed(seed, Purpose::Training, epoch, 2);
        let mut order: Vec<usize> = (0..data.len()).collect();
        rng.shuffle(&mut order);
        let mut totals = Totals::new(self);
        for positions in order.chunks(self.batch_size) {
            let inputs = data.batch_inputs(positions);
            let targets = data.batch_targets(positions);
            let batch = network.forward(inputs, positions.len(), true, &mut rng)?;
            let mut gradient = Buffer::stale(batch.values.len());
            let (outputs, columns) = (&batch.values, batch.columns);
            let loss = self
                .loss
                .evaluate(outputs, columns, &targets, Some(&mut gradient));
            totals.add(loss, outputs, columns, &targets);
            let mut grads = batch.backward(gradient)?;
            stepper.step(network, &mut grads)?;
        }
        Ok(totals.means(data.len()))
    }

    /// The means of the loss and the metrics over `data`.
    fn evaluate(&self, network: &mut Network, data: &Data) -> Result<Vec<f64>, TrainError> {
        let positions: Vec<usize> = (0..data.len()).collect();
        let mut totals = Totals::new(self);
        for positions in positions.chunks(EVALUATION_BATCH) {
            let inputs = data.batch_inputs(positions);
            let targets = data.batch_targets(positions);
            // Nothing random happens outside training.
            let batch = network.forward(inputs, positions.len(), false, &mut Rng::new(0))?;
            let loss = self
                .loss
                .evaluate(&batch.values, batch.columns, &targets, None);
            totals.add(loss, &batch.values, batch.columns, &targets);
        }
        Ok(totals.means(data.len()))
    }

    fn named(&self, prefix: &str, values: Vec<f64>) -> Vec<(String, f64)> {
        let names = self.metric_names(false).into_iter();
        names
            .map(|name| format!("{prefix}{name}"))
            .zip(values)
            .collect()
    }

    fn check(&self) -> Result<(), TrainError> {
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
        self.optimizer.check()
    }

    fn check_data(&self, network: &Network, data: &Data) -> Result<(), TrainError> {
        if data.input_shape() != network.input_shape() {
            return Err(TrainError::Data(format!(
                "the data's inputs have the shape {:?}, the network takes {:?}",
                data.input_shape(),
                network.input_shape()
            )));
        }
        if data.is_empty() {
            return Err(TrainError::Data("the data holds no example".to_owned()));
        }
        for metric in &self.metrics {
            metric.check(data)?;
        }
        self.loss.check(data, network.output_shape())
    }
}

/// Sums over an epoch: the loss, then the metrics.
struct Totals<'a> {
    metrics: &'a [Metric],
    sums: Vec<f64>,
}

impl<'a> Totals<'a> {
    fn new(fit: &'a Fit) -> Self {
        Self {
            metrics: &fit.metrics,
            sums: vec![0.0; 1 + fit.metrics.len()],
        }
    }

    fn add(
        &mut self,
        loss: f64,
        outputs: &[f32],
        columns: usize,
        targets: &super::data::BatchTargets,
    ) {
        self.sums[0] += loss;
        for (sum, metric) in self.sums[1..].iter_mut().zip(self.metrics) {
            *sum += metric.sum(outputs, columns, targets);
        }
    }

    fn means(self, count: usize) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / count as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Activation;

    /// Points in the plane, of class 1 inside a ring.
    fn ring(count: usize) -> Data {
        let mut rng = Rng::new(9);
        let points: Vec<f32> = (0..2 * count).map(|_| rng.normal() as f32).collect();
        let inside = |point: &[f32]| u32::from(point[0].powi(2) + point[1].powi(2) < 1.4);
        let labels: Vec<u32> = points.chunks(2).map(inside).collect();
        Data::classes(points, [2], &labels).unwrap()
    }

    fn fit(rate: f64) -> Fit {
        let net = Sequential::input([2])
            .dense(24, Activation::Relu)
            .dense(2, Activation::Linear);
        let fit = Fit::new(net).optimizer(Adam::new(rate));
        fit.metric(Metric::Accuracy).batch_size(16).epochs(12)
    }

    fn weights(mut trained: Trained) -> Vec<u32> {
        let mut bits = Vec::new();
        let network = &mut trained.network;
        network.visit(&mut |_, p| bits.extend(p.values().iter().map(|w| w.to_bits())));
        bits
    }

    #[test]
    fn a_ring_is_learnt() {
        let data = ring(600);
        let (training, validation) = data.split(0.2).unwrap();
        let mut seen = Vec::new();
        let trained = fit(0.01).train(1, &training, &validation, &mut |epoch| {
            seen.push(epoch.epoch);
            ControlFlow::Continue(())
        });
        let trained = trained.unwrap();
        assert_eq!(seen, (1..=12).collect::<Vec<_>>());
        let accuracy = trained.history.curve("val_accuracy");
        assert!(*accuracy.last().unwrap() > 0.9, "{accuracy:?}");
        let losses = trained.history.curve("loss");
        assert!(losses.last() < losses.first(), "{losses:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_on_any_thread() {
        let run = |seed| {
            let data = ring(100);
            weights(
                fit(0.01)
                    .train(seed, &data, None, &mut |_| ControlFlow::Continue(()))
                    .unwrap(),
            )
        };
        let here = run(7);
        let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(move || run(7))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), here);
        }
        assert_ne!(run(8), here);
    }

    #[test]
    fn validation_changes_nothing_in_the_weights() {
        let data = ring(100);
        let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
        let without = weights(fit(0.01).train(7, &data, None, go).unwrap());
        let with = weights(fit(0.01).train(7, &data, &data.take(30), go).unwrap());
        assert_eq!(without, with);
    }

    #[test]
    fn a_diverged_network_is_an_error_of_its_epoch() {
        let data = ring(100);
        let mut epochs = 0;
        let error = fit(1e38).train(1, &data, None, &mut |_| {
            epochs += 1;
            ControlFlow::Continue(())
        });
        let message = error.unwrap_err().to_string();
        assert!(message.contains("diverged in epoch 1"), "{message}");
        assert_eq!(epochs, 0);
    }

    #[test]
    fn breaking_ends_the_training() {
        let trained = fit(0.01).train(1, &ring(50), None, &mut |_| ControlFlow::Break(()));
        assert_eq!(trained.unwrap().history.epochs.len(), 1);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_training() {
        let go = &mut |_: &EpochMetrics| ControlFlow::Continue(());
        let mut message =
            |fit: &Fit, data: &Data| fit.train(1, data, None, go).unwrap_err().to_string();
        let data = ring(20);
        assert!(message(&fit(0.0), &data).contains("learning rate is 0"));
        assert!(message(&fit(0.1).batch_size(0), &data).contains("batch size is 0"));
        assert!(message(&fit(0.1).epochs(0), &data).contains("epochs is 0"));
        let wrong = Data::classes(vec![0f32; 6], [3], &[0u8, 1]).unwrap();
        assert!(message(&fit(0.1), &wrong).contains("shape [3], the network takes [2]"));
        let classes = Data::classes(vec![0f32; 4], [2], &[0u8, 7]).unwrap();
        assert!(message(&fit(0.1), &classes).contains("class 7"));
        let numbers = Data::values(vec![0f32; 4], [2], vec![0.0, 1.0], 1).unwrap();
        assert!(message(&fit(0.1), &numbers).contains("Data::classes"));
        assert!(message(&fit(0.1), &data.take(0)).contains("no example"));
    }
}
