//! A forest of random regression trees on `[0, 1]^D`, and how much of its variance each axis explains.
//!
//! Notation: a leaf is a box B with a value; the marginal of axis d at x is the mean of the tree over
//! the unit cube with x_d = x; the share of axis d is the variance of its marginal over the variance of
//! the tree. Both are exact sums over leaves, with no sampling.
//!
//! Sources: F. Hutter, H. Hoos and K. Leyton-Brown, "An efficient approach for assessing hyperparameter
//! importance" (2014); P. Geurts et al., "Extremely randomized trees" (2006), for the splits.

use super::rng::Rng;

/// How an axis is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// By a threshold in `[0, 1]`.
    Number,
    /// Category c of this many lies at (c + 1/2) / count; some categories go left, the others right.
    Category(usize),
}

/// Where an axis means anything: only where another axis has some of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The axis that decides.
    pub axis: usize,
    /// The values of it that open the gate.
    pub open: Opening,
}

/// The values of an axis that open a gate.
#[derive(Debug, Clone, PartialEq)]
pub enum Opening {
    /// Coordinates between the two of a pair, which close it themselves. Between a value that opens the gate and its
    /// neighbour that closes it there is nothing: a side opens the gate that holds no value that closes it.
    Between(Vec<(f64, f64)>),
    /// The categories that are marked.
    Of(Vec<bool>),
}

impl Opening {
    /// Whether all of a side opens the gate.
    fn covers(&self, side: &Side) -> bool {
        match (self, side) {
            (Self::Between(gaps), Side::Between(low, high)) => {
                gaps.iter().any(|(after, before)| {
                    // A side holds its low end, and its high end where the axis ends too.
                    low > after && (high < before || (high == before && *high < 1.0))
                })
            }
            (Self::Of(open), Side::Among(kept)) => {
                let mut pairs = kept.iter().zip(open);
                pairs.all(|(kept, open)| !kept || *open)
            }
            _ => false,
        }
    }
}

/// How an axis is split, and where it means anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// How it is split.
    pub feature: Feature,
    /// Everywhere, if there is no gate. Elsewhere the axis is never split, whatever stands in its coordinates.
    pub gate: Option<Gate>,
}

impl From<Feature> for Axis {
    fn from(feature: Feature) -> Self {
        Self {
            feature,
            gate: None,
        }
    }
}

/// Whether an axis means something in all of a box.
fn is_open(axes: &[Axis], axis: usize, sides: &[Side]) -> bool {
    axes[axis]
        .gate
        .as_ref()
        .is_none_or(|gate| gate.open.covers(&sides[gate.axis]) && is_open(axes, gate.axis, sides))
}

/// One side of a box.
#[derive(Debug, Clone, PartialEq)]
enum Side {
    Between(f64, f64),
    Among(Vec<bool>),
}

impl Side {
    fn whole(feature: Feature) -> Self {
        match feature {
            Feature::Number => Self::Between(0.0, 1.0),
            Feature::Category(count) => Self::Among(vec![true; count]),
        }
    }

    fn holds(&self, x: f64) -> bool {
        match self {
            Self::Between(low, high) => *low <= x && (x < *high || *high >= 1.0),
            Self::Among(kept) => kept[category(x, kept.len())],
        }
    }

    /// The share of the axis that lies inside.
    fn length(&self) -> f64 {
        match self {
            Self::Between(low, high) => high - low,
            Self::Among(kept) => {
                kept.iter().filter(|&&kept| kept).count() as f64 / kept.len() as f64
            }
        }
    }
}

fn category(x: f64, count: usize) -> usize {
    ((x * count as f64) as usize).min(count - 1)
}

struct Leaf {
    sides: Vec<Side>,
    value: f64,
}

/// Trees, each a partition of the unit cube into boxes with a value.
pub struct Forest {
    axes: Vec<Axis>,
    trees: Vec<Vec<Leaf>>,
}

/// A box with fewer rows than this is not split.
const SPLITTABLE: usize = 4;

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
            split(axes, (rows, values), sample, sides, rng, &mut leaves);
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

/// Grows a tree: of one random split an axis, the one that leaves the least variance is made.
fn split(
    axes: &[Axis],
    (rows, values): (&[&[f64]], &[f64]),
    members: Vec<usize>,
    sides: Vec<Side>,
    rng: &mut Rng,
    leaves: &mut Vec<Leaf>,
) {
    let mean = members.iter().map(|&row| values[row]).sum::<f64>() / members.len() as f64;
    let same = members.iter().all(|&row| values[row] == values[members[0]]);
    let mut best: Option<(f64, usize, Side, Side)> = None;
    if members.len() >= SPLITTABLE && !same {
        for axis in (0..sides.len()).filter(|&axis| is_open(axes, axis, &sides)) {
            let Some((left, right)) = random_cut(rows, &members, axis, &sides[axis], rng) else {
                continue;
            };
            let (mut count, mut sum) = (0.0, 0.0);
            for &row in members.iter().filter(|&&row| left.holds(rows[row][axis])) {
                count += 1.0;
                sum += values[row] - mean;
            }
            let others = members.len() as f64 - count;
            if count == 0.0 || others == 0.0 {
                continue;
            }
            // How much the variance falls; the two sums about the mean differ in sign only.
            let gain = sum * sum * (1.0 / count + 1.0 / others);
            if best.as_ref().is_none_or(|(reached, ..)| gain > *reached) {
                best = Some((gain, axis, left, right));
            }
        }
    }
    let Some((_, axis, left, right)) = best else {
        leaves.push(Leaf { sides, value: mean });
        return;
    };
    let (inside, outside): (Vec<usize>, Vec<usize>) = members
        .into_iter()
        .partition(|&row| left.holds(rows[row][axis]));
    let with = |side: Side| {
        let mut sides = sides.clone();
        sides[axis] = side;
        sides
    };
    split(axes, (rows, values), inside, with(left), rng, leaves);
    split(axes, (rows, values), outside, with(right), rng, leaves);
}

/// Two parts of a side that both hold rows, cut at random; `None` when all rows agree.
fn random_cut(
    rows: &[&[f64]],
    members: &[usize],
    axis: usize,
    side: &Side,
    rng: &mut Rng,
) -> Option<(Side, Side)> {
    let column = || members.iter().map(|&row| rows[row][axis]);
    match side {
        Side::Between(low, high) => {
            let (least, most) =
                column().fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(x), h.max(x)));
            let at = least + (most - least) * (1.0 - rng.unit());
            (least < most && *low < at && at < *high)
                .then_some((Side::Between(*low, at), Side::Between(at, *high)))
        }
        Side::Among(kept) => {
            let mut left = vec![false; kept.len()];
            let mut right = kept.clone();
            for (category, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
                if rng.below(2) == 1 {
                    left[category] = true;
                    right[category] = false;
                }
            }
            let part = left.contains(&true) && right.contains(&true);
            part.then_some((Side::Among(left), Side::Among(right)))
        }
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
        let shares = shares(
            &features,
            |x| if category(x[0], 4) == 2 { 1.0 } else { 0.0 },
        );
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
