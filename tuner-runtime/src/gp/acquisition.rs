//! What an evaluation at a point is worth, with its gradient, for many points at once.
//!
//! The expected improvement is kept as its logarithm; over several draws of pending values it is the logarithm of their
//! mean. Probabilities of being feasible are added as logarithms.
//!
//! Sources: S. Ament et al., "Unexpected improvements to expected improvement" (2023); N. Srinivas et al., "Gaussian process
//! optimization in the bandit setting" (2010); M. Gelbart, J. Snoek and R. Adams (2014) for the product with feasibility.

use super::posterior::Posterior;
use crate::math::lbfgs::{Lbfgs, Options};
use crate::math::normal::{inverse_mills, log_cdf, log_expected_improvement};

/// Points that are evaluated together.
const CHUNK: usize = 256;

/// What is worth having.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Utility {
    /// The logarithm of the expected improvement over `best`, the largest value so far.
    LogImprovement {
        /// The value to improve on.
        best: f64,
    },
    /// The mean plus `width` standard deviations.
    UpperBound {
        /// Standard deviations.
        width: f64,
    },
    /// The logarithm of the standard deviation alone.
    Exploration,
    /// Nothing but the probabilities.
    Feasible,
}

/// A probability that multiplies the utility: that a second quantity is large enough, or small enough.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    /// The model of that quantity.
    pub posterior: &'a Posterior,
    /// What it must reach, or not exceed, without its noise.
    pub limit: f64,
    /// Whether it must not exceed the limit.
    pub at_most: bool,
    /// The logarithm of the probability is not taken to be smaller.
    pub floor: f64,
}

/// Something else that is added to a utility: another objective, or what a user believes.
pub trait Term: std::fmt::Debug {
    /// Adds its value at each of the rows, and where it is wanted its gradient, a row each.
    fn add(&self, rows: &[f64], values: &mut [f64], gradient: Option<&mut [f64]>);
}

/// A utility over a posterior, times the probabilities of conditions.
#[derive(Debug, Clone)]
pub struct Acquisition<'a> {
    posterior: &'a Posterior,
    /// The same at other hyperparameters.
    draws: &'a [Posterior],
    utility: Utility,
    conditions: Vec<Condition<'a>>,
    terms: Vec<&'a dyn Term>,
}

/// Where some climbs ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascent {
    /// The points, row by row.
    pub rows: Vec<f64>,
    /// The value of each.
    pub values: Vec<f64>,
}

impl<'a> Acquisition<'a> {
    /// A utility alone.
    pub fn new(posterior: &'a Posterior, utility: Utility) -> Self {
        Self {
            posterior,
            draws: &[],
            utility,
            conditions: Vec::new(),
            terms: Vec::new(),
        }
    }

    /// Averages the utility, whose logarithm it is, over other posteriors of the same data as well.
    pub fn averaged(mut self, draws: &'a [Posterior]) -> Self {
        self.draws = draws;
        self
    }

    /// Adds the logarithm of a condition's probability. Its posterior has the same dimensions.
    pub fn with(mut self, condition: Condition<'a>) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Adds something else to the logarithm of the utility.
    pub fn plus(mut self, term: &'a dyn Term) -> Self {
        self.terms.push(term);
        self
    }

    /// The values at points that are given row by row.
    pub fn evaluate(&self, rows: &[f64]) -> Vec<f64> {
        let mut values = Vec::new();
        for rows in rows.chunks(CHUNK * self.posterior.data().dimensions()) {
            let mut part = vec![0.0; rows.len() / self.posterior.data().dimensions()];
            if self.utility != Utility::Feasible {
                part = self.values(self.posterior, rows);
                for (k, posterior) in self.draws.iter().enumerate() {
                    let more = self.values(posterior, rows);
                    for (value, more) in part.iter_mut().zip(more) {
                        *value = averaged(k + 1, *value, more).0;
                    }
                }
            }
            for condition in &self.conditions {
                let at = condition.posterior.predict(rows);
                condition.add(&at.mean, &at.sd, &mut part, None);
            }
            for term in &self.terms {
                term.add(rows, &mut part, None);
            }
            values.extend(part);
        }
        values
    }

    /// The values and their gradients by the coordinates, 0 for categorical ones.
    pub fn differentiate(&self, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut all_values, mut all_gradients) = (Vec::new(), Vec::new());
        for rows in rows.chunks(CHUNK * self.posterior.data().dimensions()) {
            let (mut values, mut gradient) = self.slopes(self.posterior, rows);
            for (k, posterior) in self.draws.iter().enumerate() {
                let (more, slopes) = self.slopes(posterior, rows);
                let dimensions = posterior.data().dimensions();
                let pairs = values.iter_mut().zip(more);
                let gradients = gradient.chunks_exact_mut(dimensions);
                let slopes = slopes.chunks_exact(dimensions);
                for (((value, more), gradient), slope) in pairs.zip(gradients).zip(slopes) {
                    let (mean, share) = averaged(k + 1, *value, more);
                    *value = mean;
                    for (g, slope) in gradient.iter_mut().zip(slope) {
                        *g += share * (slope - *g);
                    }
                }
            }
            for condition in &self.conditions {
                let at = condition.posterior.covariances(rows, true);
                let mut slopes = Slopes::zero(at.prediction.mean.len(), at.prediction.sd.len());
                let (mean, sd) = (&at.prediction.mean, &at.prediction.sd);
                condition.add(mean, sd, &mut values, Some(&mut slopes));
                let more = at.pull(rows, &slopes.by_mean, &slopes.by_sd);
                gradient
                    .iter_mut()
                    .zip(more)
                    .for_each(|(sum, part)| *sum += part);
            }
            for term in &self.terms {
                term.add(rows, &mut values, Some(&mut gradient));
            }
            all_values.extend(values);
            all_gradients.extend(gradient);
        }
        (all_values, all_gradients)
    }

