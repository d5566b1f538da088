//! Arrays of activations and gradients that are reused from step to step.
//!
//! A training step needs the same arrays as the one before. Fresh ones would be zeroed by the
//! allocator and touched anew by the kernel each time; these go back to a list of the thread when
//! they are dropped. [`clear`] empties the list at the end of a training run, so that nothing
//! grows from trial to trial.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Arrays below this length (in numbers) are cheaper to allocate than to look up.
const SMALLEST_KEPT: usize = 256;
/// How many unused arrays a thread keeps: more than the layers of any one step hold at once.
const MOST_KEPT: usize = 256;

/// An array of `f32` that returns to its thread's list when dropped.
#[derive(Debug)]
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// An array of `len` numbers whose values are unspecified (but initialised): for results that
    /// are written completely.
    pub(crate) fn stale(len: usize) -> Self {
        let reused = FREE.with_borrow_mut(|free| {
            // The smallest array that fits, if it is not wastefully large.
            let fitting = free
                .iter()
                .enumerate()
                .filter(|(_, array)| array.capacity() >= len && array.capacity() / 2 <= len);
            let best = fitting.min_by_key(|(_, array)| array.capacity())?.0;
            Some(free.swap_remove(best))
        });
        let mut array = reused.unwrap_or_default();
        array.resize(len, 0.0);
        Self(array)
    }

    /// An array of `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(0.0);
        buffer
    }

    /// A copy of `values`.
    pub(crate) fn copied(values: &[f32]) -> Self {
        let mut buffer = Self::stale(values.len());
        buffer.copy_from_slice(values);
        buffer
    }

    /// Hands the array out as a plain vector.
    pub(crate) fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.0)
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Self(values)
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() < SMALLEST_KEPT {
            return;
        }
        let array = std::mem::take(&mut self.0);
        // At the end of the thread the list may be gone already; then the array is just freed.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < MOST_KEPT {
                free.push(array);
            }
        });
    }
}

/// Frees every unused array of this thread.
pub(crate) fn clear() {
    FREE.with_borrow_mut(Vec::clear);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_array_is_used_again_and_clear_frees_it() {
        clear();
        let first = Buffer::stale(1000);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::stale(900);
        assert_eq!(second.as_ptr(), address);
        assert_eq!(second.len(), 900);
        drop(second);
        assert_eq!(FREE.with_borrow(Vec::len), 1);
        clear();
        assert_eq!(FREE.with_borrow(Vec::len), 0);
    }

    #[test]
    fn zeroed_is_zero_even_when_reused() {
        clear();
        let mut first = Buffer::stale(1000);
        first.fill(3.0);
        drop(first);
        assert!(Buffer::zeroed(1000).iter().all(|&value| value == 0.0));
    }
}
