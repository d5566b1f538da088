//! A Parzen estimator: a density from observations, one kernel around each and a wide one for all.
//!
//! Notation: a group of D axes; kernel k has weight w_k and, on a continuous axis, a normal
//! distribution with centre c_k and width s cut off at 0 and 1. On a short grid it is the mass of that
//! distribution in the cell of each value; on an unordered axis nearly all of it is at the observed
//! category. The last kernel is the prior: weight 1, width 1, all categories alike.
//!
//! Sources: J. Bergstra et al., "Algorithms for hyper-parameter optimization" (2011); S. Watanabe,
//! "Tree-structured Parzen estimator" (2023), for weights and widths of the multivariate kind.

use crate::math::exp::exp_of_negative;
use crate::math::normal::{self, HALF_LN_TAU};
use crate::math::rng::Rng;
use std::f64::consts::FRAC_1_SQRT_2;

/// An axis of the group, and what its coordinates are.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A number in `[0, 1]`; also that of a value on a long grid, where cells cancel out.
    Continuous,
    /// The place of a value on a short grid; these are the ends of its cells.
    Grid(Vec<(f64, f64)>),
    /// The number of a category.
    Category(usize),
}

/// The density of a group.
pub(super) struct Parzen {
    /// ln w_k, normalised, and what each continuous axis adds at the centre of the kernel.
    log_heights: Vec<f64>,
    /// The running sums of w_k, to draw a kernel from.
    cumulative: Vec<f64>,
    axes: Vec<Kernels>,
}

enum Kernels {
    Normal {
        centres: Vec<f64>,
        /// The width of all but the prior.
        width: f64,
    },
    /// ln of the probability of value v under kernel k, at `v * kernels + k`.
    Table { logs: Vec<f64>, values: usize },
}

/// The width of the kernel around a single observation, relative to the axis.
const WIDTH: f64 = 0.2;
/// Observations older than this many weigh less, the oldest least.
const RECENT: usize = 25;
/// Masses that are multiplied before the logarithm is taken: each is above 1/3, so that the product does not underflow.
const MULTIPLIED: usize = 256;

impl Parzen {
    /// The density of observations: coordinates row by row, oldest first.
    pub(super) fn new(kinds: &[Kind], rows: &[f64]) -> Self {
        let count = rows.len() / kinds.len();
        let mut weights = ramp(count);
        weights.push(1.0);
        let total: f64 = weights.iter().sum();
        let mut reached = 0.0;
        let mut sum = |weight: &f64| {
            reached += weight / total;
            reached
        };
        // The rate at which a product of kernels narrows in so many dimensions (Scott).
        let rate = -1.0 / (kinds.len() as f64 + 4.0);
        let width = WIDTH * (count.max(1) as f64).powf(rate);
        let axes = kinds.iter().enumerate().map(|(axis, kind)| {
            let column = rows.iter().skip(axis).step_by(kinds.len()).copied();
            let column: Vec<f64> = column.collect();
            match kind {
                Kind::Continuous => Kernels::normal(column, width),
                Kind::Grid(cells) => Kernels::grid(&column, cells, width),
                Kind::Category(count) => Kernels::categories(&column, *count),
            }
        });
        let axes: Vec<Kernels> = axes.collect();
        Self {
            cumulative: weights.iter().map(&mut sum).collect(),
            log_heights: log_heights(&weights, total, &axes),
            axes,
        }
    }

    /// A draw: one coordinate an axis.
    pub(super) fn sample(&self, rng: &mut Rng) -> Vec<f64> {
        let draw = rng.unit();
        let last = self.cumulative.len() - 1;
        let kernel = self
            .cumulative
            .partition_point(|&reached| reached <= draw)
            .min(last);
        self.axes
            .iter()
            .map(|axis| axis.sample(kernel, rng))
            .collect()
    }

    /// The logarithm of the density at a candidate; `scratch` is reused from call to call.
    pub(super) fn log_density(&self, candidate: &[f64], scratch: &mut Vec<f64>) -> f64 {
        scratch.clear();
        scratch.extend_from_slice(&self.log_heights);
        for (axis, &coordinate) in self.axes.iter().zip(candidate) {
            axis.add_logs(coordinate, scratch);
        }
        log_sum_exp(scratch)
    }
}

/// ln w_k and the logarithms of 1 / (s sqrt(2 pi) mass inside of [0, 1]) of all continuous axes.
fn log_heights(weights: &[f64], total: f64, axes: &[Kernels]) -> Vec<f64> {
    let mut factors: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
    let mut logs = vec![0.0; weights.len()];
    let prior = weights.len() - 1;
    let normal = axes.iter().filter_map(|axis| match axis {
        Kernels::Normal { centres, width } => Some((centres, *width)),
        Kernels::Table { .. } => None,
    });
    for (axis, (centres, width)) in normal.enumerate() {
        if axis % MULTIPLIED == MULTIPLIED - 1 {
            let taken = logs.iter_mut().zip(&mut factors);
            taken.for_each(|(log, factor)| *log += std::mem::replace(factor, 1.0).ln());
        }
        for (factor, centre) in factors[..prior].iter_mut().zip(centres) {
            *factor /= mass_inside(*centre, width);
        }
        factors[prior] /= mass_inside(centres[prior], 1.0);
        let narrow = HALF_LN_TAU + width.ln();
        logs[..prior].iter_mut().for_each(|log| *log -= narrow);
        logs[prior] -= HALF_LN_TAU;
    }
    let both = logs.iter().zip(&factors);
    both.map(|(log, factor)| log + factor.ln()).collect()
}

