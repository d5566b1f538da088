//! What a study found, in words and numbers.

mod importance;
mod json;

pub use importance::{Importance, importances, importances_of};
pub use json::{best_json, front_json, json, trial_json};
