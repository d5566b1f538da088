//! The fused dense operation: product, bias and activation as one entry of the tape.
//!
//! Notation: `x` is the batch (rows by inputs), `w` the weights (inputs by units), `b` the bias,
//! `y = f(x w + b)`. With `g` the gradient of `y` times the derivative of `f`:
//! `dw = x^T g`, `db` the column sums of `g`, `dx = g w^T`.

use std::sync::Arc;

use super::gemm::{Into, Matrix, multiply};
use crate::train::activation::Activation;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::parameter::Parameter;

/// `f(x w + b)`. The gradient for `x` is left out when `x` is the data itself.
pub(crate) fn dense(
    batch: Batch,
    weights: &Parameter,
    bias: Option<&Parameter>,
    activation: Activation,
) -> Batch {
    let (inputs, units) = (weights.shape()[0], weights.shape()[1]);
    // With more axes than one, each position of the leading ones is a row of its own.
    let rows = batch.values.len() / inputs;
    let mut values = Buffer::stale(rows * units);
    let into = match bias {
        Some(bias) => {
            for row in values.chunks_exact_mut(units) {
                row.copy_from_slice(bias.values());
            }
            Into::Add
        }
        None => Into::Overwrite,
    };
    multiply(
        Matrix::new(&batch.values, rows, inputs),
        Matrix::new(weights.values(), inputs, units),
        &mut values,
        into,
    );
    let saved = activation.apply(&mut values, batch.training());
    let (x, w) = (Arc::clone(&batch.values), weights.shared());
    let weights_key = weights.key().clone();
    let bias_key = bias.map(|bias| bias.key().clone());
    let wants_gradient = batch.wants_gradient();
    let y = Arc::new(values);
    batch.then(Arc::clone(&y), move |mut gradient, grads| {
        activation.scale_gradient(&mut gradient, &y, saved.as_deref());
        if let Some(key) = bias_key {
            let mut sums = Buffer::zeroed(units);
            super::add_column_sums(&gradient, &mut sums);
            key.put(grads, sums)?;
        }
        let g = Matrix::new(&gradient, rows, units);
        let mut dw = Buffer::stale(inputs * units);
        multiply(
            Matrix::new(&x, rows, inputs).transposed(),
            g,
            &mut dw,
            Into::Overwrite,
        );
        weights_key.put(grads, dw)?;
        if !wants_gradient {
            return Ok(None);
        }
        let mut dx = Buffer::stale(rows * inputs);
        let w = Matrix::new(&w, inputs, units).transposed();
        multiply(g, w, &mut dx, Into::Overwrite);
        Ok(Some(dx))
    })
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        for activation in [
            Activation::Linear,
            Activation::Relu,
            Activation::Tanh,
            Activation::Sigmoid,
        ] {
            let net = Sequential::input([7])
                .dense(6, activation)
                .dense(5, activation)
                .dense(3, Activation::Linear);
            check_gradients(&net, 9);
        }
    }

    #[test]
    fn the_last_axis_alone_is_transformed() {
        let net = Sequential::input([4, 3])
            .dense(5, Activation::Tanh)
            .flatten()
            .dense(2, Activation::Linear);
        check_gradients(&net, 6);
        assert_eq!(net.initialize(0).unwrap().output_shape(), [2]);
    }
}
