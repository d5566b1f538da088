//! What was measured, epoch by epoch.

use serde::{Deserialize, Serialize};

/// The metrics of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// The epoch, from 1.
    pub epoch: u64,
    /// How long it took, validation included.
    pub seconds: f64,
    /// Each metric with its name: `loss`, the metrics asked for, then the same with `val_`.
    pub values: Vec<(String, f64)>,
}

impl EpochMetrics {
    /// The metric of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        let found = self.values.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| *value)
    }
}

/// The metrics of all epochs of a training run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// One entry an epoch, in order.
    pub epochs: Vec<EpochMetrics>,
}

impl History {
    /// One metric over the epochs.
    pub fn curve(&self, name: &str) -> Vec<f64> {
        self.epochs
            .iter()
            .filter_map(|epoch| epoch.get(name))
            .collect()
    }

    /// The last epoch.
    pub fn last(&self) -> Option<&EpochMetrics> {
        self.epochs.last()
    }
}
