//! The tutorial's forecast: two stacked LSTM layers look at 20 values and say the next one.
//!
//! ```sh
//! cargo run --release --example timeseries
//! cargo run --release --example timeseries -- --data temperatures
//! ```
//!
//! Some 10 seconds on 2 cores with `--workers 2`, and 40 for the temperatures. The last fifth of the
//! series is held out. The forecast is judged in the series' own unit beside the
//! naive one, "as the value before": for the temperatures that is degrees, and "as yesterday".

mod support;

use std::ops::ControlFlow;

use clap::{Parser, ValueEnum};
use support::{Flags, Plan};
use tuner::data;
use tuner::prelude::*;
use tuner::train::{Activation, Adam, Data, Fit, Loss, Metric, Sequential, Steps};

/// How many values the forecast sees.
const WINDOW: usize = 20;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// The series.
    #[arg(long, value_enum, default_value = "sine")]
    data: Series,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Series {
    /// A sine with noise, 1 000 values.
    Sine,
    /// Daily minimum temperatures in Melbourne, ten years.
    Temperatures,
}

/// The widths of two stacked layers.
#[tunable]
#[derive(Debug)]
struct Forecast {
    #[hp(int = 32..=128, step = 32)]
    first: usize,
    #[hp(int = 32..=128, step = 32)]
    second: usize,
    #[hp(choice = [1e-2, 1e-3])]
    learning_rate: f64,
}

impl Forecast {
    fn fit(&self, epochs: u64) -> Fit {
        let net = Sequential::input([WINDOW, 1])
            .lstm(self.first, Steps::All)
            .lstm(self.second, Steps::Last)
            .dense(1, Activation::Linear);
        Fit::new(net)
            .loss(Loss::Mse)
            .optimizer(Adam::new(self.learning_rate))
            .metric(Metric::Mae)
            .batch_size(32)
            .epochs(epochs)
    }
}

fn main() -> tuner::Result<()> {
    let Arguments { flags, data } = Arguments::parse();
    let plan = flags.plan(
        Plan {
            trials: 5,
            executions: 1,
            epochs: 15,
        },
        Plan {
            trials: 3,
            executions: 1,
            epochs: 6,
        },
    );
    let (name, unit, series) = match data {
        Series::Sine => ("timeseries", "", data::noisy_sine(flags.seed())),
        Series::Temperatures => {
            let directory = data::directory("temperatures", flags.data_dir.as_deref())?;
            let series = data::temperatures(&directory)?;
            (
                "timeseries-temperatures",
                " degrees",
                series.values.to_vec(),
            )
        }
    };
    let series = &series[..flags.train_size(series.len(), 1_500).min(series.len())];
    // What is held out may not even lend its mean.
    let known = &series[..series.len() * 4 / 5];
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let variance = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / known.len() as f64;
    let deviation = variance.sqrt();
    let scaled: Vec<f32> = series
        .iter()
        .map(|x| ((x - mean) / deviation) as f32)
        .collect();
    let windows = data::windows(&scaled, WINDOW)?;
    let all = Data::values(windows.inputs, [WINDOW, 1], windows.targets, 1)?;
    let (train, held_out) = all.split(0.2)?;

    let mut tuner = flags.tuner::<Forecast>(name, Objective::minimize("val_loss"), plan)?;
    tuner.search(|run: &mut Execution, forecast: Forecast| {
        forecast.fit(plan.epochs).run(run, &train, &held_out)
    })?;

    let best = tuner.best_hyperparameters()?;
    println!("best: {best:?}");
    let fit = best.fit(plan.epochs).restore_best("val_loss");
    let mut trained = fit.train(flags.seed(), &train, &held_out, &mut |_| {
        ControlFlow::Continue(())
    })?;
    let metrics = fit.evaluate(&mut trained.network, &held_out)?;
    let error = metrics
        .iter()
        .find(|(name, _)| name == "mae")
        .map(|(_, value)| value * deviation);
    let judged = &series[series.len() - held_out.len() - 1..];
    let naive = judged
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .sum::<f64>()
        / held_out.len() as f64;
    println!(
        "mean absolute error over the {} values held out:",
        held_out.len()
    );
    println!(
        "  forecast             {:.3}{unit}",
        error.unwrap_or(f64::NAN)
    );
    println!("  as the value before  {naive:.3}{unit}");
    flags.write_json(&tuner.study().history())
}
