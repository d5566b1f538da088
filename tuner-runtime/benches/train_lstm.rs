//! Seconds an epoch of two stacked LSTMs on one thread, beside the arithmetic limit.
//!
//! `cargo bench -p tuner-runtime --features dfdx --bench train_lstm`
//!
//! 980 windows of 20 numbers: two LSTMs of 64 units, one output, batches of 32.

mod support;

use tuner_runtime::train::{Activation, Adam, Data, Fit, Loss, Sequential, Steps};

const WINDOWS: usize = 980;
const STEPS: usize = 20;
const UNITS: usize = 64;

fn main() {
    let peak = support::peak_flops();
    let series: Vec<f32> = (0..WINDOWS + STEPS)
        .map(|t| (t as f32 * 0.1).sin())
        .collect();
    let windows: Vec<f32> = series
        .windows(STEPS)
        .take(WINDOWS)
        .flatten()
        .copied()
        .collect();
    let next = series[STEPS..].to_vec();
    let data = Data::values(windows, [STEPS, 1], next, 1).expect("the sizes fit");
    let net = Sequential::input([STEPS, 1])
        .lstm(UNITS, Steps::All)
        .lstm(UNITS, Steps::Last)
        .dense(1, Activation::Linear);
    let fit = Fit::new(net)
        .loss(Loss::Mse)
        .optimizer(Adam::new(1e-3))
        .batch_size(32);
    let ours = support::best_epoch(&fit, &data);
    println!("batch     ours    limit   (seconds an epoch)");
    println!("{:5} {ours:8.3} {:8.3}", 32, flops_an_epoch() / peak);
}

/// Each product forwards and twice backwards; no gradient for the first layer's input.
fn flops_an_epoch() -> f64 {
    let recurrent = 3 * UNITS * 4 * UNITS;
    let first = 2 * 4 * UNITS + recurrent;
    let second = 3 * UNITS * 4 * UNITS + recurrent;
    (2 * WINDOWS * STEPS * (first + second)) as f64
}
