//! Layers, losses, optimisers and schedules against values from PyTorch.
//!
//! `tests/reference/train_pytorch.py` says how the values were made.

use serde::Deserialize;

use super::activation::Activation;
use super::batch::Key;
use super::buffer::Buffer;
use super::data::BatchTargets;
use super::layer::{Conv2d, Layer};
use super::loss::Loss;
use super::ops::time::Steps;
use super::ops::window::Padding;
use super::optimizer::{Adam, AdamW, Clip, Optimizer, RmsProp, Sgd, Stepper};
use super::schedule::Schedule;
use super::sequential::Sequential;
use crate::math::rng::Rng;
use dfdx::tensor::Gradients;

#[derive(Deserialize)]
struct Reference {
    layers: Vec<LayerCase>,
    losses: Vec<LossCase>,
    optimizers: Vec<OptimizerCase>,
    schedules: Vec<ScheduleCase>,
}

#[derive(Deserialize)]
struct LayerCase {
    name: String,
    rows: usize,
    inputs: Vec<f32>,
    parameters: Vec<Vec<f32>>,
    outputs: Vec<f32>,
    functional: Vec<f32>,
    gradients: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct LossCase {
    name: String,
    outputs: Vec<f32>,
    targets: Vec<f32>,
    loss: f64,
    gradient: Vec<f32>,
}

#[derive(Deserialize)]
struct OptimizerCase {
    name: String,
    start: Vec<f32>,
    gradients: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct ScheduleCase {
    name: String,
    factors: Vec<f64>,
}

fn reference() -> Reference {
    let text = include_str!("../../tests/reference/train_pytorch.json");
    serde_json::from_str(text).unwrap()
}

fn close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (index, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let limit = 2e-5 * (1.0 + b.abs());
        assert!(
            (a - b).abs() < limit,
            "{what}, number {index}: {a}, PyTorch says {b}"
        );
    }
}

/// The network of a case, by the name that the script gave it.
fn network(name: &str) -> Sequential {
    let (valid, linear) = (Padding::Valid, Activation::Linear);
    let image = |shape: [usize; 3]| Sequential::input(shape);
    let pooled = |layer: Layer| image([1, 8, 7]).conv2d(2, 2, linear).layer(layer);
    let activated = |activation| Sequential::input([3]).dense(7, activation);
    match name {
        "dense" => Sequential::input([4]).dense(3, linear),
        "conv2d valid" => image([2, 6, 5]).conv2d(3, 3, linear),
        "conv2d same" => image([2, 5, 4]).layer(Conv2d::new(3, 3).padding(Padding::Same)),
        "conv2d stride" => image([2, 7, 6]).layer(Conv2d::new(3, 2).stride(2)),
        "max pool" => image([1, 8, 7]).conv2d(2, 2, linear).max_pool2d(2),
        "max pool stride" => pooled(Layer::MaxPool2d {
            size: 3,
            stride: 2,
            padding: valid,
        }),
        "average pool" => image([1, 8, 7]).conv2d(2, 2, linear).average_pool2d(2),
        "lstm" => Sequential::input([5, 3])
            .lstm(4, Steps::All)
            .lstm(4, Steps::Last),
        "gru" => Sequential::input([5, 3])
            .gru(4, Steps::All)
            .gru(4, Steps::All),
        "batch norm" => image([2, 4, 4]).conv2d(3, 2, linear).batch_norm(),
        "layer norm" => Sequential::input([4]).dense(6, linear).layer_norm(),
        "embedding" => Sequential::input([4]).embedding(6, 3),
        "Relu" => activated(Activation::Relu),
        "LeakyRelu" => activated(Activation::LeakyRelu { slope: 0.1 }),
        "Elu" => activated(Activation::Elu),
        "Selu" => activated(Activation::Selu),
        "Gelu" => activated(Activation::Gelu),
        "Silu" => activated(Activation::Silu),
        "Softplus" => activated(Activation::Softplus),
        "Tanh" => activated(Activation::Tanh),
        "Sigmoid" => activated(Activation::Sigmoid),
        other => panic!("no network for the case {other}"),
    }
}

#[test]
fn layers_and_their_gradients() {
    for case in reference().layers {
        let name = &case.name;
        let mut network = network(name).initialize(0).unwrap();
        let mut values = case.parameters.iter();
        network.visit(&mut |_, parameter| {
            if parameter.is_trained() {
                parameter
                    .values_mut()
                    .copy_from_slice(values.next().unwrap());
            }
        });
        assert!(values.next().is_none(), "{name}: parameters are left over");
        let inputs = Buffer::copied(&case.inputs);
        let batch = network
            .forward(inputs, case.rows, true, &mut Rng::new(0))
            .unwrap();
        close(name, &batch.values, &case.outputs);
        let mut grads = batch.backward(Buffer::copied(&case.functional)).unwrap();
        let mut gradients = case.gradients.iter();
        network.visit(&mut |part, parameter| {
            if parameter.is_trained() {
                let ours = parameter.key().take(&mut grads).unwrap();
                close(&format!("{name}, {part}"), &ours, gradients.next().unwrap());
            }
        });
    }
}

#[test]
fn losses_and_their_gradients() {
    for case in reference().losses {
        let loss = match &*case.name {
            "CrossEntropy" => Loss::CrossEntropy,
            "BinaryCrossEntropy" => Loss::BinaryCrossEntropy,
            "Mse" => Loss::Mse,
            "Mae" => Loss::Mae,
            "Huber" => Loss::Huber { delta: 0.7 },
            other => panic!("no loss for the case {other}"),
        };
        let targets = match loss {
            Loss::CrossEntropy => {
                BatchTargets::Classes(case.targets.iter().map(|class| *class as u32).collect())
            }
            _ => BatchTargets::Values(case.targets.clone().into()),
        };
        let mut gradient = vec![0.0; case.outputs.len()];
        let sum = loss.evaluate(&case.outputs, 3, &targets, None, Some(&mut gradient));
        let rows = (case.outputs.len() / 3) as f64;
        assert!((sum / rows - case.loss).abs() < 1e-6, "{}", case.name);
        close(&case.name, &gradient, &case.gradient);
    }
}

#[test]
fn optimisers_step_by_step() {
    for case in reference().optimizers {
        let name = &case.name;
        let (optimizer, clip): (Optimizer, _) = match &**name {
            "Sgd" => (Sgd::new(0.1).weight_decay(0.01).into(), None),
            "Sgd momentum" => (Sgd::new(0.1).momentum(0.9).into(), None),
            "Sgd nesterov" => (Sgd::new(0.1).momentum(0.9).nesterov(true).into(), None),
            "Adam" => (
                Adam::new(0.05).betas(0.8, 0.95).weight_decay(0.02).into(),
                None,
            ),
            "AdamW" => (AdamW::new(0.05).weight_decay(0.1).into(), None),
            "RmsProp" => (RmsProp::new(0.02).rho(0.9).epsilon(1e-7).into(), None),
            "Adam clipped" => (Adam::new(0.05).into(), Some(Clip::Norm(1.5))),
            other => panic!("no optimiser for the case {other}"),
        };
        // Any parameter of six numbers will do.
        let dense = Layer::Dense {
            units: 3,
            activation: Activation::Linear,
            bias: false,
            init: Default::default(),
        };
        let mut network = Sequential::input([2]).layer(dense).initialize(0).unwrap();
        let mut key: Option<Key> = None;
        network.visit(&mut |_, parameter| {
            parameter.values_mut().copy_from_slice(&case.start);
            key = Some(parameter.key().clone());
        });
        let key = key.unwrap();
        let mut stepper = Stepper::new(optimizer, clip, &mut network);
        for (gradient, expected) in case.gradients.iter().zip(&case.values) {
            let mut grads = Gradients::leaky();
            key.put(&mut grads, Buffer::copied(gradient)).unwrap();
            stepper.step(&mut network, &mut grads, 1.0).unwrap();
            network.visit(&mut |_, parameter| close(name, parameter.values(), expected));
        }
    }
}

#[test]
fn schedules_epoch_by_epoch() {
    for case in reference().schedules {
        let schedule = match &*case.name {
            "Step" => Schedule::Step {
                every: 3,
                factor: 0.5,
            },
            "Exponential" => Schedule::Exponential { factor: 0.8 },
            "Cosine" => Schedule::Cosine { floor: 0.1 },
            other => panic!("no schedule for the case {other}"),
        };
        for (epoch, expected) in (1..).zip(&case.factors) {
            let ours = schedule.factor(epoch, 0, 5, 10);
            assert!(
                (ours - expected).abs() < 1e-9,
                "{} in epoch {epoch}",
                case.name
            );
        }
    }
}