/// The logarithm of the sum of e^x. The values are overwritten.
fn log_sum_exp(logs: &mut [f64]) -> f64 {
    let larger = |most: f64, log: &f64| if *log > most { *log } else { most };
    let largest = logs.iter().fold(f64::NEG_INFINITY, larger);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    for log in logs.iter_mut() {
        *log = exp_of_negative::<false>(*log - largest);
    }
    largest + logs.iter().sum::<f64>().ln()
}

/// Weights by age, oldest first: 1 for the recent ones, falling to 1/n for the oldest.
fn ramp(count: usize) -> Vec<f64> {
    let old = count.saturating_sub(RECENT);
    let oldest = 1.0 / count.max(1) as f64;
    let weight = |age: usize| match age < old {
        true => oldest + (1.0 - oldest) * age as f64 / old as f64,
        false => 1.0,
    };
    (0..count).map(weight).collect()
}

/// The ends of the unit interval as the kernel sees them, as probabilities.
fn inside(centre: f64, width: f64) -> (f64, f64) {
    (
        normal::cdf(-centre / width),
        normal::cdf((1.0 - centre) / width),
    )
}

/// The mass of a kernel in the unit interval that its centre lies in, to 3e-7, without branches.
#[inline(always)]
fn mass_inside(centre: f64, width: f64) -> f64 {
    let scale = FRAC_1_SQRT_2 / width;
    0.5 * (erf(centre * scale) + erf((1.0 - centre) * scale))
}

/// The error function at x >= 0, to 1.5e-7 (M. Abramowitz and I. Stegun, 7.1.26).
#[inline(always)]
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let high = 1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429);
    let series = t * (0.254_829_592 + t * (-0.284_496_736 + t * high));
    1.0 - series * exp_of_negative::<false>(-x * x)
}

impl Kernels {
    fn normal(mut centres: Vec<f64>, width: f64) -> Self {
        centres.push(0.5);
        Self::Normal { centres, width }
    }

    fn grid(column: &[f64], cells: &[(f64, f64)], width: f64) -> Self {
        let masses = |centre: f64, width: f64| {
            let (low, high) = inside(centre, width);
            let mut last = (0.0, low);
            let mut at = |edge: f64| {
                // Most cells begin where the one before ends.
                if last.0 != edge {
                    last = (edge, normal::cdf((edge - centre) / width));
                }
                last.1
            };
            let mut mass = |&(from, to): &(f64, f64)| {
                let below = at(from);
                ((at(to) - below) / (high - low))
                    .max(f64::MIN_POSITIVE)
                    .ln()
            };
            cells.iter().map(&mut mass).collect::<Vec<f64>>()
        };
        // Kernels at the same value are the same, and there are few values.
        let mut own: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
        for &observed in column {
            let (own, (low, high)) = (&mut own[observed as usize], cells[observed as usize]);
            if own.is_empty() {
                *own = masses((low + high) / 2.0, width);
            }
        }
        let prior = masses(0.5, 1.0);
        Self::table(
            column,
            cells.len(),
            |value, observed| own[observed][value],
            &prior,
        )
    }

    fn categories(column: &[f64], count: usize) -> Self {
        // Each kernel leaves a vote of 1 / kernels to every category: with a single one for all of them, what is not among the
        // first good trials would hardly be drawn again.
        let vote = 1.0 / (column.len() + 1) as f64;
        let votes = 1.0 + vote * count as f64;
        let other = (vote / votes).ln();
        let same = ((1.0 + vote) / votes).ln();
        let prior = vec![-(count as f64).ln(); count];
        let log = |value: usize, observed: usize| if value == observed { same } else { other };
        Self::table(column, count, log, &prior)
    }

    fn table(
        column: &[f64],
        values: usize,
        log: impl Fn(usize, usize) -> f64,
        prior: &[f64],
    ) -> Self {
        let mut logs = Vec::with_capacity(values * (column.len() + 1));
        for (value, prior) in prior.iter().enumerate() {
            logs.extend(column.iter().map(|&observed| log(value, observed as usize)));
            logs.push(*prior);
        }
        Self::Table { logs, values }
    }

