//! A study by hand: ask for a configuration, try it in whatever way, tell what came of it.
//!
//! ```sh
//! cargo run --release --example ask_tell
//! ```

mod support;

use clap::Parser;
use support::Flags;
use tuner::prelude::*;

/// Where a hill may be.
#[tunable]
#[derive(Debug)]
struct Place {
    #[hp(float = -5.0..=5.0)]
    x: f64,
    #[hp(float = -5.0..=5.0)]
    y: f64,
}

fn height(place: &Place) -> f64 {
    (-(place.x - 1.0).powi(2) - (place.y + 2.0).powi(2)).exp()
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let builder = Study::<Place>::builder()
        .sampler(sampler::Tpe::new())
        .objective(Objective::maximize("height"))
        .max_trials(60)
        .seed(42);
    let study = flags.change_study("ask-tell", builder)?;
    if study.trials().is_empty() {
        study.enqueue(&Place { x: 0.0, y: 0.0 })?;
    }
    loop {
        let trial = match study.ask_or_resume() {
            Ok(trial) => trial,
            Err(fault) if fault.is_end() => break,
            Err(fault) => return Err(fault.into()),
        };
        let height = height(&trial.params);
        study.tell(trial, height)?;
    }
    if let Some(best) = study.best() {
        let (number, value) = (best.number, best.value);
        println!("trial {number} is {value:.4} high: {:?}", best.params);
    }
    flags.write_json(&study.history())
}
