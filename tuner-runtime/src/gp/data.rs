//! What a Gaussian process learns from: a design, its observed values, and how each dimension is compared.

use super::GpError;

/// How two coordinates of a dimension are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// By their difference, after an input warp where one is fitted.
    Continuous,
    /// By their difference; never warped: few distinct coordinates would not determine a warp.
    Grid,
    /// By whether they are equal (Hamming); the coordinates are any labels.
    Categorical,
}

/// Observations: one row of coordinates and one value each.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) rows: Vec<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) extra_noise: Vec<f64>,
    /// For each dimension the part of the observations in which it is active.
    pub(crate) shares: Vec<f64>,
}

impl Data {
    /// Takes the rows of the design one after another, `kinds.len()` numbers each: numeric ones in [0, 1], categories as
    /// labels. Values should have a mean near 0 and a deviation near 1: the priors expect it.
    ///
    /// # Errors
    /// No dimension, no row, a number of coordinates that does not fit, or a number that is not finite.
    pub fn new(kinds: &[Kind], rows: &[f64], values: &[f64]) -> Result<Self, GpError> {
        if kinds.is_empty() || values.is_empty() {
            return Err(GpError::Empty);
        }
        if rows.len() != kinds.len() * values.len() {
            return Err(GpError::Shape {
                found: rows.len(),
                rows: values.len(),
                dimensions: kinds.len(),
            });
        }
        if let Some(at) = rows.iter().chain(values).position(|x| !x.is_finite()) {
            return Err(GpError::NotFinite { at });
        }
        Ok(Self {
            kinds: kinds.to_vec(),
            rows: rows.to_vec(),
            values: values.to_vec(),
            extra_noise: vec![0.0; values.len()],
            shares: vec![1.0; kinds.len()],
        })
    }

    /// Says in which part of all observations each dimension is active, where conditions leave it out of the others; 1
    /// unless said. Of a dimension that few observations know less is taken for granted: its lengthscale is expected to be
    /// shorter.
    ///
    /// # Errors
    /// Not one for each dimension, or one that is not in (0, 1].
    pub fn with_shares(mut self, shares: &[f64]) -> Result<Self, GpError> {
        if shares.len() != self.dimensions() {
            return Err(GpError::Count {
                found: shares.len(),
                wanted: self.dimensions(),
            });
        }
        if let Some(at) = shares.iter().position(|s| !(*s > 0.0 && *s <= 1.0)) {
            return Err(GpError::Share { at });
        }
        self.shares = shares.to_vec();
        Ok(self)
    }

    /// Gives each observation a noise variance of its own, on top of the common one.
    ///
    /// # Errors
    /// Not one for each row, or one that is negative or not finite.
    pub fn with_extra_noise(mut self, variances: &[f64]) -> Result<Self, GpError> {
        if variances.len() != self.len() {
            return Err(GpError::Count {
                found: variances.len(),
                wanted: self.len(),
            });
        }
        if let Some(at) = variances.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
            return Err(GpError::NotFinite { at });
        }
        self.extra_noise = variances.to_vec();
        Ok(self)
    }

    /// The same design and noise with other values.
    ///
    /// # Errors
    /// Not one finite value for each row.
    pub fn with_values(&self, values: &[f64]) -> Result<Self, GpError> {
        Self::new(&self.kinds, &self.rows, values)?
            .with_extra_noise(&self.extra_noise)?
            .with_shares(&self.shares)
    }

    /// The observations with these indices.
    ///
    /// # Errors
    /// No index.
    pub fn subset(&self, kept: &[usize]) -> Result<Self, GpError> {
        let rows: Vec<f64> = kept.iter().flat_map(|&i| self.row(i)).copied().collect();
        let values: Vec<f64> = kept.iter().map(|&i| self.values[i]).collect();
        let noise: Vec<f64> = kept.iter().map(|&i| self.extra_noise[i]).collect();
        Self::new(&self.kinds, &rows, &values)?
            .with_extra_noise(&noise)?
            .with_shares(&self.shares)
    }

    /// The number of observations.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// How each dimension is compared.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The design, row after row.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// The observed values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The part of the observations in which each dimension is active.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The number of coordinates of a row.
    pub fn dimensions(&self) -> usize {
        self.kinds.len()
    }

    /// The coordinates of one observation.
    pub fn row(&self, index: usize) -> &[f64] {
        let dimensions = self.dimensions();
        &self.rows[index * dimensions..(index + 1) * dimensions]
    }
}
