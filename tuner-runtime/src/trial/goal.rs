//! What a study aims at: objectives with a direction, and constraints.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::metrics::Metrics;

/// Whether more or less of a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Less is better.
    Minimize,
    /// More is better.
    Maximize,
}

impl Direction {
    /// The direction of a metric that everybody names and reads the same way, with or without
    /// `val_` before it: `accuracy`, `auc`, `loss`, `mae` and the others of Keras.
    pub fn of_metric(name: &str) -> Option<Self> {
        const UP: &[&str] = &[
            "acc",
            "accuracy",
            "auc",
            "binary_accuracy",
            "binary_io_u",
            "categorical_accuracy",
            "cosine_similarity",
            "f1",
            "f1_score",
            "fbeta_score",
            "mean_io_u",
            "one_hot_io_u",
            "one_hot_mean_io_u",
            "precision",
            "precision_at_recall",
            "r2",
            "r2_score",
            "recall",
            "recall_at_precision",
            "sensitivity_at_specificity",
            "sparse_categorical_accuracy",
            "sparse_top_k_categorical_accuracy",
            "specificity_at_sensitivity",
            "top_k_categorical_accuracy",
            "true_negatives",
            "true_positives",
        ];
        const DOWN: &[&str] = &[
            "binary_crossentropy",
            "categorical_crossentropy",
            "categorical_hinge",
            "error",
            "false_negatives",
            "false_positives",
            "hinge",
            "huber",
            "kl_divergence",
            "kullback_leibler_divergence",
            "log_cosh",
            "logcosh",
            "loss",
            "mae",
            "mape",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "mean_squared_error",
            "mean_squared_logarithmic_error",
            "mse",
            "msle",
            "poisson",
            "rmse",
            "root_mean_squared_error",
            "sparse_categorical_crossentropy",
            "squared_hinge",
        ];
        let name = name.strip_prefix("val_").unwrap_or(name);
        if UP.contains(&name) {
            Some(Self::Maximize)
        } else if DOWN.contains(&name) {
            Some(Self::Minimize)
        } else {
            None
        }
    }

    /// Whether `value` is better than `other`; NaN is better than nothing and worse than all else.
    pub fn is_better(self, value: f64, other: f64) -> bool {
        match self {
            Self::Minimize => value < other || (other.is_nan() && !value.is_nan()),
            Self::Maximize => value > other || (other.is_nan() && !value.is_nan()),
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        })
    }
}

/// A metric to make large or small, as a user names it.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::{Direction, Objective};
/// assert_eq!(Objective::minimize("loss").goal()?.direction, Direction::Minimize);
/// // The direction of a known metric need not be said.
/// assert_eq!(Objective::from("val_accuracy").goal()?.direction, Direction::Maximize);
/// assert!(Objective::from("score").goal().is_err());
/// # Ok::<(), tuner::trial::UnknownDirection>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    name: Arc<str>,
    direction: Option<Direction>,
}

/// A metric whose direction is not known by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "whether `{name}` is to be large or small does not follow from its name; \
     write Objective::maximize(\"{name}\") or Objective::minimize(\"{name}\")"
)]
pub struct UnknownDirection {
    name: Arc<str>,
}

impl Objective {
    /// Less of this metric is better.
    pub fn minimize(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            direction: Some(Direction::Minimize),
        }
    }

    /// More of this metric is better.
    pub fn maximize(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            direction: Some(Direction::Maximize),
        }
    }

    /// The metric.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The goal, with the direction that was given or that the name tells.
    ///
    /// # Errors
    /// When neither says the direction.
    pub fn goal(&self) -> Result<Goal, UnknownDirection> {
        let name = self.name.clone();
        match self.direction.or_else(|| Direction::of_metric(&name)) {
            Some(direction) => Ok(Goal { name, direction }),
            None => Err(UnknownDirection { name }),
        }
    }
}

impl From<&str> for Objective {
    fn from(name: &str) -> Self {
        Self {
            name: name.into(),
            direction: None,
        }
    }
}

impl From<String> for Objective {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

/// A metric with the direction in which it is better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The metric.
    pub name: Arc<str>,
    /// Whether more or less is better.
    pub direction: Direction,
}

impl Goal {
    /// The value such that more is better: what samplers see.
    pub fn score(&self, value: f64) -> f64 {
        match self.direction {
            Direction::Minimize => -value,
            Direction::Maximize => value,
        }
    }

    /// Whether `value` is better than `other`.
    pub fn is_better(&self, value: f64, other: f64) -> bool {
        self.direction.is_better(value, other)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.direction, self.name)
    }
}

/// A bound that a metric must keep for a trial to count as a solution. A result that lacks the metric is an error; one
/// where it is NaN misses the bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// The metric.
    pub name: Arc<str>,
    /// The bound, which itself is allowed.
    pub limit: f64,
    /// `Minimize`: at most the limit; `Maximize`: at least.
    pub direction: Direction,
}

impl Constraint {
    /// The metric is at most `limit`.
    pub fn at_most(name: impl Into<Arc<str>>, limit: f64) -> Self {
        Self {
            name: name.into(),
            limit,
            direction: Direction::Minimize,
        }
    }

    /// The metric is at least `limit`.
    pub fn at_least(name: impl Into<Arc<str>>, limit: f64) -> Self {
        Self {
            name: name.into(),
            limit,
            direction: Direction::Maximize,
        }
    }

    /// By how much the metrics miss the bound: 0 or less when it is kept, `None` when the metric is missing.
    pub fn violation(&self, metrics: &Metrics) -> Option<f64> {
        let value = metrics.get(&self.name)?;
        Some(match self.direction {
            Direction::Minimize => value - self.limit,
            Direction::Maximize => self.limit - value,
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.direction {
            Direction::Minimize => "at most",
            Direction::Maximize => "at least",
        };
        write!(out, "{} {words} {}", self.name, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_metrics_tell_their_direction() {
        for (name, direction) in [
            ("val_accuracy", Some(Direction::Maximize)),
            ("auc", Some(Direction::Maximize)),
            ("loss", Some(Direction::Minimize)),
            ("val_mean_absolute_error", Some(Direction::Minimize)),
            ("score", None),
            ("valaccuracy", None),
        ] {
            assert_eq!(Direction::of_metric(name), direction, "{name}");
        }
        let said = Objective::minimize("accuracy").goal().unwrap();
        assert_eq!(said.direction, Direction::Minimize);
        let text = Objective::from("score").goal().unwrap_err().to_string();
        assert!(text.contains("Objective::maximize(\"score\")"), "{text}");
    }

    #[test]
    fn nan_is_never_better() {
        for direction in [Direction::Minimize, Direction::Maximize] {
            assert!(!direction.is_better(f64::NAN, 0.0));
            assert!(direction.is_better(0.0, f64::NAN));
            assert!(!direction.is_better(1.0, 1.0));
        }
    }

    #[test]
    fn a_constraint_measures_how_far_it_is_missed() {
        let metrics = Metrics::new().with("megabytes", 12.0);
        let violation = |constraint: Constraint| constraint.violation(&metrics);
        assert_eq!(violation(Constraint::at_most("megabytes", 10.0)), Some(2.0));
        assert_eq!(
            violation(Constraint::at_least("megabytes", 10.0)),
            Some(-2.0)
        );
        assert_eq!(violation(Constraint::at_most("seconds", 10.0)), None);
    }
}
