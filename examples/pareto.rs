//! Two objectives and a constraint: how light a beam may be for how little it bends, without breaking.
//!
//! ```sh
//! cargo run --release --example pareto
//! ```
//!
//! No sampler is named, so the search picks one: a Gaussian process that follows the front.

mod support;

use clap::Parser;
use tuner::prelude::*;
use tuner::trial::{Constraint, Metrics};

use support::Flags;

/// The load at the free end, in newtons, and the length, in metres.
const LOAD: f64 = 1_000.0;
const LENGTH: f64 = 2.0;

/// A cantilever beam with the profile of a tube.
#[tunable]
#[derive(Debug)]
struct Beam {
    /// The outer diameter, in millimetres.
    #[hp(float = 20.0..=120.0)]
    diameter: f64,
    /// The wall, as a part of the radius.
    #[hp(float = 0.02..=1.0, log)]
    wall: f64,
    #[hp]
    material: Material,
}

#[tunable]
#[derive(Debug)]
enum Material {
    Steel,
    Aluminium,
    Titanium,
}

impl Beam {
    /// Kilograms, millimetres of bending at the free end, and the part of the strength that is used.
    fn measure(&self) -> Metrics {
        // Density in kg per cubic metre, stiffness and strength in pascals.
        let (density, stiffness, strength) = match self.material {
            Material::Steel => (7_850.0, 210e9, 250e6),
            Material::Aluminium => (2_700.0, 69e9, 240e6),
            Material::Titanium => (4_500.0, 114e9, 830e6),
        };
        let outer = self.diameter / 2_000.0;
        let inner = outer * (1.0 - self.wall);
        let area = std::f64::consts::PI * (outer.powi(2) - inner.powi(2));
        let inertia = std::f64::consts::PI / 4.0 * (outer.powi(4) - inner.powi(4));
        Metrics::new()
            .with("kilograms", density * area * LENGTH)
            .with(
                "bending",
                1e3 * LOAD * LENGTH.powi(3) / (3.0 * stiffness * inertia),
            )
            .with("strain", LOAD * LENGTH * outer / inertia / strength)
    }
}

fn main() -> tuner::Result<()> {
    let flags = Flags::parse();
    let builder = Tuner::<Beam>::builder()
        .objective(Objective::minimize("kilograms"))
        .objective(Objective::minimize("bending"))
        .constraint(Constraint::at_most("strain", 1.0))
        .max_trials(60)
        .seed(42);
    let mut tuner = flags.change("pareto", builder)?;
    tuner.search(|_, beam: Beam| beam.measure())?;

    let study = tuner.study();
    let mut front = study.front();
    front.sort_by(|one, other| one.value.total_cmp(&other.value));
    println!(
        "no beam of {} is both lighter and stiffer than these:",
        study.trials().len()
    );
    for beam in &front {
        let bending = beam.metrics.get("bending").unwrap_or(f64::NAN);
        println!(
            "{:6.2} kg bends {bending:6.1} mm: {:?}",
            beam.value, beam.params
        );
    }
    // Everything up to 30 kg and 100 mm counts.
    println!(
        "hypervolume {:.0} kg mm",
        study.hypervolume(&[30.0, 100.0])?
    );
    flags.write_json(&study.history())
}
