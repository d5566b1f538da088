//! A study by hand: ask for a configuration, try it in whatever way, tell what came of it.
//!
//! ```sh
//! cargo run --release --example ask_tell
//! ```

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
    let study = Study::<Place>::in_memory(sampler::Tpe::new(), Objective::maximize("height"), 42)?;
    study.enqueue(&Place { x: 0.0, y: 0.0 })?;
    for _ in 0..60 {
        let trial = study.ask()?;
        let height = height(&trial.params);
        study.tell(trial, height)?;
    }
    if let Some(best) = study.best() {
        println!(
            "trial {} is {:.4} high: {:?}",
            best.number, best.value, best.params
        );
    }
    Ok(())
}
