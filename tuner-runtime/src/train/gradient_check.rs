//! Gradient checks: the gradients of a network against differences of a linear functional.
//!
//! With random numbers `c` the functional is `sum(c * outputs)`, so the gradient of the outputs is
//! `c` itself. Each parameter is moved along a random direction; the change of the functional must
//! be the product of gradient and direction.

use super::buffer::Buffer;
use super::network::Network;
use super::sequential::Sequential;
use crate::math::rng::Rng;

/// Checks every trained parameter of `net` on `rows` random examples. A first layer with
/// parameters of its own checks the gradient that the layers after it send back.
pub(crate) fn check_gradients(net: &Sequential, rows: usize) {
    let mut network = net.initialize(5).expect("the layers fit together");
    let mut rng = Rng::new(11);
    let size: usize = network.input_shape().iter().product();
    let inputs: Vec<f32> = (0..rows * size).map(|_| rng.normal() as f32).collect();
    check_gradients_at(&mut network, &inputs, rows);
}

/// [`check_gradients`] for given inputs.
pub(crate) fn check_gradients_at(network: &mut Network, inputs: &[f32], rows: usize) {
    let mut rng = Rng::new(12);
    let batch = forward(network, inputs, rows);
    let weights: Vec<f32> = batch.values.iter().map(|_| rng.normal() as f32).collect();
    let mut grads = batch.backward(Buffer::copied(&weights)).expect("memory");
    let mut gradients = Vec::new();
    network.visit(&mut |name, parameter| {
        if parameter.is_trained() {
            let gradient = parameter.key().take(&mut grads).expect("memory").to_vec();
            assert_eq!(gradient.len(), parameter.values().len(), "{name}");
            gradients.push((name.to_owned(), gradient));
        }
    });
    for (name, gradient) in &gradients {
        for _ in 0..3 {
            let direction: Vec<f32> = gradient.iter().map(|_| rng.normal() as f32).collect();
            let product = |a: &[f32], b: &[f32]| -> f64 {
                a.iter()
                    .zip(b)
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum()
            };
            let step = 2e-3 / (gradient.len() as f64).sqrt().max(1.0);
            let mut value = |step: f64| {
                move_parameter(network, name, &direction, step);
                let outputs = forward(network, inputs, rows).values;
                move_parameter(network, name, &direction, -step);
                product(&outputs, &weights)
            };
            let slope = (value(step) - value(-step)) / (2.0 * step);
            let expected = product(gradient, &direction);
            let scale = product(gradient, gradient).sqrt().max(0.1);
            assert!(
                (slope - expected).abs() < 0.03 * scale,
                "{name}: the differences say {slope}, the gradient {expected} (scale {scale})"
            );
        }
    }
}

fn forward(network: &mut Network, inputs: &[f32], rows: usize) -> super::batch::Batch {
    // The same numbers each time, for layers that draw some.
    let batch = network.forward(Buffer::copied(inputs), rows, true, &mut Rng::new(3));
    batch.expect("the inputs fit the network")
}

fn move_parameter(network: &mut Network, name: &str, direction: &[f32], step: f64) {
    network.visit(&mut |other, parameter| {
        if other == name {
            for (value, direction) in parameter.values_mut().iter_mut().zip(direction) {
                *value += (f64::from(*direction) * step) as f32;
            }
        }
    });
}
