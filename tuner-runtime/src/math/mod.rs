//! Numbers in, numbers out: nothing here knows of spaces or trials.

pub mod normal;
pub mod rng;
