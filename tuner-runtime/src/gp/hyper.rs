//! Hyperparameters, their priors and their bounds.
//!
//! Notation: D dimensions, lengthscale l_i of each, signal variance s, noise variance v, and a warp (a_i, b_i) of each
//! continuous dimension. All are fitted as logarithms, in the order ln l_1 .. ln l_D, ln s, ln v, then ln a_i, ln b_i of the
//! continuous dimensions.
//!
//! Source of a lengthscale prior whose location grows with the dimension: C. Hvarfner, E. Hellsten and L. Nardi, "Vanilla
//! Bayesian optimization performs great in high dimensions" (2024). Theirs is ln l ~ N(sqrt 2 + ln(D) / 2, 3). This one,
//! N(ln D - 1, 1), is shorter where there are few dimensions and surer everywhere: with ten observations the former takes
//! most dimensions for irrelevant and is far too certain of what it predicts. A category's is ln l ~ N(0.5, 3), whatever D: what
//! is known of one branch of a conditional space may say nothing of another. Nor may a few trials speak for all of a branch:
//! where a dimension is active in a share q of the observations, its mean is ln D - 1 + max(ln q, -2). The less a branch is
//! visited, the less is known of it, until it is worth a visit again.

use super::data::{Data, Kind};
use super::warp::Warp;
use serde::{Deserialize, Serialize};

/// What a fit determines; it can be stored and given to the next fit as a start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyper {
    /// ln l_i of each dimension.
    pub log_lengths: Vec<f64>,
    /// ln s.
    pub log_signal: f64,
    /// ln v.
    pub log_noise: f64,
    /// One warp a dimension, the identity where the dimension is not continuous; empty: none is warped.
    pub warps: Vec<Warp>,
}

impl Hyper {
    /// The density's mode of the lengthscale itself, ln l = mu - sigma^2, kept within [0.2, e^3], as if all dimensions were
    /// numeric; s = 1; v = e^-4.
    pub fn prior_mode(dimensions: usize) -> Self {
        let prior = Prior::length(dimensions);
        let log_length = (prior.mean - prior.variance).clamp(0.2f64.ln(), 3.0);
        Self {
            log_lengths: vec![log_length; dimensions],
            log_signal: 0.0,
            log_noise: NOISE.mean,
            warps: Vec::new(),
        }
    }

    /// A draw: the mode, with each logarithm moved by a draw from its prior's deviation. `normal` gives standard
    /// normal numbers.
    pub fn draw(dimensions: usize, mut normal: impl FnMut() -> f64) -> Self {
        let mut drawn = Self::prior_mode(dimensions);
        let spread = Prior::length(dimensions).variance.sqrt();
        for log_length in &mut drawn.log_lengths {
            *log_length += spread * normal();
        }
        drawn.log_signal += SIGNAL.variance.sqrt() * normal();
        drawn.log_noise += NOISE.variance.sqrt() * normal();
        drawn
    }

    /// The common noise variance.
    pub fn noise(&self) -> f64 {
        self.log_noise.exp()
    }

    /// The signal variance.
    pub fn signal(&self) -> f64 {
        self.log_signal.exp()
    }
}

/// A normal prior of a logarithm.
#[derive(Debug, Clone, Copy)]
struct Prior {
    mean: f64,
    variance: f64,
}

const SIGNAL: Prior = Prior {
    mean: 0.0,
    variance: 1.0,
};
const NOISE: Prior = Prior {
    mean: -4.0,
    variance: 9.0,
};
const CATEGORY: Prior = Prior {
    mean: 0.5,
    variance: 3.0,
};
const WARP: Prior = Prior {
    mean: 0.0,
    variance: 0.5,
};

impl Prior {
    /// Of a numeric dimension that is always active.
    fn length(dimensions: usize) -> Self {
        Self {
            mean: (dimensions as f64).ln() - 1.0,
            variance: 1.0,
        }
    }

