//! Stochastic gradient descent with momentum: `b <- mu b + g`, `p <- p - lr b`, and with Nesterov's
//! look ahead `p <- p - lr (g + mu b)`.

use super::{Optimizer, Update, check_decay, check_share};
use crate::train::error::TrainError;
use crate::train::ops::vectorised;

/// Stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    pub(super) learning_rate: f64,
    pub(super) momentum: f64,
    nesterov: bool,
    weight_decay: f64,
}

impl Sgd {
    /// Plain gradient descent with this learning rate.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }

    /// The share of the last change that goes on.
    #[must_use]
    pub fn momentum(mut self, share: f64) -> Self {
        self.momentum = share;
        self
    }

    /// Whether the momentum looks one step ahead.
    #[must_use]
    pub fn nesterov(mut self, ahead: bool) -> Self {
        self.nesterov = ahead;
        self
    }

    /// How much of each weight is added to its gradient.
    #[must_use]
    pub fn weight_decay(mut self, share: f64) -> Self {
        self.weight_decay = share;
        self
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        check_share("the momentum", self.momentum)?;
        check_decay(self.weight_decay)
    }

    pub(super) fn update(&self, update: Update<'_>) {
        let (rate, decay) = (update.rate as f32, self.weight_decay as f32);
        let (mu, nesterov) = (self.momentum as f32, self.nesterov);
        let pairs = update.values.iter_mut().zip(update.gradient);
        match update.memory {
            [] => vectorised(|| {
                for (p, &g) in pairs {
                    *p -= rate * (g + decay * *p);
                }
            }),
            memory => vectorised(|| {
                for ((p, &g), b) in pairs.zip(&mut memory[0]) {
                    let g = g + decay * *p;
                    *b = mu * *b + g;
                    *p -= rate * if nesterov { g + mu * *b } else { *b };
                }
            }),
        }
    }
}

impl From<Sgd> for Optimizer {
    fn from(sgd: Sgd) -> Self {
        Self::Sgd(sgd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two steps from 1 with the gradients 0.5 and -1.
    fn two_steps(sgd: Sgd) -> f32 {
        let mut values = [1.0];
        let mut memory = vec![vec![0.0]; Optimizer::Sgd(sgd).memories()];
        for (step, gradient) in [(1, 0.5), (2, -1.0)] {
            sgd.update(Update {
                rate: 0.1,
                step,
                values: &mut values,
                gradient: &[gradient],
                memory: &mut memory,
            });
        }
        values[0]
    }

    #[test]
    fn steps_are_those_of_the_formulas() {
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        let sgd = Sgd::new(0.1);
        close(two_steps(sgd), 1.0 - 0.05 + 0.1);
        // b = 0.5, then 0.9 * 0.5 - 1 = -0.55.
        close(two_steps(sgd.momentum(0.9)), 1.0 - 0.05 + 0.055);
        // 0.5 + 0.9 * 0.5 = 0.95, then -1 + 0.9 * -0.55 = -1.495.
        close(
            two_steps(sgd.momentum(0.9).nesterov(true)),
            1.0 - 0.095 + 0.1495,
        );
        // 1 - 0.1 (0.5 + 0.2) = 0.93, then 0.93 - 0.1 (-1 + 0.2 * 0.93).
        close(two_steps(sgd.weight_decay(0.2)), 0.93 + 0.1 - 0.0186);
        assert!(sgd.momentum(1.0).check().is_err() && sgd.weight_decay(-1.0).check().is_err());
    }
}