    /// The utilities under one of the posteriors.
    fn values(&self, posterior: &Posterior, rows: &[f64]) -> Vec<f64> {
        let at = posterior.predict(rows);
        self.utilities(posterior, &at.mean, &at.sd, None)
    }

    /// The same with their gradients.
    fn slopes(&self, posterior: &Posterior, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let at = posterior.covariances(rows, true);
        let mut slopes = Slopes::zero(at.prediction.mean.len(), at.prediction.sd.len());
        let (mean, sd) = (&at.prediction.mean, &at.prediction.sd);
        let values = self.utilities(posterior, mean, sd, Some(&mut slopes));
        let gradient = at.pull(rows, &slopes.by_mean, &slopes.by_sd);
        (values, gradient)
    }

    /// The utility at each point, and its derivatives by means and deviations where they are wanted.
    fn utilities(
        &self,
        posterior: &Posterior,
        mean: &[f64],
        sd: &[f64],
        mut slopes: Option<&mut Slopes>,
    ) -> Vec<f64> {
        let sets = posterior.sets();
        let share = 1.0 / sets as f64;
        let mut draws = Vec::with_capacity(sets);
        let mut value = |i: usize, mean: &[f64], sd: f64| match self.utility {
            Utility::LogImprovement { best } => {
                draws.clear();
                draws.extend(mean.iter().enumerate().map(|(set, mean)| {
                    let drawn = posterior.drawn_best.get(set);
                    log_expected_improvement(
                        *mean,
                        sd,
                        drawn.map_or(best, |drawn| best.max(*drawn)),
                    )
                }));
                let most = draws
                    .iter()
                    .fold(f64::NEG_INFINITY, |most, at| most.max(at.value));
                let sum: f64 = draws.iter().map(|at| (at.value - most).exp()).sum();
                if let Some(slopes) = &mut slopes {
                    for (set, at) in draws.iter().enumerate() {
                        let weight = (at.value - most).exp() / sum;
                        slopes.by_mean[i * sets + set] = weight * at.by_mean;
                        slopes.by_sd[i] += weight * at.by_sd;
                    }
                }
                most + (sum * share).ln()
            }
            Utility::UpperBound { width } => {
                if let Some(slopes) = &mut slopes {
                    slopes.by_mean[i * sets..(i + 1) * sets].fill(share);
                    slopes.by_sd[i] = width;
                }
                mean.iter().sum::<f64>() * share + width * sd
            }
            Utility::Exploration => {
                if let Some(slopes) = &mut slopes {
                    slopes.by_sd[i] = 1.0 / sd;
                }
                sd.ln()
            }
            Utility::Feasible => 0.0,
        };
        let points = mean.chunks_exact(sets).zip(sd).enumerate();
        points.map(|(i, (mean, sd))| value(i, mean, *sd)).collect()
    }
}

