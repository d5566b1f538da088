//! Seconds an epoch of an MLP on one thread: ours, dfdx's own operations, the arithmetic limit.
//!
//! `cargo bench -p tuner-runtime --features dfdx --bench train_mlp`, and with `-- ours` at the end
//! without those of dfdx, to look for where the time goes.
//!
//! The network is 784-512-10 with 60 000 random images, Adam, batches of 32 and 128. Each number
//! is the best of several runs, since other programs can only make a run slower. The arithmetic
//! limit is the time for the multiplications alone at the speed of a large matrix product.

mod support;

use std::hint::black_box;
use std::time::Instant;

use dfdx::losses::cross_entropy_with_logits_loss;
use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{Cpu, Gradients, PutTape, SplitTape, Tensor, TensorFromVec, Trace, ZerosTensor};
use dfdx::tensor_ops::{AdamConfig, Backward, BroadcastTo, TryMatMul};
use tuner_runtime::math::rng::Rng;
use tuner_runtime::train::{Activation, Adam, Data, Fit, Loss, Metric, Sequential};

const IMAGES: usize = 60_000;
const INPUTS: usize = 784;
const HIDDEN: usize = 512;
const CLASSES: usize = 10;

fn main() {
    let _pool = support::one_thread();
    let peak = support::peak_flops();
    let mut rng = Rng::new(1);
    // A fifth of the pixels are set, as in MNIST.
    let mut pixel = || {
        if rng.below(5) == 0 {
            rng.below(256) as u8
        } else {
            0
        }
    };
    let images: Vec<u8> = (0..IMAGES * INPUTS).map(|_| pixel()).collect();
    let labels: Vec<u8> = (0..IMAGES)
        .map(|_| rng.below(CLASSES as u128) as u8)
        .collect();
    let data = Data::classes(images.clone(), [28, 28], &labels).expect("the sizes fit");
    for batch in [32, 128] {
        let ours = ours(&data, batch);
        let dfdx = support::unless_ours_alone(|| {
            let runs = (0..2).map(|_| dfdx_epoch(&images, &labels, batch));
            runs.fold(f64::MAX, f64::min)
        });
        support::print_row(batch, ours, dfdx, flops_an_epoch() / peak);
    }
}

/// Ours.
fn ours(data: &Data, batch: usize) -> f64 {
    let net = Sequential::input([28, 28])
        .flatten()
        .dense(HIDDEN, Activation::Relu)
        .dense(CLASSES, Activation::Linear);
    let fit = Fit::new(net)
        .loss(Loss::CrossEntropy)
        .optimizer(Adam::new(1e-3))
        .metric(Metric::Accuracy)
        .batch_size(batch);
    support::best_epoch(&fit, data)
}

/// The same with dfdx's matmul, broadcast, relu, loss and Adam.
fn dfdx_epoch(images: &[u8], labels: &[u8], batch: usize) -> f64 {
    let device = Cpu::seed_from_u64(1);
    let mut rng = Rng::new(2);
    let mut weights = |inputs: usize, units: usize| {
        let draws = (0..inputs * units)
            .map(|_| rng.normal() as f32 * 0.05)
            .collect();
        device.tensor_from_vec(draws, (inputs, units))
    };
    let mut w1 = weights(INPUTS, HIDDEN);
    let mut w2 = weights(HIDDEN, CLASSES);
    let mut b1: Tensor<(usize,), f32, Cpu> = device.zeros_like(&(HIDDEN,));
    let mut b2: Tensor<(usize,), f32, Cpu> = device.zeros_like(&(CLASSES,));
    let (mut first, mut second) = (Gradients::leaky(), Gradients::leaky());
    let adam = AdamConfig {
        lr: 1e-3,
        ..AdamConfig::default()
    };
    let mut order: Vec<usize> = (0..labels.len()).collect();
    rng.shuffle(&mut order);
    let start = Instant::now();
    for (step, rows) in order.chunks(batch).enumerate() {
        let count = rows.len();
        let mut inputs = Vec::with_capacity(count * INPUTS);
        let mut targets = vec![0.0; count * CLASSES];
        for (index, &row) in rows.iter().enumerate() {
            let pixels = &images[row * INPUTS..][..INPUTS];
            inputs.extend(pixels.iter().map(|&byte| f32::from(byte) * (1.0 / 255.0)));
            targets[index * CLASSES + usize::from(labels[row])] = 1.0;
        }
        let x = device.tensor_from_vec(inputs, (count, INPUTS));
        let y = device.tensor_from_vec(targets, (count, CLASSES));
        let h = x.traced(Gradients::leaky()).matmul(w1.clone());
        // The bias is recorded too: its gradient is part of the work.
        let shape = *h.shape();
        let (h, tape) = h.split_tape();
        let b = b1.clone().put_tape(tape);
        let h = (b.broadcast_like::<_, Axis<0>>(&shape) + h).relu();
        let o = h.matmul(w2.clone());
        let shape = *o.shape();
        let (o, tape) = o.split_tape();
        let b = b2.clone().put_tape(tape);
        let o = b.broadcast_like::<_, Axis<0>>(&shape) + o;
        let mut grads = cross_entropy_with_logits_loss(o, y).backward();
        let t = step as i32 + 1;
        macro_rules! update {
            ($parameter:ident) => {{
                let gradient = grads.get_or_alloc_mut(&$parameter).expect("memory");
                let m = first.get_or_alloc_mut(&$parameter).expect("memory");
                let v = second.get_or_alloc_mut(&$parameter).expect("memory");
                adam.try_update(t, &mut $parameter, m, v, gradient)
                    .expect("memory");
            }};
        }
        update!(w1);
        update!(b1);
        update!(w2);
        update!(b2);
    }
    black_box(w1.as_vec());
    start.elapsed().as_secs_f64()
}

/// Two products forwards and backwards for each weight; no gradient for the images.
fn flops_an_epoch() -> f64 {
    let first = 2 * INPUTS * HIDDEN;
    let second = 3 * HIDDEN * CLASSES;
    (2 * IMAGES * (first + second)) as f64
}
