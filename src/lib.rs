//! Hyperparameter tuning where the search space is a Rust type that the compiler checks.
#![doc = include_str!("../README.md")]

pub use tuner_runtime::*;

/// What a program that tunes needs: `use tuner::prelude::*;`.
pub mod prelude {
    pub use tuner_runtime::search::{Execution, Tuner};
    pub use tuner_runtime::space::{Handle as _, Tunable, tunable};
    pub use tuner_runtime::study::{Study, Trial};
    pub use tuner_runtime::trial::Objective;
    pub use tuner_runtime::{pruner, sampler};
}

/// Search spaces: from a plain struct to a conditional space, and every key.
#[doc = include_str!("../docs/spaces.md")]
pub mod guide {}
