//! Which transform of the observed values the Gaussian process should see.
//!
//! Each candidate transform t is judged by the density that the process gives to each observation when it is left out, as a
//! density of the observed value y itself: ln N(t(y); mu, var) + ln t'(y). Only values at or above the median count: there
//! every candidate is smooth, and there the search goes on. (The worse half is replaced by ranks in one of them, which has no
//! derivative.)
//!
//! Source of the criterion: C. Rasmussen and C. Williams, equation 5.10, with the change of variables of E. Snelson,
//! C. Rasmussen and Z. Ghahramani, "Warped Gaussian processes" (2004).

use super::GpError;
use super::data::Data;
use super::fit::{Fit, FitOptions, fit};
use super::hyper::Hyper;
use super::posterior::Posterior;
use crate::math::normal::HALF_LN_TAU;
use crate::math::transform::{Scale, YeoJohnson, centre, half_rank, winsorise};
use serde::{Deserialize, Serialize};

/// A transform of observed values, larger is better; the result always has mean 0 and deviation 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Output {
    /// Nothing more than the scale.
    Plain,
    /// Values far below the quartiles are lifted.
    Winsorise,
    /// The worse half becomes Gaussian by rank.
    #[default]
    HalfRank,
    /// The power transform of Yeo and Johnson, refitted each time.
    YeoJohnson,
}

/// Transformed values.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformed {
    /// The values, in the order they were given.
    pub values: Vec<f64>,
    /// ln dt/dy for those at or above the median, NaN for the others; up to a constant that all transforms share.
    pub log_slopes: Vec<f64>,
}

impl Output {
    /// The transforms that [`choose_output`] compares.
    pub const CANDIDATES: [Self; 3] = [Self::Winsorise, Self::HalfRank, Self::YeoJohnson];

    /// Transforms finite values. Fewer than eight are only scaled.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::gp::Output;
    /// let values = [-1e6, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    /// let seen = Output::HalfRank.apply(&values).values;
    /// assert!(seen.is_sorted() && seen[0] > -3.0);
    /// ```
    pub fn apply(self, values: &[f64]) -> Transformed {
        /// Fewer values say nothing of a shape.
        const LEAST: usize = 8;
        let scaled = centre(values);
        let is_better: Vec<bool> = scaled.iter().map(|y| *y >= 0.0).collect();
        let mut slopes = vec![0.0; values.len()];
        let shaped = match self {
            _ if values.len() < LEAST => scaled,
            Self::Plain => scaled,
            Self::Winsorise => winsorise(&scaled),
            Self::HalfRank => half_rank(&scaled),
            Self::YeoJohnson => {
                let power = YeoJohnson::fit(&scaled);
                let log_slope = |y: &f64| power.log_slope(*y);
                slopes = scaled.iter().map(log_slope).collect();
                scaled.iter().map(|y| power.apply(*y)).collect()
            }
        };
        let last = Scale::of(&shaped);
        for (slope, is_better) in slopes.iter_mut().zip(is_better) {
            *slope = if is_better {
                *slope - last.deviation.ln()
            } else {
                f64::NAN
            };
        }
        Transformed {
            values: shaped.iter().map(|y| last.apply(*y)).collect(),
            log_slopes: slopes,
        }
    }
}

/// The transform under which values that are left out are predicted best, with the fit to its values.
///
/// `data` holds the values as they were observed; each candidate is fitted from `starts`. Equal scores go to the earlier
/// candidate.
///
/// # Errors
/// No candidate, or those of [`fit`].
pub fn choose_output(
    data: &Data,
    candidates: &[Output],
    starts: &[Hyper],
    options: FitOptions,
) -> Result<(Output, Fit), GpError> {
    let mut best: Option<(f64, Output, Fit)> = None;
    for &output in candidates {
        let transformed = output.apply(data.values());
        let seen = data.with_values(&transformed.values)?;
        let found = fit(&seen, starts, options)?;
        let score = left_out_density(Posterior::new(seen, &found.hyper)?, &transformed.log_slopes);
        if best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, output, found));
        }
    }
    best.map(|(_, output, fit)| (output, fit))
        .ok_or(GpError::Empty)
}

fn left_out_density(posterior: Posterior, log_slopes: &[f64]) -> f64 {
    let left_out = posterior.leave_one_out();
    let values = posterior.data().values().iter().zip(log_slopes);
    let predictions = left_out.mean.iter().zip(&left_out.variance);
    values
        .zip(predictions)
        .filter(|((_, slope), _)| !slope.is_nan())
        .map(|((y, slope), (mean, variance))| {
            slope - HALF_LN_TAU - 0.5 * variance.ln() - 0.5 * (y - mean).powi(2) / variance
        })
        .sum()
}
