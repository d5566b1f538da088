//! Showing events to those who watch.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use super::super::observer::Observer;
use super::{Core, lock};
use crate::trial::Event;

impl Core {
    /// Shows events of this session, once they are stored, to the observers.
    pub(super) fn show(&self, events: &[Event]) {
        let mut observers = lock(&self.observers);
        let mut progress = lock(&self.progress);
        if observers.is_empty() && progress.is_none() {
            return;
        }
        let history = self.history();
        for event in events {
            for observer in observers.iter_mut().chain(progress.iter_mut()) {
                if let ControlFlow::Break(()) = observer.see(event, &history) {
                    self.ended_by_observer.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Adds an observer, which sees every event that this session stores from here on.
    pub fn observe(&self, observer: Box<dyn Observer>) {
        lock(&self.observers).push(observer);
    }

    /// Shows what happens from here on.
    pub(crate) fn show_progress(&self, observer: Box<dyn Observer>) {
        *lock(&self.progress) = Some(observer);
    }

    /// Shows nothing any more.
    pub(crate) fn hide_progress(&self) {
        *lock(&self.progress) = None;
    }

    /// Whether an observer asked for the end since this was asked last.
    pub fn take_end(&self) -> bool {
        self.ended_by_observer.swap(false, Ordering::Relaxed)
    }
}
