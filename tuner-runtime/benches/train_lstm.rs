//! Seconds an epoch of two stacked LSTMs on one thread: ours, dfdx's own operations, the arithmetic
//! limit. `-- ours` at the end leaves dfdx's out.
//!
//! `cargo bench -p tuner-runtime --features dfdx --bench train_lstm`
//!
//! 980 windows of 20 numbers: two LSTMs of 64 units, one output, batches of 32.

mod support;

use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

use dfdx::losses::mse_loss;
use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{
    Cpu, Gradients, OwnedTape, PutTape, SplitTape, Tensor, TensorFromVec, ZerosTensor,
};
use dfdx::tensor_ops::{AdamConfig, Backward, BroadcastTo, TryMatMul};
use tuner_runtime::math::rng::Rng;
use tuner_runtime::train::{Activation, Adam, Data, Fit, Loss, Sequential, Steps};

const WINDOWS: usize = 980;
const STEPS: usize = 20;
const UNITS: usize = 64;
const BATCH: usize = 32;

type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Recorded = OwnedTape<f32, Cpu>;

fn main() {
    let _pool = support::one_thread();
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
        .batch_size(BATCH);
    let ours = support::best_epoch(&fit, &data);
    let dfdx = support::unless_ours_alone(|| {
        let runs = (0..4).map(|_| dfdx_epoch(&series));
        runs.fold(f64::MAX, f64::min)
    });
    support::print_row(BATCH, ours, dfdx, flops_an_epoch() / peak);
}

/// One layer as dfdx's operations have it: a product for all gates, then a slice for each.
struct Lstm {
    wx: Matrix,
    wh: Matrix,
    b: Tensor<(usize,), f32, Cpu>,
}

impl Lstm {
    /// The states after each step.
    fn forward(&self, steps: Vec<Matrix>, mut tape: Recorded) -> (Vec<Matrix>, Recorded) {
        let mut states: Vec<Matrix> = Vec::new();
        let mut cell: Option<Matrix> = None;
        for x in steps {
            let (rows, shape) = (x.shape().0, (x.shape().0, 4 * UNITS));
            let sums = self
                .b
                .clone()
                .put_tape(tape)
                .broadcast_like::<_, Axis<0>>(&shape);
            let (sums, rest) = sums.split_tape();
            let (sums, rest) = (x.put_tape(rest).matmul(self.wx.clone()) + sums).split_tape();
            let (sums, rest) = match states.last() {
                Some(state) => {
                    let recurrent = state.clone().put_tape(rest).matmul(self.wh.clone());
                    (recurrent + sums).split_tape()
                }
                None => (sums, rest),
            };
            let gate = |number: usize, tape: Recorded| {
                let columns: Range<usize> = number * UNITS..(number + 1) * UNITS;
                sums.clone().put_tape(tape).slice((0..rows, columns))
            };
            let (i, rest) = gate(0, rest).sigmoid().split_tape();
            let (f, rest) = gate(1, rest).sigmoid().split_tape();
            let (g, rest) = gate(2, rest).tanh().split_tape();
            let (o, rest) = gate(3, rest).sigmoid().split_tape();
            let (new, rest) = (i.put_tape(rest) * g).split_tape();
            let (now, rest) = match cell {
                Some(cell) => {
                    let (kept, rest) = (f.put_tape(rest) * cell).split_tape();
                    (kept.put_tape(rest) + new).split_tape()
                }
                None => (new, rest),
            };
            let (state, rest) = (now.clone().put_tape(rest).tanh() * o).split_tape();
            states.push(state);
            cell = Some(now);
            tape = rest;
        }
        (states, tape)
    }
}

/// The same network with dfdx's matmul, slices, functions, loss and Adam.
fn dfdx_epoch(series: &[f32]) -> f64 {
    let device = Cpu::seed_from_u64(1);
    let mut rng = Rng::new(2);
    let mut weights = |rows: usize, columns: usize| {
        let draws = (0..rows * columns).map(|_| rng.normal() as f32 * 0.1);
        device.tensor_from_vec(draws.collect(), (rows, columns))
    };
    let mut layer = |inputs: usize| Lstm {
        wx: weights(inputs, 4 * UNITS),
        wh: weights(UNITS, 4 * UNITS),
        b: device.zeros_like(&(4 * UNITS,)),
    };
    let (mut first, mut second) = (layer(1), layer(UNITS));
    let mut last = weights(UNITS, 1);
    let (mut means, mut squares) = (Gradients::leaky(), Gradients::leaky());
    let adam = AdamConfig {
        lr: 1e-3,
        ..AdamConfig::default()
    };
    let mut order: Vec<usize> = (0..WINDOWS).collect();
    Rng::new(3).shuffle(&mut order);
    let start = Instant::now();
    for (batch, rows) in order.chunks(BATCH).enumerate() {
        let column = |shift: usize| {
            let values = rows.iter().map(|&row| series[row + shift]).collect();
            device.tensor_from_vec(values, (rows.len(), 1))
        };
        let inputs: Vec<Matrix> = (0..STEPS).map(column).collect();
        let target: Matrix = column(STEPS);
        let (states, tape) = first.forward(inputs, Recorded::default());
        let (states, tape) = second.forward(states, tape);
        let state = states.last().expect("there are steps").clone();
        let output = state.put_tape(tape).matmul(last.clone());
        let mut grads = mse_loss(output, target).backward();
        macro_rules! update {
            ($($parameter:expr),*) => {$({
                let parameter = &mut $parameter;
                let gradient = grads.get_or_alloc_mut(parameter).expect("memory");
                let m = means.get_or_alloc_mut(parameter).expect("memory");
                let v = squares.get_or_alloc_mut(parameter).expect("memory");
                adam.try_update(batch as i32 + 1, parameter, m, v, gradient).expect("memory");
            })*};
        }
        update!(
            first.wx, first.wh, first.b, second.wx, second.wh, second.b, last
        );
    }
    black_box(last.as_vec());
    start.elapsed().as_secs_f64()
}

/// Each product forwards and twice backwards; no gradient for the first layer's input.
fn flops_an_epoch() -> f64 {
    let recurrent = 3 * UNITS * 4 * UNITS;
    let first = 2 * 4 * UNITS + recurrent;
    let second = 3 * UNITS * 4 * UNITS + recurrent;
    (2 * WINDOWS * STEPS * (first + second)) as f64
}
