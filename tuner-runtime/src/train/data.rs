//! What a network learns from: inputs and targets as plain arrays that every trial shares.

use std::sync::Arc;

use super::buffer::Buffer;
use super::error::TrainError;
use super::fingerprint::Fingerprint;
use crate::math::rng::{Purpose, Rng};
use crate::trial::text::counted;

/// The inputs of all examples, one after the other.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Inputs {
    /// Bytes, such as pixels. The network sees them divided by 255; they are converted batch by
    /// batch, so that a data set takes a quarter of the memory.
    Bytes(Arc<[u8]>),
    /// Numbers, taken as they are.
    Floats(Arc<[f32]>),
}

impl Inputs {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Floats(floats) => floats.len(),
        }
    }
}

impl From<Arc<[u8]>> for Inputs {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Inputs {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Arc<[f32]>> for Inputs {
    fn from(floats: Arc<[f32]>) -> Self {
        Self::Floats(floats)
    }
}

impl From<Vec<f32>> for Inputs {
    fn from(floats: Vec<f32>) -> Self {
        Self::Floats(floats.into())
    }
}

/// What the network should answer.
#[derive(Debug, Clone)]
pub(crate) enum Targets {
    /// One class an example.
    Classes(Arc<[u32]>),
    /// `columns` numbers an example.
    Values { values: Arc<[f32]>, columns: usize },
}

/// The targets of one batch.
#[derive(Debug)]
pub(crate) enum BatchTargets {
    Classes(Vec<u32>),
    Values(Buffer),
}

/// Examples with their targets. A clone, a part and a fold share the arrays with the original.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::train::Data;
///
/// // Four images of 2 by 2 bytes, of the classes 0 and 1.
/// let images: Vec<u8> = vec![0, 255, 255, 0, 9, 8, 7, 6, 0, 0, 255, 255, 1, 2, 3, 4];
/// let data = Data::classes(images, [2, 2], &[0u8, 1, 0, 1])?;
/// assert_eq!((data.len(), data.input_shape()), (4, &[2, 2][..]));
/// assert_eq!(data.take(3).len(), 3);
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Data {
    inputs: Inputs,
    shape: Arc<[usize]>,
    targets: Targets,
    /// How much each example counts in the loss, by its position and not by its row, for a row may
    /// stand at several; all the same when `None`.
    weights: Option<Arc<[f32]>>,
    /// Which examples belong to this part, or all of them.
    rows: Rows,
}

#[derive(Debug, Clone)]
enum Rows {
    First(usize),
    Chosen(Arc<[usize]>),
}

impl Data {
    /// Examples of `shape` (without the batch axis), each with its class, from 0.
    ///
    /// # Errors
    /// When the numbers of inputs and labels do not fit together.
    pub fn classes<L: Copy + Into<u32>>(
        inputs: impl Into<Inputs>,
        shape: impl Into<Vec<usize>>,
        labels: &[L],
    ) -> Result<Self, TrainError> {
        let labels: Arc<[u32]> = labels.iter().map(|&label| label.into()).collect();
        let count = labels.len();
        Self::new(inputs.into(), shape.into(), Targets::Classes(labels), count)
    }

    /// Images with their classes, as a data set holds them; the pixels are shared with it.
    ///
    /// # Errors
    /// When there are no images.
    #[cfg(feature = "data")]
    pub fn images(images: &crate::data::Images) -> Result<Self, TrainError> {
        Self::classes(images.pixels().clone(), images.shape(), images.labels())
    }

    /// Examples of `shape` (without the batch axis), each with `columns` numbers as its target.
    ///
    /// # Errors
    /// When the numbers of inputs and targets do not fit together.
    pub fn values(
        inputs: impl Into<Inputs>,
        shape: impl Into<Vec<usize>>,
        targets: impl Into<Arc<[f32]>>,
        columns: usize,
    ) -> Result<Self, TrainError> {
        let values: Arc<[f32]> = targets.into();
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(TrainError::Data(format!(
                "{} target values are no whole number of rows of {columns}",
                values.len()
            )));
        }
        let count = values.len() / columns;
        let targets = Targets::Values { values, columns };
        Self::new(inputs.into(), shape.into(), targets, count)
    }

    fn new(
        inputs: Inputs,
        shape: Vec<usize>,
        targets: Targets,
        count: usize,
    ) -> Result<Self, TrainError> {
        let mut axes = shape.iter();
        let needed = axes.try_fold(count, |product, &axis| product.checked_mul(axis));
        if inputs.len() == 0 || needed != Some(inputs.len()) {
            return Err(TrainError::Data(format!(
                "{} cannot be {} of shape {shape:?}: give as many examples as targets, and at \
                 least one",
                counted(inputs.len(), "input value"),
                counted(count, "example")
            )));
        }
        Ok(Self {
            inputs,
            shape: shape.into(),
            targets,
            weights: None,
            rows: Rows::First(count),
        })
    }

