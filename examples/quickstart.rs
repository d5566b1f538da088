//! A search without training: the largest value of a function of a struct.
//!
//! ```sh
//! cargo run --release --example quickstart
//! ```

mod support;

use clap::Parser;
use support::Flags;
use tuner::prelude::*;

#[tunable]
#[derive(Debug)]
struct Recipe {
    #[hp(float = 150.0..=250.0, step = 5.0)]
    degrees: f64,
    #[hp(int = 10..=60)]
    minutes: u32,
    #[hp]
    fan: bool,
}

fn taste(recipe: &Recipe) -> f64 {
    let heat = recipe.degrees + if recipe.fan { 20.0 } else { 0.0 };
    1.0 - ((heat - 200.0) / 50.0).powi(2) - ((f64::from(recipe.minutes) - 35.0) / 25.0).powi(2)
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let builder = Tuner::<Recipe>::builder()
        .sampler(sampler::Tpe::new())
        .objective(Objective::maximize("taste"))
        .max_trials(40)
        .seed(42);
    let mut tuner = flags.change("quickstart", builder)?;
    tuner.search(|_, recipe| taste(&recipe))?;
    println!("best: {:?}", tuner.best_hyperparameters()?);
    flags.write_json(&tuner.study().history())
}
