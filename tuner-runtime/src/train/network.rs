//! A network with its weights.

use std::sync::Arc;

use dfdx::tensor::Cpu;

use super::batch::Batch;
use super::buffer::Buffer;
use super::error::TrainError;
use super::layer::{Built, Run};
use super::parameter::Parameter;
use super::profile;
use crate::math::rng::Rng;

/// A network that was built from a [`Sequential`](super::Sequential).
#[derive(Debug)]
pub struct Network {
    input: Vec<usize>,
    output: Vec<usize>,
    /// The most numbers that an example has anywhere between two layers.
    widest: usize,
    layers: Vec<Named>,
    device: Cpu,
}

/// A layer with its name.
#[derive(Debug)]
struct Named {
    /// Number and kind, as in `1.dense`.
    name: String,
    /// What its passes are called in a profile.
    forward: String,
    backward: Arc<str>,
    run: Box<dyn Run>,
}

impl Network {
    pub(crate) fn new(input: Vec<usize>) -> Self {
        Self {
            output: input.clone(),
            widest: input.iter().product(),
            input,
            layers: Vec::new(),
            device: Cpu::default(),
        }
    }

    pub(crate) fn push(&mut self, kind: &str, built: Built) {
        let number = self.layers.len() + 1;
        let name = format!("{number}.{kind}");
        self.layers.push(Named {
            forward: format!("{name} forward"),
            backward: format!("{name} backward").into(),
            name,
            run: built.run,
        });
        self.output = built.output;
        self.widest = self.widest.max(self.output.iter().product());
    }

    /// How many examples to evaluate at once: enough for large products, and few enough for the
    /// arrays between the layers to stay in the caches.
    pub(crate) fn evaluation_batch(&self) -> usize {
        const MOST_NUMBERS: usize = 1 << 22;
        (MOST_NUMBERS / self.widest).clamp(1, 500)
    }

    /// The fewest examples that every layer can learn from at a time.
    pub(crate) fn fewest_rows(&self) -> usize {
        let rows = self.layers.iter().map(|layer| layer.run.fewest_rows());
        rows.max().unwrap_or(1)
    }

    pub(crate) fn device(&self) -> &Cpu {
        &self.device
    }

    /// The shape of an input, without the batch axis.
    pub fn input_shape(&self) -> &[usize] {
        &self.input
    }

    /// The shape of an output, without the batch axis.
    pub fn output_shape(&self) -> &[usize] {
        &self.output
    }

    /// Shows every parameter with its name (`1.dense.weight`), always in the same order.
    pub fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        for Named { name, run, .. } in &mut self.layers {
            run.visit(&mut |part, parameter| see(&format!("{name}.{part}"), parameter));
        }
    }

    /// How many numbers the optimiser trains.
    pub fn parameter_count(&mut self) -> usize {
        let mut count = 0;
        self.visit(&mut |_, parameter| {
            if parameter.is_trained() {
                count += parameter.values().len();
            }
        });
        count
    }

    /// The outputs for `inputs`, which hold one example after the other.
    ///
    /// # Errors
    /// When `inputs` is no whole number of examples.
    pub fn predict(&mut self, inputs: &[f32]) -> Result<Vec<f32>, TrainError> {
        let size: usize = self.input.iter().product();
        if !inputs.len().is_multiple_of(size) {
            return Err(TrainError::Data(format!(
                "{} numbers are no whole number of inputs of shape {:?}",
                inputs.len(),
                self.input
            )));
        }
        let mut outputs = Vec::new();
        for part in inputs.chunks(size * self.evaluation_batch()) {
            let rows = part.len() / size;
            // Nothing random happens outside training.
            let batch = self.forward(Buffer::copied(part), rows, false, &mut Rng::new(0))?;
            outputs.extend_from_slice(&batch.values);
        }
        Ok(outputs)
    }

    pub(crate) fn forward(
        &mut self,
        inputs: Buffer,
        rows: usize,
        training: bool,
        rng: &mut Rng,
    ) -> Result<Batch, TrainError> {
        let mut batch = Batch::input(&self.device, inputs, rows, training);
        for layer in &mut self.layers {
            let entered = batch.enter(&layer.backward);
            batch = match training {
                true => profile::time(&layer.forward, || layer.run.forward(entered, rng))?,
                false => layer.run.forward(entered, rng)?,
            };
        }
        Ok(batch)
    }

    /// The name of a parameter that holds an infinity or not-a-number.
    pub(crate) fn non_finite(&mut self) -> Option<String> {
        let mut found = None;
        self.visit(&mut |name, parameter| {
            if found.is_none() && !super::ops::all_finite(parameter.values()) {
                found = Some(name.to_owned());
            }
        });
        found
    }
}
