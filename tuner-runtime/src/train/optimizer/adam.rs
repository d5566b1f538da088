//! Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), one pass over a parameter.
//!
//! With the gradient `g` in step `t`: `m <- m + (1 - b1) (g - m)`, `v <- v + (1 - b2) (g^2 - v)`,
//! `p <- p - lr * (m / c1) / (sqrt(v / c2) + eps)`, where `c1 = 1 - b1^t` and `c2 = 1 - b2^t`.
//! The last line is computed as `p - a * m / (sqrt(v) + e)` with `a = lr * sqrt(c2) / c1` and
//! `e = eps * sqrt(c2)`: one root and one division a weight. Weight decay `w` is `g + w p` for
//! Adam, and `p <- p - lr w p` before the step for AdamW.

use super::{Optimizer, Update, check_decay, check_positive, check_share};
use crate::train::error::TrainError;
use crate::train::ops::vectorised;

/// The optimiser Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    pub(super) learning_rate: f64,
    betas: [f64; 2],
    epsilon: f64,
    weight_decay: f64,
}

impl Adam {
    /// Adam with this learning rate, and 0.9 and 0.999 for its means.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weight_decay: 0.0,
        }
    }

    /// How much of the mean of the gradient and of its square is kept in a step.
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.betas = [first, second];
        self
    }

    /// What is added to the root of the mean square; 1e-8 unless set.
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
        check_share("the first beta of Adam", self.betas[0])?;
        check_share("the second beta of Adam", self.betas[1])?;
        check_decay(self.weight_decay)?;
        check_positive("the epsilon of Adam", self.epsilon)
    }

    pub(super) fn update(&self, update: Update<'_>) {
        self.run(update, self.weight_decay as f32, 1.0);
    }

    /// One step with `decay` of each weight added to its gradient, and each weight shrunk to
    /// `kept` of itself.
    fn run(&self, update: Update<'_>, decay: f32, kept: f32) {
        let correction = self.betas.map(|beta| 1.0 - beta.powf(update.step as f64));
        let rate = (update.rate * correction[1].sqrt() / correction[0]) as f32;
        let epsilon = (self.epsilon * correction[1].sqrt()) as f32;
        let [gain_1, gain_2] = self.betas.map(|beta| (1.0 - beta) as f32);
        let [first, second] = update.memory else {
            unreachable!("Adam asks for two memories");
        };
        vectorised(|| {
            let moments = first.iter_mut().zip(second);
            for ((p, &g), (m, v)) in update.values.iter_mut().zip(update.gradient).zip(moments) {
                let g = g + decay * *p;
                let mean = *m + gain_1 * (g - *m);
                // A weight whose gradient stays zero fades into denormal numbers, which are slow.
                *m = if mean.abs() < 1e-30 { 0.0 } else { mean };
                let square = *v + gain_2 * (g * g - *v);
                *v = if square < 1e-36 { 0.0 } else { square };
                *p = *p * kept - rate * *m / (v.sqrt() + epsilon);
            }
        });
    }
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

/// The optimiser AdamW: Adam that shrinks the weights apart from the gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    pub(super) adam: Adam,
    weight_decay: f64,
}

impl AdamW {
    /// AdamW with this learning rate, 0.9 and 0.999 for its means, and a weight decay of 0.01.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            adam: Adam::new(learning_rate),
            weight_decay: 0.01,
        }
    }

    /// How much of the mean of the gradient and of its square is kept in a step.
    #[must_use]
    pub fn betas(mut self, first: f64, second: f64) -> Self {
        self.adam = self.adam.betas(first, second);
        self
    }

    /// What is added to the root of the mean square; 1e-8 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.adam = self.adam.epsilon(epsilon);
        self
    }

    /// The share of each weight that is taken away in a step, times the learning rate.
    #[must_use]
    pub fn weight_decay(mut self, share: f64) -> Self {
        self.weight_decay = share;
        self
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        check_decay(self.weight_decay)?;
        self.adam.check()
    }

    pub(super) fn update(&self, update: Update<'_>) {
        let kept = (1.0 - update.rate * self.weight_decay) as f32;
        self.adam.run(update, 0.0, kept);
    }
}

impl From<AdamW> for Optimizer {
    fn from(adamw: AdamW) -> Self {
        Self::AdamW(adamw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;
    use dfdx::tensor::{Cpu, Gradients, TensorFromVec};
    use dfdx::tensor_ops::{AdamConfig, WeightDecay};

    #[test]
    fn steps_agree_with_those_of_dfdx() {
        let adam = Adam::new(0.02).betas(0.8, 0.95).epsilon(1e-6);
        let adamw = AdamW::new(0.02)
            .betas(0.8, 0.95)
            .epsilon(1e-6)
            .weight_decay(0.1);
        let cases: [(Optimizer, _); 3] = [
            (adam.into(), None),
            (adam.weight_decay(0.1).into(), Some(WeightDecay::L2(0.1))),
            (adamw.into(), Some(WeightDecay::Decoupled(0.1))),
        ];
        for (optimizer, weight_decay) in cases {
            let device = Cpu::default();
            let mut rng = Rng::new(2);
            let mut draw = || -> Vec<f32> { (0..40).map(|_| rng.normal() as f32).collect() };
            let mut values = draw();
            let mut theirs = device.tensor_from_vec(values.clone(), (40,));
            let mut memory = vec![vec![0.0; 40]; 2];
            let (mut first, mut second) = (Gradients::leaky(), Gradients::leaky());
            let config = AdamConfig {
                lr: 0.02,
                betas: [0.8, 0.95],
                eps: 1e-6,
                weight_decay,
            };
            for step in 1..=30 {
                let gradient = draw();
                optimizer.update(Update {
                    rate: 0.02,
                    step,
                    values: &mut values,
                    gradient: &gradient,
                    memory: &mut memory,
                });
                let mut grads = Gradients::leaky();
                let place = grads.get_or_alloc_mut(&theirs).unwrap();
                place.copy_from_slice(&gradient);
                let m = first.get_or_alloc_mut(&theirs).unwrap();
                let v = second.get_or_alloc_mut(&theirs).unwrap();
                config
                    .try_update(step as i32, &mut theirs, m, v, place)
                    .unwrap();
                for (ours, theirs) in values.iter().zip(theirs.as_vec()) {
                    assert!((ours - theirs).abs() < 2e-5, "step {step}: {ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn numbers_that_32_bits_do_not_hold_are_refused() {
        let adam = Adam::new(0.1);
        for (optimizer, says) in [
            (adam.epsilon(1e-50), "the epsilon of Adam is 1e-50"),
            (adam.epsilon(0.0), "the epsilon of Adam is 0"),
            (adam.epsilon(1e300), "the epsilon of Adam is 1e300"),
            (adam.weight_decay(1e300), "the weight decay is 1e300"),
            (Adam::new(1e-50), "the learning rate is 1e-50"),
        ] {
            let error = Optimizer::from(optimizer).check().unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("32 bits"), "{error}");
        }
        assert!(Optimizer::from(adam.epsilon(1e-30)).check().is_ok());
    }

    #[test]
    fn weights_without_gradient_leave_no_denormal_numbers() {
        let mut values = [1.0; 8];
        let mut memory = [vec![1e-3; 8], vec![1e-30; 8]];
        for step in 1..40_000 {
            Adam::new(1e-3).update(Update {
                rate: 1e-3,
                step,
                values: &mut values,
                gradient: &[0.0; 8],
                memory: &mut memory,
            });
        }
        assert!(memory.iter().flatten().all(|moment| *moment == 0.0));
    }
}
