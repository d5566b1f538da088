//! What an evaluation at a point is worth, with its gradient, for many points at once.
//!
//! The expected improvement is kept as its logarithm, and so are probabilities of being feasible, which are added to it; over
//! several draws of what is pending, and over several hyperparameters, it is the logarithm of the mean of their product.
//!
//! Sources: S. Ament et al., "Unexpected improvements to expected improvement" (2023); M. Gelbart, J. Snoek and R. Adams
//! (2014) for the product with feasibility; J. Snoek, H. Larochelle and R. Adams (2012) for the means.

use super::posterior::{Covariances, Posterior, Prediction};
use crate::math::lbfgs::{Lbfgs, Options};
use crate::math::normal::{inverse_mills, log_cdf, log_expected_improvement};

/// Points that are evaluated together.
const CHUNK: usize = 256;

/// What is worth having.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Utility {
    /// The logarithm of the expected improvement over `best`, or over what a pending point may turn out to be.
    LogImprovement {
        /// The value to improve on; negative infinity while there is none. Then any value is worth one, unless a pending
        /// point has one.
        best: f64,
    },
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
    /// The power to which the probability is raised: more than 1 for caution.
    pub power: f64,
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
        let mut all = Vec::new();
        for rows in rows.chunks(CHUNK * self.posterior.data().dimensions()) {
            let utilities = self.posteriors().map(|posterior| {
                let at = posterior.predict(rows);
                Parts::of_utility(self.utility, posterior, &at)
            });
            let utilities: Vec<Parts> = utilities.collect();
            let conditions = self.conditions.iter();
            let conditions = conditions.map(|it| Parts::of(it, &it.posterior.predict(rows)));
            let conditions: Vec<Parts> = conditions.collect();
            let count = rows.len() / self.posterior.data().dimensions();
            let (mut values, _) = blended(&utilities, &conditions, count);
            for term in &self.terms {
                term.add(rows, &mut values, None);
            }
            all.extend(values);
        }
        all
    }

    /// The values and their gradients by the coordinates, 0 for categorical ones.
    pub fn differentiate(&self, rows: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut all_values, mut all_gradients) = (Vec::new(), Vec::new());
        for rows in rows.chunks(CHUNK * self.posterior.data().dimensions()) {
            let of_posteriors: Vec<Covariances<'_>> = self
                .posteriors()
                .map(|posterior| posterior.covariances(rows, true))
                .collect();
            let utilities = self.posteriors().zip(&of_posteriors);
            let utilities: Vec<Parts> = utilities
                .map(|(posterior, at)| Parts::of_utility(self.utility, posterior, &at.prediction))
                .collect();
            let of_conditions: Vec<Covariances<'_>> = self
                .conditions
                .iter()
                .map(|condition| condition.posterior.covariances(rows, true))
                .collect();
            let conditions = self.conditions.iter().zip(&of_conditions);
            let conditions: Vec<Parts> = conditions
                .map(|(condition, at)| Parts::of(condition, &at.prediction))
                .collect();
            let count = rows.len() / self.posterior.data().dimensions();
            let (mut values, shares) = blended(&utilities, &conditions, count);
            let mut gradient = vec![0.0; rows.len()];
            let mut add = |parts: &Parts, at: &Covariances<'_>, shares: &[f64]| {
                let (by_mean, by_sd) = parts.slopes(shares);
                let more = at.pull(rows, &by_mean, &by_sd);
                gradient
                    .iter_mut()
                    .zip(more)
                    .for_each(|(sum, part)| *sum += part);
            };
            let each = shares.len() / utilities.len().max(1);
            for (k, (parts, at)) in utilities.iter().zip(&of_posteriors).enumerate() {
                add(parts, at, &shares[k * each..(k + 1) * each]);
            }
            let together: Vec<f64> = (0..each)
                .map(|i| shares.iter().skip(i).step_by(each).sum())
                .collect();
            for (parts, at) in conditions.iter().zip(&of_conditions) {
                add(parts, at, &together);
            }
            for term in &self.terms {
                term.add(rows, &mut values, Some(&mut gradient));
            }
            all_values.extend(values);
            all_gradients.extend(gradient);
        }
        (all_values, all_gradients)
    }

    /// All that the utility is averaged over; none where there is no utility.
    fn posteriors(&self) -> impl Iterator<Item = &Posterior> {
        let wanted = self.utility != Utility::Feasible;
        let all = std::iter::once(self.posterior).chain(self.draws);
        all.filter(move |_| wanted)
    }
}

/// A utility or a condition at some points in each draw of what is pending: its logarithm, and the derivatives of that by the
/// mean of the draw and by the deviation.
struct Parts {
    sets: usize,
    /// The draws of a point together, as the derivatives are.
    values: Vec<f64>,
    by_mean: Vec<f64>,
    by_sd: Vec<f64>,
}

