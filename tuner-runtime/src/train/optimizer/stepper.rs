//! An optimiser at work: its step and what it remembers of each parameter.

use super::{Clip, Optimizer, Update};
use crate::train::batch::Grads;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;
use crate::train::network::Network;

#[derive(Debug)]
pub(crate) struct Stepper {
    optimizer: Optimizer,
    clip: Option<Clip>,
    /// Steps done.
    pub(crate) steps: u64,
    /// The arrays of each trained parameter, in the order of the visit.
    pub(crate) memory: Vec<Vec<Vec<f32>>>,
}

impl Stepper {
    /// Starts with empty memories for the parameters of `network`.
    pub(crate) fn new(optimizer: Optimizer, clip: Option<Clip>, network: &mut Network) -> Self {
        let mut memory = Vec::new();
        network.visit(&mut |_, parameter| {
            if parameter.is_trained() {
                memory.push(vec![
                    vec![0.0; parameter.values().len()];
                    optimizer.memories()
                ]);
            }
        });
        Self {
            optimizer,
            clip,
            steps: 0,
            memory,
        }
    }

    /// Changes every trained parameter by its gradient; `factor` is the schedule's share of the
    /// learning rate.
    pub(crate) fn step(
        &mut self,
        network: &mut Network,
        grads: &mut Grads,
        factor: f64,
    ) -> Result<(), TrainError> {
        let mut gradients: Vec<Result<Buffer, TrainError>> = Vec::new();
        network.visit(&mut |_, parameter| {
            if parameter.is_trained() {
                gradients.push(parameter.key().take(grads));
            }
        });
        let mut gradients = gradients.into_iter().collect::<Result<Vec<_>, _>>()?;
        if let Some(clip) = self.clip {
            clip.apply(&mut gradients);
        }
        self.steps += 1;
        let rate = self.optimizer.learning_rate() * factor;
        let mut parts = gradients.iter().zip(&mut self.memory);
        network.visit(&mut |_, parameter| {
            if parameter.is_trained()
                && let Some((gradient, memory)) = parts.next()
            {
                self.optimizer.update(Update {
                    rate,
                    step: self.steps,
                    values: parameter.values_mut(),
                    gradient,
                    memory,
                });
            }
        });
        Ok(())
    }
}
