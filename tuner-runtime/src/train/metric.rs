//! Metrics: what is reported about an epoch beside its loss.

use super::data::{BatchTargets, Data, Targets};
use super::error::TrainError;

/// Something that is measured on every epoch, under the name that Keras gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// `accuracy`: the share of examples whose largest output is their class.
    Accuracy,
    /// `mae`: the mean of the absolute differences.
    Mae,
}

impl Metric {
    /// The name it is reported by; with `val_` before it for the validation data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Mae => "mae",
        }
    }

    /// Checks once, before training, that the metric can be taken of these targets.
    pub(crate) fn check(self, data: &Data) -> Result<(), TrainError> {
        let (needed, fits) = match (self, data.targets()) {
            (Self::Accuracy, targets) => ("Data::classes", matches!(targets, Targets::Classes(_))),
            (Self::Mae, targets) => ("Data::values", matches!(targets, Targets::Values { .. })),
        };
        if fits {
            return Ok(());
        }
        let name = self.name();
        Err(TrainError::Data(format!(
            "the metric {name} cannot be taken of these targets: make the data with {needed}"
        )))
    }

    /// The sum over the examples of a batch.
    pub(crate) fn sum(self, outputs: &[f32], columns: usize, targets: &BatchTargets) -> f64 {
        match (self, targets) {
            (Self::Accuracy, BatchTargets::Classes(labels)) => {
                let rows = outputs.chunks_exact(columns).zip(labels);
                rows.filter(|(row, label)| largest(row) == **label as usize)
                    .count() as f64
            }
            (Self::Mae, BatchTargets::Values(values)) => {
                let pairs = outputs.iter().zip(values.iter());
                let sum: f64 = pairs.map(|(y, t)| f64::from((y - t).abs())).sum();
                sum / columns as f64
            }
            // Refused by `check` before training.
            (Self::Accuracy, BatchTargets::Values(_)) => f64::NAN,
            (Self::Mae, BatchTargets::Classes(_)) => f64::NAN,
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

    #[test]
    fn accuracy_counts_and_nan_is_never_right() {
        let targets = BatchTargets::Classes(vec![1, 0, 0]);
        let outputs = [0.0, 1.0, 0.0, 1.0, f32::NAN, f32::NAN];
        assert_eq!(Metric::Accuracy.sum(&outputs, 2, &targets), 1.0);
    }

    #[test]
    fn mae_is_a_mean_over_the_columns() {
        let targets = BatchTargets::Values(vec![1.0, 2.0, 3.0, 4.0].into());
        assert_eq!(Metric::Mae.sum(&[1.0, 0.0, 3.5, 4.0], 2, &targets), 1.25);
    }
}
