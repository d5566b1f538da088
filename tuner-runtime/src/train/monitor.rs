//! Watching a metric: early stopping, falling learning rates, the best epoch.

use serde::{Deserialize, Serialize};

use super::error::TrainError;
use crate::trial::Direction;

/// Ends the training when a metric has not got better for a while.
///
/// Whether better is more or less follows from the metric: accuracies grow, losses and errors
/// fall.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlyStopping {
    metric: String,
    patience: u64,
    least_gain: f64,
}

impl EarlyStopping {
    /// Watches the metric of this name, such as `val_loss`, and ends the training after the first
    /// epoch that is no better, unless there is patience.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            patience: 1,
            least_gain: 0.0,
        }
    }

    /// How many epochs in a row must be no better.
    #[must_use]
    pub fn patience(mut self, epochs: u64) -> Self {
        self.patience = epochs;
        self
    }

    /// By how much an epoch must be better to count as such.
    #[must_use]
    pub fn least_gain(mut self, difference: f64) -> Self {
        self.least_gain = difference;
        self
    }

    pub(crate) fn metric(&self) -> &str {
        &self.metric
    }

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        check_gain(self.least_gain)
    }

    /// Whether the training ends after an epoch with this value.
    pub(crate) fn ends(&self, watch: &mut Watch, value: f64) -> bool {
        watch.see(&self.metric, value, self.least_gain);
        watch.waited >= self.patience.max(1)
    }
}

/// Lowers the learning rate whenever a metric has not got better for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Plateau {
    metric: String,
    patience: u64,
    least_gain: f64,
    factor: f64,
    floor: f64,
}

impl Plateau {
    /// Watches the metric of this name, and after 10 epochs that were no better takes a tenth of
    /// the learning rate, unless set.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            patience: 10,
            least_gain: 1e-4,
            factor: 0.1,
            floor: 0.0,
        }
    }

    /// How many epochs in a row must be no better.
    #[must_use]
    pub fn patience(mut self, epochs: u64) -> Self {
        self.patience = epochs;
        self
    }

    /// By how much an epoch must be better to count as such.
    #[must_use]
    pub fn least_gain(mut self, difference: f64) -> Self {
        self.least_gain = difference;
        self
    }

    /// What is left of the learning rate each time.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The share of the first learning rate that is never gone below.
    #[must_use]
    pub fn floor(mut self, share: f64) -> Self {
        self.floor = share;
        self
    }

    pub(crate) fn metric(&self) -> &str {
        &self.metric
    }

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        for (name, value) in [
            ("the plateau's factor", self.factor),
            ("the plateau's floor", self.floor),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(TrainError::setting(name, value, "it is from 0 to 1"));
            }
        }
        check_gain(self.least_gain)
    }

    /// The share of the learning rate that is left after an epoch with this value.
    pub(crate) fn share(&self, watch: &mut Watch, share: f64, value: f64) -> f64 {
        watch.see(&self.metric, value, self.least_gain);
        if watch.waited < self.patience.max(1) {
            return share;
        }
        watch.waited = 0;
        (share * self.factor).max(self.floor)
    }
}

fn check_gain(difference: f64) -> Result<(), TrainError> {
    if difference >= 0.0 && difference.is_finite() {
        return Ok(());
    }
    let remedy = "it is finite and at least 0";
    Err(TrainError::setting(
        "the least gain of a better epoch",
        difference,
        remedy,
    ))
}

/// The best value of a metric so far, and for how many epochs there was no better one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Watch {
    best: Option<f64>,
    waited: u64,
}

impl Watch {
    /// Notes a value; whether it is better than all before.
    pub(crate) fn see(&mut self, metric: &str, value: f64, least_gain: f64) -> bool {
        let grows = Direction::of_metric(metric) == Some(Direction::Maximize);
        let better = self.best.is_none_or(|best| {
            let gain = if grows { value - best } else { best - value };
            gain > least_gain
        });
        if better {
            self.best = Some(value);
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopping_waits_for_its_patience_in_the_metrics_direction() {
        let ends = |stopping: &EarlyStopping, values: &[f64]| {
            let mut watch = Watch::default();
            values
                .iter()
                .position(|value| stopping.ends(&mut watch, *value))
        };
        let loss = EarlyStopping::new("val_loss").patience(2);
        assert_eq!(ends(&loss, &[3.0, 2.0, 2.5, 1.0, 1.0, 1.0, 0.5]), Some(5));
        assert_eq!(ends(&loss, &[3.0, 2.0, 1.0]), None);
        let accuracy = EarlyStopping::new("accuracy").least_gain(0.1);
        assert_eq!(ends(&accuracy, &[0.5, 0.7, 0.75, 0.9]), Some(2));
    }

    #[test]
    fn a_plateau_lowers_the_rate_and_waits_again() {
        let plateau = Plateau::new("loss").patience(2).factor(0.5).floor(0.2);
        let (mut watch, mut share) = (Watch::default(), 1.0);
        let shares: Vec<f64> = (0..8)
            .map(|_| {
                share = plateau.share(&mut watch, share, 1.0);
                share
            })
            .collect();
        assert_eq!(shares, [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]);
        assert!(plateau.check().is_ok());
        assert!(plateau.clone().least_gain(f64::NAN).check().is_err());
        assert!(plateau.factor(2.0).check().is_err());
        assert!(EarlyStopping::new("loss").least_gain(-1.0).check().is_err());
    }
}
