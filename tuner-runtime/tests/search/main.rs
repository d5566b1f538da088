//! The search from outside: trials, failures, stop rules, changed studies, and killed processes.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

// The generated code names `::tuner`.
extern crate tuner_runtime as tuner;

mod change;
mod failures;
mod front;
mod processes;
mod rules;
mod trials;

use tuner::sampler::Random;
use tuner::search::{Progress, Tuner, TunerBuilder};
use tuner::space::tunable;
use tuner::trial::Objective;

/// A space of 24 points, with a conditional parameter.
#[tunable]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Net {
    #[hp(len = 1..=2, int = 1..=3)]
    pub(crate) units: Vec<usize>,
    #[hp]
    pub(crate) bias: bool,
}

/// A search of [`Net`] that shows nothing.
pub(crate) fn quiet() -> TunerBuilder<Net> {
    Tuner::<Net>::builder()
        .sampler(Random::new())
        .objective(Objective::minimize("loss"))
        .seed(7)
        .progress(Progress::Silent)
}

/// A loss that tells every configuration and seed from every other.
pub(crate) fn loss(net: &Net, seed: u64) -> f64 {
    let units = net.units.iter().fold(0.0, |sum, &n| sum * 10.0 + n as f64);
    units + f64::from(net.bias) / 2.0 + (seed >> 40) as f64 / (1u64 << 30) as f64
}