impl Condition<'_> {
    /// Adds ln Phi(+-(mean - limit) / deviation) to the values.
    fn add(&self, mean: &[f64], sd: &[f64], values: &mut [f64], mut slopes: Option<&mut Slopes>) {
        let sets = self.posterior.sets();
        let sign = if self.at_most { -1.0 } else { 1.0 };
        for (i, value) in values.iter_mut().enumerate() {
            let u = sign * (mean[i * sets] - self.limit) / sd[i];
            let log = log_cdf(u);
            *value += log.max(self.floor);
            if let (Some(slopes), true) = (&mut slopes, log > self.floor) {
                let ratio = inverse_mills(u);
                slopes.by_mean[i * sets] = ratio * sign / sd[i];
                slopes.by_sd[i] = -ratio * u / sd[i];
            }
        }
    }
}

/// The logarithm of the mean of e^value, which stands for `count` of them, and one more; and the share of the last in it.
fn averaged(count: usize, value: f64, more: f64) -> (f64, f64) {
    let most = value.max(more);
    if most == f64::NEG_INFINITY {
        return (most, 0.5);
    }
    let (sum, last) = (count as f64 * (value - most).exp(), (more - most).exp());
    let mean = most + ((sum + last) / (count + 1) as f64).ln();
    (mean, last / (sum + last))
}

/// Derivatives by the means (set by set) and the deviations of some points.
struct Slopes {
    by_mean: Vec<f64>,
    by_sd: Vec<f64>,
}

impl Slopes {
    fn zero(means: usize, deviations: usize) -> Self {
        Self {
            by_mean: vec![0.0; means],
            by_sd: vec![0.0; deviations],
        }
    }
}

/// Climbs from each start to a nearby maximum within `ranges`, the least and the largest value of each coordinate of each
/// start; where they are equal it stays. All starts share each evaluation. Steps are taken in units of the lengthscales.
///
/// No point that is returned is worse than its start.
pub fn ascend(
    acquisition: &Acquisition<'_>,
    starts: &[f64],
    ranges: &[(f64, f64)],
    max_iterations: usize,
) -> Ascent {
    let posterior = acquisition.posterior;
    let dimensions = posterior.data().dimensions();
    // Far beyond the unit cube a lengthscale says no more than that the dimension does not matter.
    let lengths: Vec<f64> = posterior
        .hyper()
        .log_lengths
        .iter()
        .map(|l| l.exp().clamp(0.01, 10.0))
        .collect();
    let options = Options {
        memory: 10,
        gradient_tolerance: 1e-4,
        value_tolerance: 1e-6,
        max_iterations,
    };
    let mut climbs: Vec<Lbfgs> = starts
        .chunks_exact(dimensions)
        .zip(ranges.chunks_exact(dimensions))
        .map(|(row, ranges)| {
            let scaled = |at: &dyn Fn(usize) -> f64| -> Vec<f64> {
                let all = lengths.iter().enumerate();
                all.map(|(i, length)| at(i) / length).collect()
            };
            let (low, high) = (scaled(&|i| ranges[i].0), scaled(&|i| ranges[i].1));
            Lbfgs::new(&scaled(&|i| row[i]), &low, &high, options)
        })
        .collect();
    let mut rows = Vec::new();
    loop {
        rows.clear();
        for climb in climbs.iter().filter(|climb| !climb.is_done()) {
            rows.extend(unscaled(climb.point(), &lengths));
        }
        if rows.is_empty() {
            break;
        }
        let (values, gradients) = acquisition.differentiate(&rows);
        let open = climbs.iter_mut().filter(|climb| !climb.is_done());
        for ((climb, value), gradient) in open.zip(values).zip(gradients.chunks_exact(dimensions)) {
            let downhill: Vec<f64> = gradient
                .iter()
                .zip(&lengths)
                .map(|(g, length)| -g * length)
                .collect();
            climb.tell(-value, &downhill);
        }
    }
    let mut found = Ascent {
        rows: Vec::new(),
        values: Vec::new(),
    };
    let within = starts
        .chunks_exact(dimensions)
        .zip(ranges.chunks_exact(dimensions));
    for (climb, (start, ranges)) in climbs.into_iter().zip(within) {
        let minimum = climb.into_minimum();
        // What stayed keeps its bits.
        let moved = unscaled(&minimum.x, &lengths);
        let kept = moved.zip(start).zip(ranges);
        found
            .rows
            .extend(kept.map(|((moved, start), (low, high))| match low < high {
                true => moved.clamp(*low, *high),
                false => *start,
            }));
        found.values.push(-minimum.value);
    }
    found
}

fn unscaled<'a>(point: &'a [f64], lengths: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    point.iter().zip(lengths).map(|(x, length)| x * length)
}
