//! Hyperparameter tuning where the search space is a Rust type that the compiler checks.
#![doc = include_str!("../README.md")]

pub use tuner_runtime::*;
