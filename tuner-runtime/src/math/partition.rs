//! The values that would enlarge a Pareto front, as boxes that do not overlap.
//!
//! Notation: larger is better in each of m objectives; r is the reference, no better than anything of interest. The values
//! above r that no row of the front is at least as good as are cut into boxes [low, high), whose sides end at values of the
//! front, at r, or nowhere. A new value y adds to the hypervolume the sum over the boxes of prod_k clamp(y_k - low_k, 0,
//! high_k - low_k).
//!
//! The region is cut along the last objective at each value of the front; what is the same box on both sides of a cut is
//! one box. With n rows that leaves n + 1 boxes for two objectives and about 2 n for three.
//!
//! Source of the use of such boxes: K. Yang et al., "Efficient computation of expected hypervolume improvement using box
//! decomposition algorithms" (2019).

use std::collections::BTreeMap;

use super::hypervolume::non_dominated;

/// Places of the two ends of a side in the levels of its objective.
pub type Side = (usize, usize);

/// The boxes above a reference that a front does not dominate.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    levels: Vec<Vec<f64>>,
    boxes: Vec<Vec<Side>>,
}

impl Partition {
    /// Cuts what the rows of `front` leave above `reference`. Rows that are not above it in every objective count for nothing.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::math::partition::Partition;
    /// let partition = Partition::new(&[1.0, 2.0, 2.0, 1.0], &[0.0, 0.0]);
    /// assert_eq!(partition.boxes().len(), 3);
    /// assert_eq!(partition.improvement(&[3.0, 3.0]), 6.0);
    /// ```
    pub fn new(front: &[f64], reference: &[f64]) -> Self {
        let objectives = reference.len();
        if objectives == 0 {
            return Self {
                levels: Vec::new(),
                boxes: Vec::new(),
            };
        }
        let above: Vec<f64> = front
            .chunks_exact(objectives)
            .filter(|row| row.iter().zip(reference).all(|(y, r)| y > r))
            .flatten()
            .copied()
            .collect();
        let rows: Vec<&[f64]> = non_dominated(&above, objectives)
            .into_iter()
            .map(|i| &above[i * objectives..(i + 1) * objectives])
            .collect();
        let levels: Vec<Vec<f64>> = (0..objectives)
            .map(|k| {
                let mut levels: Vec<f64> = rows.iter().map(|row| row[k]).collect();
                levels.push(reference[k]);
                levels.sort_by(f64::total_cmp);
                levels.dedup();
                levels.push(f64::INFINITY);
                levels
            })
            .collect();
        let place = |k: usize, y: f64| levels[k].partition_point(|level| *level < y);
        let places: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| row.iter().enumerate().map(|(k, y)| place(k, *y)).collect())
            .collect();
        let places: Vec<&[usize]> = places.iter().map(Vec::as_slice).collect();
        let tops: Vec<usize> = levels.iter().map(|levels| levels.len() - 1).collect();
        let boxes = cut(&places, &tops);
        Self { levels, boxes }
    }

    /// For each objective the values at which sides end, rising: the reference first, infinity last.
    pub fn levels(&self) -> &[Vec<f64>] {
        &self.levels
    }

    /// The boxes: for each objective where its side ends.
    pub fn boxes(&self) -> &[Vec<Side>] {
        &self.boxes
    }

    /// How much hypervolume a row adds to the front.
    pub fn improvement(&self, row: &[f64]) -> f64 {
        let within = |sides: &Vec<Side>| -> f64 {
            let sides = sides.iter().zip(&self.levels).zip(row);
            sides
                .map(|((&(low, high), levels), y)| (y.min(levels[high]) - levels[low]).max(0.0))
                .product()
        };
        self.boxes.iter().map(within).sum()
    }
}

/// The boxes that rows leave, all as places in the levels, of which `tops` are the last.
fn cut(rows: &[&[usize]], tops: &[usize]) -> Vec<Vec<Side>> {
    let Some((&top, lower_tops)) = tops.split_last() else {
        return Vec::new();
    };
    let last = lower_tops.len();
    if last == 0 {
        let low = rows.iter().map(|row| row[0]).max().unwrap_or(0);
        return vec![vec![(low, top)]];
    }
    let mut order = rows.to_vec();
    order.sort_by_key(|row| std::cmp::Reverse(row[last]));
    let mut boxes = Vec::new();
    // The boxes of the other objectives in the slab at hand, and where each began, from above.
    let mut open: BTreeMap<Vec<Side>, usize> = cut(&[], lower_tops)
        .into_iter()
        .map(|sides| (sides, top))
        .collect();
    let mut from = 0;
    while from < order.len() {
        let level = order[from][last];
        while from < order.len() && order[from][last] == level {
            from += 1;
        }
        let mut next = BTreeMap::new();
        for sides in cut(&order[..from], lower_tops) {
            let began = open.remove(&sides).unwrap_or(level);
            next.insert(sides, began);
        }
        close(open, level, &mut boxes);
        open = next;
    }
    close(open, 0, &mut boxes);
    boxes
}

fn close(open: BTreeMap<Vec<Side>, usize>, low: usize, boxes: &mut Vec<Vec<Side>>) {
    for (mut sides, high) in open {
        sides.push((low, high));
        boxes.push(sides);
    }
}
