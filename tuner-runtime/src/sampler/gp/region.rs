//! Where a point is looked for: everywhere, or near the best trial where a space is wide and little is known of it.
//!
//! With fewer than two trials for each of many dimensions a process knows slopes at most, and expects the largest improvement
//! in the corners of the space: trial after trial is worse than the first one. In a box round the best trial, with half a side
//! of 0.15 sqrt(10 / D), it learns the same slopes from better trials. What that is worth stands in [`super`].

use super::encoding::Encoding;
use super::evidence::Evidence;

/// Dimensions beyond which there is a box, and the trials for each of them until there is.
const WIDE: usize = 20;
const TRIALS: usize = 2;
/// Half the side of the box in ten dimensions; its diagonal is the same in more.
const HALF: f64 = 0.15;

/// The box round the best trial, or the whole space.
pub(super) struct Region {
    centre: Vec<f64>,
    half: Option<f64>,
}

impl Region {
    pub(super) fn new(encoding: &Encoding<'_>, evidence: &Evidence, best: &[f64]) -> Self {
        let active = |i: &usize| encoding.is_active(*i, best);
        let dimensions = (0..encoding.len()).filter(active).count();
        let is_wide = dimensions > WIDE && evidence.rows.len() < TRIALS * dimensions;
        // No trial is the middle of a front.
        let boxed = is_wide && evidence.objectives.len() == 1;
        Self {
            centre: best.to_vec(),
            half: boxed.then(|| HALF * (10.0 / dimensions as f64).sqrt()),
        }
    }

    /// The whole space.
    pub(super) fn everywhere(centre: &[f64]) -> Self {
        Self {
            centre: centre.to_vec(),
            half: None,
        }
    }

    /// Half the side of the box, where there is one.
    pub(super) fn half(&self) -> Option<f64> {
        self.half
    }

    /// How far a number of a point may be moved that is at `at` in dimension `i`; outside of the box it may stay.
    pub(super) fn range(&self, i: usize, at: f64) -> (f64, f64) {
        match self.half {
            Some(half) => (
                (self.centre[i] - half).max(0.0).min(at),
                (self.centre[i] + half).min(1.0).max(at),
            ),
            None => (0.0, 1.0),
        }
    }
}
