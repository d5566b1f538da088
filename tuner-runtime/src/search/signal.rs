//! Ctrl-C and the end of the session: a search that runs ends in order; without one they do what they always did.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

const SIGNALS: [c_int; 2] = [SIGINT, SIGTERM];

/// How many searches listen.
static LISTENING: Mutex<usize> = Mutex::new(0);
/// Whether none does.
static IDLE: AtomicBool = AtomicBool::new(true);
static DEFAULTS: Once = Once::new();

/// Sets a flag at the first signal; a second one ends the process. Both end with this value.
pub(super) struct Signals {
    ids: Vec<SigId>,
}

impl Signals {
    /// Listens, if the system lets it: without, a signal ends the process, and nothing stored is lost.
    pub(super) fn listen(flag: &Arc<AtomicBool>) -> Self {
        let mut listening = listening();
        *listening += 1;
        DEFAULTS.call_once(keep_defaults);
        let mut ids = Vec::new();
        // A program whose starter had it ignore a signal, as a shell does with what runs in the background, goes on ignoring it.
        for signal in SIGNALS.into_iter().filter(|&signal| !is_ignored(signal)) {
            // The order matters: the first signal finds the flag unset and sets it then.
            let second = flag::register_conditional_shutdown(signal, 128 + signal, flag.clone());
            let first = flag::register(signal, flag.clone());
            ids.extend([second, first].into_iter().flatten());
        }
        // Once it listens: no signal is lost in between.
        IDLE.store(false, Ordering::SeqCst);
        Self { ids }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let mut listening = listening();
        *listening -= 1;
        // Before it stops to listen: no signal is lost in between.
        IDLE.store(*listening == 0, Ordering::SeqCst);
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

fn listening() -> MutexGuard<'static, usize> {
    LISTENING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Signals end the process again whenever no search listens. Once taken, they would do nothing for good.
fn keep_defaults() {
    for signal in SIGNALS.into_iter().filter(|&signal| ends_process(signal)) {
        // As for listening: what the system does not let be is no reason not to search.
        let _ = flag::register_conditional_default(signal, &IDLE);
    }
}

/// Whether nobody handles or ignores the signal. Who does so before the first search is asked again when no search listens;
/// what is registered with `signal-hook` later comes after the default action, which is too late.
#[cfg(unix)]
fn ends_process(signal: c_int) -> bool {
    action(signal) == Some(libc::SIG_DFL)
}

#[cfg(unix)]
fn is_ignored(signal: c_int) -> bool {
    action(signal) == Some(libc::SIG_IGN)
}

/// What a signal does now.
#[cfg(unix)]
fn action(signal: c_int) -> Option<libc::sighandler_t> {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action nothing changes, and the present one is written where there is room for it.
    unsafe {
        let is_known = libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0;
        is_known.then(|| action.assume_init().sa_sigaction)
    }
}

#[cfg(not(unix))]
fn ends_process(_: c_int) -> bool {
    true
}

#[cfg(not(unix))]
fn is_ignored(_: c_int) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_signal_does_is_known_and_left_as_it_is() {
        // Nothing else here uses it.
        let signal = libc::SIGUSR2;
        assert!(ends_process(signal) && !is_ignored(signal));
        // SAFETY: no handler is set that could run.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
        assert!(is_ignored(signal) && !ends_process(signal));
        // SAFETY: as above.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        assert!(ends_process(signal));
    }
}
