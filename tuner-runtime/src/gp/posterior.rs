//! The posterior of a Gaussian process at fixed hyperparameters.
//!
//! Notation: at a point x with covariances k to the observations, mean m + k'a and variance s - |L^-1 k|^2 of the value
//! without noise. A posterior may carry several sets of values for its points (fantasies); they share k and the variance. It may
//! lie over another one, of which it models the rest: then that one's mean, times a weight, is part of its mean.
//!
//! Source: C. Rasmussen and C. Williams, algorithm 2.1 and equations 5.10 to 5.12 (leaving one out).

use super::GpError;
use super::data::Data;
use super::factor::transposed_product;
use super::hyper::Hyper;
use super::kernel::{Kernel, LANES, Points};
use super::likelihood::Solved;
use super::sums::pull;
use faer::Mat;
use std::sync::Arc;

/// Variances below this are rounding.
const LEAST_VARIANCE: f64 = 1e-12;
/// Points that are predicted together: their covariances stay in the cache.
const CHUNK: usize = 256;

/// A Gaussian process conditioned on data.
#[derive(Debug, Clone)]
pub struct Posterior {
    pub(crate) data: Data,
    pub(crate) kernel: Kernel,
    pub(crate) points: Points,
    pub(crate) solved: Solved,
    /// The weights a of each set of values, in columns.
    pub(crate) alphas: Mat<f64>,
    /// What each set of fantasies drew for each pending point, set by set; empty without them.
    pub(crate) drawn: Vec<f64>,
    /// The largest of these in each set that counts, negative infinity where none does.
    pub(crate) drawn_best: Vec<f64>,
    /// What this one lies over, and its weight.
    base: Option<(Arc<Posterior>, f64)>,
}

/// Means and standard deviations at some points.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The mean at each point; with fantasies one for each of them, those of a point together.
    pub mean: Vec<f64>,
    /// The standard deviation at each point, without noise.
    pub sd: Vec<f64>,
}

/// Predictions with their gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// What was differentiated.
    pub prediction: Prediction,
    /// The gradient of each point's mean, point by point; of several sets of values that of the first.
    pub mean: Vec<f64>,
    /// The gradient of each point's standard deviation.
    pub sd: Vec<f64>,
}

/// What each observation is predicted to be by all the others, at the same hyperparameters and mean.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaveOneOut {
    /// The mean.
    pub mean: Vec<f64>,
    /// The variance, noise included.
    pub variance: Vec<f64>,
}

impl Posterior {
    /// Conditions on data.
    ///
    /// # Errors
    /// Hyperparameters of another dimension, or a covariance matrix that cannot be factored.
    pub fn new(data: Data, hyper: &Hyper) -> Result<Self, GpError> {
        let warps = hyper.warps.len();
        for found in [hyper.log_lengths.len(), warps.max(data.dimensions())] {
            if found != data.dimensions() {
                return Err(GpError::Count {
                    found,
                    wanted: data.dimensions(),
                });
            }
        }
        let kernel = Kernel::new(&data.kinds, hyper);
        let points = kernel.points(&data.rows);
        let solved = Solved::new(&data, &kernel, &points)?;
        let mut posterior = Self {
            data,
            kernel,
            points,
            solved,
            alphas: Mat::new(),
            drawn: Vec::new(),
            drawn_best: Vec::new(),
            base: None,
        };
        posterior.take_alpha();
        Ok(posterior)
    }

