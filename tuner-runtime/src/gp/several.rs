//! The expected improvement of the hypervolume: what an evaluation is worth when several objectives are to be large.
//!
//! Notation: independent posteriors N(m_k, s_k^2) of m objectives; the values that would enlarge the front are boxes
//! [l, h) (see [`crate::math::partition`]). With EI_k(l) = E max(y_k - l, 0), the expectation is exactly
//!
//! EHVI = sum over boxes of prod_k (EI_k(l_k) - EI_k(h_k)),
//!
//! kept as its logarithm. With e_k(l) = EI_k(l) / EI_k(r_k) the sum is one of numbers in [0, 1]; where it underflows, far
//! below the front, each product is a sum of logarithms instead.
//!
//! Sources: K. Yang et al., "Efficient computation of expected hypervolume improvement using box decomposition algorithms"
//! (2019); S. Ament et al., "Unexpected improvements to expected improvement" (2023), for the logarithm.

use super::acquisition::Term;
use super::posterior::Posterior;
use crate::math::normal::{LogImprovement, log_expected_improvement};
use crate::math::partition::Partition;

/// Points that are evaluated together.
const CHUNK: usize = 256;
/// Sums below this are taken from logarithms.
const UNDERFLOW: f64 = 1e-200;

/// The logarithm of the expected improvement of the hypervolume over a front.
#[derive(Debug, Clone)]
pub struct HypervolumeImprovement {
    posteriors: Vec<Posterior>,
    partition: Partition,
}

/// The value at a point, and its derivatives by means and deviations where they are wanted.
struct At {
    value: f64,
    slopes: Vec<(f64, f64)>,
}

impl HypervolumeImprovement {
    /// Over the front of some rows of values, above a reference. There is one posterior for each objective, all over the
    /// same dimensions; of several sets of values the first counts.
    pub fn new(posteriors: Vec<Posterior>, front: &[f64], reference: &[f64]) -> Self {
        Self {
            partition: Partition::new(front, reference),
            posteriors,
        }
    }

    /// The posteriors of the objectives.
    pub fn posteriors(&self) -> &[Posterior] {
        &self.posteriors
    }

    /// ln E of the improvement for independent normal values, and its derivatives by each mean and deviation.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::gp::HypervolumeImprovement;
    /// use tuner::math::partition::Partition;
    /// let empty = Partition::new(&[], &[0.0, 0.0]);
    /// let (value, _) = HypervolumeImprovement::expected(&empty, &[2.0, 3.0], &[1e-3, 1e-3]);
    /// assert!((value - 6f64.ln()).abs() < 1e-6);
    /// ```
    pub fn expected(
        partition: &Partition,
        means: &[f64],
        deviations: &[f64],
    ) -> (f64, Vec<(f64, f64)>) {
        let at = expected(partition, means, deviations, true);
        (at.value, at.slopes)
    }
}

impl Term for HypervolumeImprovement {
    fn add(&self, rows: &[f64], values: &mut [f64], mut gradient: Option<&mut [f64]>) {
        let Some(first) = self.posteriors.first() else {
            return;
        };
        let dimensions = first.data().dimensions();
        for (chunk, rows) in rows.chunks(CHUNK * dimensions).enumerate() {
            let begin = chunk * CHUNK;
            let count = rows.len() / dimensions;
            let wanted = gradient.is_some();
            let all: Vec<_> = self
                .posteriors
                .iter()
                .map(|posterior| posterior.covariances(rows, wanted))
                .collect();
            let mut slopes: Vec<(Vec<f64>, Vec<f64>)> = all
                .iter()
                .map(|at| (vec![0.0; at.prediction.mean.len()], vec![0.0; count]))
                .collect();
            for i in 0..count {
                let sets = self.posteriors.iter().map(Posterior::sets);
                let pairs = all.iter().zip(sets.clone());
                let means: Vec<f64> = pairs
                    .map(|(at, sets)| at.prediction.mean[i * sets])
                    .collect();
                let deviations: Vec<f64> = all.iter().map(|at| at.prediction.sd[i]).collect();
                let at = expected(&self.partition, &means, &deviations, wanted);
                values[begin + i] += at.value;
                for (((by_mean, by_sd), slope), sets) in slopes.iter_mut().zip(at.slopes).zip(sets)
                {
                    (by_mean[i * sets], by_sd[i]) = slope;
                }
            }
            if let Some(gradient) = &mut gradient {
                let part = &mut gradient[begin * dimensions..(begin + count) * dimensions];
                for (at, (by_mean, by_sd)) in all.iter().zip(&slopes) {
                    let more = at.pull(rows, by_mean, by_sd);
                    part.iter_mut()
                        .zip(more)
                        .for_each(|(sum, more)| *sum += more);
                }
            }
        }
    }
}

