//! Cross-validation: each execution of a trial trains on other folds of the data.
//!
//! ```sh
//! cargo run --release --example cross_validation
//! ```
//!
//! A trial has one execution a fold, and its value is the mean over the folds.

mod support;

use clap::Parser;
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::{Activation, Adam, Data, Fit, Metric, Sequential};

/// A small network for small data, where one split says little.
#[tunable]
#[derive(Debug)]
struct Small {
    #[hp(int = 16..=128, log, step = 2)]
    units: usize,
    #[hp(float = 0.0..=0.5, step = 0.1)]
    dropout: f64,
    #[hp(float = 1e-4..=1e-2, log)]
    learning_rate: f64,
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let plan = flags.plan(
        Plan {
            trials: 8,
            executions: 5,
            epochs: 5,
        },
        Plan {
            trials: 3,
            executions: 3,
            epochs: 5,
        },
    );
    let plan = Plan {
        executions: plan.executions.max(2),
        ..plan
    };
    let images = data::mnist(&data::directory("mnist", flags.data_dir.as_deref())?)?;
    let few = images.train.first(flags.train_size(3_000, 1_500));
    let all = Data::classes(few.pixels().clone(), [28, 28], few.labels())?;
    let folds = all.k_fold(plan.executions as usize, flags.seed())?;

    let objective = Objective::maximize("val_accuracy");
    // Another number of folds splits the data in another way.
    let name = format!("cross-validation-{}-folds", plan.executions);
    let mut tuner = flags.tuner::<Small>(&name, objective, plan)?;
    tuner.search(|run: &mut Execution, small: Small| {
        let (train, validation) = &folds[run.execution() as usize];
        let net = Sequential::input([28, 28])
            .flatten()
            .dense(small.units, Activation::Relu)
            .dropout(small.dropout)
            .dense(10, Activation::Linear);
        Fit::new(net)
            .optimizer(Adam::new(small.learning_rate))
            .metric(Metric::Accuracy)
            .epochs(plan.epochs)
            .run(run, train, validation)
    })?;
    println!("best: {:?}", tuner.best_hyperparameters()?);
    flags.write_json(&tuner.study().history())
}
