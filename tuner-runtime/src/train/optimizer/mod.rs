//! Optimisers: how the gradients change the weights.

mod adam;

pub use adam::Adam;

use super::batch::Grads;
use super::error::TrainError;
use super::network::Network;

/// How the gradients change the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Optimizer {
    /// Kingma and Ba (2015).
    Adam(Adam),
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl Optimizer {
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        match self {
            Self::Adam(adam) => adam.check(),
        }
    }
}

/// An optimiser at work: its step and what it remembers of each trained parameter.
#[derive(Debug)]
pub(crate) struct Stepper {
    optimizer: Optimizer,
    /// Steps done.
    steps: u64,
    /// Two arrays a parameter, in the order of the visit.
    moments: Vec<[Vec<f32>; 2]>,
}

impl Stepper {
    pub(crate) fn new(optimizer: Optimizer) -> Self {
        Self {
            optimizer,
            steps: 0,
            moments: Vec::new(),
        }
    }

    /// Changes every trained parameter by its gradient.
    pub(crate) fn step(
        &mut self,
        network: &mut Network,
        grads: &mut Grads,
    ) -> Result<(), TrainError> {
        self.steps += 1;
        let mut index = 0;
        let mut result = Ok(());
        network.visit(&mut |_, parameter| {
            if !parameter.is_trained() || result.is_err() {
                return;
            }
            let gradient = match parameter.key().take(grads) {
                Ok(gradient) => gradient,
                Err(error) => return result = Err(error),
            };
            if self.moments.len() == index {
                let len = parameter.values().len();
                self.moments.push([vec![0.0; len], vec![0.0; len]]);
            }
            let moments = &mut self.moments[index];
            match &self.optimizer {
                Optimizer::Adam(adam) => {
                    adam.update(self.steps, parameter.values_mut(), &gradient, moments);
                }
            }
            index += 1;
        });
        result
    }
}
