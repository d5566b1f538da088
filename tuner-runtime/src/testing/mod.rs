//! Contract suites: what every storage must hold to, as functions that panic with what is wrong.
//!
//! Whoever writes a storage calls the suite from a test of their own.

mod storage;

pub use storage::{example_events, storage_contract};
