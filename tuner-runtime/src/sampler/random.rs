//! Random search: each trial a random point, none twice while there are others.

use super::{Ask, SampleError, Sampler, Suggestion};
use crate::math::rng::Rng;
use crate::space::Point;
use crate::trial::History;

/// How often a point that was tried already is drawn anew before the others are counted out.
const DRAWS: usize = 32;

/// Random points, each parameter uniform on its scale.
///
/// While there are points that no earlier trial had, each is new. A trial depends on the seed, its
/// number and the points of the trials before it, so any number of workers gives the same trials.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Random, Sampler};
/// assert_eq!(Random::new().name(), "random");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

impl Random {
    /// Random search.
    pub fn new() -> Self {
        Self
    }
}

impl Sampler for Random {
    fn name(&self) -> String {
        "random".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        Ok(unseen(ask.history, &mut ask.rng()).into())
    }
}

/// The defaults while no trial has them, then random points.
pub(super) fn fresh(history: &History, rng: &mut Rng) -> Point {
    let defaults = history.space().default_point();
    if history.contains(&defaults) {
        unseen(history, rng)
    } else {
        defaults
    }
}

/// A random point that no trial has; any random point when all were tried.
pub(super) fn unseen(history: &History, rng: &mut Rng) -> Point {
    let space = history.space();
    let first = space.sample(rng);
    if !history.contains(&first) {
        return first;
    }
    for _ in 1..DRAWS {
        let point = space.sample(rng);
        if !history.contains(&point) {
            return point;
        }
    }
    // Nearly all that is likely was tried. Walk through the list of points from a random place: of
    // more points than were tried, one that was not tried is met within as many steps.
    let Some(all) = space.enumeration() else {
        return first;
    };
    let start = rng.below(all.len());
    let steps = all.len().min(history.distinct_points() as u128 + 1);
    // Neither sum overflows: a list that long has a random point that was not tried above.
    (0..steps)
        .filter_map(|step| all.point((start.checked_add(step)?) % all.len()))
        .find(|point| !history.contains(point))
        .unwrap_or(first)
}
