//! The named arrays of a network: what is trained, saved and checked.

use std::sync::Arc;

use dfdx::tensor::Cpu;

use super::batch::Key;

/// One array of a network, such as the weights of a dense layer.
#[derive(Debug, Clone)]
pub struct Parameter {
    shape: Vec<usize>,
    values: Arc<Vec<f32>>,
    trained: bool,
    key: Key,
}

impl Parameter {
    /// An array that the optimiser trains.
    pub(crate) fn trained(device: &Cpu, shape: &[usize], values: Vec<f32>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self {
            shape: shape.to_vec(),
            values: Arc::new(values),
            trained: true,
            key: Key::new(device),
        }
    }

    /// An array that is saved but not trained, such as running statistics.
    pub(crate) fn kept(device: &Cpu, shape: &[usize], values: Vec<f32>) -> Self {
        Self {
            trained: false,
            ..Self::trained(device, shape, values)
        }
    }

    /// The lengths of its axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, last axis fastest.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The numbers, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        Arc::<Vec<f32>>::make_mut(&mut self.values)
    }

    /// Whether the optimiser changes it. Running statistics are saved but not trained.
    pub fn is_trained(&self) -> bool {
        self.trained
    }

    /// The numbers as a backward operation keeps them. All such operations are gone before the
    /// optimiser writes, so that it writes in place.
    pub(crate) fn shared(&self) -> Arc<Vec<f32>> {
        Arc::clone(&self.values)
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }
}
