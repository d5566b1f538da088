//! Points whose values are still awaited: the posterior given what they may turn out to be.
//!
//! With L the factor extended by the awaited points and z standard normal, the extended L^-1 (y - m) is the old one followed
//! by z: each draw costs one triangular solve, and all of them share one variance. The method is that of D. Ginsbourger,
//! R. Le Riche and L. Carraro, "Kriging is well-suited to parallelize optimization" (2010), with draws from the joint
//! distribution instead of one guess.

use super::GpError;
use super::posterior::Posterior;
use crate::math::normal::quantile;
use crate::math::rng::Rng;
use crate::math::sobol::Sobol;
use faer::Mat;

/// Standard normal numbers in `sets` rows of `dimensions`, more even than random ones: a scrambled Sobol sequence through
/// the quantile function, and random beyond the dimensions that has.
pub fn quasi_normal(sets: usize, dimensions: usize, rng: &mut Rng) -> Vec<f64> {
    let Ok(sequence) = Sobol::scrambled(dimensions, rng) else {
        return (0..sets * dimensions).map(|_| rng.normal()).collect();
    };
    /// Half the distance of two neighbouring coordinates: 0 and 1 are not met.
    const HALF_CELL: f64 = 1.0 / (1u64 << 54) as f64;
    (0..sets as u64)
        .flat_map(|index| sequence.point(index))
        .map(|u| quantile((u + HALF_CELL).min(1.0 - f64::EPSILON / 2.0)))
        .collect()
}

impl Posterior {
    /// The posterior once the points of `rows` are observed too, for several draws of what their values will be. `normals`
    /// holds one standard normal number a point for each draw, draw by draw.
    ///
    /// Its predictions have one mean for each draw. With no rows this is the posterior itself.
    ///
    /// # Errors
    /// Rows that do not fit or are not finite, numbers that do not make whole draws, or a covariance matrix that cannot
    /// be factored.
    pub fn with_pending(self, rows: &[f64], normals: &[f64]) -> Result<Self, GpError> {
        let pending = rows.len() / self.data.dimensions();
        if pending == 0 {
            return Ok(self);
        }
        let sets = normals.len() / pending;
        if sets == 0 || normals.len() != sets * pending {
            return Err(GpError::Count {
                found: normals.len(),
                wanted: pending * sets.max(1),
            });
        }
        let (known, mean) = (self.data.len(), self.solved.mean);
        let mut start: Vec<f64> = self.data.values.iter().map(|y| y - mean).collect();
        start.resize(known + pending, 0.0);
        let mut extended = self;
        let dimensions = extended.data.dimensions();
        let below: Vec<f64> = rows
            .chunks(dimensions)
            .map(|row| extended.base_mean(row))
            .collect();
        for row in rows.chunks(dimensions) {
            // Any value will do here: the draws take its place.
            extended.append(row, mean)?;
        }
        extended.solved.mean = mean;
        extended.solved.factor.solve_lower(&mut start);
        let mut halves = Mat::from_fn(known + pending, sets, |i, set| match i.checked_sub(known) {
            None => start[i],
            Some(k) => normals[set * pending + k],
        });
        extended.drawn = (0..sets)
            .flat_map(|set| {
                let half = halves.col_as_slice(set);
                let factor = &extended.solved.factor;
                let value = move |i| -> f64 { factor.row(i).zip(half).map(|(l, a)| l * a).sum() };
                let values = (known..known + pending).zip(&below);
                values.map(move |(i, below)| mean + below + value(i))
            })
            .collect();
        extended.solved.factor.solve_upper_columns(&mut halves);
        extended.alphas = halves;
        let all = vec![true; sets * pending];
        Ok(extended.counting(&all))
    }

    /// What was drawn for each pending point, draw by draw; empty without any.
    pub fn drawn(&self) -> &[f64] {
        &self.drawn
    }

    /// Lets only those of the drawn values be improved on that are marked, draw by draw: all are, unless this says that some
    /// may turn out not to count.
    #[must_use]
    pub fn counting(mut self, counts: &[bool]) -> Self {
        let pending = self.drawn.len() / self.sets();
        let marked = |drawn: &[f64], counts: &[bool]| {
            let pairs = drawn.iter().zip(counts).filter(|(_, counts)| **counts);
            pairs
                .map(|(drawn, _)| *drawn)
                .fold(f64::NEG_INFINITY, f64::max)
        };
        self.drawn_best = match pending {
            0 => Vec::new(),
            _ => {
                let sets = self.drawn.chunks(pending).zip(counts.chunks(pending));
                sets.map(|(drawn, counts)| marked(drawn, counts)).collect()
            }
        };
        self
    }
}
