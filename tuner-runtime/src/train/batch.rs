//! The activations of one batch on their way through a network, recorded on dfdx's tape.
//!
//! A dfdx tensor gives its numbers away only by copying them. So a [`Batch`] holds its numbers
//! itself and borrows from dfdx what makes the gradient: the tape of backward operations, and the
//! map of gradients, where an empty tensor names the place of each gradient. An operation of ours
//! moves its arrays into and out of those places without copying them.

use std::sync::Arc;

use dfdx::tensor::{Cpu, Gradients, OwnedTape, PutTape, Tape, Tensor, TensorFrom, TensorFromVec};
use dfdx::tensor_ops::Backward;

use super::buffer::Buffer;
use super::error::TrainError;
use super::profile;

/// The gradients of one step, by key.
pub(crate) type Grads = Gradients<f32, Cpu>;

/// An empty tensor whose identity names a place among the gradients.
#[derive(Debug, Clone)]
pub(crate) struct Key(Tensor<(usize,), f32, Cpu>);

impl Key {
    pub(crate) fn new(device: &Cpu) -> Self {
        Self(device.tensor_from_vec(Vec::new(), (0,)))
    }

    /// Puts a gradient in its place.
    pub(crate) fn put(&self, grads: &mut Grads, gradient: Buffer) -> Result<(), TrainError> {
        let place = grads
            .get_or_alloc_mut(&self.0)
            .map_err(TrainError::engine)?;
        **place = gradient.into_vec();
        Ok(())
    }

    /// Takes the gradient out; an empty array when there is none.
    pub(crate) fn take(&self, grads: &mut Grads) -> Result<Buffer, TrainError> {
        let place = grads
            .get_or_alloc_mut(&self.0)
            .map_err(TrainError::engine)?;
        Ok(std::mem::take(&mut **place).into())
    }
}

/// A batch of `rows` examples with `columns` numbers each, row after row.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) values: Arc<Buffer>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    key: Key,
    device: Cpu,
    /// `None` outside training: nothing is recorded.
    tape: Option<OwnedTape<f32, Cpu>>,
    /// False for the data itself, which no gradient is wanted for.
    wants_gradient: bool,
    /// The layer at work, under whose name the time of its backward operation is noted.
    layer: Arc<str>,
}

impl Batch {
    /// The examples that enter the network.
    pub(crate) fn input(device: &Cpu, values: Buffer, rows: usize, training: bool) -> Self {
        let columns = values.len().checked_div(rows).unwrap_or(0);
        Self {
            rows,
            columns,
            values: Arc::new(values),
            key: Key::new(device),
            device: device.clone(),
            tape: training.then(OwnedTape::default),
            wants_gradient: false,
            layer: Arc::from(""),
        }
    }

    /// Names the layer whose operations are recorded from here on.
    pub(crate) fn enter(self, layer: &Arc<str>) -> Self {
        Self {
            layer: Arc::clone(layer),
            ..self
        }
    }

    /// Whether a gradient for these activations is needed by what came before.
    pub(crate) fn wants_gradient(&self) -> bool {
        self.wants_gradient
    }

    /// Whether the operations are recorded.
    pub(crate) fn training(&self) -> bool {
        self.tape.is_some()
    }

    /// Records an operation that made `values` out of these activations.
    ///
    /// `backward` gets the gradient of `values`, stores those of its parameters and returns the
    /// gradient of these activations, or `None` when [`Batch::wants_gradient`] said no.
    pub(crate) fn then<F>(mut self, values: impl Into<Arc<Buffer>>, backward: F) -> Self
    where
        F: FnOnce(Buffer, &mut Grads) -> Result<Option<Buffer>, TrainError> + 'static,
    {
        let values = values.into();
        let columns = values.len().checked_div(self.rows).unwrap_or(0);
        let key = Key::new(&self.device);
        if let Some(tape) = &mut self.tape {
            let (input, output) = (self.key, key.clone());
            let part = Arc::clone(&self.layer);
            tape.add_backward_op(move |grads| {
                let run = |grads: &mut Grads| {
                    let gradient = output.take(grads)?;
                    match profile::time(&part, || backward(gradient, grads))? {
                        Some(gradient) => input.put(grads, gradient),
                        None => Ok(()),
                    }
                };
                run(grads).map_err(TrainError::into_engine)
            });
        }
        Self {
            values,
            columns,
            key,
            wants_gradient: true,
            ..self
        }
    }

    /// Takes the tape out, so that operations of dfdx itself can record on it;
    /// [`Batch::resume`] goes on.
    pub(crate) fn lend_tape(mut self) -> (Self, Option<OwnedTape<f32, Cpu>>) {
        let tape = self.tape.take();
        (self, tape)
    }

    /// The activations that came out, with the tape, and the key of their gradient.
    pub(crate) fn resume(
        self,
        values: Buffer,
        tape: Option<OwnedTape<f32, Cpu>>,
        key: Option<Key>,
    ) -> Self {
        Self {
            columns: values.len().checked_div(self.rows).unwrap_or(0),
            values: Arc::new(values),
            key: key.unwrap_or(self.key),
            wants_gradient: true,
            tape,
            ..self
        }
    }

    /// The place of the gradient of these activations.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// A place for another gradient.
    pub(crate) fn new_key(&self) -> Key {
        Key::new(&self.device)
    }

    /// Runs the tape backwards from the gradient of the loss with respect to these activations.
    pub(crate) fn backward(self, gradient: Buffer) -> Result<Grads, TrainError> {
        let mut tape = self.tape.unwrap_or_default();
        let key = self.key;
        tape.add_backward_op(move |grads| {
            key.put(grads, gradient).map_err(TrainError::into_engine)
        });
        // dfdx runs a tape from a scalar, the loss; what its value was no longer matters here.
        let loss: Tensor<(), f32, Cpu> = self.device.tensor(0.0);
        loss.put_tape(tape)
            .try_backward()
            .map_err(TrainError::engine)
    }
}