    /// Of one that is active in a share of the observations.
    fn shared(self, share: f64) -> Self {
        /// The shortening stops here.
        const MOST: f64 = -2.0;
        Self {
            mean: self.mean + share.ln().max(MOST),
            ..self
        }
    }

    /// -ln of the density up to its constant, and the derivative.
    fn penalty(&self, x: f64) -> (f64, f64) {
        let away = (x - self.mean) / self.variance;
        (0.5 * away * (x - self.mean), away)
    }

    /// ln of the density's constant, which matters where models with and without a parameter are compared.
    fn constant(&self) -> f64 {
        0.5 * self.variance.ln() + crate::math::normal::HALF_LN_TAU
    }
}

/// The parameters as one vector, with their places and bounds.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    dimensions: usize,
    /// The prior of each dimension's lengthscale.
    lengths: Vec<Prior>,
    /// The dimensions that are warped.
    pub(crate) warped: Vec<usize>,
}

impl Layout {
    pub(crate) fn new(data: &Data, warp: bool) -> Self {
        let numeric = Prior::length(data.dimensions());
        let of = |(kind, share): (&Kind, &f64)| match kind {
            Kind::Categorical => CATEGORY,
            _ => numeric.shared(*share),
        };
        let continuous = |i: &usize| warp && data.kinds[*i] == Kind::Continuous;
        Self {
            dimensions: data.dimensions(),
            lengths: data.kinds.iter().zip(&data.shares).map(of).collect(),
            warped: (0..data.dimensions()).filter(continuous).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.dimensions + 2 + 2 * self.warped.len()
    }

    pub(crate) fn lower(&self) -> Vec<f64> {
        self.assemble(0.025f64.ln(), 0.05f64.ln(), 1e-6f64.ln(), -2.0)
    }

    pub(crate) fn upper(&self) -> Vec<f64> {
        self.assemble(1e3f64.ln(), 20.0f64.ln(), 0.0, 2.0)
    }

    fn assemble(&self, length: f64, signal: f64, noise: f64, warp: f64) -> Vec<f64> {
        let mut all = vec![length; self.dimensions];
        all.extend([signal, noise]);
        all.resize(self.len(), warp);
        all
    }

    pub(crate) fn pack(&self, hyper: &Hyper) -> Vec<f64> {
        let mut all = hyper.log_lengths.clone();
        all.resize(
            self.dimensions,
            hyper.log_lengths.last().copied().unwrap_or(0.0),
        );
        all.extend([hyper.log_signal, hyper.log_noise]);
        for &dimension in &self.warped {
            let warp = hyper.warps.get(dimension).copied().unwrap_or_default();
            all.extend([warp.log_a, warp.log_b]);
        }
        all
    }

    pub(crate) fn unpack(&self, all: &[f64]) -> Hyper {
        let (lengths, rest) = all.split_at(self.dimensions);
        let mut warps = Vec::new();
        if !self.warped.is_empty() {
            warps.resize(self.dimensions, Warp::default());
        }
        for (dimension, pair) in self.warped.iter().zip(rest[2..].chunks_exact(2)) {
            warps[*dimension] = Warp {
                log_a: pair[0],
                log_b: pair[1],
            };
        }
        Hyper {
            log_lengths: lengths.to_vec(),
            log_signal: rest[0],
            log_noise: rest[1],
            warps,
        }
    }

    /// Adds -ln prior at `all` to the gradient and returns it.
    pub(crate) fn add_penalty(&self, all: &[f64], gradient: &mut [f64]) -> f64 {
        let warp_constants = 2.0 * self.warped.len() as f64 * WARP.constant();
        let mut total = warp_constants;
        for (i, (x, gradient)) in all.iter().zip(gradient).enumerate() {
            let prior = match i.checked_sub(self.dimensions) {
                None => self.lengths[i],
                Some(0) => SIGNAL,
                Some(1) => NOISE,
                Some(_) => WARP,
            };
            let (penalty, slope) = prior.penalty(*x);
            total += penalty;
            *gradient += slope;
        }
        total
    }
}
