//! What a network learns from: inputs and targets as plain arrays that every trial shares.

use std::sync::Arc;

use super::buffer::Buffer;
use super::error::TrainError;
use crate::math::rng::{Purpose, Rng};

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
        let size: usize = shape.iter().product();
        if size == 0 || count == 0 || inputs.len() != size * count {
            return Err(TrainError::Data(format!(
                "{} input values do not make {count} examples of shape {shape:?} ({size} values \
                 each): give as many examples as targets, and at least one",
                inputs.len()
            )));
        }
        Ok(Self {
            inputs,
            shape: shape.into(),
            targets,
            rows: Rows::First(count),
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
            None => Ok(self.chosen(positions.iter().map(|&p| self.row(p)).collect())),
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
        let kept = self.len() - (self.len() as f64 * fraction).round() as usize;
        if !(0.0..1.0).contains(&fraction) || kept == 0 || kept == self.len() {
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
        let mut rows: Vec<usize> = (0..self.len()).map(|p| self.row(p)).collect();
        Rng::keyed(seed, Purpose::Training, 0, 0).shuffle(&mut rows);
        self.chosen(rows)
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
                &format!("there are {} examples; 2 folds or more", self.len()),
            ));
        }
        let mut order: Vec<usize> = (0..self.len()).map(|p| self.row(p)).collect();
        Rng::keyed(seed, Purpose::Training, 0, 0).shuffle(&mut order);
        let folds = (0..count).map(|fold| {
            let bounds = fold * order.len() / count..(fold + 1) * order.len() / count;
            let training = [&order[..bounds.start], &order[bounds.end..]].concat();
            (self.chosen(training), self.chosen(order[bounds].to_vec()))
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
            _ => self.chosen((from..to).map(|position| self.row(position)).collect()),
        }
    }

    fn chosen(&self, rows: Vec<usize>) -> Self {
        Self {
            rows: Rows::Chosen(rows.into()),
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
mod tests {
    use super::*;

    fn ten() -> Data {
        let inputs: Vec<f32> = (0..20).map(|value| value as f32).collect();
        Data::values(
            inputs,
            [2],
            (0..10).map(|v| v as f32).collect::<Vec<_>>(),
            1,
        )
        .unwrap()
    }

    fn targets(data: &Data) -> Vec<f32> {
        let positions: Vec<usize> = (0..data.len()).collect();
        match data.batch_targets(&positions) {
            BatchTargets::Values(values) => values.to_vec(),
            BatchTargets::Classes(_) => panic!("values expected"),
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_named() {
        let error = Data::classes(vec![0u8; 11], [2, 2], &[0u8, 1, 0]).unwrap_err();
        assert!(error.to_string().contains("11 input values"), "{error}");
        assert!(Data::values(vec![0f32; 4], [2], vec![1.0; 3], 2).is_err());
        assert!(Data::classes(Vec::<u8>::new(), [2], &[0u8; 0]).is_err());
    }

    #[test]
    fn bytes_become_numbers_between_zero_and_one() {
        let data = Data::classes(vec![0u8, 51, 255, 102], [2], &[1u32, 0]).unwrap();
        let batch = data.batch_inputs(&[1, 0]);
        let expected = [1.0, 0.4, 0.0, 0.2];
        for (value, expected) in batch.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn a_split_keeps_the_order_and_loses_nothing() {
        let (training, validation) = ten().split(0.3).unwrap();
        assert_eq!(targets(&training), [0., 1., 2., 3., 4., 5., 6.]);
        assert_eq!(targets(&validation), [7., 8., 9.]);
        assert_eq!(targets(&validation.take(2)), [7., 8.]);
        for fraction in [0.0, 0.01, 0.99, 1.0, -1.0, f64::NAN] {
            assert!(ten().split(fraction).is_err(), "{fraction}");
        }
    }

    #[test]
    fn every_example_is_validated_in_exactly_one_fold() {
        let folds = ten().k_fold(3, 5).unwrap();
        let mut validated: Vec<f32> = Vec::new();
        for (training, validation) in &folds {
            assert_eq!(training.len() + validation.len(), 10);
            let (training, validation) = (targets(training), targets(validation));
            assert!(validation.iter().all(|value| !training.contains(value)));
            validated.extend(validation);
        }
        validated.sort_by(f32::total_cmp);
        assert_eq!(validated, targets(&ten()));
        assert!(ten().k_fold(1, 0).is_err() && ten().k_fold(11, 0).is_err());
    }

    #[test]
    fn parts_share_the_arrays() {
        let data = ten();
        let part = data.shuffled(1).select(&[3, 4]).unwrap();
        let (Inputs::Floats(whole), Inputs::Floats(part)) = (&data.inputs, &part.inputs) else {
            panic!("floats expected");
        };
        assert!(Arc::ptr_eq(whole, part));
        assert!(data.select(&[10]).is_err());
    }
}
