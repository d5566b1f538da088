//! Panics that a search catches: what they say, and those that end it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::SearchError;

/// Takes a panic of the sampler, the pruner or an observer as an error.
///
/// What they leave behind is their own; what the study holds is changed in single steps.
pub(super) fn guarded<R>(work: impl FnOnce() -> Result<R, SearchError>) -> Result<R, SearchError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = message(panic);
        Err(SearchError::Panicked { message })
    })
}

/// What a panic says.
pub(super) fn message(panic: Box<dyn Any + Send>) -> String {
    let other = match panic.downcast::<&str>() {
        Ok(text) => return (*text).to_owned(),
        Err(other) => other,
    };
    other.downcast::<String>().map_or_else(
        |unknown| {
            // To drop it may panic again, where nobody catches it.
            std::mem::forget(unknown);
            "without a message".to_owned()
        },
        |text| *text,
    )
}
