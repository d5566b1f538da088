//! Ranking by several values at once: fronts of points that nothing dominates, and how crowded they are.
//!
//! Larger is better in every value. Source: K. Deb et al., "A fast and elitist multiobjective genetic
//! algorithm: NSGA-II" (2002).

/// Whether `left` is at least as good in every value and better in one.
pub fn dominates(left: &[f64], right: &[f64]) -> bool {
    let pairs = || left.iter().zip(right);
    pairs().all(|(l, r)| l >= r) && pairs().any(|(l, r)| l > r)
}

/// The fronts as indexes into `rows`: the first holds what nothing dominates, the second what only
/// the first dominates, and so on.
pub fn fronts(rows: &[&[f64]]) -> Vec<Vec<usize>> {
    let mut dominated_by = vec![0usize; rows.len()];
    let mut dominated: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    for left in 0..rows.len() {
        for right in 0..rows.len() {
            if dominates(rows[left], rows[right]) {
                dominated[left].push(right);
                dominated_by[right] += 1;
            }
        }
    }
    let mut fronts = Vec::new();
    let mut front: Vec<usize> = (0..rows.len())
        .filter(|&row| dominated_by[row] == 0)
        .collect();
    while !front.is_empty() {
        let mut next = Vec::new();
        for &row in &front {
            for &worse in &dominated[row] {
                dominated_by[worse] -= 1;
                if dominated_by[worse] == 0 {
                    next.push(worse);
                }
            }
        }
        next.sort_unstable();
        fronts.push(std::mem::replace(&mut front, next));
    }
    fronts
}

/// The distance to the neighbours within a front, summed over the values; infinite at the ends.
pub fn crowding(rows: &[&[f64]], front: &[usize]) -> Vec<f64> {
    let mut distances = vec![0.0; front.len()];
    for value in 0..rows.first().map_or(0, |row| row.len()) {
        let at = |position: usize| rows[front[position]][value];
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&left, &right| at(left).total_cmp(&at(right)));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else {
            continue;
        };
        distances[first] = f64::INFINITY;
        distances[last] = f64::INFINITY;
        let range = at(last) - at(first);
        if range > 0.0 {
            for window in order.windows(3) {
                distances[window[1]] += (at(window[2]) - at(window[0])) / range;
            }
        }
    }
    distances
}

/// The best `count` rows, best first: by front, and within one the least crowded.
pub fn select(rows: &[&[f64]], count: usize) -> Vec<usize> {
    let mut selected = Vec::with_capacity(count);
    for front in fronts(rows) {
        let distances = crowding(rows, &front);
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&left, &right| distances[right].total_cmp(&distances[left]));
        selected.extend(order.into_iter().map(|position| front[position]));
        if selected.len() >= count {
            break;
        }
    }
    selected.truncate(count);
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fronts_peel_off_in_order() {
        let rows: Vec<&[f64]> = vec![&[1.0, 1.0], &[0.0, 2.0], &[0.5, 0.5], &[0.0, 0.0]];
        assert_eq!(fronts(&rows), [vec![0, 1], vec![2], vec![3]]);
        assert_eq!(fronts(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn one_value_ranks_by_size() {
        let values = [[3.0], [9.0], [1.0], [7.0]];
        let rows: Vec<&[f64]> = values.iter().map(|row| row.as_slice()).collect();
        assert_eq!(select(&rows, 3), [1, 3, 0]);
    }

    #[test]
    fn the_ends_and_the_lonely_survive() {
        let values = [[0.0, 1.0], [0.1, 0.9], [0.12, 0.88], [0.5, 0.5], [1.0, 0.0]];
        let rows: Vec<&[f64]> = values.iter().map(|row| row.as_slice()).collect();
        let mut kept = select(&rows, 3);
        kept.sort_unstable();
        assert_eq!(kept, [0, 3, 4]);
    }
}
