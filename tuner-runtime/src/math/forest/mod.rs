//! A forest of random regression trees on `[0, 1]^D`, and how much of its variance each axis explains.
//!
//! Notation: a leaf is a box B with a value; the marginal of axis d at x is the mean of the tree over
//! the unit cube with x_d = x; the share of axis d is the variance of its marginal over the variance of
//! the tree. Both are exact sums over leaves, with no sampling.
//!
//! Sources: F. Hutter, H. Hoos and K. Leyton-Brown, "An efficient approach for assessing hyperparameter
//! importance" (2014); P. Geurts et al., "Extremely randomized trees" (2006), for the splits. That a split is also judged by
//! those which it makes possible is ours.

mod axis;
mod grow;

pub use axis::{Axis, Feature, Gate, Opening};

use super::rng::Rng;
use axis::Side;
use grow::{Data, Leaf};

/// Trees, each a partition of the unit cube into boxes with a value.
pub struct Forest {
    axes: Vec<Axis>,
    trees: Vec<Vec<Leaf>>,
}

impl Forest {
    /// Trees grown from rows of coordinates and their values, each on a random sample of them.
    pub fn fit(
        axes: &[Axis],
        rows: &[&[f64]],
        values: &[f64],
        trees: usize,
        rng: &mut Rng,
    ) -> Self {
        let grow = |_| {
            let sample: Vec<usize> = (0..rows.len())
                .map(|_| rng.below(rows.len() as u128) as usize)
                .collect();
            let sides = axes.iter().map(|axis| Side::whole(axis.feature)).collect();
            let mut leaves = Vec::new();
            let data = Data { axes, rows, values };
            data.split(sample, sides, rng, &mut leaves);
            leaves
        };
        let trees = if rows.is_empty() {
            Vec::new()
        } else {
            (0..trees).map(grow).collect()
        };
        Self {
            axes: axes.to_vec(),
            trees,
        }
    }

    /// The mean of the trees at a point; 0 without any row.
    pub fn predict(&self, point: &[f64]) -> f64 {
        let value = |leaves: &Vec<Leaf>| {
            let leaf = leaves
                .iter()
                .find(|leaf| leaf.sides.iter().zip(point).all(|(side, &x)| side.holds(x)));
            leaf.map_or(0.0, |leaf| leaf.value)
        };
        self.trees.iter().map(value).sum::<f64>() / self.trees.len().max(1) as f64
    }

