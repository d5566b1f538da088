//! One run of the training loop.

use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Fit, Trained};
use crate::math::rng::{Purpose, Rng};
use crate::train::buffer::{self, Buffer};
use crate::train::checkpoint;
use crate::train::data::{BatchTargets, Data};
use crate::train::error::TrainError;
use crate::train::history::{EpochMetrics, History};
use crate::train::kept::Keeper;
use crate::train::monitor::Watch;
use crate::train::network::Network;
use crate::train::optimizer::Stepper;
use crate::train::profile;
use crate::train::tally::Tally;

/// A network on its way, between two epochs.
pub(crate) struct Session<'a> {
    fit: &'a Fit,
    seed: u64,
    train: &'a Data,
    validation: Option<&'a Data>,
    pub(crate) network: Network,
    pub(crate) stepper: Stepper,
    pub(crate) progress: Progress,
    /// The weights of the best epoch, in the order of the visit.
    pub(crate) best: Option<Vec<Vec<f32>>>,
    /// Stores the weights of good epochs in a file of their own.
    pub(crate) keeper: Option<Keeper>,
    description: OnceCell<String>,
}

/// What else a checkpoint holds: everything that is not an array. Shuffling and dropout need no
/// state, for each epoch draws from a stream of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) history: History,
    early_stopping: Watch,
    plateau: Watch,
    best: Watch,
    /// The share of the learning rate that the plateau left.
    share: f64,
    /// Early stopping or a callback ended the training.
    ended: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        fit: &'a Fit,
        seed: u64,
        train: &'a Data,
        validation: Option<&'a Data>,
    ) -> Result<Self, TrainError> {
        fit.check(validation.is_some())?;
        let mut network = fit.net.initialize(seed)?;
        fit.check_data(&network, train, "the training data")?;
        if let Some(validation) = validation {
            fit.check_data(&network, validation, "the validation data")?;
        }
        Ok(Self {
            stepper: Stepper::new(fit.optimizer, fit.clip, &mut network),
            progress: Progress {
                history: History::default(),
                early_stopping: Watch::default(),
                plateau: Watch::default(),
                best: Watch::default(),
                share: 1.0,
                ended: false,
            },
            best: None,
            keeper: None,
            description: OnceCell::new(),
            fit,
            seed,
            train,
            validation,
            network,
        })
    }

    /// Everything that decides what the training does, to tell one training from another.
    pub(crate) fn description(&self) -> String {
        // Once, for it reads all of the data.
        let description = self.description.get_or_init(|| {
            let train = (self.train.len(), self.train.fingerprint());
            let validation = self.validation.map(|data| (data.len(), data.fingerprint()));
            let examples = (train, validation);
            format!("{:?} seed {} examples {examples:x?}", self.fit, self.seed)
        });
        description.clone()
    }

    /// Goes on from a checkpoint.
    pub(crate) fn resume(&mut self, path: &Path) -> Result<(), TrainError> {
        checkpoint::read(self, path)
    }

    /// Whether there is something to train.
    pub(crate) fn has_epochs_left(&self) -> bool {
        !self.progress.ended && self.progress.history.epochs.len() < self.fit.epochs as usize
    }

    /// Trains the epochs that are left.
    pub(crate) fn run(
        mut self,
        checkpoint: Option<&Path>,
        on_epoch: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        profile::take();
        let result = self.epochs(checkpoint, on_epoch);
        let profile = profile::take();
        buffer::clear();
        result?;
        if let Some(best) = self.best {
            let mut best = best.into_iter();
            self.network.visit(&mut |_, parameter| {
                if let Some(values) = best.next() {
                    parameter.values_mut().copy_from_slice(&values);
                }
            });
        }
        Ok(Trained {
            network: self.network,
            history: self.progress.history,
            profile,
        })
    }

    fn epochs(
        &mut self,
        checkpoint: Option<&Path>,
        on_epoch: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
    ) -> Result<(), TrainError> {
        while self.has_epochs_left() {
            let metrics = self.epoch()?;
            self.watch(&metrics);
            if let Some(keeper) = &mut self.keeper {
                keeper.see(&metrics, &mut self.network)?;
            }
            let flow = on_epoch(&metrics);
            for callback in &self.fit.callbacks {
                self.progress.ended |= (callback.0)(&metrics).is_break();
            }
            self.progress.history.epochs.push(metrics);
            if let Some(path) = checkpoint {
                profile::time("checkpoint", || checkpoint::write(self, path))?;
            }
            // Whoever stops the training from outside may let it go on later: the checkpoint does
            // not say that it has ended.
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Trains and measures one epoch.
    fn epoch(&mut self) -> Result<EpochMetrics, TrainError> {
        let epoch = self.progress.history.epochs.len() as u64 + 1;
        let start = Instant::now();
        let mut values = self.pass(epoch)?;
        if let Some(data) = self.validation {
            let network = &mut self.network;
            let measured = profile::time("validation", || evaluate(self.fit, network, data))?;
            values.extend(
                measured
                    .into_iter()
                    .map(|(name, v)| (format!("val_{name}"), v)),
            );
        }
        let bad_value = values.iter().find(|(_, value)| !value.is_finite());
        let bad_value = bad_value.map(|(name, _)| name.clone());
        // The loss alone may stay finite while weights are not.
        if let Some(what) = self.network.non_finite().or(bad_value) {
            return Err(self.diverged(epoch, what));
        }
        Ok(EpochMetrics {
            epoch,
            seconds: start.elapsed().as_secs_f64(),
            values,
        })
    }

    /// One pass over the training data in random order.
    fn pass(&mut self, epoch: u64) -> Result<Vec<(String, f64)>, TrainError> {
        let fit = self.fit;
        // Everything random in an epoch follows from the seed and the epoch's number alone.
        let mut rng = Rng::keyed(self.seed, Purpose::Training, epoch, 2);
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        rng.shuffle(&mut order);
        let batches = batches(&order, fit.batch_size, self.network.fewest_rows());
        let steps = batches.len();
        let mut totals = Totals::new(fit);
        for (step, positions) in batches.into_iter().enumerate() {
            let (inputs, targets, weights) = profile::time("batches", || {
                let class_weights = fit.class_weights.as_deref();
                (
                    self.train.batch_inputs(positions),
                    self.train.batch_targets(positions),
                    self.train.batch_weights(positions, class_weights),
                )
            });
            let batch = self
                .network
                .forward(inputs, positions.len(), true, &mut rng)?;
            let mut gradient = Buffer::stale(batch.values.len());
            let (outputs, columns) = (&batch.values, batch.columns);
            let (weights, to) = (weights.as_deref(), Some(&mut gradient[..]));
            let loss = profile::time("loss and metrics", || {
                let loss = fit.loss.evaluate(outputs, columns, &targets, weights, to);
                totals.add(loss, outputs, columns, &targets);
                loss
            });
            if !loss.is_finite() && self.stepper.steps == 0 {
                return Err(self.not_finite_at_once(loss));
            }
            if !loss.is_finite() {
                let what = format!("the loss of batch {} of {steps}", step + 1);
                return Err(self.diverged(epoch, what));
            }
            let mut grads = batch.backward(gradient)?;
            let factor = fit.schedule.factor(epoch, step, steps, fit.epochs) * self.progress.share;
            profile::time("optimiser", || {
                self.stepper.step(&mut self.network, &mut grads, factor)
            })?;
        }
        Ok(totals.means(self.train.len()))
    }

    /// The error of an epoch in which something became infinite or not a number: unless the data
    /// held it already.
    fn diverged(&self, epoch: u64, what: String) -> TrainError {
        match self.fault_of_the_data() {
            Some(fault) => TrainError::Data(fault),
            None => TrainError::Diverged { epoch, what },
        }
    }

    /// The error of a loss that is not finite before any weight was changed, which no learning
    /// rate causes.
    fn not_finite_at_once(&self, loss: f64) -> TrainError {
        TrainError::Data(self.fault_of_the_data().unwrap_or_else(|| {
            format!(
                "the loss is {loss} before the first step: the inputs, the targets or the first \
                 weights are too large; bring the data near -1 to 1, or take smaller weights"
            )
        }))
    }

    /// The first number of the data that is not finite.
    fn fault_of_the_data(&self) -> Option<String> {
        let parts = [
            ("training", Some(self.train)),
            ("validation", self.validation),
        ];
        parts.into_iter().find_map(|(part, data)| {
            let example = data?.first_not_finite()?;
            Some(format!(
                "example {example} of the {part} data, counted from 0, holds a number that is not \
                 finite: leave it out or replace it"
            ))
        })
    }

    /// Lets early stopping, the plateau and the best weights see an epoch.
    fn watch(&mut self, metrics: &EpochMetrics) {
        let progress = &mut self.progress;
        // The names were checked before the first step.
        let value = |name: &str| metrics.get(name).unwrap_or(f64::NAN);
        if let Some(stopping) = &self.fit.early_stopping {
            let value = value(stopping.metric());
            progress.ended |= stopping.ends(&mut progress.early_stopping, value);
        }
        if let Some(plateau) = &self.fit.plateau {
            let value = value(plateau.metric());
            progress.share = plateau.share(&mut progress.plateau, progress.share, value);
        }
        if let Some(name) = &self.fit.restore_best
            && progress.best.see(name, value(name), 0.0)
        {
            let mut weights = Vec::new();
            self.network
                .visit(&mut |_, parameter| weights.push(parameter.values().to_vec()));
            self.best = Some(weights);
        }
    }
}

/// The examples in batches of `size`; a last one of less than `fewest` joins the one before.
fn batches(order: &[usize], size: usize, fewest: usize) -> Vec<&[usize]> {
    let mut batches: Vec<&[usize]> = order.chunks(size).collect();
    if let [.., before, last] = batches[..]
        && last.len() < fewest
    {
        batches.truncate(batches.len() - 2);
        batches.push(&order[order.len() - before.len() - last.len()..]);
    }
    batches
}

/// The loss and the metrics of `network` on `data`, by name.
pub(crate) fn evaluate(
    fit: &Fit,
    network: &mut Network,
    data: &Data,
) -> Result<Vec<(String, f64)>, TrainError> {
    let positions: Vec<usize> = (0..data.len()).collect();
    let mut totals = Totals::new(fit);
    for positions in positions.chunks(network.evaluation_batch()) {
        let inputs = data.batch_inputs(positions);
        let targets = data.batch_targets(positions);
        let weights = data.batch_weights(positions, None);
        // Nothing random happens outside training.
        let batch = network.forward(inputs, positions.len(), false, &mut Rng::new(0))?;
        let (outputs, columns) = (&batch.values, batch.columns);
        let loss = fit
            .loss
            .evaluate(outputs, columns, &targets, weights.as_deref(), None);
        totals.add(loss, outputs, columns, &targets);
    }
    Ok(totals.means(data.len()))
}

/// What an epoch adds up: the loss, then the metrics.
struct Totals {
    loss: f64,
    metrics: Vec<Tally>,
}

impl Totals {
    fn new(fit: &Fit) -> Self {
        Self {
            loss: 0.0,
            metrics: fit
                .metrics
                .iter()
                .map(|metric| Tally::new(*metric))
                .collect(),
        }
    }

    fn add(&mut self, loss: f64, outputs: &[f32], columns: usize, targets: &BatchTargets) {
        self.loss += loss;
        for tally in &mut self.metrics {
            tally.add(outputs, columns, targets);
        }
    }

    /// The means by name.
    fn means(self, count: usize) -> Vec<(String, f64)> {
        let metrics = self.metrics.into_iter();
        let metrics = metrics.map(|tally| (tally.metric().name(), tally.finish(count)));
        let all = std::iter::once(("loss", self.loss / count as f64)).chain(metrics);
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
