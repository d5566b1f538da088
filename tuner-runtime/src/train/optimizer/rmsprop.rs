//! RMSprop (Tieleman and Hinton 2012): `v <- rho v + (1 - rho) g^2`,
//! `p <- p - lr g / (sqrt(v) + eps)`.

use super::{Optimizer, Update, check_decay, check_positive, check_share};
use crate::train::error::TrainError;
use crate::train::ops::vectorised;

/// The optimiser RMSprop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    pub(super) learning_rate: f64,
    rho: f64,
    epsilon: f64,
    weight_decay: f64,
}

impl RmsProp {
    /// RMSprop with this learning rate, a mean that keeps 0.9, and 1e-7 beside the root.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            rho: 0.9,
            epsilon: 1e-7,
            weight_decay: 0.0,
        }
    }

    /// How much of the mean of the squared gradient is kept in a step.
    #[must_use]
    pub fn rho(mut self, share: f64) -> Self {
        self.rho = share;
        self
    }

    /// What is added to the root of the mean square.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// How much of each weight is added to its gradient.
    #[must_use]
    pub fn weight_decay(mut self, share: f64) -> Self {
        self.weight_decay = share;
        self
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        check_share("the rho of RMSprop", self.rho)?;
        check_decay(self.weight_decay)?;
        check_positive("the epsilon of RMSprop", self.epsilon)
    }

    pub(super) fn update(&self, update: Update<'_>) {
        let (rate, decay) = (update.rate as f32, self.weight_decay as f32);
        let (gain, epsilon) = ((1.0 - self.rho) as f32, self.epsilon as f32);
        let pairs = update.values.iter_mut().zip(update.gradient);
        let squares = update.memory.iter_mut().flatten();
        vectorised(|| {
            for ((p, &g), v) in pairs.zip(squares) {
                let g = g + decay * *p;
                let square = *v + gain * (g * g - *v);
                *v = if square < 1e-36 { 0.0 } else { square };
                *p -= rate * g / (v.sqrt() + epsilon);
            }
        });
    }
}

impl From<RmsProp> for Optimizer {
    fn from(rmsprop: RmsProp) -> Self {
        Self::RmsProp(rmsprop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_formula() {
        let rmsprop = RmsProp::new(0.1).rho(0.75).epsilon(0.5);
        let mut values = [1.0];
        let mut memory = [vec![0.0]];
        for (step, gradient) in [(1, 2.0), (2, -1.0)] {
            rmsprop.update(Update {
                rate: 0.1,
                step,
                values: &mut values,
                gradient: &[gradient],
                memory: &mut memory,
            });
        }
        // v = 1, then 0.75 + 0.25 = 1.
        assert!((values[0] - (1.0 - 0.2 / 1.5 + 0.1 / 1.5)).abs() < 1e-6);
        assert!(rmsprop.rho(1.0).check().is_err() && rmsprop.epsilon(0.0).check().is_err());
    }
}
