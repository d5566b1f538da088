//! How numbers are spread over `[0, 1]`: evenly, by their logarithm, or by its mirror image.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::super::error::SpaceError;
use super::super::value::Value;

/// The scale on which a number is sampled and modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal differences are equally likely.
    #[default]
    Linear,
    /// Equal ratios are equally likely; most room near the lower bound.
    Log,
    /// `low + high - y` with `y` on a log scale; most room near the upper bound.
    ReverseLog,
}

impl Scale {
    /// The fault of a range on a log scale that starts at this number, which is not above 0.
    pub(super) fn start(self, low: Value) -> SpaceError {
        match self {
            Self::ReverseLog => SpaceError::ReverseLog { low },
            Self::Linear | Self::Log => SpaceError::Log { low },
        }
    }

    /// Where `x` lies between `low` and `high`: 0 at `low`, 1 at `high`.
    pub(super) fn to_unit(self, x: f64, low: f64, high: f64) -> f64 {
        if low >= high {
            return 0.5;
        }
        let unit = match self {
            // Halves, because the width of the widest range is infinite.
            Self::Linear => (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Self::Log => (x.ln() - low.ln()) / (high.ln() - low.ln()),
            Self::ReverseLog => return 1.0 - Self::Log.to_unit(low + (high - x), low, high),
        };
        unit.clamp(0.0, 1.0)
    }

    /// The number at `unit`; the inverse of [`Scale::to_unit`].
    pub(super) fn at_unit(self, unit: f64, low: f64, high: f64) -> f64 {
        // The ends as they were written, without what logarithms add to them.
        if unit <= 0.0 || unit >= 1.0 {
            return if unit <= 0.0 { low } else { high };
        }
        let x = match self {
            Self::Linear => low * (1.0 - unit) + high * unit,
            Self::Log => (low.ln() * (1.0 - unit) + high.ln() * unit).exp(),
            Self::ReverseLog => low + (high - Self::Log.at_unit(1.0 - unit, low, high)),
        };
        x.clamp(low, high)
    }
}

/// The index whose place is `unit`, from a guess that rounding has moved by a few: of places that rise
/// with the index, the one at `unit`, or one of the two around it.
pub(super) fn settle(mut index: u128, last: u128, unit: f64, place: impl Fn(u128) -> f64) -> u128 {
    /// More than rounding moves a guess as long as neighbours have places of their own.
    const FAR: usize = 64;
    let mut reached = place(index);
    for _ in 0..FAR {
        let next = match reached.total_cmp(&unit) {
            Ordering::Greater if index > 0 => index - 1,
            Ordering::Less if index < last => index + 1,
            _ => return index,
        };
        let beyond = place(next);
        let has_passed = (reached > unit && beyond < unit) || (reached < unit && beyond > unit);
        if has_passed {
            return index;
        }
        (index, reached) = (next, beyond);
    }
    index
}

/// A coordinate as samplers give it: NaN becomes the middle, all else is moved into `[0, 1]`.
pub(super) fn tame(unit: f64) -> f64 {
    if unit.is_nan() {
        0.5
    } else {
        unit.clamp(0.0, 1.0)
    }
}
