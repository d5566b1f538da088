//! A Parzen estimator: a density from observations, one kernel around each and a wide one for all.
//!
//! Notation: a group of D axes; kernel k has weight w_k and, on a continuous axis, a normal
//! distribution with centre c_k and width s cut off at 0 and 1. On a short grid it is the mass of that
//! distribution in the cell of each value; on an unordered axis nearly all of it is at the observed
//! category. The last kernel is the prior: weight 1, width 1, all categories alike.
//!
//! Sources: J. Bergstra et al., "Algorithms for hyper-parameter optimization" (2011); S. Watanabe,
//! "Tree-structured Parzen estimator" (2023), for weights and widths of the multivariate kind.

use crate::math::normal;
use crate::math::rng::Rng;

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
    /// ln w_k, normalised.
    log_weights: Vec<f64>,
    /// The running sums of w_k, to draw a kernel from.
    cumulative: Vec<f64>,
    axes: Vec<Kernels>,
}

enum Kernels {
    Normal {
        centres: Vec<f64>,
        /// The width of all but the prior.
        width: f64,
        /// -ln(s sqrt(2 pi)) - ln(mass inside of [0, 1]).
        log_scales: Vec<f64>,
    },
    /// ln of the probability of value v under kernel k, at `v * kernels + k`.
    Table { logs: Vec<f64>, values: usize },
}

/// The width of the kernel around a single observation, relative to the axis.
const WIDTH: f64 = 0.2;
/// Observations older than this many weigh less, the oldest least.
const RECENT: usize = 25;

impl Parzen {
    /// The density of these observations: rows of coordinates, oldest first.
    pub(super) fn new(kinds: &[Kind], rows: &[&[f64]]) -> Self {
        let mut weights = ramp(rows.len());
        weights.push(1.0);
        let total: f64 = weights.iter().sum();
        let mut reached = 0.0;
        let mut sum = |weight: &f64| {
            reached += weight / total;
            reached
        };
        // The rate at which a product of kernels narrows in so many dimensions (Scott).
        let rate = -1.0 / (kinds.len() as f64 + 4.0);
        let width = WIDTH * (rows.len().max(1) as f64).powf(rate);
        let axes = kinds.iter().enumerate().map(|(axis, kind)| {
            let column: Vec<f64> = rows.iter().map(|row| row[axis]).collect();
            match kind {
                Kind::Continuous => Kernels::normal(column, width),
                Kind::Grid(cells) => Kernels::grid(&column, cells, width),
                Kind::Category(count) => Kernels::categories(&column, *count),
            }
        });
        Self {
            axes: axes.collect(),
            cumulative: weights.iter().map(&mut sum).collect(),
            log_weights: weights.iter().map(|weight| (weight / total).ln()).collect(),
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
        scratch.extend_from_slice(&self.log_weights);
        for (axis, &coordinate) in self.axes.iter().zip(candidate) {
            axis.add_logs(coordinate, scratch);
        }
        let largest = scratch.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return largest;
        }
        largest
            + scratch
                .iter()
                .map(|log| (log - largest).exp())
                .sum::<f64>()
                .ln()
    }
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

impl Kernels {
    fn normal(mut centres: Vec<f64>, width: f64) -> Self {
        const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;
        centres.push(0.5);
        let prior = centres.len() - 1;
        let log_scale = |(kernel, &centre): (usize, &f64)| {
            let width = if kernel == prior { 1.0 } else { width };
            let (low, high) = inside(centre, width);
            -width.ln() - LN_SQRT_TAU - (high - low).ln()
        };
        let log_scales = centres.iter().enumerate().map(log_scale).collect();
        Self::Normal {
            centres,
            width,
            log_scales,
        }
    }

    fn grid(column: &[f64], cells: &[(f64, f64)], width: f64) -> Self {
        let masses = |centre: f64, width: f64| {
            let (low, high) = inside(centre, width);
            let mass = move |&(from, to): &(f64, f64)| {
                let at = |edge: f64| normal::cdf((edge - centre) / width);
                ((at(to) - at(from)) / (high - low))
                    .max(f64::MIN_POSITIVE)
                    .ln()
            };
            cells.iter().map(mass).collect::<Vec<f64>>()
        };
        // Kernels at the same value are the same, and there are few values.
        let own: Vec<Vec<f64>> = cells
            .iter()
            .map(|(low, high)| masses((low + high) / 2.0, width))
            .collect();
        let prior = masses(0.5, 1.0);
        Self::table(
            column,
            cells.len(),
            |value, observed| own[observed][value],
            &prior,
        )
    }

    fn categories(column: &[f64], count: usize) -> Self {
        // Each kernel leaves a vote of 1 / kernels, spread over all categories.
        let vote = 1.0 / (column.len() + 1) as f64;
        let other = (vote / count as f64 / (1.0 + vote)).ln();
        let same = ((1.0 + vote / count as f64) / (1.0 + vote)).ln();
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
            Self::Normal { centres, width, .. } => {
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
            Self::Normal {
                centres,
                width,
                log_scales,
            } => {
                let prior = centres.len() - 1;
                let inverse = 1.0 / width;
                for kernel in 0..prior {
                    let u = (coordinate - centres[kernel]) * inverse;
                    sums[kernel] += log_scales[kernel] - 0.5 * u * u;
                }
                let u = coordinate - centres[prior];
                sums[prior] += log_scales[prior] - 0.5 * u * u;
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
        let rows: Vec<Vec<f64>> = (0..40).map(|k| vec![(k % 7) as f64 / 6.0]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
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
            let rows: Vec<Vec<f64>> = (0..40).map(|k| vec![(k % 3) as f64]).collect();
            let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            let density = Parzen::new(&[kind], &rows);
            let mass: f64 = (0..5)
                .map(|v| density.log_density(&[v as f64], &mut scratch).exp())
                .sum();
            assert!((mass - 1.0).abs() < 1e-12, "{mass}");
        }
    }

    #[test]
    fn draws_follow_the_density() {
        let rows = [[0.1, 2.0].as_slice(), &[0.15, 2.0], &[0.12, 1.0]];
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
