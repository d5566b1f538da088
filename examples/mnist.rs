//! The tutorial: how many layers, how wide, and how fast should a network learn to read digits?
//!
//! ```sh
//! cargo run --release --example mnist
//! ```
//!
//! Five configurations, each trained three times for ten epochs on all 60 000 images and validated on
//! the 10 000 others. Started again it goes on where it stopped; `-- --quick` shows it in seconds.

mod support;

use clap::Parser;
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::{Activation, Adam, Data, Fit, Loss, Metric, Sequential};

/// A stack of dense layers that reads images of 28 by 28 pixels.
#[tunable]
#[derive(Debug)]
struct Mlp {
    /// Hidden layers, each with its own width.
    #[hp(len = 1..=3, int = 32..=512, step = 32)]
    units: Vec<usize>,
    #[hp(choice = [1e-2, 1e-3, 1e-4])]
    learning_rate: f64,
}

impl Mlp {
    fn build(&self) -> Sequential {
        let mut net = Sequential::input([28, 28]).flatten();
        for &units in &self.units {
            net = net.dense(units, Activation::Relu);
        }
        net.dense(10, Activation::Linear)
    }

    fn fit(&self) -> Fit {
        Fit::new(self.build())
            .loss(Loss::CrossEntropy)
            .optimizer(Adam::new(self.learning_rate))
            .metric(Metric::Accuracy)
            .batch_size(32)
    }
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let plan = flags.plan(
        Plan {
            trials: 5,
            executions: 3,
            epochs: 10,
        },
        Plan {
            trials: 4,
            executions: 1,
            epochs: 3,
        },
    );
    let images = data::mnist(&data::directory("mnist", flags.data_dir.as_deref())?)?;
    let training = images.train.first(flags.train_size(60_000, 10_000));
    let validation = images.test.first(if flags.quick { 1_000 } else { 10_000 });
    let train = Data::classes(training.pixels().clone(), [28, 28], training.labels())?;
    let validation = Data::classes(validation.pixels().clone(), [28, 28], validation.labels())?;

    let objective = Objective::maximize("val_accuracy");
    let mut tuner = flags.tuner::<Mlp>("mnist", objective, plan)?;
    tuner.search(|run: &mut Execution, mlp: Mlp| {
        mlp.fit().epochs(plan.epochs).run(run, &train, &validation)
    })?;

    let best = tuner.best_hyperparameters()?;
    println!("layers         {}", best.units.len());
    println!("units          {:?}", best.units);
    println!("learning rate  {}", best.learning_rate);
    flags.write_json(&tuner.study().history())
}