    /// The same examples with a weight for each, in order: how much it counts in the loss, where 1
    /// is usual. Metrics are not weighted.
    ///
    /// # Errors
    /// When there is not one weight an example, each finite and not negative.
    pub fn weighted(&self, weights: &[f32]) -> Result<Self, TrainError> {
        let bad = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0));
        if bad.is_some() || weights.len() != self.len() {
            return Err(TrainError::Data(format!(
                "{} (first that cannot be used: {bad:?}) for {}: give one each, finite and at \
                 least 0",
                counted(weights.len(), "sample weight"),
                counted(self.len(), "example")
            )));
        }
        Ok(Self {
            weights: Some(weights.into()),
            ..self.clone()
        })
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::First(count) => *count,
            Rows::Chosen(rows) => rows.len(),
        }
    }

    /// Whether there are no examples, as after `take(0)`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of one input, without the batch axis.
    pub fn input_shape(&self) -> &[usize] {
        &self.shape
    }

    /// The first `count` examples, or all when there are fewer.
    pub fn take(&self, count: usize) -> Self {
        self.range(0, count.min(self.len()))
    }

    /// The examples with these positions, in this order.
    ///
    /// # Errors
    /// When a position is not below [`Data::len`].
    pub fn select(&self, positions: &[usize]) -> Result<Self, TrainError> {
        match positions.iter().find(|&&position| position >= self.len()) {
            None => Ok(self.chosen(positions)),
            Some(position) => Err(TrainError::Data(format!(
                "there is no example {position}: the data has {}, counted from 0",
                self.len()
            ))),
        }
    }

    /// Two parts: all but the last `fraction`, for training, and the last `fraction`, for
    /// validation. Shuffle before, unless the order is time.
    ///
    /// # Errors
    /// When one of the parts would be empty.
    pub fn split(&self, fraction: f64) -> Result<(Self, Self), TrainError> {
        // A fraction that is no number leaves nothing out.
        let left_out = (self.len() as f64 * fraction).round() as usize;
        let kept = self.len().saturating_sub(left_out);
        if kept == 0 || kept == self.len() {
            return Err(TrainError::setting(
                "the validation split",
                fraction,
                "it lies between 0 and 1 and leaves examples on both sides",
            ));
        }
        Ok((self.range(0, kept), self.range(kept, self.len())))
    }

    /// The examples in random order.
    pub fn shuffled(&self, seed: u64) -> Self {
        self.chosen(&self.order(seed))
    }

    /// `count` pairs of training and validation data: the examples are shuffled, and each of them
    /// is in the validation data of exactly one pair.
    ///
    /// # Errors
    /// When `count` is below 2 or above the number of examples.
    pub fn k_fold(&self, count: usize, seed: u64) -> Result<Vec<(Self, Self)>, TrainError> {
        if count < 2 || count > self.len() {
            return Err(TrainError::setting(
                "the number of folds",
                count,
                &format!(
                    "2 folds or more, and at most one an example: the data has {}",
                    counted(self.len(), "example")
                ),
            ));
        }
        let order = self.order(seed);
        let folds = (0..count).map(|fold| {
            let bounds = fold * order.len() / count..(fold + 1) * order.len() / count;
            let training = [&order[..bounds.start], &order[bounds.end..]].concat();
            (self.chosen(&training), self.chosen(&order[bounds]))
        });
        Ok(folds.collect())
    }

    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The inputs of the examples at these positions.
    pub(crate) fn batch_inputs(&self, positions: &[usize]) -> Buffer {
        let size: usize = self.shape.iter().product();
        let mut batch = Buffer::stale(positions.len() * size);
        for (to, &position) in batch.chunks_exact_mut(size).zip(positions) {
            let row = self.row(position);
            match &self.inputs {
                Inputs::Floats(floats) => to.copy_from_slice(&floats[row * size..][..size]),
                Inputs::Bytes(bytes) => scale_bytes(&bytes[row * size..][..size], to),
            }
        }
        batch
    }

    /// The targets of the examples at these positions.
    pub(crate) fn batch_targets(&self, positions: &[usize]) -> BatchTargets {
        match &self.targets {
            Targets::Classes(labels) => {
                BatchTargets::Classes(positions.iter().map(|&p| labels[self.row(p)]).collect())
            }
            Targets::Values { values, columns } => {
                let mut batch = Buffer::stale(positions.len() * columns);
                for (to, &position) in batch.chunks_exact_mut(*columns).zip(positions) {
                    to.copy_from_slice(&values[self.row(position) * columns..][..*columns]);
                }
                BatchTargets::Values(batch)
            }
        }
    }

    /// The weights of the examples at these positions: their own times those of their classes.
    pub(crate) fn batch_weights(
        &self,
        positions: &[usize],
        class_weights: Option<&[f32]>,
    ) -> Option<Vec<f32>> {
        if self.weights.is_none() && class_weights.is_none() {
            return None;
        }
        let weight = |&position: &usize| {
            let own = self.weights.as_ref();
            let own = own.map_or(1.0, |weights| weights[position]);
            match (&self.targets, class_weights) {
                (Targets::Classes(labels), Some(weights)) => {
                    own * weights[labels[self.row(position)] as usize]
                }
                _ => own,
            }
        };
        Some(positions.iter().map(weight).collect())
    }

    /// A number that changes with the data: with every input, target and weight, and their order.
    pub(crate) fn fingerprint(&self) -> u64 {
        let size: usize = self.shape.iter().product();
        let mut hash = Fingerprint::new();
        for position in 0..self.len() {
            let row = self.row(position);
            match &self.inputs {
                Inputs::Bytes(bytes) => hash.bytes(&bytes[row * size..][..size]),
                Inputs::Floats(floats) => hash.floats(&floats[row * size..][..size]),
            }
            match &self.targets {
                Targets::Classes(labels) => hash.word(u64::from(labels[row])),
                Targets::Values { values, columns } => {
                    hash.floats(&values[row * columns..][..*columns]);
                }
            }
        }
        if let Some(weights) = &self.weights {
            hash.floats(&weights[..self.len()]);
        }
        hash.end()
    }

    /// The first example that holds an infinity or not-a-number.
    pub(crate) fn first_not_finite(&self) -> Option<usize> {
        let size: usize = self.shape.iter().product();
        (0..self.len()).find(|&position| {
            let row = self.row(position);
            let inputs = match &self.inputs {
                Inputs::Floats(floats) => &floats[row * size..][..size],
                Inputs::Bytes(_) => &[],
            };
            let targets = match &self.targets {
                Targets::Values { values, columns } => &values[row * columns..][..*columns],
                Targets::Classes(_) => &[],
            };
            !(super::ops::all_finite(inputs) && super::ops::all_finite(targets))
        })
    }

    /// The largest class of these examples, when the targets are classes.
    pub(crate) fn largest_class(&self) -> Option<u32> {
        match &self.targets {
            Targets::Classes(labels) => (0..self.len()).map(|p| labels[self.row(p)]).max(),
            Targets::Values { .. } => None,
        }
    }

    /// Whether there are both examples of class 1 and others, or numbers above one half and others.
    pub(crate) fn has_both_answers(&self) -> bool {
        match &self.targets {
            Targets::Classes(labels) => {
                let is_yes = |p: usize| labels[self.row(p)] == 1;
                (0..self.len()).any(is_yes) && !(0..self.len()).all(is_yes)
            }
            Targets::Values { .. } => {
                let is_yes = |value: f32| value > 0.5;
                let no = self.first_value_unlike(is_yes);
                no.is_some() && self.first_value_unlike(|value| !is_yes(value)).is_some()
            }
        }
    }

    /// The first target value of these examples that `fits` refuses.
    pub(crate) fn first_value_unlike(&self, fits: impl Fn(f32) -> bool) -> Option<f32> {
        let Targets::Values { values, columns } = &self.targets else {
            return None;
        };
        let rows = (0..self.len()).map(|p| &values[self.row(p) * columns..][..*columns]);
        rows.flatten().copied().find(|&value| !fits(value))
    }

    /// The row of the arrays where the example at `position` stands.
    fn row(&self, position: usize) -> usize {
        match &self.rows {
            Rows::First(_) => position,
            Rows::Chosen(rows) => rows[position],
        }
    }

    fn range(&self, from: usize, to: usize) -> Self {
        match &self.rows {
            Rows::First(_) if from == 0 => Self {
                rows: Rows::First(to),
                ..self.clone()
            },
            _ => self.chosen(&(from..to).collect::<Vec<_>>()),
        }
    }

    /// All positions in random order.
    fn order(&self, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        Rng::keyed(seed, Purpose::Training, 0, 0).shuffle(&mut order);
        order
    }

    /// The examples at these positions.
    fn chosen(&self, positions: &[usize]) -> Self {
        let weights = self.weights.as_ref();
        Self {
            rows: Rows::Chosen(positions.iter().map(|&p| self.row(p)).collect()),
            weights: weights.map(|weights| positions.iter().map(|&p| weights[p]).collect()),
            ..self.clone()
        }
    }
}

fn scale_bytes(bytes: &[u8], to: &mut [f32]) {
    super::ops::vectorised(|| {
        for (to, &byte) in to.iter_mut().zip(bytes) {
            *to = f32::from(byte) * (1.0 / 255.0);
        }
    });
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
