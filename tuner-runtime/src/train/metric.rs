//! Metrics: what is reported about an epoch beside its loss.

use std::str::FromStr;

use super::data::{BatchTargets, Data, Targets};
use super::error::TrainError;
use super::loss::Loss;

/// Something that is measured on every epoch, under the name that Keras gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// `accuracy`: the share of examples whose largest output is their class; with a single
    /// output, whose output is positive exactly if the class is 1. Under binary cross-entropy with
    /// numbers as targets, the share of outputs that are positive exactly if the target is above
    /// one half.
    Accuracy,
    /// `mae`: the mean of the absolute differences.
    Mae,
    /// `mse`: the mean of the squared differences.
    Mse,
    /// `rmse`: the root of the mean of the squared differences, in the unit of the targets.
    Rmse,
}

impl Metric {
    /// The name it is reported by; with `val_` before it for the validation data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Mae => "mae",
            Self::Mse => "mse",
            Self::Rmse => "rmse",
        }
    }

    /// Checks once, before training, that the metric can be taken of these targets.
    pub(crate) fn check(self, data: &Data, part: &str, loss: Loss) -> Result<(), TrainError> {
        let needed = match (self, data.targets()) {
            (Self::Accuracy, Targets::Values { .. }) if loss == Loss::BinaryCrossEntropy => {
                return Ok(());
            }
            (Self::Accuracy, Targets::Values { .. }) => "Data::classes",
            (Self::Mae | Self::Mse | Self::Rmse, Targets::Classes(_)) => "Data::values",
            _ => return Ok(()),
        };
        let name = self.name();
        Err(TrainError::Data(format!(
            "the metric {name} cannot be taken of these targets: make {part} with {needed}"
        )))
    }

    /// The sum over the examples of a batch.
    pub(crate) fn sum(self, outputs: &[f32], columns: usize, targets: &BatchTargets) -> f64 {
        match (self, targets) {
            (Self::Accuracy, BatchTargets::Classes(labels)) if columns == 1 => {
                let right = |(y, &label): (&f32, &u32)| {
                    (*y > 0.0 && label == 1) || (*y <= 0.0 && label == 0)
                };
                outputs
                    .iter()
                    .zip(labels)
                    .filter(|pair| right(*pair))
                    .count() as f64
            }
            (Self::Accuracy, BatchTargets::Classes(labels)) => {
                let rows = outputs.chunks_exact(columns).zip(labels);
                rows.filter(|(row, label)| largest(row) == **label as usize)
                    .count() as f64
            }
            (Self::Mae | Self::Mse | Self::Rmse, BatchTargets::Values(values)) => {
                let pairs = outputs.iter().zip(values.iter());
                let differences = pairs.map(|(y, t)| (f64::from(*y) - f64::from(*t)).abs());
                let sum: f64 = match self {
                    Self::Mae => differences.sum(),
                    _ => differences.map(|difference| difference * difference).sum(),
                };
                sum / columns as f64
            }
            (Self::Accuracy, BatchTargets::Values(values)) => {
                let right =
                    |(y, t): &(&f32, &f32)| (**y > 0.0 && **t > 0.5) || (**y <= 0.0 && **t <= 0.5);
                let count = outputs.iter().zip(values.iter()).filter(right).count();
                count as f64 / columns as f64
            }
            // Refused by `check` before training.
            (Self::Mae | Self::Mse | Self::Rmse, BatchTargets::Classes(_)) => f64::NAN,
        }
    }

    /// The metric, from the mean of what [`Metric::sum`] added up.
    pub(crate) fn finish(self, mean: f64) -> f64 {
        match self {
            Self::Rmse => mean.sqrt(),
            Self::Accuracy | Self::Mae | Self::Mse => mean,
        }
    }
}

/// A metric by the name that Keras knows it by, short or long, as an objective or a choice of
/// metrics in a file may hold it.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::train::Metric;
///
/// assert_eq!("mean_absolute_error".parse::<Metric>()?, Metric::Mae);
/// assert!("f1".parse::<Metric>().unwrap_err().to_string().contains("accuracy, mae, mse"));
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
impl FromStr for Metric {
    type Err = TrainError;

    fn from_str(name: &str) -> Result<Self, TrainError> {
        match name {
            "accuracy" | "acc" => Ok(Self::Accuracy),
            "mae" | "mean_absolute_error" => Ok(Self::Mae),
            "mse" | "mean_squared_error" => Ok(Self::Mse),
            "rmse" | "root_mean_squared_error" => Ok(Self::Rmse),
            _ => Err(TrainError::setting(
                "the name of a metric",
                name,
                "known are accuracy, mae, mse and rmse, and the long names that Keras has for them",
            )),
        }
    }
}

/// The position of the largest number, the first of equals; `usize::MAX` when there is none.
fn largest(row: &[f32]) -> usize {
    let mut best = (usize::MAX, f32::NEG_INFINITY);
    for (index, &value) in row.iter().enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Direction;

    #[test]
    fn accuracy_counts_and_nan_is_never_right() {
        let targets = BatchTargets::Classes(vec![1, 0, 0]);
        let outputs = [0.0, 1.0, 0.0, 1.0, f32::NAN, f32::NAN];
        assert_eq!(Metric::Accuracy.sum(&outputs, 2, &targets), 1.0);
        let single = [2.0, -1.0, f32::NAN];
        assert_eq!(Metric::Accuracy.sum(&single, 1, &targets), 2.0);
        let several = BatchTargets::Values(vec![1.0, 0.0, 0.9, 0.1].into());
        let outputs = [0.3, 0.0, -2.0, f32::NAN];
        assert_eq!(Metric::Accuracy.sum(&outputs, 2, &several), 1.0);
    }

    #[test]
    fn errors_are_means_over_the_columns() {
        let targets = BatchTargets::Values(vec![1.0, 2.0, 3.0, 4.0].into());
        let outputs = [1.0, 0.0, 3.5, 4.0];
        assert_eq!(Metric::Mae.sum(&outputs, 2, &targets), 1.25);
        assert_eq!(Metric::Mse.sum(&outputs, 2, &targets), 2.125);
        let mean = Metric::Rmse.sum(&outputs, 2, &targets) / 2.0;
        assert_eq!(Metric::Rmse.finish(mean), 1.0625f64.sqrt());
    }

    #[test]
    fn every_metric_has_a_direction() {
        for metric in [Metric::Accuracy, Metric::Mae, Metric::Mse, Metric::Rmse] {
            assert!(Direction::of_metric(&format!("val_{}", metric.name())).is_some());
        }
    }
}
