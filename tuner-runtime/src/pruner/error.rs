//! What can be wrong with the settings of a pruner.

use std::fmt::Display;

/// A setting of a pruner that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {value}; {remedy}")]
pub struct PrunerError {
    /// The setting and whose it is, such as `the reduction of Hyperband`.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// What to write.
    pub remedy: String,
}

impl PrunerError {
    /// Names the setting, its value and what to write.
    pub fn new(setting: impl Into<String>, value: impl Display, remedy: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            value: value.to_string(),
            remedy: remedy.into(),
        }
    }
}

/// Refuses a whole number below the least that makes sense.
pub(super) fn at_least(least: u64, setting: &str, value: u64) -> Result<(), PrunerError> {
    match value < least {
        true => {
            let remedy = format!("it is at least {least}");
            Err(PrunerError::new(setting, value, remedy))
        }
        false => Ok(()),
    }
}
