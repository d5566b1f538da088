//! Transforms of observed values that make them easier to model: larger is better throughout.
//!
//! Sources: Q. Zhang et al., "The Vizier Gaussian process bandit algorithm" (2024), section 4, for half-rank warping;
//! I.-K. Yeo and R. Johnson, "A new family of power transformations" (2000), equation 2.1 and their likelihood.
//!
//! The values must be finite; [`standardise`] first brings any finite values to the scale that the others want.

use super::normal::quantile;

/// Shift and scale that were taken out of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; 1 where all values are equal.
    pub deviation: f64,
    /// Whether all values are equal but for rounding.
    pub is_flat: bool,
}

impl Scale {
    /// Mean and standard deviation (divisor n) of finite values. Values that agree to 64 units in the last place of the
    /// largest differ by rounding, and count as equal.
    pub fn of(values: &[f64]) -> Self {
        let first = values.first().copied().unwrap_or(0.0);
        let largest = values.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
        // Halved, the difference of two opposite values of 1e308 does not overflow.
        let gap = |y: &f64| 0.5 * y - 0.5 * first;
        let widest = values
            .iter()
            .fold(0.0, |most: f64, y| most.max(gap(y).abs()));
        if widest <= 32.0 * f64::EPSILON * largest {
            return Self {
                mean: first,
                deviation: 1.0,
                is_flat: true,
            };
        }
        // About one of the values nothing is rounded off, in units of the widest gap neither the sum nor the squares
        // overflow.
        let count = values.len() as f64;
        let mean = values.iter().map(|y| gap(y) / widest / count).sum::<f64>();
        let square = |y: &f64| (gap(y) / widest - mean).powi(2) / count;
        let deviation = values.iter().map(square).sum::<f64>().sqrt();
        Self {
            mean: 2.0 * (0.5 * first + mean * widest),
            deviation: 2.0 * (deviation * widest),
            is_flat: false,
        }
    }

    /// (y - mean) / deviation; 0, whatever y is, where all values are equal.
    pub fn apply(&self, y: f64) -> f64 {
        if self.is_flat {
            return 0.0;
        }
        // Halved, the difference of two opposite values of 1e308 does not overflow.
        (0.5 * y - 0.5 * self.mean) / (0.5 * self.deviation)
    }
}

/// The values with mean 0 and standard deviation 1; zeros where all values are equal.
pub fn standardise(values: &[f64]) -> Vec<f64> {
    let scale = Scale::of(values);
    values.iter().map(|y| scale.apply(*y)).collect()
}

/// The values about their median with standard deviation 1. One that lies far off leaves the differences of the others
/// as they are.
pub fn centre(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let scale = Scale {
        mean: median_of_sorted(&sorted),
        ..Scale::of(values)
    };
    values.iter().map(|y| scale.apply(*y)).collect()
}

/// Vizier's half-rank warping: values below the median become Gaussian quantiles of their rank, scaled by the root mean
/// square of the better half about the median. The order is kept, and so are equal values.
pub fn half_rank(values: &[f64]) -> Vec<f64> {
    let mut levels = values.to_vec();
    levels.sort_by(f64::total_cmp);
    let median = median_of_sorted(&levels);
    levels.dedup();
    let worse = levels.partition_point(|level| *level < median);
    if worse == 0 {
        return values.to_vec();
    }
    let best = levels.last().copied().unwrap_or(median) - median;
    let spread = if best > 0.0 {
        // In units of the largest one no square underflows beside values that lie far off.
        let better = values.iter().filter(|y| **y >= median);
        let (sum, count) = better.fold((0.0, 0.0), |(sum, count), y| {
            (sum + ((y - median) / best).powi(2), count + 1.0)
        });
        best * f64::sqrt(sum / count)
    } else {
        // The better half is one plateau.
        Scale::of(values).deviation
    };
    let warp = |y: f64| {
        let rank = levels.partition_point(|level| *level < y);
        if rank >= worse {
            y
        } else {
            median + spread * quantile(0.5 * (rank as f64 + 0.5) / (worse as f64 + 0.5))
        }
    };
    values.iter().map(|y| warp(*y)).collect()
}

/// Lifts values that are more than 1.5 interquartile ranges below the lower quartile up to that limit. Where the middle
/// half is one plateau, which tells no range, the values below it become quantiles by [`half_rank`].
pub fn winsorise(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return sorted;
    }
    let (lower, upper) = (
        quantile_of_sorted(&sorted, 0.25),
        quantile_of_sorted(&sorted, 0.75),
    );
    if lower == upper {
        return half_rank(values);
    }
    let limit = lower - 1.5 * (upper - lower);
    values.iter().map(|y| y.max(limit)).collect()
}

