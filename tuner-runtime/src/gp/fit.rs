//! Maximum a posteriori hyperparameters, by projected L-BFGS from several starts.

use super::GpError;
use super::data::{Data, Kind};
use super::hyper::{Hyper, Layout};
use super::likelihood::Loss;
use crate::math::lbfgs::{self, Options, minimize};

/// How far a fit goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitOptions {
    /// Steps from each start: about 50 from afar, 12 from a good start.
    pub max_iterations: usize,
    /// The largest entry of the gradient, in nats, that is left over.
    pub gradient_tolerance: f64,
    /// Whether the continuous dimensions are warped.
    pub warp: Warping,
}

/// Whether a fit warps the continuous dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Warping {
    /// No warp.
    #[default]
    Never,
    /// A fit with and one without; the warp is kept where it gains more than 6 nats.
    Weighed,
    /// A fit with warps alone.
    Kept,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            max_iterations: 50,
            gradient_tolerance: 1e-2,
            warp: Warping::Never,
        }
    }
}

/// What a fit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The best hyperparameters.
    pub hyper: Hyper,
    /// The negative logarithm of their posterior density, up to a constant.
    pub loss: f64,
    /// Evaluations of the loss, over all starts.
    pub evaluations: usize,
}

/// What a warp must gain, in nats, to be kept; with 2, searches of rough objectives are the worse for it.
const WARP_GAIN: f64 = 6.0;

/// Fits hyperparameters to data from each of the starts, and keeps the best; the earlier start wins a tie.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::gp::{Data, FitOptions, Hyper, Kind, fit};
/// let rows: Vec<f64> = (0..12).map(|i| f64::from(i) / 11.0).collect();
/// let values: Vec<f64> = rows.iter().map(|u| (6.0 * u).sin()).collect();
/// let data = Data::new(&[Kind::Continuous], &rows, &values)?;
/// let found = fit(&data, &[Hyper::prior_mode(1)], FitOptions::default())?;
/// assert!(found.hyper.noise() < 0.01);
/// # Ok::<(), tuner::gp::GpError>(())
/// ```
///
/// # Errors
/// No start, a start of another dimension, or a covariance matrix that cannot be factored at any start.
pub fn fit(data: &Data, starts: &[Hyper], options: FitOptions) -> Result<Fit, GpError> {
    if let Some(start) = starts
        .iter()
        .find(|s| s.log_lengths.len() != data.dimensions())
    {
        return Err(GpError::Count {
            found: start.log_lengths.len(),
            wanted: data.dimensions(),
        });
    }
    let warped = Layout::new(data, true);
    if options.warp == Warping::Kept {
        return descend(data, &warped, starts, options);
    }
    let plain = Layout::new(data, false);
    let mut best = descend(data, &plain, starts, options)?;
    if options.warp == Warping::Weighed && data.kinds.contains(&Kind::Continuous) {
        let mut warm: Vec<Hyper> = starts
            .iter()
            .filter(|s| !s.warps.is_empty())
            .cloned()
            .collect();
        warm.push(best.hyper.clone());
        let with_warp = descend(data, &warped, &warm, options)?;
        let evaluations = best.evaluations + with_warp.evaluations;
        if with_warp.loss < best.loss - WARP_GAIN {
            best = with_warp;
        }
        best.evaluations = evaluations;
    }
    Ok(best)
}

fn descend(
    data: &Data,
    layout: &Layout,
    starts: &[Hyper],
    options: FitOptions,
) -> Result<Fit, GpError> {
    let mut loss = Loss::new(data, layout);
    let (lower, upper) = (layout.lower(), layout.upper());
    let limits = Options {
        memory: 10,
        gradient_tolerance: options.gradient_tolerance,
        value_tolerance: 1e-7,
        max_iterations: options.max_iterations,
    };
    let mut best: Option<lbfgs::Minimum> = None;
    let mut evaluations = 0;
    for start in starts {
        let found = minimize(
            |packed, gradient| loss.evaluate(packed, gradient),
            &layout.pack(start),
            &lower,
            &upper,
            limits,
        );
        evaluations += found.evaluations;
        if best.as_ref().is_none_or(|best| found.value < best.value) {
            best = Some(found);
        }
    }
    match best {
        Some(best) if best.value.is_finite() => Ok(Fit {
            hyper: layout.unpack(&best.x),
            loss: best.value,
            evaluations,
        }),
        Some(_) => Err(GpError::NotPositiveDefinite { rows: data.len() }),
        None => Err(GpError::NoStart),
    }
}
