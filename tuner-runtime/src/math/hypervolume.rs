//! Pareto fronts and the volume they dominate: larger is better in each objective.
//!
//! Notation: a set of m objectives each is given row by row; the reference r is the corner that is no better than
//! anything; the volume is that of the union of the boxes [r, y].
//!
//! Source: L. While, L. Bradstreet and L. Barone, "A fast way of calculating exact hypervolumes" (2012), the WFG algorithm:
//! the sum over the points of the volume that a point adds to those after it, which is its box less the volume of the
//! others limited to that box. Two objectives are swept directly.

/// The indices of the rows that no other row dominates; of equal rows the first.
///
/// ```
/// # use tuner_runtime as tuner;
/// let front = tuner::math::hypervolume::non_dominated(&[1.0, 2.0, 2.0, 1.0, 0.5, 0.5], 2);
/// assert_eq!(front, [0, 1]);
/// ```
pub fn non_dominated(values: &[f64], objectives: usize) -> Vec<usize> {
    let row = |i: usize| &values[i * objectives..(i + 1) * objectives];
    let count = values.len().checked_div(objectives).unwrap_or(0);
    (0..count)
        .filter(|&i| {
            !(0..count).any(|j| j != i && at_least(row(j), row(i)) && (j < i || row(j) != row(i)))
        })
        .collect()
}

/// Whether `a` is no worse than `b` anywhere.
fn at_least(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a >= b)
}

/// The volume between `reference` and the rows of `values`; rows that are not better than the reference in every
/// objective add nothing.
///
/// Exact for any number of objectives; from three on the time grows quickly with the front.
///
/// ```
/// # use tuner_runtime as tuner;
/// let volume = tuner::math::hypervolume::hypervolume(&[1.0, 2.0, 2.0, 1.0], &[0.0, 0.0]);
/// assert_eq!(volume, 3.0);
/// ```
pub fn hypervolume(values: &[f64], reference: &[f64]) -> f64 {
    if reference.is_empty() {
        return 0.0;
    }
    let boxes = values
        .chunks_exact(reference.len())
        .filter(|row| row.iter().zip(reference).all(|(y, r)| y > r))
        .map(|row| row.iter().zip(reference).map(|(y, r)| y - r).collect())
        .collect();
    union(front_of(boxes))
}

/// The volume of the union of the boxes [0, sides], none of which holds another.
fn union(mut front: Vec<Vec<f64>>) -> f64 {
    // The largest last objective first: what is limited later is then limited most.
    front.sort_by(|a, b| {
        b.iter()
            .rev()
            .zip(a.iter().rev())
            .map(|(b, a)| b.total_cmp(a))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    match front.first().map_or(0, Vec::len) {
        0 => 0.0,
        1 => front[0][0],
        2 => sweep(&front),
        _ => (0..front.len()).map(|i| added(&front, i)).sum(),
    }
}

/// Two objectives, the second falling: the first rises.
fn sweep(front: &[Vec<f64>]) -> f64 {
    let mut reached = 0.0;
    let mut area = 0.0;
    for sides in front {
        area += (sides[0] - reached) * sides[1];
        reached = sides[0];
    }
    area
}

/// The volume of box i outside of the boxes after it.
fn added(front: &[Vec<f64>], i: usize) -> f64 {
    let own = &front[i];
    let limited = front[i + 1..]
        .iter()
        .map(|other| own.iter().zip(other).map(|(a, b)| a.min(*b)).collect())
        .collect();
    own.iter().product::<f64>() - union(front_of(limited))
}

/// Without the boxes that lie in another.
fn front_of(boxes: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut front: Vec<Vec<f64>> = Vec::with_capacity(boxes.len());
    for candidate in boxes {
        if front.iter().any(|kept| at_least(kept, &candidate)) {
            continue;
        }
        front.retain(|kept| !at_least(&candidate, kept));
        front.push(candidate);
    }
    front
}
