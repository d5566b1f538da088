//! Watching a study from outside.

use std::ops::ControlFlow;

use crate::trial::{Event, History};

/// Sees what happens to a study, right after it was stored.
///
/// It looks on: an observer that asks, tells or reports itself waits for ever.
///
/// Closures are observers: `|event: &Event, history: &History| ControlFlow::Continue(())`.
pub trait Observer: Send {
    /// Sees an event, which is part of the history already. `Break` asks a search to end, as
    /// Ctrl-C does: running trials can be resumed.
    fn see(&mut self, event: &Event, history: &History) -> ControlFlow<()>;
}

impl<F> Observer for F
where
    F: FnMut(&Event, &History) -> ControlFlow<()> + Send,
{
    fn see(&mut self, event: &Event, history: &History) -> ControlFlow<()> {
        self(event, history)
    }
}
