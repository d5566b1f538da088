//! Adam (Kingma and Ba 2015) as one pass over a parameter.
//!
//! With the gradient `g` in step `t`: `m <- m + (1 - b1) (g - m)`, `v <- v + (1 - b2) (g^2 - v)`,
//! `p <- p - lr * (m / c1) / (sqrt(v / c2) + eps)`, where `c1 = 1 - b1^t` and `c2 = 1 - b2^t`.
//! The last line is computed as `p - a * m / (sqrt(v) + e)` with `a = lr * sqrt(c2) / c1` and
//! `e = eps * sqrt(c2)`: one root and one division a weight.

use crate::train::error::TrainError;
use crate::train::ops::vectorised;

/// The optimiser Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    learning_rate: f64,
    betas: [f64; 2],
    epsilon: f64,
}

impl Adam {
    /// Adam with this learning rate, and 0.9 and 0.999 for its means.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
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

    pub(super) fn check(&self) -> Result<(), TrainError> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            let remedy = "it is a finite number above 0";
            return Err(TrainError::setting(
                "the learning rate",
                self.learning_rate,
                remedy,
            ));
        }
        for beta in self.betas {
            if !(0.0..1.0).contains(&beta) {
                let remedy = "it is at least 0 and below 1";
                return Err(TrainError::setting("a beta of Adam", beta, remedy));
            }
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            let remedy = "it is a small number above 0";
            return Err(TrainError::setting("Adam's epsilon", self.epsilon, remedy));
        }
        Ok(())
    }

    pub(super) fn update(
        &self,
        step: u64,
        values: &mut [f32],
        gradient: &[f32],
        [first, second]: &mut [Vec<f32>; 2],
    ) {
        let correction = self.betas.map(|beta| 1.0 - beta.powf(step as f64));
        let rate = (self.learning_rate * correction[1].sqrt() / correction[0]) as f32;
        let epsilon = (self.epsilon * correction[1].sqrt()) as f32;
        let [gain_1, gain_2] = self.betas.map(|beta| (1.0 - beta) as f32);
        vectorised(|| {
            let moments = first.iter_mut().zip(second);
            for ((p, &g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
                let mean = *m + gain_1 * (g - *m);
                // A weight whose gradient stays zero fades into denormal numbers, which are slow.
                *m = if mean.abs() < 1e-30 { 0.0 } else { mean };
                let square = *v + gain_2 * (g * g - *v);
                *v = if square < 1e-36 { 0.0 } else { square };
                *p -= rate * *m / (v.sqrt() + epsilon);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;
    use dfdx::tensor::{Cpu, Gradients, TensorFromVec};
    use dfdx::tensor_ops::AdamConfig;

    #[test]
    fn steps_agree_with_those_of_dfdx() {
        let device = Cpu::default();
        let mut rng = Rng::new(2);
        let mut draw = || -> Vec<f32> { (0..40).map(|_| rng.normal() as f32).collect() };
        let mut ours = draw();
        let mut theirs = device.tensor_from_vec(ours.clone(), (40,));
        let mut moments = [vec![0.0; 40], vec![0.0; 40]];
        let (mut first, mut second) = (Gradients::leaky(), Gradients::leaky());
        let config = AdamConfig {
            lr: 0.02,
            betas: [0.8, 0.95],
            eps: 1e-6,
            weight_decay: None,
        };
        let adam = Adam::new(0.02).betas(0.8, 0.95).epsilon(1e-6);
        for step in 1..=30 {
            let gradient = draw();
            adam.update(step, &mut ours, &gradient, &mut moments);
            let mut grads = Gradients::leaky();
            let place = grads.get_or_alloc_mut(&theirs).unwrap();
            place.copy_from_slice(&gradient);
            let m = first.get_or_alloc_mut(&theirs).unwrap();
            let v = second.get_or_alloc_mut(&theirs).unwrap();
            config
                .try_update(step as i32, &mut theirs, m, v, place)
                .unwrap();
            for (ours, theirs) in ours.iter().zip(theirs.as_vec()) {
                assert!((ours - theirs).abs() < 2e-5, "step {step}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn weights_without_gradient_leave_no_denormal_numbers() {
        let mut values = [1.0; 8];
        let mut moments = [vec![1e-3; 8], vec![1e-30; 8]];
        for step in 1..40_000 {
            Adam::new(1e-3).update(step, &mut values, &[0.0; 8], &mut moments);
        }
        assert!(moments.iter().flatten().all(|moment| *moment == 0.0));
    }
}
