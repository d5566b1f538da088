//! How a tree grows: by random splits, of which the best is made.

use super::axis::{Axis, Side, is_open};
use crate::math::rng::Rng;

/// A box with fewer rows than this is not split.
const SPLITTABLE: usize = 4;

/// A box with the mean of what lies inside.
pub(super) struct Leaf {
    pub(super) sides: Vec<Side>,
    pub(super) value: f64,
}

/// What trees are grown from.
pub(super) struct Data<'a> {
    pub(super) axes: &'a [Axis],
    pub(super) rows: &'a [&'a [f64]],
    pub(super) values: &'a [f64],
}

/// A split that may be made.
struct Cut {
    axis: usize,
    left: Side,
    right: Side,
    /// How much the variance falls.
    gain: f64,
}

impl Data<'_> {
    /// Grows a tree: of one random split an axis, the one that leaves the least variance is made.
    pub(super) fn split(
        &self,
        members: Vec<usize>,
        sides: Vec<Side>,
        rng: &mut Rng,
        leaves: &mut Vec<Leaf>,
    ) {
        let value = |row: usize| self.values[row];
        let same = members.iter().all(|&row| value(row) == value(members[0]));
        let mut best: Option<Cut> = None;
        if members.len() >= SPLITTABLE && !same {
            for axis in (0..sides.len()).filter(|&axis| is_open(self.axes, axis, &sides)) {
                let Some(cut) = self.cut(&members, &sides, axis, rng) else {
                    continue;
                };
                if best.as_ref().is_none_or(|best| cut.gain > best.gain) {
                    best = Some(cut);
                }
            }
        }
        let Some(cut) = best else {
            let value = self.mean(&members);
            leaves.push(Leaf { sides, value });
            return;
        };
        let (inside, outside) = self.parted(members, cut.axis, &cut.left);
        let left = with(&sides, cut.axis, cut.left);
        self.split(inside, left, rng, leaves);
        self.split(outside, with(&sides, cut.axis, cut.right), rng, leaves);
    }

    /// A random split of an axis. One that opens gates may be worth nothing by itself: then its gain is the mean over it and
    /// the best split that it makes possible on either side.
    fn cut(&self, members: &[usize], sides: &[Side], axis: usize, rng: &mut Rng) -> Option<Cut> {
        let (left, right) = random_cut(self.rows, members, axis, &sides[axis], rng)?;
        let mean = self.mean(members);
        let (mut count, mut sum) = (0.0, 0.0);
        let inside = |row: usize| left.holds(self.rows[row][axis]);
        for &row in members.iter().filter(|&&row| inside(row)) {
            count += 1.0;
            sum += self.values[row] - mean;
        }
        let others = members.len() as f64 - count;
        if count == 0.0 || others == 0.0 {
            return None;
        }
        // The two sums about the mean differ in sign only.
        let own = sum * sum * (1.0 / count + 1.0 / others);
        let (mut total, mut splits) = (own, 1.0);
        for side in [&left, &right] {
            let part = with(sides, axis, side.clone());
            let gated = (0..self.axes.len()).filter(|&other| {
                let gate = self.axes[other].gate.as_ref();
                gate.is_some_and(|gate| gate.axis == axis)
                    && !is_open(self.axes, other, sides)
                    && is_open(self.axes, other, &part)
            });
            let opened: Vec<usize> = gated.collect();
            if opened.is_empty() {
                continue;
            }
            let holds = |row: &usize| side.holds(self.rows[*row][axis]);
            let members: Vec<usize> = members.iter().copied().filter(holds).collect();
            let gains = opened
                .into_iter()
                .filter_map(|other| self.cut(&members, &part, other, rng))
                .map(|cut| cut.gain);
            total += gains.fold(0.0, f64::max);
            splits += 1.0;
        }
        let gain = own.max(total / splits);
        Some(Cut {
            axis,
            left,
            right,
            gain,
        })
    }

    fn mean(&self, members: &[usize]) -> f64 {
        members.iter().map(|&row| self.values[row]).sum::<f64>() / members.len() as f64
    }

    fn parted(&self, members: Vec<usize>, axis: usize, left: &Side) -> (Vec<usize>, Vec<usize>) {
        let inside = |row: &usize| left.holds(self.rows[*row][axis]);
        members.into_iter().partition(inside)
    }
}

/// A box with another side.
fn with(sides: &[Side], axis: usize, side: Side) -> Vec<Side> {
    let mut sides = sides.to_vec();
    sides[axis] = side;
    sides
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