    fn sample(&self, kernel: usize, rng: &mut Rng) -> f64 {
        match self {
            Self::Normal { centres, width } => {
                let width = if kernel == centres.len() - 1 {
                    1.0
                } else {
                    *width
                };
                let (low, high) = inside(centres[kernel], width);
                let quantile = normal::quantile(low + (high - low) * rng.unit());
                (centres[kernel] + width * quantile).clamp(0.0, 1.0)
            }
            Self::Table { logs, values } => {
                let kernels = logs.len() / values;
                let mut left = rng.unit();
                let chosen = (0..*values).find(|value| {
                    left -= logs[value * kernels + kernel].exp();
                    left < 0.0
                });
                chosen.unwrap_or(values - 1) as f64
            }
        }
    }

    /// Adds the logarithm of each kernel at the coordinate.
    fn add_logs(&self, coordinate: f64, sums: &mut [f64]) {
        match self {
            Self::Table { logs, .. } => {
                let start = coordinate as usize * sums.len();
                let logs = &logs[start..start + sums.len()];
                sums.iter_mut().zip(logs).for_each(|(sum, log)| *sum += log);
            }
            Self::Normal { centres, width } => {
                let prior = centres.len() - 1;
                let inverse = 1.0 / width;
                for (sum, centre) in sums[..prior].iter_mut().zip(centres) {
                    let u = (coordinate - centre) * inverse;
                    *sum -= 0.5 * u * u;
                }
                let u = coordinate - centres[prior];
                sums[prior] -= 0.5 * u * u;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(count: usize) -> Vec<(f64, f64)> {
        (0..count)
            .map(|k| (k as f64 / count as f64, (k + 1) as f64 / count as f64))
            .collect()
    }

    #[test]
    fn a_density_has_mass_one() {
        let rows: Vec<f64> = (0..40).map(|k| (k % 7) as f64 / 6.0).collect();
        let density = Parzen::new(&[Kind::Continuous], &rows);
        let steps = 20_000;
        let mut scratch = Vec::new();
        let mass: f64 = (0..steps)
            .map(|k| {
                density
                    .log_density(&[(k as f64 + 0.5) / steps as f64], &mut scratch)
                    .exp()
            })
            .sum();
        assert!((mass / steps as f64 - 1.0).abs() < 1e-6, "{mass}");
        for kind in [Kind::Grid(cells(5)), Kind::Category(5)] {
            let rows: Vec<f64> = (0..40).map(|k| (k % 3) as f64).collect();
            let density = Parzen::new(&[kind], &rows);
            let mass: f64 = (0..5)
                .map(|v| density.log_density(&[v as f64], &mut scratch).exp())
                .sum();
            assert!((mass - 1.0).abs() < 1e-12, "{mass}");
        }
    }

    #[test]
    fn heights_are_exact_to_the_approximation_in_many_dimensions() {
        let axes: Vec<Kernels> = (0..1000)
            .map(|axis| Kernels::normal(vec![f64::from(axis) / 999.0, 0.0, 1.0], 0.2))
            .collect();
        let weights = [0.5, 1.0, 1.0, 1.0];
        let found = log_heights(&weights, 3.5, &axes);
        for (kernel, found) in found.iter().enumerate() {
            let width: f64 = if kernel == 3 { 1.0 } else { 0.2 };
            let mut wanted = (weights[kernel] / 3.5).ln();
            for axis in &axes {
                let Kernels::Normal { centres, .. } = axis else {
                    continue;
                };
                let (low, high) = inside(centres[kernel], width);
                wanted -= width.ln() + HALF_LN_TAU + (high - low).ln();
            }
            assert!((found - wanted).abs() < 1e-3, "{kernel}: {found} {wanted}");
        }
    }

    #[test]
    fn draws_follow_the_density() {
        let rows = [[0.1, 2.0], [0.15, 2.0], [0.12, 1.0]].concat();
        let kinds = [Kind::Continuous, Kind::Category(3)];
        let density = Parzen::new(&kinds, &rows);
        let mut rng = Rng::new(3);
        let draws: Vec<Vec<f64>> = (0..20_000).map(|_| density.sample(&mut rng)).collect();
        let mut scratch = Vec::new();
        let steps = 200;
        for category in 0..3 {
            let near = |draw: &&Vec<f64>| draw[0] < 0.25 && draw[1] == category as f64;
            let share = draws.iter().filter(near).count() as f64 / draws.len() as f64;
            let mass: f64 = (0..steps)
                .map(|k| {
                    let at = 0.25 * (k as f64 + 0.5) / steps as f64;
                    density
                        .log_density(&[at, category as f64], &mut scratch)
                        .exp()
                })
                .sum::<f64>()
                * 0.25
                / steps as f64;
            assert!((share - mass).abs() < 0.015, "{category}: {share} {mass}");
        }
    }

    #[test]
    fn older_observations_weigh_less() {
        let weights = ramp(100);
        assert_eq!(weights[0], 0.01);
        assert!(weights.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(&weights[75..], [1.0; 25]);
        assert_eq!(ramp(3), [1.0; 3]);
    }
}
