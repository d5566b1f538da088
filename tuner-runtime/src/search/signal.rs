//! Ctrl-C and the end of the session, for as long as a search runs.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Sets a flag at the first signal; a second one ends the process. Both end with this value.
pub(super) struct Signals {
    ids: Vec<SigId>,
}

impl Signals {
    /// Listens, if the system lets it: without, a signal ends the process, and nothing stored is lost.
    pub(super) fn listen(flag: &Arc<AtomicBool>) -> Self {
        let mut ids = Vec::new();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal finds the flag unset and sets it then.
            let second = signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                flag.clone(),
            );
            let first = signal_hook::flag::register(signal, flag.clone());
            ids.extend([second, first].into_iter().flatten());
        }
        Self { ids }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
