//! Where evaluations fail: a Gaussian process over +1 for a success and -1 for a failure.
//!
//! The probability of a success is Phi(mean / deviation) with the noise counted in: least squares classification (C. Rasmussen
//! and C. Williams, section 6.5), whose probit link keeps the gradient in closed form.

use super::GpError;
use super::acquisition::Condition;
use super::data::{Data, Kind};
use super::fit::{FitOptions, fit};
use super::hyper::Hyper;
use super::posterior::Posterior;
use crate::math::normal::cdf;

/// ln of the smallest probability: a region is never ruled out for good.
const FLOOR: f64 = -6.907_755_278_982_137;

/// A model of success.
#[derive(Debug, Clone)]
pub struct Feasibility {
    posterior: Posterior,
}

impl Feasibility {
    /// Fits to the rows of a design and whether each succeeded.
    ///
    /// # Errors
    /// Those of [`Data::new`] and [`fit`].
    pub fn fit(
        kinds: &[Kind],
        rows: &[f64],
        succeeded: &[bool],
        starts: &[Hyper],
        options: FitOptions,
    ) -> Result<Self, GpError> {
        let label = |succeeded: &bool| if *succeeded { 1.0 } else { -1.0 };
        let labels: Vec<f64> = succeeded.iter().map(label).collect();
        let data = Data::new(kinds, rows, &labels)?;
        let found = fit(&data, starts, options)?;
        Ok(Self {
            posterior: Posterior::new(data, &found.hyper)?,
        })
    }

    /// The hyperparameters that were fitted.
    pub fn hyper(&self) -> &Hyper {
        self.posterior.hyper()
    }

    /// The probability of a success at points that are given row by row.
    pub fn probability(&self, rows: &[f64]) -> Vec<f64> {
        let at = self.posterior.predict(rows);
        let noise = self.posterior.hyper().noise();
        let points = at.mean.iter().zip(&at.sd);
        points
            .map(|(mean, sd)| cdf(mean / (sd * sd + noise).sqrt()))
            .collect()
    }

    /// The factor that an acquisition is multiplied by.
    pub fn condition(&self) -> Condition<'_> {
        Condition {
            posterior: &self.posterior,
            limit: 0.0,
            at_most: false,
            observed: true,
            floor: FLOOR,
        }
    }
}