    /// Adds the mean of another posterior over the same dimensions, times a weight, to the mean of this one, whose values are
    /// what that leaves: the other is its prior mean. Running points are added afterwards.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use std::sync::Arc;
    /// use tuner::gp::{Data, Hyper, Kind, Posterior};
    /// let at = |rows: &[f64], values: &[f64]| {
    ///     Posterior::new(Data::new(&[Kind::Continuous], rows, values)?, &Hyper::prior_mode(1))
    /// };
    /// let older = Arc::new(at(&[0.0, 0.4, 0.8], &[-1.0, 1.0, 0.0])?);
    /// let rest = at(&[0.2], &[0.0])?;
    /// let over = rest.clone().over(older.clone(), 0.5);
    /// let sum = rest.predict(&[0.4]).mean[0] + 0.5 * older.predict(&[0.4]).mean[0];
    /// assert_eq!(over.predict(&[0.4]).mean[0], sum);
    /// # Ok::<(), tuner::gp::GpError>(())
    /// ```
    #[must_use]
    pub fn over(mut self, base: Arc<Posterior>, weight: f64) -> Self {
        self.base = Some((base, weight));
        self
    }

    /// What the process is conditioned on.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The hyperparameters.
    pub fn hyper(&self) -> &Hyper {
        &self.kernel.hyper
    }

    /// The prior mean, profiled out; without what this one lies over.
    pub fn prior_mean(&self) -> f64 {
        self.solved.mean
    }

    /// The number of sets of values: 1, or that of the fantasies.
    pub fn sets(&self) -> usize {
        self.alphas.ncols()
    }

    /// Replaces all observed values: quadratic in their number, where a new posterior is cubic.
    ///
    /// # Errors
    /// Not one finite value for each observation.
    pub fn set_values(&mut self, values: &[f64]) -> Result<(), GpError> {
        self.data = self.data.with_values(values)?;
        self.solved.set_values(values);
        self.take_alpha();
        Ok(())
    }

    /// Adds an observation with the noise of the others: quadratic in their number.
    ///
    /// # Errors
    /// A row that does not fit or is not finite, or a matrix that then cannot be factored.
    pub fn append(&mut self, row: &[f64], value: f64) -> Result<(), GpError> {
        let more = Data::new(&self.data.kinds, row, &[value])?;
        let mut x = Vec::new();
        let one = self.kernel.points(row);
        self.kernel.gather(&one, 0, &mut x);
        let mut covariances = vec![0.0; self.data.len()];
        self.kernel
            .against(&self.points, 0, &x, &mut covariances, &mut []);
        self.data.rows.extend_from_slice(&more.rows);
        self.data.values.push(value);
        self.data.extra_noise.push(0.0);
        self.kernel.push(&mut self.points, row);
        let variance = self.kernel.signal + self.kernel.hyper.noise();
        if self.solved.factor.append(&covariances, variance) {
            self.solved.ones = vec![1.0; self.data.len()];
            self.solved.factor.solve_lower(&mut self.solved.ones);
            self.solved.set_values(&self.data.values);
        } else {
            self.solved = Solved::new(&self.data, &self.kernel, &self.points)?;
        }
        self.take_alpha();
        Ok(())
    }

    /// Means and deviations at points that are given row by row.
    pub fn predict(&self, rows: &[f64]) -> Prediction {
        let mut all = Prediction {
            mean: Vec::new(),
            sd: Vec::new(),
        };
        for chunk in rows.chunks(CHUNK * self.data.dimensions()) {
            let part = self.covariances(chunk, false).prediction;
            all.mean.extend(part.mean);
            all.sd.extend(part.sd);
        }
        all
    }

    /// Means and deviations with their gradients by the coordinates, which are 0 for categorical dimensions.
    pub fn differentiate(&self, rows: &[f64]) -> Gradients {
        let at = self.covariances(rows, true);
        let (means, count) = (at.prediction.mean.len(), at.prediction.sd.len());
        let (none, one) = (vec![0.0; means.max(count)], vec![1.0; means.max(count)]);
        let first: Vec<f64> = (0..means)
            .map(|i| if i % self.sets() == 0 { 1.0 } else { 0.0 })
            .collect();
        Gradients {
            mean: at.pull(rows, &first, &none[..count]),
            sd: at.pull(rows, &none[..means], &one[..count]),
            prediction: at.prediction,
        }
    }

