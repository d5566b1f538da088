//! The search: a loop over trials and executions that survives what happens in the meantime.
//!
//! [`Tuner`] runs a program of the user for one configuration after another, in as many threads as
//! asked for, stores everything at once, and goes on where it was stopped.

mod builder;
mod controls;
mod error;
mod execution;
mod keep;
pub mod lines;
mod outcome;
mod panic;
mod progress;
mod signal;
mod summary;
mod tuner;
mod worker;

pub use builder::TunerBuilder;
pub use controls::End;
pub use error::SearchError;
pub use execution::{Execution, Stopped, WrongObjective};
pub use keep::{delete_kept, holds_kept};
pub use outcome::{IntoOutcome, Outcome};
pub use progress::Progress;
pub use summary::{lacking_objective, results_table};
pub use tuner::Tuner;