impl Parts {
    fn new(sets: usize, at: &Prediction, value: impl Fn(usize, f64, f64) -> [f64; 3]) -> Self {
        let mut parts = Self {
            sets,
            values: Vec::with_capacity(at.mean.len()),
            by_mean: Vec::with_capacity(at.mean.len()),
            by_sd: Vec::with_capacity(at.mean.len()),
        };
        for (means, sd) in at.mean.chunks_exact(sets).zip(&at.sd) {
            for (set, mean) in means.iter().enumerate() {
                let [value, by_mean, by_sd] = value(set, *mean, *sd);
                parts.values.push(value);
                parts.by_mean.push(by_mean);
                parts.by_sd.push(by_sd);
            }
        }
        parts
    }

    fn of_utility(utility: Utility, posterior: &Posterior, at: &Prediction) -> Self {
        Self::new(posterior.sets(), at, |set, mean, sd| match utility {
            Utility::Feasible => [0.0; 3],
            Utility::LogImprovement { best } => {
                let drawn = posterior.drawn_best.get(set);
                let best = drawn.map_or(best, |drawn| best.max(*drawn));
                if best == f64::NEG_INFINITY {
                    return [0.0; 3];
                }
                let log = log_expected_improvement(mean, sd, best);
                [log.value, log.by_mean, log.by_sd]
            }
        })
    }

    /// ln Phi(+-(mean - limit) / deviation), times the power.
    fn of(condition: &Condition<'_>, at: &Prediction) -> Self {
        let sign = if condition.at_most { -1.0 } else { 1.0 };
        Self::new(condition.posterior.sets(), at, |_, mean, sd| {
            let u = sign * (mean - condition.limit) / sd;
            let log = log_cdf(u);
            let power = condition.power;
            if log <= condition.floor {
                return [power * condition.floor, 0.0, 0.0];
            }
            let slope = power * inverse_mills(u) / sd;
            [power * log, slope * sign, -slope * u]
        })
    }

    /// Where the value of a point in one of `of` draws stands: what nothing pending changes is the same in all.
    fn place(&self, point: usize, set: usize) -> usize {
        point * self.sets + set.min(self.sets - 1)
    }

    /// The derivatives by each mean and by each deviation of something in which each draw has a share.
    fn slopes(&self, shares: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let count = self.values.len() / self.sets;
        let of = shares.len() / count.max(1);
        let mut slopes = (vec![0.0; self.values.len()], vec![0.0; count]);
        for (i, share) in shares.iter().enumerate() {
            let place = self.place(i / of, i % of);
            slopes.0[place] += share * self.by_mean[place];
            slopes.1[i / of] += share * self.by_sd[place];
        }
        slopes
    }
}

/// The logarithm of the mean, over hyperparameters and draws, of a utility times all conditions at each of `count` points; and
/// the share of each draw in it, those of the first hyperparameters first, there point by point.
fn blended(utilities: &[Parts], conditions: &[Parts], count: usize) -> (Vec<f64>, Vec<f64>) {
    let sets = utilities.iter().chain(conditions).map(|parts| parts.sets);
    let sets = sets.max().unwrap_or(1);
    // Nothing but conditions: they are worth what they are.
    let alone = [Parts {
        sets: 1,
        values: vec![0.0; count],
        by_mean: Vec::new(),
        by_sd: Vec::new(),
    }];
    let utilities = match utilities {
        [] => &alone,
        all => all,
    };
    let each = count * sets;
    let mut shares = Vec::with_capacity(utilities.len() * each);
    for utility in utilities {
        for i in 0..each {
            let (point, set) = (i / sets, i % sets);
            let probability = conditions.iter().map(|it| it.values[it.place(point, set)]);
            shares.push(utility.values[utility.place(point, set)] + probability.sum::<f64>());
        }
    }
    let total = (utilities.len() * sets) as f64;
    let mut values = Vec::with_capacity(count);
    for point in 0..count {
        let places = (0..utilities.len())
            .flat_map(|k| k * each + point * sets..k * each + (point + 1) * sets);
        let logs = places.clone().map(|i| shares[i]);
        let most = logs.fold(f64::NEG_INFINITY, f64::max);
        if most == f64::NEG_INFINITY {
            places.for_each(|i| shares[i] = 1.0 / total);
            values.push(most);
            continue;
        }
        let sum: f64 = places.clone().map(|i| (shares[i] - most).exp()).sum();
        places.for_each(|i| shares[i] = (shares[i] - most).exp() / sum);
        values.push(most + (sum / total).ln());
    }
    (values, shares)
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
