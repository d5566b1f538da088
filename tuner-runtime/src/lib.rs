//! Everything of `tuner` that runs: search spaces, samplers, studies, the search and training.
//!
//! Users depend on the `tuner` crate, which re-exports this one.

// The generated code names `::tuner`; inside this crate that is the crate itself.
extern crate self as tuner;

#[cfg(feature = "data")]
pub mod data;
mod error;
#[cfg(feature = "gp")]
pub mod gp;
pub mod math;
pub mod pruner;
pub mod report;
pub mod sampler;
pub mod search;
pub mod space;
pub mod storage;
pub mod study;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "dfdx")]
pub mod train;
pub mod trial;

pub use error::{Error, Result};

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