    /// For each axis the share of the variance that it explains alone, averaged over the trees; at
    /// most 1 together. What is left belongs to axes that act jointly.
    pub fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.axes.len()];
        let mut counted = 0;
        for leaves in &self.trees {
            let volumes: Vec<f64> = leaves
                .iter()
                .map(|leaf| leaf.sides.iter().map(Side::length).product())
                .collect();
            let mean: f64 = leaves
                .iter()
                .zip(&volumes)
                .map(|(leaf, v)| leaf.value * v)
                .sum();
            let variance: f64 = leaves
                .iter()
                .zip(&volumes)
                .map(|(leaf, v)| v * (leaf.value - mean).powi(2))
                .sum();
            if variance <= 0.0 {
                continue;
            }
            counted += 1;
            for (axis, share) in shares.iter_mut().enumerate() {
                *share += self.marginal_variance(axis, leaves, &volumes, mean) / variance;
            }
        }
        shares
            .iter_mut()
            .for_each(|share| *share /= f64::from(counted.max(1)));
        shares
    }

    fn marginal_variance(&self, axis: usize, leaves: &[Leaf], volumes: &[f64], mean: f64) -> f64 {
        // The marginal is constant between two neighbouring ends of boxes.
        let pieces: Vec<(f64, f64)> = match self.axes[axis].feature {
            Feature::Category(count) => {
                let size = 1.0 / count as f64;
                (0..count)
                    .map(|c| ((c as f64 + 0.5) * size, size))
                    .collect()
            }
            Feature::Number => {
                let mut ends: Vec<f64> = leaves
                    .iter()
                    .filter_map(|leaf| match leaf.sides[axis] {
                        Side::Between(low, _) => Some(low),
                        Side::Among(_) => None,
                    })
                    .chain([1.0])
                    .collect();
                ends.sort_by(f64::total_cmp);
                ends.dedup();
                ends.windows(2)
                    .map(|pair| ((pair[0] + pair[1]) / 2.0, pair[1] - pair[0]))
                    .collect()
            }
        };
        let marginal = |x: f64| -> f64 {
            let at = leaves
                .iter()
                .zip(volumes)
                .filter(|(leaf, _)| leaf.sides[axis].holds(x));
            at.map(|(leaf, volume)| leaf.value * volume / leaf.sides[axis].length())
                .sum()
        };
        pieces
            .iter()
            .map(|&(x, size)| size * (marginal(x) - mean).powi(2))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(features: &[Feature]) -> Vec<Axis> {
        features.iter().map(|&feature| feature.into()).collect()
    }

    fn shares(features: &[Feature], value: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let mut rng = Rng::new(8);
        let rows: Vec<Vec<f64>> = (0..400)
            .map(|_| {
                features
                    .iter()
                    .map(|feature| match feature {
                        Feature::Number => rng.unit(),
                        Feature::Category(count) => {
                            (rng.below(*count as u128) as f64 + 0.5) / *count as f64
                        }
                    })
                    .collect()
            })
            .collect();
        let values: Vec<f64> = rows.iter().map(|row| value(row)).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        Forest::fit(&axes(features), &rows, &values, 32, &mut rng).shares()
    }

    #[test]
    fn shares_follow_the_variance_of_an_additive_function() {
        // Var(3 x) : Var(x) = 9 : 1, and the third axis does nothing.
        let shares = shares(&[Feature::Number; 3], |x| 3.0 * x[0] + x[1]);
        assert!((shares[0] - 0.9).abs() < 0.06, "{shares:?}");
        assert!((shares[1] - 0.1).abs() < 0.06, "{shares:?}");
        assert!(shares[2] < 0.02, "{shares:?}");
    }

    #[test]
    fn categories_count_as_a_whole() {
        let features = [Feature::Category(4), Feature::Number];
        let shares = shares(&features, |x| {
            if (0.5..0.75).contains(&x[0]) {
                1.0
            } else {
                0.0
            }
        });
        assert!(shares[0] > 0.9, "{shares:?}");
    }

    #[test]
    fn what_acts_only_jointly_has_no_share_alone() {
        let product = |x: &[f64]| {
            if (x[0] < 0.5) == (x[1] < 0.5) {
                1.0
            } else {
                -1.0
            }
        };
        let shares = shares(&[Feature::Number; 2], product);
        assert!(shares.iter().sum::<f64>() < 0.3, "{shares:?}");
    }

    #[test]
    fn boxes_fill_the_cube_and_predict_their_rows() {
        let mut rng = Rng::new(2);
        let rows: Vec<Vec<f64>> = (0..200).map(|_| vec![rng.unit(), rng.unit()]).collect();
        let values: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let forest = Forest::fit(&axes(&[Feature::Number; 2]), &rows, &values, 16, &mut rng);
        for leaves in &forest.trees {
            let volume: f64 = leaves
                .iter()
                .map(|leaf| leaf.sides.iter().map(Side::length).product::<f64>())
                .sum();
            assert!((volume - 1.0).abs() < 1e-9);
        }
        assert!((forest.predict(&[0.25, 0.5]) - 0.25).abs() < 0.06);
    }

    #[test]
    fn nothing_is_explained_without_variance() {
        let row: &[f64] = &[0.5];
        let mut rng = Rng::new(1);
        let flat = Forest::fit(
            &axes(&[Feature::Number]),
            &[row, row],
            &[1.0, 1.0],
            4,
            &mut rng,
        );
        assert_eq!(flat.shares(), [0.0]);
        assert_eq!(
            Forest::fit(&axes(&[Feature::Number]), &[], &[], 4, &mut rng).shares(),
            [0.0]
        );
    }

    #[test]
    fn an_axis_behind_a_gate_takes_no_credit_from_it() {
        // The second axis is 0.5 wherever the first is not category 1, and does nothing itself.
        let mut rng = Rng::new(3);
        let rows: Vec<Vec<f64>> = (0..300)
            .map(|_| match rng.below(2) {
                0 => vec![0.25, 0.5],
                _ => vec![0.75, rng.unit()],
            })
            .collect();
        let values: Vec<f64> = rows.iter().map(|row| row[0].round()).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let mut all = axes(&[Feature::Category(2), Feature::Number]);
        all[1].gate = Some(Gate {
            axis: 0,
            open: Opening::Of(vec![false, true]),
        });
        let shares = Forest::fit(&all, &rows, &values, 32, &mut rng).shares();
        assert!(
            (shares[0] - 1.0).abs() < 1e-9 && shares[1] < 1e-9,
            "{shares:?}"
        );
    }
}