/// The power transform of Yeo and Johnson.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YeoJohnson {
    /// The power; 1 changes nothing.
    pub lambda: f64,
}

impl YeoJohnson {
    /// The powers that [`Self::fit`] considers.
    pub const RANGE: (f64, f64) = (-4.0, 6.0);

    /// The power of largest Gaussian likelihood, within [`Self::RANGE`].
    pub fn fit(values: &[f64]) -> Self {
        let logs: Vec<f64> = values.iter().map(|y| y.abs().ln_1p()).collect();
        let signed: f64 = values
            .iter()
            .zip(&logs)
            .map(|(y, log)| log.copysign(*y))
            .sum();
        let count = values.len() as f64;
        let mut warped = vec![0.0; values.len()];
        let loss = |lambda: f64| {
            for ((warped, y), log) in warped.iter_mut().zip(values).zip(&logs) {
                *warped = power(*y, *log, lambda);
            }
            let mean = warped.iter().sum::<f64>() / count;
            let square = |w: &f64| (w - mean).powi(2);
            let variance = warped.iter().map(square).sum::<f64>() / count;
            0.5 * count * variance.ln() - (lambda - 1.0) * signed
        };
        let lambda = minimum_within(loss, Self::RANGE, 1e-9);
        Self {
            lambda: if lambda.is_finite() { lambda } else { 1.0 },
        }
    }

    /// The transformed value.
    pub fn apply(&self, y: f64) -> f64 {
        power(y, y.abs().ln_1p(), self.lambda)
    }

    /// The logarithm of the transform's derivative at y.
    pub fn log_slope(&self, y: f64) -> f64 {
        (self.lambda - 1.0) * y.abs().ln_1p().copysign(y)
    }
}

/// ((1+|y|)^p - 1) / p with the sign of y, where p is lambda above and 2 - lambda below 0, and `log` is ln(1 + |y|).
fn power(y: f64, log: f64, lambda: f64) -> f64 {
    let p = if y >= 0.0 { lambda } else { 2.0 - lambda };
    let size = if p.abs() < 1e-12 {
        log
    } else {
        (p * log).exp_m1() / p
    };
    size.copysign(y)
}

/// The minimum of a function of one variable by golden section and parabolas (R. Brent, 1973, chapter 5).
fn minimum_within(mut f: impl FnMut(f64) -> f64, range: (f64, f64), tolerance: f64) -> f64 {
    const GOLDEN: f64 = 0.381_966_011_250_105;
    let (mut low, mut high) = range;
    let start = low + GOLDEN * (high - low);
    // best, second and third lowest points with their values
    let mut points = [(start, f(start)); 3];
    let (mut last, mut before_last) = (0.0, 0.0);
    for _ in 0..200 {
        let (x, value) = points[0];
        let middle = 0.5 * (low + high);
        let close = tolerance * x.abs() + 1e-12;
        if (x - middle).abs() <= 2.0 * close - 0.5 * (high - low) {
            break;
        }
        let parabola = vertex(&points).filter(|to| {
            *to - low > 2.0 * close
                && high - *to > 2.0 * close
                && (to - x).abs() < 0.5 * f64::abs(before_last)
        });
        before_last = last;
        last = match parabola {
            Some(to) => to - x,
            None => {
                before_last = if x < middle { high - x } else { low - x };
                GOLDEN * before_last
            }
        };
        let step = if last.abs() < close {
            close.copysign(last)
        } else {
            last
        };
        let next = (x + step, f(x + step));
        if next.1 <= value {
            if step > 0.0 {
                low = x
            } else {
                high = x
            }
            points = [next, points[0], points[1]];
        } else {
            if step > 0.0 {
                high = next.0
            } else {
                low = next.0
            }
            if next.1 <= points[1].1 || points[1].0 == x {
                points = [points[0], next, points[1]];
            } else if next.1 <= points[2].1 || points[2].0 == x || points[2].0 == points[1].0 {
                points[2] = next;
            }
        }
    }
    points[0].0
}

/// Where the parabola through three points has its extremum.
fn vertex(&[(x, f), (x1, f1), (x2, f2)]: &[(f64, f64); 3]) -> Option<f64> {
    let (r, q) = ((x - x1) * (f - f2), (x - x2) * (f - f1));
    let below = 2.0 * (q - r);
    let to = x - ((x - x2) * q - (x - x1) * r) / below;
    to.is_finite().then_some(to)
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    quantile_of_sorted(sorted, 0.5)
}

/// Linear interpolation between order statistics; 0 of nothing.
fn quantile_of_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = p * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] * (1.0 - part) + sorted[above] * part
}
