//! The `#[tunable]` attribute and the `Tunable` derive; use them through the `tuner` crate.
