//! What a study found, in words and numbers.

mod importance;

pub use importance::{Importance, importances};
