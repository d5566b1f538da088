//! Seconds an epoch of a small CNN on one thread, beside the arithmetic limit.
//!
//! `cargo bench -p tuner-runtime --features dfdx --bench train_cnn`
//!
//! 5 000 random images of 3 by 32 by 32: 32 filters of 3 by 3, pooling by 2, 128 units, 10 classes.
//! dfdx has no convolution on stable Rust to compare with.

mod support;

use tuner_runtime::math::rng::Rng;
use tuner_runtime::train::{Activation, Adam, Data, Fit, Loss, Metric, Sequential};

const IMAGES: usize = 5_000;

fn main() {
    let peak = support::peak_flops();
    let mut rng = Rng::new(1);
    let pixels: Vec<u8> = (0..IMAGES * 3072).map(|_| rng.below(256) as u8).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|_| rng.below(10) as u8).collect();
    let data = Data::classes(pixels, [3, 32, 32], &labels).expect("the sizes fit");
    let net = Sequential::input([3, 32, 32])
        .conv2d(32, 3, Activation::Relu)
        .max_pool2d(2)
        .flatten()
        .dense(128, Activation::Relu)
        .dense(10, Activation::Linear);
    for batch in [32, 128] {
        let fit = Fit::new(net.clone())
            .loss(Loss::CrossEntropy)
            .optimizer(Adam::new(1e-3))
            .metric(Metric::Accuracy)
            .batch_size(batch);
        let ours = support::best_epoch(&fit, &data);
        support::print_row(batch, ours, None, flops_an_epoch() / peak);
    }
}

/// The convolution forwards and for its weights, the dense layers also for their inputs.
fn flops_an_epoch() -> f64 {
    let convolution = 2 * 32 * 27 * 30 * 30;
    let dense = 3 * (32 * 15 * 15 * 128 + 128 * 10);
    (2 * IMAGES * (convolution + dense)) as f64
}
