//! Evolution of a normal distribution on `[0, 1]^D` towards larger values: CMA-ES with a margin.
//!
//! Notation: mean m, step size s, covariance C = L L' by its Cholesky factor; a draw is m + s L z with
//! z standard normal. A generation has lambda draws of which the better mu move the distribution.
//! Coordinates of a grid keep a probability of at least alpha = 1 / (lambda D) to leave their cell.
//!
//! Sources: N. Hansen, "The CMA evolution strategy: a tutorial" (2016), with its default constants; the
//! Cholesky factor in place of the symmetric root as O. Krause et al. (2016); the margin after
//! R. Hamano et al., "CMA-ES with margin" (2022), as a floor under the deviation of each coordinate. When a distribution has
//! settled is said by thresholds of our own, where the tutorial has a list of them: on `[0, 1]` narrower draws say nothing new.

use super::normal;
use super::rng::Rng;

/// A distribution whose widest coordinate deviates by less has settled.
const NARROW: f64 = 1e-6;
/// So has one that deviates by less in any direction: a coordinate without effect stays wide for ever.
const THIN: f64 = 1e-7;

/// The state between two generations.
#[derive(Debug, Clone)]
pub struct CmaEs {
    mean: Vec<f64>,
    step: f64,
    /// C, row by row.
    covariance: Vec<f64>,
    /// L, row by row; the upper triangle is zero.
    factor: Vec<f64>,
    /// The evolution path of the step size, p_s.
    step_path: Vec<f64>,
    /// The evolution path of the covariance, p_c.
    path: Vec<f64>,
    generation: u64,
    constants: Constants,
}

#[derive(Debug, Clone)]
struct Constants {
    draws: usize,
    /// Weights of the better draws, best first; they sum to 1.
    weights: Vec<f64>,
    effective: f64,
    step_rate: f64,
    step_damping: f64,
    path_rate: f64,
    rank_one: f64,
    rank_mu: f64,
    /// The expected length of a standard normal vector.
    length: f64,
}

impl Constants {
    fn new(dimensions: usize, draws: usize) -> Self {
        let d = dimensions as f64;
        let half = draws / 2;
        let raw: Vec<f64> = (1..=half)
            .map(|i| ((draws as f64 + 1.0) / 2.0).ln() - (i as f64).ln())
            .collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let effective = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let step_rate = (effective + 2.0) / (d + effective + 5.0);
        let excess = ((effective - 1.0) / (d + 1.0)).sqrt() - 1.0;
        let rank_one = 2.0 / ((d + 1.3).powi(2) + effective);
        let rank_mu = 2.0 * (effective - 2.0 + 1.0 / effective) / ((d + 2.0).powi(2) + effective);
        Self {
            draws,
            weights,
            effective,
            step_rate,
            step_damping: 1.0 + 2.0 * excess.max(0.0) + step_rate,
            path_rate: (4.0 + effective / d) / (d + 4.0 + 2.0 * effective / d),
            rank_one,
            rank_mu: rank_mu.min(1.0 - rank_one),
            length: d.sqrt() * (1.0 - 1.0 / (4.0 * d) + 1.0 / (21.0 * d * d)),
        }
    }
}

impl CmaEs {
    /// A round distribution of deviation `step` around `mean`, at least one coordinate long.
    pub fn new(mean: Vec<f64>, step: f64) -> Self {
        let draws = Self::usual_draws(mean.len());
        Self::with_draws(mean, step, draws)
    }

    /// The usual number of draws for so many coordinates: 4 + 3 ln D.
    pub fn usual_draws(dimensions: usize) -> usize {
        4 + (3.0 * (dimensions.max(1) as f64).ln()).floor() as usize
    }

    /// The same with this many draws a generation, at least 4.
    pub fn with_draws(mean: Vec<f64>, step: f64, draws: usize) -> Self {
        let (dimensions, draws) = (mean.len().max(1), draws.max(4));
        let mut identity = vec![0.0; mean.len() * mean.len()];
        identity
            .iter_mut()
            .step_by(mean.len() + 1)
            .for_each(|x| *x = 1.0);
        Self {
            step,
            covariance: identity.clone(),
            factor: identity,
            step_path: vec![0.0; mean.len()],
            path: vec![0.0; mean.len()],
            generation: 0,
            constants: Constants::new(dimensions, draws),
            mean,
        }
    }

    /// How many draws make a generation.
    pub fn draws(&self) -> usize {
        self.constants.draws
    }

