//! Where evaluations fail: a Gaussian process over +1 for a success and -1 for a failure.
//!
//! The probability of a success is Phi(mean / deviation): least squares classification (C. Rasmussen and C. Williams, section
//! 6.5), whose probit link keeps the gradient in closed form. The noise is left out: most of it is the step at the border, and
//! with it a region that only ever failed would still promise one success in fifty.

use super::GpError;
use super::acquisition::Condition;
use super::data::{Data, Kind};
use super::fit::{FitOptions, fit};
use super::hyper::Hyper;
use super::posterior::Posterior;
use crate::math::normal::cdf;

/// ln of the smallest probability while few have failed: a region is not ruled out for good.
const FLOOR: f64 = -6.907_755_278_982_137;
/// Failures of which each so many lower the floor by as much again. Else, where what succeeds has nothing better to offer,
/// regions that are sure to fail would be all that is left.
const FEW: f64 = 5.0;

/// A model of success.
#[derive(Debug, Clone)]
pub struct Feasibility {
    posterior: Posterior,
    floor: f64,
}

impl Feasibility {
    /// What is fitted to: the rows of a design and whether each succeeded.
    ///
    /// # Errors
    /// Those of [`Data::new`].
    pub fn labelled(kinds: &[Kind], rows: &[f64], succeeded: &[bool]) -> Result<Data, GpError> {
        let label = |succeeded: &bool| if *succeeded { 1.0 } else { -1.0 };
        let labels: Vec<f64> = succeeded.iter().map(label).collect();
        Data::new(kinds, rows, &labels)
    }

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
        let data = Self::labelled(kinds, rows, succeeded)?;
        let found = fit(&data, starts, options)?;
        Self::new(data, &found.hyper)
    }

    /// The model of labelled data at known hyperparameters.
    ///
    /// # Errors
    /// Those of [`Posterior::new`].
    pub fn new(labelled: Data, hyper: &Hyper) -> Result<Self, GpError> {
        let failures = labelled.values().iter().filter(|label| **label < 0.0);
        let floor = FLOOR * (failures.count() as f64 / FEW).max(1.0);
        Ok(Self {
            posterior: Posterior::new(labelled, hyper)?,
            floor,
        })
    }

    /// The hyperparameters that were fitted.
    pub fn hyper(&self) -> &Hyper {
        self.posterior.hyper()
    }

    /// The probability of a success at points that are given row by row.
    pub fn probability(&self, rows: &[f64]) -> Vec<f64> {
        let at = self.posterior.predict(rows);
        let points = at.mean.iter().zip(&at.sd);
        points.map(|(mean, sd)| cdf(mean / sd)).collect()
    }

    /// The factor that an acquisition is multiplied by.
    pub fn condition(&self) -> Condition<'_> {
        Condition {
            posterior: &self.posterior,
            limit: 0.0,
            at_most: false,
            floor: self.floor,
            power: 1.0,
        }
    }
}
