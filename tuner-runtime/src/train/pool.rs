//! dfdx's own products run on rayon's threads; here they stay on the thread that trains.

use std::cell::OnceCell;

use rayon::{ThreadPool, ThreadPoolBuilder};

thread_local! {
    /// A pool of rayon that consists of this thread, or nothing when the thread is in one already.
    static POOL: OnceCell<Option<ThreadPool>> = const { OnceCell::new() };
}

/// Makes this thread a pool of its own, once. Rayon keeps such a pool until the process ends, so
/// it is made for each thread that trains, never for each training.
pub(crate) fn use_one_thread() {
    POOL.with(|pool| {
        pool.get_or_init(|| {
            let builder = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
            builder.build().ok()
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stays_on_the_thread() {
        let thread = std::thread::spawn(|| {
            use_one_thread();
            use_one_thread();
            (rayon::current_num_threads(), rayon::current_thread_index())
        });
        assert_eq!(thread.join().unwrap(), (1, Some(0)));
    }
}
