//! The tutorial's convolutional network: how many filters, how large, and how fast should it learn?
//!
//! ```sh
//! cargo run --release --example cifar10
//! ```
//!
//! The 5 000 images of the repository are searched with a fifth held out; then the best configuration
//! is trained on all of them and judged by the 1 000 test images: some two minutes on 2 cores with
//! `--workers 2`. With `TUNER_DATA` or `--data-dir` it takes the full data set.

mod support;

use std::ops::ControlFlow;

use clap::Parser;
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::{Activation, Adam, Data, Fit, Loss, Metric, Network, Sequential};

/// One convolution, one pooling, one dense layer.
#[tunable]
#[derive(Debug)]
struct Cnn {
    #[hp(int = 32..=128, step = 32)]
    filters: usize,
    #[hp(choice = [3, 5])]
    kernel: usize,
    #[hp(int = 32..=512, step = 32)]
    units: usize,
    #[hp(choice = [1e-2, 1e-3, 1e-4])]
    learning_rate: f64,
}

impl Cnn {
    fn build(&self) -> Sequential {
        Sequential::input([3, 32, 32])
            .conv2d(self.filters, self.kernel, Activation::Relu)
            .max_pool2d(2)
            .flatten()
            .dense(self.units, Activation::Relu)
            .dense(10, Activation::Linear)
    }

    fn fit(&self, epochs: u64) -> Fit {
        Fit::new(self.build())
            .loss(Loss::CrossEntropy)
            .optimizer(Adam::new(self.learning_rate))
            .metric(Metric::Accuracy)
            .batch_size(32)
            .epochs(epochs)
    }
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let plan = flags.plan(
        Plan {
            trials: 5,
            executions: 1,
            epochs: 10,
        },
        Plan {
            trials: 3,
            executions: 1,
            epochs: 4,
        },
    );
    let images = data::cifar10(&data::directory("cifar10", flags.data_dir.as_deref())?)?;
    let seen = images
        .train
        .first(flags.train_size(images.train.len(), 2_000));
    let all = Data::classes(seen.pixels().clone(), [3, 32, 32], seen.labels())?;
    let (train, validation) = all.shuffled(flags.seed()).split(0.2)?;

    let objective = Objective::maximize("val_accuracy");
    let mut space = Cnn::space();
    if flags.quick {
        // Small networks alone, so that some learning is seen within seconds.
        space.filters.fix(32)?;
        space.kernel.fix(3)?;
        space.units.narrow(32..=128)?;
        space.learning_rate.fix(1e-3)?;
    }
    let mut tuner = flags.tuner_of::<Cnn>(space, "cifar10", objective, plan)?;
    tuner.search(|run: &mut Execution, cnn: Cnn| {
        cnn.fit(plan.epochs).run(run, &train, &validation)
    })?;

    let best = tuner.best_hyperparameters()?;
    println!("best: {best:?}");
    let test = Data::images(&images.test)?;
    let fit = best.fit(plan.epochs);
    let judge = |network: &mut Network, seen: usize| -> tuner::Result<()> {
        let metrics = fit.evaluate(network, &test)?;
        let accuracy = metrics.iter().find(|(name, _)| name == "accuracy");
        println!(
            "accuracy {:.3} on {} test images after {seen} training images",
            accuracy.map_or(f64::NAN, |(_, value)| *value),
            test.len()
        );
        Ok(())
    };
    println!("the network of the best trial, as the search trained it:");
    judge(&mut tuner.best_model(Cnn::build)?, train.len())?;

    println!("trained anew on all images, those held out too:");
    // The start matters: in some the first steps end many rectified units. Again the best one.
    let (trial, execution) = tuner.best_execution()?;
    let record = tuner.study().history().trial(trial).cloned();
    let start = record.and_then(|trial| trial.execution(execution).map(|run| run.seed));
    let seed = start.unwrap_or_else(|| flags.seed());
    let mut trained = fit.train(seed, &all, None, &mut |epoch| {
        let loss = epoch.get("loss").unwrap_or(f64::NAN);
        println!("epoch {}: loss {loss:.4}", epoch.epoch);
        ControlFlow::Continue(())
    })?;
    judge(&mut trained.network, all.len())?;
    flags.write_json(&tuner.study().history())
}