fn expected(partition: &Partition, means: &[f64], deviations: &[f64], slopes: bool) -> At {
    let objectives = partition.levels().iter().zip(means.iter().zip(deviations));
    // Over each level but the last, which nothing exceeds.
    let over: Vec<Vec<LogImprovement>> = objectives
        .map(|(levels, (mean, sd))| {
            let finite = levels.iter().filter(|level| level.is_finite());
            finite
                .map(|level| log_expected_improvement(*mean, *sd, *level))
                .collect()
        })
        .collect();
    let shares: Vec<Vec<f64>> = over
        .iter()
        .map(|over| {
            let most = over[0].value;
            let shares = over.iter().map(|at| (at.value - most).exp());
            shares.chain([0.0]).collect()
        })
        .collect();
    let side = |k: usize, (low, high): (usize, usize)| shares[k][low] - shares[k][high];
    let sum: f64 = partition
        .boxes()
        .iter()
        .map(|sides| {
            let factors = sides.iter().enumerate().map(|(k, ends)| side(k, *ends));
            factors.product::<f64>()
        })
        .sum();
    if sum <= UNDERFLOW || !sum.is_finite() {
        return far(partition, &over, slopes);
    }
    let value = over.iter().map(|over| over[0].value).sum::<f64>() + sum.ln();
    if !slopes {
        return At {
            value,
            slopes: Vec::new(),
        };
    }
    // By the share of each level.
    let mut by_share: Vec<Vec<f64>> = shares.iter().map(|all| vec![0.0; all.len()]).collect();
    for sides in partition.boxes() {
        for (k, &(low, high)) in sides.iter().enumerate() {
            let others: f64 = (0..sides.len())
                .filter(|other| *other != k)
                .map(|other| side(other, sides[other]))
                .product();
            by_share[k][low] += others;
            by_share[k][high] -= others;
        }
    }
    let slopes = over
        .iter()
        .zip(shares.iter().zip(&by_share))
        .map(|(over, (shares, by_share))| {
            let first = over[0];
            let levels = over.iter().zip(shares).zip(by_share);
            levels.fold(
                (first.by_mean, first.by_sd),
                |(by_mean, by_sd), ((at, share), by_share)| {
                    let weight = share * by_share / sum;
                    (
                        by_mean + weight * (at.by_mean - first.by_mean),
                        by_sd + weight * (at.by_sd - first.by_sd),
                    )
                },
            )
        })
        .collect();
    At { value, slopes }
}

/// The same by logarithms: ln(e^a - e^b) = a + ln(1 - e^(b - a)) for each side.
fn far(partition: &Partition, over: &[Vec<LogImprovement>], slopes: bool) -> At {
    /// A side so thin that rounding hides it has this much of its probability.
    const LEAST: f64 = 1e-15;
    let ratio = |k: usize, (low, high): (usize, usize)| match over[k].get(high) {
        Some(above) => (above.value - over[k][low].value).exp().min(1.0 - LEAST),
        None => 0.0,
    };
    let log = |sides: &Vec<(usize, usize)>| -> f64 {
        let sides = sides.iter().enumerate();
        sides
            .map(|(k, &ends)| over[k][ends.0].value + (-ratio(k, ends)).ln_1p())
            .sum()
    };
    let logs: Vec<f64> = partition.boxes().iter().map(log).collect();
    let most = logs
        .iter()
        .fold(f64::NEG_INFINITY, |most, log| most.max(*log));
    let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
    let mut by = vec![(0.0, 0.0); if slopes { over.len() } else { 0 }];
    for (sides, log) in partition.boxes().iter().zip(&logs) {
        let weight = (log - most).exp() / sum;
        for (k, slope) in by.iter_mut().enumerate() {
            let (low, high) = sides[k];
            let below = over[k][low];
            let ratio = ratio(k, (low, high));
            let above = over[k].get(high).copied().unwrap_or(below);
            slope.0 += weight * (below.by_mean - ratio * above.by_mean) / (1.0 - ratio);
            slope.1 += weight * (below.by_sd - ratio * above.by_sd) / (1.0 - ratio);
        }
    }
    At {
        value: most + sum.ln(),
        slopes: by,
    }
}
