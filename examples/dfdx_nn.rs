//! A plain module of dfdx's `nn`, with sizes known at compile time, tuned in how it learns.
//!
//! ```sh
//! cargo run --release --example dfdx_nn
//! ```

mod support;

use clap::Parser;
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::dfdx::nn::builders::{Linear, ReLU};
use tuner::train::{Data, Fit, Metric, Sequential, Sgd};

/// The network, as dfdx's users write it.
type Net = (Linear<784, 64>, ReLU, Linear<64, 10>);

#[tunable]
#[derive(Debug)]
struct Descent {
    #[hp(float = 1e-3..=1.0, log)]
    learning_rate: f64,
    #[hp(float = 0.0..=0.95)]
    momentum: f64,
    #[hp(int = 16..=128, log, step = 2)]
    batch_size: usize,
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let plan = flags.plan(
        Plan {
            trials: 8,
            executions: 1,
            epochs: 3,
        },
        Plan {
            trials: 4,
            executions: 1,
            epochs: 3,
        },
    );
    let images = data::mnist(&data::directory("mnist", flags.data_dir.as_deref())?)?;
    let seen = images.train.first(flags.train_size(10_000, 4_000));
    let train = Data::classes(seen.pixels().clone(), [784], seen.labels())?;
    let held_out = images.test.first(2_000);
    let validation = Data::classes(held_out.pixels().clone(), [784], held_out.labels())?;

    let objective = Objective::maximize("val_accuracy");
    let mut tuner = flags.tuner::<Descent>("dfdx-nn", objective, plan)?;
    tuner.search(|run: &mut Execution, descent: Descent| {
        Fit::new(Sequential::input([784]).module::<Net, 784, 10>())
            .optimizer(Sgd::new(descent.learning_rate).momentum(descent.momentum))
            .metric(Metric::Accuracy)
            .batch_size(descent.batch_size)
            .epochs(plan.epochs)
            .run(run, &train, &validation)
    })?;
    println!("best: {:?}", tuner.best_hyperparameters()?);
    flags.write_json(&tuner.study().history())
}
