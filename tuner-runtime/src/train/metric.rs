//! Metrics: what is reported about an epoch beside its loss.

use std::str::FromStr;

use super::data::{Data, Targets};
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
    /// `precision`: of two classes, the share of those that are taken for class 1 which are of it; 0 where none is. Under
    /// binary cross-entropy with numbers as targets all columns count together, here and below: a target above one half is a
    /// yes.
    Precision,
    /// `recall`: the share of the examples of class 1 that are taken for it.
    Recall,
    /// `f1_score`: the harmonic mean of precision and recall.
    F1,
    /// `auc`: the area under the curve of true over false positives, which is how often an example of class 1 looks more like
    /// it than one of class 0. It is exact, where Keras takes 200 thresholds.
    Auc,
}

impl Metric {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Accuracy,
        Self::Mae,
        Self::Mse,
        Self::Rmse,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::Auc,
    ];

    /// The name it is reported by; with `val_` before it for the validation data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Mae => "mae",
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1_score",
            Self::Auc => "auc",
        }
    }

    /// Checks once, before training, that the metric can be taken of these targets.
    pub(crate) fn check(self, data: &Data, part: &str, loss: Loss) -> Result<(), TrainError> {
        let name = self.name();
        let needed = match (self, data.targets()) {
            (Self::Mae | Self::Mse | Self::Rmse, Targets::Values { .. }) => return Ok(()),
            (Self::Mae | Self::Mse | Self::Rmse, Targets::Classes(_)) => "Data::values",
            (_, Targets::Values { .. }) if loss != Loss::BinaryCrossEntropy => "Data::classes",
            (Self::Accuracy, _) => return Ok(()),
            (_, Targets::Classes(_)) if data.largest_class() > Some(1) => {
                return Err(TrainError::Data(format!(
                    "the metric {name} is one of two classes, and {part} has more: take accuracy, or make class 1 of the \
                     one that matters"
                )));
            }
            (Self::Auc, _) if !data.has_both_answers() => {
                return Err(TrainError::Data(format!(
                    "the metric {name} compares the examples of two classes, and all of {part} are of one: shuffle the \
                     examples before they are split, or take accuracy"
                )));
            }
            _ => return Ok(()),
        };
        Err(TrainError::Data(format!(
            "the metric {name} cannot be taken of these targets: make {part} with {needed}"
        )))
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
/// assert_eq!("f1_score".parse::<Metric>()?, Metric::F1);
/// assert!("hinge".parse::<Metric>().unwrap_err().to_string().contains("accuracy, mae, mse"));
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
            "precision" => Ok(Self::Precision),
            "recall" => Ok(Self::Recall),
            "f1_score" | "f1" => Ok(Self::F1),
            "auc" => Ok(Self::Auc),
            _ => Err(TrainError::setting(
                "the name of a metric",
                name,
                "known are accuracy, mae, mse, rmse, precision, recall, f1_score and auc, and the \
                 long names that Keras has for them",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Direction;

    #[test]
    fn every_metric_has_a_direction() {
        for &metric in Metric::ALL {
            assert!(Direction::of_metric(&format!("val_{}", metric.name())).is_some());
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
    }
}