    /// The joint distribution of the values, without noise, at points that are given row by row: means, and the
    /// covariance matrix column by column. Of several sets of values the first.
    pub fn joint(&self, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let across = self.covariances(rows, false);
        let explained = transposed_product(&across.half, &across.half);
        let count = explained.ncols();
        let mut covariance = Vec::with_capacity(count * count);
        let (mut x, mut column) = (Vec::new(), vec![0.0; count]);
        for j in 0..count {
            self.kernel.gather(&across.points, j, &mut x);
            self.kernel
                .against(&across.points, 0, &x, &mut column, &mut []);
            let less = column.iter().zip(explained.col_as_slice(j));
            covariance.extend(less.map(|(k, explained)| k - explained));
        }
        (across.first().collect(), covariance)
    }

    /// The mean at each observation, which is its value without its noise; linear in their number. Over another posterior:
    /// of what that leaves.
    pub fn at_observations(&self) -> Vec<f64> {
        // K a = (y - m) - (v + extra noise + jitter) a.
        let noise = self.kernel.hyper.noise() + self.solved.factor.jitter;
        let weights = self.solved.alpha.iter().zip(&self.data.extra_noise);
        weights
            .zip(&self.data.values)
            .map(|((a, extra), y)| y - (noise + extra) * a)
            .collect()
    }

    /// Leaves each observation out in turn, without a new factorisation. Over another posterior: of what that leaves.
    pub fn leave_one_out(&self) -> LeaveOneOut {
        let precision = self.solved.factor.inverse_diagonal();
        let weights = self.solved.alpha.iter().zip(&precision);
        let mean = weights
            .zip(&self.data.values)
            .map(|((a, p), y)| y - a / p)
            .collect();
        LeaveOneOut {
            mean,
            variance: precision.iter().map(|p| 1.0 / p).collect(),
        }
    }

    /// Predictions that can be differentiated by the points.
    pub(crate) fn covariances(&self, rows: &[f64], slopes: bool) -> Covariances<'_> {
        let points = self.kernel.points(rows);
        let (n, count) = (self.data.len(), points.count);
        let mut half = Mat::zeros(n, count);
        let mut slope = Mat::zeros(if slopes { n } else { 0 }, count);
        let mut x = Vec::new();
        for j in 0..count {
            self.kernel.gather(&points, j, &mut x);
            let (values, slopes) = (half.col_as_slice_mut(j), slope.col_as_slice_mut(j));
            self.kernel.against(&self.points, 0, &x, values, slopes);
        }
        let mut mean: Vec<f64> = Vec::with_capacity(count * self.sets());
        let means = transposed_product(&self.alphas, &half);
        for j in 0..count {
            mean.extend(
                means
                    .col_as_slice(j)
                    .iter()
                    .map(|part| self.solved.mean + part),
            );
        }
        let below = self.base.as_ref().map(|(base, weight)| {
            let below = base.covariances(rows, slopes);
            let points = mean.chunks_exact_mut(self.sets());
            for (own, base) in points.zip(below.first()) {
                own.iter_mut().for_each(|mean| *mean += weight * base);
            }
            (Box::new(below), *weight)
        });
        self.solved.factor.solve_lower_columns(&mut half);
        let sd = (0..count)
            .map(|j| {
                let explained: f64 = half.col_as_slice(j).iter().map(|x| x * x).sum();
                (self.kernel.signal - explained).max(LEAST_VARIANCE).sqrt()
            })
            .collect();
        Covariances {
            posterior: self,
            points,
            half,
            slope,
            below,
            prediction: Prediction { mean, sd },
        }
    }

    /// What this one lies over, times its weight, at one point.
    pub(crate) fn base_mean(&self, row: &[f64]) -> f64 {
        let base = self.base.as_ref();
        base.map_or(0.0, |(base, weight)| weight * base.predict(row).mean[0])
    }

    fn take_alpha(&mut self) {
        let alpha = &self.solved.alpha;
        self.alphas = Mat::from_fn(alpha.len(), 1, |i, _| alpha[i]);
        self.drawn.clear();
        self.drawn_best.clear();
    }
}

