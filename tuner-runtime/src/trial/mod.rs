//! What happened: events, the records they add up to, and what a study aims at.
//!
//! A study is an append-only list of [`Event`]s; [`History`] is their fold. Nothing else is stored.

mod event;
mod experience;
mod goal;
mod history;
mod metrics;
mod record;
pub mod text;

pub use event::{Event, FORMAT, Origin, Outcome, Seq, StudySpec};
pub use experience::Experience;
pub use goal::{Constraint, Direction, Goal, Objective, UnknownDirection};
pub use history::{History, HistoryError};
pub use metrics::Metrics;
pub use record::{Curve, ExecutionRecord, State, TrialRecord};
