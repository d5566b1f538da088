//! A conditional space: the optimiser is an enum, and each variant has parameters of its own.
//!
//! ```sh
//! cargo run --release --example conditional
//! ```

mod support;

use clap::Parser;
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::{Activation, Adam, Data, Fit, Metric, Optimizer, RmsProp, Sequential, Sgd};

/// A network and how it learns.
#[tunable]
#[derive(Debug)]
struct Model {
    #[hp(int = 16..=128, log, step = 2)]
    units: usize,
    #[hp]
    learning: Learning,
}

/// Momentum means nothing to Adam, so only the variants that have it ask for it.
#[tunable]
#[derive(Debug)]
enum Learning {
    Adam {
        #[hp(float = 1e-4..=1e-1, log)]
        rate: f64,
        #[hp(float = 0.8..=0.99)]
        beta1: f64,
    },
    Sgd {
        #[hp(float = 1e-3..=1.0, log)]
        rate: f64,
        #[hp(float = 0.0..=0.99)]
        momentum: f64,
        #[hp]
        nesterov: bool,
    },
    RmsProp {
        #[hp(float = 1e-4..=1e-1, log)]
        rate: f64,
    },
}

impl Learning {
    fn optimizer(&self) -> Optimizer {
        match *self {
            Self::Adam { rate, beta1 } => Adam::new(rate).betas(beta1, 0.999).into(),
            Self::Sgd {
                rate,
                momentum,
                nesterov,
            } => Sgd::new(rate)
                .momentum(momentum)
                .nesterov(nesterov && momentum > 0.0)
                .into(),
            Self::RmsProp { rate } => RmsProp::new(rate).into(),
        }
    }
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let plan = flags.plan(
        Plan {
            trials: 12,
            executions: 1,
            epochs: 2,
        },
        Plan {
            trials: 4,
            executions: 1,
            epochs: 3,
        },
    );
    let images = data::mnist(&data::directory("mnist", flags.data_dir.as_deref())?)?;
    let seen = images.train.first(flags.train_size(5_000, 4_000));
    let train = Data::classes(seen.pixels().clone(), [28, 28], seen.labels())?;
    let held_out = images.test.first(2_000);
    let validation = Data::classes(held_out.pixels().clone(), [28, 28], held_out.labels())?;

    let objective = Objective::maximize("val_accuracy");
    let mut tuner = flags.tuner::<Model>("conditional", objective, plan)?;
    tuner.search(|run: &mut Execution, model: Model| {
        let net = Sequential::input([28, 28])
            .flatten()
            .dense(model.units, Activation::Relu)
            .dense(10, Activation::Linear);
        Fit::new(net)
            .optimizer(model.learning.optimizer())
            .metric(Metric::Accuracy)
            .epochs(plan.epochs)
            .run(run, &train, &validation)
    })?;
    println!("best: {:?}", tuner.best_hyperparameters()?);
    flags.write_json(&tuner.study().history())
}
