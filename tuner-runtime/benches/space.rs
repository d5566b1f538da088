//! The cost of a point of ten parameters: sampling it, reading the value from it, and back.

#![allow(missing_docs, reason = "a benchmark has no interface")]

extern crate tuner_runtime as tuner;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tuner::math::rng::Rng;
use tuner::space::{Handle, Tunable, tunable};

#[tunable]
struct Ten {
    #[hp(int = 32..=512, step = 32)]
    units: usize,
    #[hp(choice = [1e-2, 1e-3, 1e-4])]
    learning_rate: f64,
    #[hp(int = 16..=1024, log, step = 2)]
    batch: usize,
    #[hp(float = 1e-6..=1e-2, log)]
    weight_decay: f64,
    #[hp(float = 0.0..=0.5, step = 0.1)]
    noise: f64,
    #[hp(choice = ["he", "glorot"])]
    init: &'static str,
    #[hp(float = 0.05..=0.5)]
    dropout: f64,
    #[hp]
    bias: bool,
    #[hp]
    activation: Activation,
    #[hp(int = 1..=100)]
    epochs: u32,
}

#[tunable]
enum Activation {
    Relu,
    Tanh,
    Gelu,
}

fn points(criterion: &mut Criterion) {
    let handle = Ten::space();
    let space = handle
        .flatten()
        .expect("the space is checked by the compiler");
    let mut rng = Rng::new(1);
    let point = space.sample(&mut rng);
    let value = handle.decode(&point).expect("the point is of the space");
    criterion.bench_function("sample ten parameters", |bencher| {
        bencher.iter(|| space.sample(black_box(&mut rng)))
    });
    criterion.bench_function("decode ten parameters", |bencher| {
        bencher.iter(|| handle.decode(black_box(&point)))
    });
    criterion.bench_function("encode ten parameters", |bencher| {
        bencher.iter(|| handle.encode(black_box(&value)))
    });
    criterion.bench_function("make and flatten the space", |bencher| {
        bencher.iter(|| Ten::space().flatten())
    });
}

criterion_group!(benches, points);
criterion_main!(benches);