/// Predictions at some points, with what their gradients need.
pub(crate) struct Covariances<'a> {
    posterior: &'a Posterior,
    points: Points,
    /// L^-1 k, a column a point.
    half: Mat<f64>,
    /// The kernel's slopes, a column a point; empty where not wanted.
    slope: Mat<f64>,
    /// Those of what the posterior lies over, and its weight.
    below: Option<(Box<Covariances<'a>>, f64)>,
    pub(crate) prediction: Prediction,
}

impl Covariances<'_> {
    /// The mean of each point; of several sets of values that of the first.
    fn first(&self) -> impl Iterator<Item = f64> + '_ {
        let means = self.prediction.mean.iter();
        means.step_by(self.posterior.sets()).copied()
    }

    /// The gradient by the coordinates of each point of anything whose derivatives by the means (set by set) and by the
    /// deviations are given; 0 for categorical dimensions. `rows` are the points as they were given.
    pub(crate) fn pull(&self, rows: &[f64], by_mean: &[f64], by_sd: &[f64]) -> Vec<f64> {
        let Posterior {
            kernel,
            points,
            solved,
            alphas,
            data,
            ..
        } = self.posterior;
        let (n, dimensions, sets) = (data.len(), data.dimensions(), alphas.ncols());
        // q = A^-1 k.
        let mut full = self.half.clone();
        solved.factor.solve_upper_columns(&mut full);
        let mut gradient = vec![0.0; rows.len()];
        let mut weights = vec![[0.0; LANES]; n.div_ceil(LANES)];
        let mut x = Vec::new();
        for (j, row) in rows.chunks_exact(dimensions).enumerate() {
            // d mean = a'dk and d sd = -(q'dk) / sd; dk = -c t dt, with the sign taken in below.
            let sd = self.prediction.sd[j];
            let at_floor = sd * sd <= LEAST_VARIANCE;
            let by_q = if at_floor { 0.0 } else { by_sd[j] / sd };
            let flat = &mut weights.as_flattened_mut()[..n];
            let (q, c) = (full.col_as_slice(j), self.slope.col_as_slice(j));
            for (weight, q) in flat.iter_mut().zip(q) {
                *weight = by_q * q;
            }
            for (set, by_mean) in by_mean[j * sets..(j + 1) * sets].iter().enumerate() {
                for (weight, a) in flat.iter_mut().zip(alphas.col_as_slice(set)) {
                    *weight -= by_mean * a;
                }
            }
            for (weight, c) in flat.iter_mut().zip(c) {
                *weight *= c;
            }
            kernel.gather(&self.points, j, &mut x);
            let sums = pull(kernel, &x, &points.blocks, &weights);
            for (place, sum) in sums.into_iter().enumerate() {
                let dimension = kernel.order[place];
                let bend = kernel.bends.get(dimension);
                let slope = bend.map_or(1.0, |bend| bend.by_u(row[dimension]));
                let scale = slope * kernel.inverse_lengths[place];
                gradient[j * dimensions + dimension] = sum * scale;
            }
        }
        if let Some((below, weight)) = &self.below {
            let sets_below = below.posterior.sets();
            let mut by_base = vec![0.0; below.prediction.mean.len()];
            for (sum, by_mean) in by_base
                .iter_mut()
                .step_by(sets_below)
                .zip(by_mean.chunks_exact(sets))
            {
                *sum = weight * by_mean.iter().sum::<f64>();
            }
            let none = vec![0.0; below.prediction.sd.len()];
            let more = below.pull(rows, &by_base, &none);
            gradient
                .iter_mut()
                .zip(more)
                .for_each(|(sum, part)| *sum += part);
        }
        gradient
    }
}
