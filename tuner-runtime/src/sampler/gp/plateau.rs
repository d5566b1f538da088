//! How much better than the best value a point should promise to be, once more than one trial has reached that.
//!
//! Where an objective is flat (accuracies on few examples, trees that no longer change), a process of smooth functions goes
//! on expecting a little more next to its best value, and spends trial after trial on ties. A tie is evidence that there is no
//! such little more: each asks for a larger improvement, until points far away are worth more than those around.

/// What each tie adds, in deviations of the values; and all of them at most.
const EACH: f64 = 0.05;
const MOST: f64 = 1.0;
/// Values this close to the best tie with it, relative to the distance of the best from the median: no more than rounding, or
/// the last steps towards a smooth optimum would count as ties.
const CLOSE: f64 = 1e-9;

/// What is asked for beyond the best of these scores, in their deviations; 0 while the best stands alone.
pub(super) fn margin(scores: &[f64]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(best), Some(worst)) = (sorted.last(), sorted.first()) else {
        return 0.0;
    };
    let median = sorted[sorted.len() / 2];
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
    (EACH * (ties.count() - 1) as f64).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_with_the_best_ask_for_more() {
        let margin = |scores: &[f64]| margin(scores);
        assert_eq!(margin(&[]), 0.0);
        assert_eq!(margin(&[1.0]), 0.0);
        assert_eq!(margin(&[0.1, 0.2, 0.7, 0.3]), 0.0);
        assert_eq!(margin(&[0.1, 0.7, 0.7, 0.3, 0.2]), EACH);
        // Ties further down mean nothing.
        assert_eq!(margin(&[0.1, 0.1, 0.1, 0.1, 0.2, 0.5]), 0.0);
        // A best value that most trials reached.
        assert_eq!(margin(&[0.1, 0.7, 0.7, 0.7]), 2.0 * EACH);
        assert_eq!(margin(&[0.7; 200]), MOST);
        assert_eq!(margin(&[-1.7e308, 1.7e308, 0.0]), 0.0);
    }
}
