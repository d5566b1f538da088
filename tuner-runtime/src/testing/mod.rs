//! Contract suites: what every sampler and every storage must hold to, as functions that panic with
//! what is wrong.
//!
//! Whoever writes one calls the suite from a test of their own.

mod sampler;
mod storage;

pub use sampler::sampler_contract;
pub use storage::{example_events, storage_contract};
