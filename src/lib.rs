//! Hyperparameter tuning where the search space is a Rust type that the compiler checks.
//!
//! The guides are in [`guide`]; links to `docs/` in the text below lead to them in the repository only.
//!
// Its example trains a network.
#![cfg_attr(feature = "dfdx", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "dfdx"),
    doc = "The README, whose example trains a network, stands here with the feature `dfdx`."
)]

pub use tuner_runtime::*;

/// What a program that tunes needs: `use tuner::prelude::*;`.
pub mod prelude {
    pub use tuner_runtime::search::{Execution, Tuner};
    pub use tuner_runtime::space::{Handle as _, Tunable, tunable};
    pub use tuner_runtime::study::{Study, Trial};
    pub use tuner_runtime::trial::Objective;
    pub use tuner_runtime::{pruner, sampler};
}

/// Guides, each from a first example to the last detail.
pub mod guide {
    /// Search spaces: from a plain struct to a conditional space, and every key.
    #[doc = include_str!("../docs/spaces.md")]
    pub mod spaces {}

    /// Searches and studies: results, failures, ends, storage, resuming.
    #[doc = include_str!("../docs/searches.md")]
    pub mod searches {}

    /// Training: networks, data, what watches the epochs, checkpoints, speed.
    #[cfg(feature = "dfdx")]
    #[doc = include_str!("../docs/training.md")]
    pub mod training {}

    /// The same search in Keras Tuner and here, name by name.
    #[cfg(feature = "dfdx")]
    #[doc = include_str!("../docs/keras-tuner.md")]
    pub mod keras_tuner {}

    /// Driving a program in any language by `tuner ask-tell`.
    #[doc = include_str!("../docs/ask-tell.md")]
    pub mod ask_tell {}
}
