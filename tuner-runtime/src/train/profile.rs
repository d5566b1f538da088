//! Where the time of a training goes: seconds by part, added up on the thread that trains.

use std::cell::RefCell;
use std::fmt;
use std::time::Instant;

thread_local! {
    static PARTS: RefCell<Vec<(String, f64)>> = const { RefCell::new(Vec::new()) };
}

/// Runs a part of the training, and adds its seconds to those of the same name.
pub(crate) fn time<R>(part: &str, run: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = run();
    let seconds = start.elapsed().as_secs_f64();
    PARTS.with_borrow_mut(
        |parts| match parts.iter_mut().find(|(name, _)| name == part) {
            Some((_, sum)) => *sum += seconds,
            None => parts.push((part.to_owned(), seconds)),
        },
    );
    result
}

/// What was measured on this thread since the last time, which begins anew.
pub(crate) fn take() -> Profile {
    Profile {
        parts: PARTS.take(),
    }
}

/// How long each part of a training took: each layer forwards and backwards, the optimiser, the
/// validation and so on. Displayed as a table of shares.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::ops::ControlFlow;
/// use tuner::train::{Activation, Data, Fit, Sequential};
///
/// let data = Data::classes(vec![0.0f32, 1.0, 2.0, 3.0], [1], &[0u8, 0, 1, 1])?;
/// let net = Sequential::input([1]).dense(8, Activation::Relu).dense(2, Activation::Linear);
/// let trained = Fit::new(net).train(1, &data, None, &mut |_| ControlFlow::Continue(()))?;
/// assert!(trained.profile.seconds("2.dense backward").is_some());
/// println!("{}", trained.profile);
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Seconds by part, in the order in which the parts first ran.
    pub parts: Vec<(String, f64)>,
}

impl Profile {
    /// The seconds of one part.
    pub fn seconds(&self, part: &str) -> Option<f64> {
        let found = self.parts.iter().find(|(name, _)| name == part);
        found.map(|(_, seconds)| *seconds)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: f64 = self.parts.iter().map(|(_, seconds)| seconds).sum();
        let mut parts = self.parts.clone();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (part, seconds) in parts {
            writeln!(f, "{:5.1} %  {part}", 100.0 * seconds / all)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_name_add_up_and_taking_begins_anew() {
        take();
        assert_eq!(time("a", || 7), 7);
        time("b", || {
            std::thread::sleep(std::time::Duration::from_millis(2))
        });
        time("a", || ());
        let profile = take();
        let names: Vec<&str> = profile.parts.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(profile.seconds("b") > Some(0.001) && profile.seconds("c").is_none());
        assert!(
            profile
                .to_string()
                .trim_start()
                .starts_with(char::is_numeric)
        );
        assert_eq!(take(), Profile::default());
    }
}
