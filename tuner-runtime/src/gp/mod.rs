//! Gaussian processes: numbers in, numbers out; larger values are better.
//!
//! [`Data`] holds a design with its values, [`fit`] finds the [`Hyper`]parameters, [`Posterior`] predicts.

mod acquisition;
mod chain;
mod data;
mod factor;
mod fantasy;
mod feasibility;
mod fit;
mod hyper;
mod kernel;
mod likelihood;
mod output;
mod posterior;
mod several;
mod subset;
mod sums;
mod warp;

pub use acquisition::{Acquisition, Ascent, Condition, Term, Utility, ascend};
pub use chain::{ChainOptions, draws};
pub use data::{Data, Kind};
pub use fantasy::quasi_normal;
pub use feasibility::Feasibility;
pub use fit::{Fit, FitOptions, Warping, fit};
pub use hyper::Hyper;
pub use output::{Output, Transformed, choose_output};
pub use posterior::{Gradients, LeaveOneOut, Posterior, Prediction};
pub use several::HypervolumeImprovement;
pub use subset::{around, representative};
pub use warp::{Warp, Warped};

use thiserror::Error;

/// Why a Gaussian process could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GpError {
    /// There is nothing to learn from.
    #[error("a Gaussian process needs at least one dimension and one observation: give it some")]
    Empty,
    /// The design does not fit its dimensions.
    #[error(
        "{found} coordinate{} cannot fill a design of {rows} x {dimensions} (rows, dimensions): give {}",
        if *found == 1 { "" } else { "s" },
        rows * dimensions
    )]
    Shape {
        /// Coordinates given.
        found: usize,
        /// Rows wanted.
        rows: usize,
        /// Coordinates in a row.
        dimensions: usize,
    },
    /// A list has the wrong length.
    #[error("a list of length {wanted} is needed, and one of length {found} was given")]
    Count {
        /// Numbers given.
        found: usize,
        /// Numbers needed.
        wanted: usize,
    },
    /// A number is infinite, NaN, or a negative variance.
    #[error("number {at} is not finite or is a negative variance: leave its observation out")]
    NotFinite {
        /// Which one, counted from 0.
        at: usize,
    },
    /// A share of the observations is not above 0 and at most 1.
    #[error(
        "share {at} is not above 0 and at most 1: give the part of the observations in which dimension {at} is active"
    )]
    Share {
        /// Which one, counted from 0.
        at: usize,
    },
    /// No start was given to a fit.
    #[error("a fit needs a start: give it the prior's mode")]
    NoStart,
    /// The covariance matrix has no Cholesky factor.
    #[error(
        "the covariance matrix of {rows} observations is not positive definite, even with 1e-4 on its diagonal: \
         leave out observations that repeat each other"
    )]
    NotPositiveDefinite {
        /// Observations.
        rows: usize,
    },
}
