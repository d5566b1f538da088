//! How much better than the best value a point should promise to be, once more than one trial has reached that.
//!
//! Where an objective is flat (accuracies on few examples, trees that no longer change), a process of smooth functions goes
//! on expecting a little more next to its best value, and spends trial after trial on ties. A tie is evidence that there is no
//! such little more: each asks for a larger improvement, until points far away are worth more than those around.
//!
//! Where it is smooth, a search that has found the bottom of a valley goes on for ever smaller improvements of it, and never
//! looks at the other branches of a conditional space again. A thousandth of what separates the best values from poor ones
//! is therefore the least that counts.

/// What each tie adds, in deviations of the values; and all of them at most.
const EACH: f64 = 0.05;
const MOST: f64 = 1.0;
/// Values this close to the best tie with it, relative to the distance of the best from the median: no more than rounding, or
/// the last steps towards a smooth optimum would count as ties.
const CLOSE: f64 = 1e-9;
/// The least improvement that counts, relative to the distance of the best from the lower quartile.
const LEAST: f64 = 1e-3;

/// What is asked for beyond the best of these scores, in the deviations of `seen`: the same scores transformed.
pub(super) fn margin(scores: &[f64], seen: &[f64]) -> f64 {
    let sort = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (sorted, seen) = (sort(scores), sort(seen));
    let (Some(best), Some(worst)) = (sorted.last(), sorted.first()) else {
        return 0.0;
    };
    let (half, quarter) = (sorted.len() / 2, sorted.len() / 4);
    let median = sorted[half];
    // Halved, the distance of two opposite values of 1e308 does not overflow.
    let below = |score: f64| 0.5 * best - 0.5 * score;
    let range = if below(median) > 0.0 {
        below(median)
    } else {
        below(*worst)
    };
    let ties = sorted
        .iter()
        .filter(|score| below(**score) <= CLOSE * range);
    let tied = EACH * (ties.count() - 1) as f64;
    // How far the transform stretches the better half.
    let least = match seen[seen.len() - 1] - seen[half] {
        above if below(median) > 0.0 => LEAST * above * (below(sorted[quarter]) / below(median)),
        _ => 0.0,
    };
    tied.max(least).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_with_the_best_ask_for_more() {
        let margin = |scores: &[f64]| margin(scores, scores);
        assert_eq!(margin(&[]), 0.0);
        assert_eq!(margin(&[1.0]), 0.0);
        assert_eq!(margin(&[0.1, 0.7, 0.7, 0.3, 0.2]), EACH);
        // A best value that most trials reached.
        assert_eq!(margin(&[0.1, 0.7, 0.7, 0.7]), 2.0 * EACH);
        assert_eq!(margin(&[0.7; 200]), MOST);
        // Ties further down mean nothing.
        assert!(margin(&[0.1, 0.1, 0.1, 0.1, 0.2, 0.5]) < 1e-3);
    }

    #[test]
    fn a_thousandth_of_the_range_is_the_least_that_counts() {
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
        close(margin(&[0.1, 0.2, 0.7, 0.3], &[0.1, 0.2, 0.7, 0.3]), 5e-4);
        // Twice as much where the transform has stretched the better half so.
        close(margin(&[0.1, 0.2, 0.7, 0.3], &[-9.0, -1.0, 1.1, 0.3]), 1e-3);
        close(margin(&[-1.7e308, 1.7e308, 0.0], &[-1.0, 1.0, 0.0]), 2e-3);
        // At the bottom of a valley, where most values are almost the same.
        let values: Vec<f64> = (0..40)
            .map(|i| {
                if i < 12 {
                    f64::from(i)
                } else {
                    30.0 + 1e-4 * f64::from(i)
                }
            })
            .collect();
        let seen = crate::gp::Output::HalfRank.apply(&values).values;
        assert!(margin(&values, &seen) > 0.9);
    }
}