    /// How many generations have moved the distribution.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Weights of the better draws, best first; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.constants.weights
    }

    /// The centre of the distribution.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Whether it has come to rest, so that further draws would say nothing new.
    pub fn has_settled(&self) -> bool {
        let diagonal = |matrix: &[f64], axis: usize| matrix[axis * self.mean.len() + axis];
        let axes = 0..self.mean.len();
        let widest = axes
            .clone()
            .map(|axis| diagonal(&self.covariance, axis).sqrt())
            .fold(0.0, f64::max);
        // The least pivot bounds the thinnest direction, whichever way it points.
        let thinnest = axes
            .map(|axis| diagonal(&self.factor, axis))
            .fold(f64::INFINITY, f64::min);
        !self.mean.is_empty() && (self.step * widest < NARROW || self.step * thinnest < THIN)
    }

    /// A point of `[0, 1]^D`. `cell` gives the cell of a coordinate on a grid, as its two ends.
    pub fn draw(&self, rng: &mut Rng, cell: impl Fn(usize, f64) -> Option<(f64, f64)>) -> Vec<f64> {
        const TRIES: usize = 10;
        let d = self.mean.len();
        let stretch: Vec<f64> = (0..d)
            .map(|axis| {
                let deviation = self.step * self.covariance[axis * d + axis].sqrt();
                let needed = cell(axis, self.mean[axis].clamp(0.0, 1.0))
                    .map_or(0.0, |cell| self.margin(self.mean[axis], cell));
                if deviation > 0.0 {
                    (needed / deviation).max(1.0)
                } else {
                    1.0
                }
            })
            .collect();
        let mut point = vec![0.0; d];
        for _ in 0..TRIES {
            let z: Vec<f64> = (0..d).map(|_| rng.normal()).collect();
            for axis in 0..d {
                let row = &self.factor[axis * d..=axis * d + axis];
                let drawn: f64 = row.iter().zip(&z).map(|(l, z)| l * z).sum();
                point[axis] = self.mean[axis] + self.step * stretch[axis] * drawn;
            }
            if point.iter().all(|x| (0.0..=1.0).contains(x)) {
                return point;
            }
        }
        point.iter_mut().for_each(|x| *x = x.clamp(0.0, 1.0));
        point
    }

    /// The deviation at which a coordinate leaves its cell with probability alpha.
    fn margin(&self, mean: f64, (low, high): (f64, f64)) -> f64 {
        let below = if low > 0.0 { mean - low } else { f64::INFINITY };
        let above = if high < 1.0 {
            high - mean
        } else {
            f64::INFINITY
        };
        let nearest = below.min(above);
        if !nearest.is_finite() {
            return 0.0;
        }
        let alpha = 1.0 / (self.constants.draws * self.mean.len()) as f64;
        nearest.max(0.0) / normal::quantile(1.0 - alpha.min(0.4))
    }

    /// Moves the distribution by one generation: its points, best first, at least as many as draws.
    pub fn tell(&mut self, ranked: &[&[f64]]) {
        let d = self.mean.len();
        let constants = &self.constants;
        let steps: Vec<Vec<f64>> = ranked
            .iter()
            .take(constants.weights.len())
            .map(|point| {
                point
                    .iter()
                    .zip(&self.mean)
                    .map(|(x, m)| (x - m) / self.step)
                    .collect()
            })
            .collect();
        let mut mean_step = vec![0.0; d];
        for (weight, step) in constants.weights.iter().zip(&steps) {
            mean_step
                .iter_mut()
                .zip(step)
                .for_each(|(sum, x)| *sum += weight * x);
        }
        self.mean
            .iter_mut()
            .zip(&mean_step)
            .for_each(|(mean, x)| *mean += self.step * x);

        let whitened = self.whiten(&mean_step);
        let rate = constants.step_rate;
        let push = (rate * (2.0 - rate) * constants.effective).sqrt();
        for (path, x) in self.step_path.iter_mut().zip(&whitened) {
            *path = (1.0 - rate) * *path + push * x;
        }
        let length = self.step_path.iter().map(|x| x * x).sum::<f64>().sqrt();
        self.generation += 1;
        let settled = (1.0 - (1.0 - rate).powf(2.0 * self.generation as f64)).sqrt();
        let short = length / settled < (1.4 + 2.0 / (d as f64 + 1.0)) * constants.length;

        let rate = constants.path_rate;
        let push = (rate * (2.0 - rate) * constants.effective).sqrt();
        for (path, x) in self.path.iter_mut().zip(&mean_step) {
            *path = (1.0 - rate) * *path + if short { push * x } else { 0.0 };
        }
        let stall = if short { 0.0 } else { rate * (2.0 - rate) };
        let keep = 1.0 - constants.rank_one - constants.rank_mu + constants.rank_one * stall;
        for row in 0..d {
            for column in 0..d {
                let spread: f64 = constants
                    .weights
                    .iter()
                    .zip(&steps)
                    .map(|(weight, step)| weight * step[row] * step[column])
                    .sum();
                let entry = &mut self.covariance[row * d + column];
                *entry = keep * *entry
                    + constants.rank_one * self.path[row] * self.path[column]
                    + constants.rank_mu * spread;
            }
        }
        let growth =
            (length / constants.length - 1.0) * constants.step_rate / constants.step_damping;
        self.factorise();
        // On the unit cube a deviation above 1 says no more than 1, and none would end the search.
        self.step = (self.step * growth.exp()).clamp(1e-8, 1.0);
    }

    /// L^-1 x by forward substitution.
    fn whiten(&self, x: &[f64]) -> Vec<f64> {
        let d = x.len();
        let mut solved: Vec<f64> = Vec::with_capacity(d);
        for row in 0..d {
            let known: f64 = solved
                .iter()
                .zip(&self.factor[row * d..])
                .map(|(y, l)| y * l)
                .sum();
            solved.push((x[row] - known) / self.factor[row * d + row]);
        }
        solved
    }

    /// Cholesky's factor of C, with a floor under the pivots against rounding.
    fn factorise(&mut self) {
        let d = self.mean.len();
        let scale = (0..d)
            .map(|i| self.covariance[i * d + i])
            .fold(0.0, f64::max)
            .max(1e-300);
        for row in 0..d {
            for column in 0..=row {
                let dot: f64 = (0..column)
                    .map(|k| self.factor[row * d + k] * self.factor[column * d + k])
                    .sum();
                let left = self.covariance[row * d + column] - dot;
                self.factor[row * d + column] = if row == column {
                    left.max(1e-14 * scale).sqrt()
                } else {
                    left / self.factor[column * d + column]
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maximises `value` for some generations and returns the best it saw.
    fn run(d: usize, generations: usize, value: impl Fn(&[f64]) -> f64) -> f64 {
        let mut search = CmaEs::new(vec![0.5; d], 0.25);
        let mut rng = Rng::new(11);
        let mut best = f64::NEG_INFINITY;
        for _ in 0..generations {
            let mut drawn: Vec<(f64, Vec<f64>)> = (0..search.draws())
                .map(|_| search.draw(&mut rng, |_, _| None))
                .map(|point| (value(&point), point))
                .collect();
            drawn.sort_by(|left, right| right.0.total_cmp(&left.0));
            best = best.max(drawn[0].0);
            let ranked: Vec<&[f64]> = drawn.iter().map(|(_, point)| point.as_slice()).collect();
            search.tell(&ranked);
        }
        best
    }

    #[test]
    fn a_sphere_and_a_valley_are_descended() {
        let sphere = |x: &[f64]| -x.iter().map(|x| (x - 0.3).powi(2)).sum::<f64>();
        assert!(run(5, 150, sphere) > -1e-10);
        let rosenbrock = |x: &[f64]| {
            let at = |u: f64| 4.0 * u - 2.0;
            -x.windows(2)
                .map(|pair| {
                    let (a, b) = (at(pair[0]), at(pair[1]));
                    100.0 * (b - a * a).powi(2) + (1.0 - a).powi(2)
                })
                .sum::<f64>()
        };
        assert!(run(4, 400, rosenbrock) > -1e-6);
    }

    #[test]
    fn a_grid_never_freezes() {
        let cell = |_: usize, x: f64| {
            let low = (x * 4.0).floor().min(3.0) / 4.0;
            Some((low, low + 0.25))
        };
        let mut search = CmaEs::new(vec![0.375; 2], 0.25);
        let mut rng = Rng::new(5);
        let point = vec![0.375, 0.375];
        for _ in 0..60 {
            let ranked = vec![point.as_slice(); search.draws()];
            search.tell(&ranked);
        }
        let left = (0..2_000)
            .filter(|_| {
                search
                    .draw(&mut rng, cell)
                    .iter()
                    .any(|x| !(0.25..0.5).contains(x))
            })
            .count();
        assert!(left > 100, "{left}");
    }

    #[test]
    fn a_coordinate_without_effect_keeps_nothing_from_settling() {
        for value in [
            |x: &[f64]| -(x[0] - 0.3).powi(2) - (x[1] - 0.6).powi(2),
            |x: &[f64]| -(x[0] - 0.3).powi(2),
            |x: &[f64]| -(x[0] + x[1] - 0.9).powi(2),
        ] {
            let mut search = CmaEs::new(vec![0.5; 2], 0.25);
            let mut rng = Rng::new(3);
            assert!(!search.has_settled());
            let settled = (0..200).find(|_| {
                let mut drawn: Vec<Vec<f64>> = (0..search.draws())
                    .map(|_| search.draw(&mut rng, |_, _| None))
                    .collect();
                drawn.sort_by(|left, right| value(right).total_cmp(&value(left)));
                let ranked: Vec<&[f64]> = drawn.iter().map(Vec::as_slice).collect();
                search.tell(&ranked);
                search.has_settled()
            });
            assert!(
                settled.is_some_and(|generation| generation > 20),
                "{settled:?}"
            );
        }
        // Nothing but choices never does.
        assert!(!CmaEs::new(Vec::new(), 0.25).has_settled());
    }

    #[test]
    fn draws_stay_inside() {
        let search = CmaEs::new(vec![0.0, 1.0, 0.5], 5.0);
        let mut rng = Rng::new(1);
        for _ in 0..500 {
            let point = search.draw(&mut rng, |_, _| None);
            assert!(point.iter().all(|x| (0.0..=1.0).contains(x)));
        }
    }
}
