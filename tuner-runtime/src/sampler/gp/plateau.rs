//! How much better than the best value a point should promise to be, once more than one trial has reached that.
//!
//! Where an objective is flat (accuracies on few examples, trees that no longer change), a process of smooth functions goes
//! on expecting a little more next to its best value, and spends trial after trial on ties. A tie is evidence that there is no
//! such little more: each asks for a larger improvement, until points far away are worth more than those around.
//!
//! Where it is smooth, a search that has found the bottom of a valley goes on for ever smaller improvements of it, and never
//! looks at the other branches of a conditional space again. There a thousandth of what separates the best values from poor
//! ones is the least that counts. In spaces without branches that was worth nothing, and cost 1 to 4 points where models are
//! trained for real. There a search looks elsewhere once it has stalled: when the last twenty trials have gained less than that,
//! half of them next to the best one, every second trial asks for half a deviation.

use crate::gp::Kind;

/// What each tie adds, in deviations of the values; and all of them at most.
const EACH: f64 = 0.05;
const MOST: f64 = 1.0;
/// Values this close to the best tie with it, relative to the distance of the best from the median: no more than rounding, or
/// the last steps towards a smooth optimum would count as ties.
const CLOSE: f64 = 1e-9;
/// The least improvement that counts, relative to the distance of the best from the lower quartile.
const LEAST: f64 = 1e-3;
/// Trials that may bring less than [`LEAST`] before a search has stalled, and how many it has made by then.
const PATIENCE: usize = 20;
const BEGUN: usize = 40;
/// What every second trial asks for then, in deviations.
const ELSEWHERE: f64 = 0.5;
/// How far a trial next to the best one lies from it in each coordinate at most.
const NEXT: f64 = 0.02;

/// What ties ask for beyond the best of these scores, in their deviations; 0 while the best stands alone.
pub(super) fn margin(scores: &[f64]) -> f64 {
    let Some(range) = Range::of(scores) else {
        return 0.0;
    };
    (EACH * (range.ties(scores) - 1) as f64).min(MOST)
}

/// The place in a sequence of points all over the space that the trial with this number takes, where the scores do not say
/// where to look: nine tenths of them tie with the best, or the process is blind. `None` in every second trial, which goes
/// where least is known: the corners, and there a space whose bounds were chosen well is often better. After twenty trials
/// that are all the same the corners are known, and each trial is spread.
pub(super) fn elsewhere(scores: &[f64], is_blind: bool, number: u64) -> Option<u64> {
    let ties = Range::of(scores)?.ties(scores);
    if ties == scores.len() && ties >= PATIENCE {
        return Some(number);
    }
    let is_lost = is_blind || 10 * ties >= 9 * scores.len();
    // Each second point of a Sobol sequence alone would lie in one half of the space.
    (is_lost && number.is_multiple_of(2)).then_some(number / 2)
}

/// The least improvement that counts where there are branches, in the deviations of `seen`: the same scores transformed.
pub(super) fn least(scores: &[f64], seen: &[f64]) -> f64 {
    let (Some(range), Some(seen)) = (Range::of(scores), Range::of(seen)) else {
        return 0.0;
    };
    if range.median <= 0.0 {
        return 0.0;
    }
    // As the transform stretches the better half.
    let stretched = 2.0 * seen.median * (range.quartile / range.median);
    (LEAST * stretched).min(MOST)
}

/// Whether a row lies next to another one.
pub(super) fn is_next_to(kinds: &[Kind], row: &[f64], other: &[f64]) -> bool {
    let mut pairs = kinds.iter().zip(row.iter().zip(other));
    pairs.all(|(kind, (x, y))| match kind {
        Kind::Categorical => x == y,
        Kind::Continuous | Kind::Grid => (x - y).abs() <= NEXT,
    })
}

/// What a search that has stalled asks for beyond the best of its scores, which are those of its trials in their order, in
/// deviations; 0 in every second trial, which goes on where the best values are. So many trials are begun; and `is_next` says
/// whether a trial lies next to the best one.
pub(super) fn stalled(scores: &[f64], begun: usize, is_next: impl Fn(usize) -> bool) -> f64 {
    let Some(range) = Range::of(scores).filter(|_| scores.len() > BEGUN && begun % 2 == 1) else {
        return 0.0;
    };
    let recent = scores.len() - PATIENCE..scores.len();
    let before = &scores[..recent.start];
    let polished = 2 * recent.filter(|&i| is_next(i)).count() >= PATIENCE;
    let gained = before.iter().copied().map(|score| range.below(score));
    let gained = gained.fold(f64::INFINITY, f64::min);
    match polished && gained < LEAST * range.quartile {
        true => ELSEWHERE,
        false => 0.0,
    }
}

/// The best of some scores, and how far others are below it. Distances are halved: those of two opposite values of 1e308 do
/// not overflow.
struct Range {
    best: f64,
    median: f64,
    quartile: f64,
    worst: f64,
}

impl Range {
    fn of(scores: &[f64]) -> Option<Self> {
        let mut sorted = scores.to_vec();
        sorted.sort_by(f64::total_cmp);
        let best = *sorted.last()?;
        let below = |place: usize| 0.5 * best - 0.5 * sorted[place];
        Some(Self {
            best,
            median: below(sorted.len() / 2),
            quartile: below(sorted.len() / 4),
            worst: below(0),
        })
    }

    /// How many of the scores are the best one but for rounding.
    fn ties(&self, scores: &[f64]) -> usize {
        let far = if self.median > 0.0 {
            self.median
        } else {
            self.worst
        };
        let ties = scores
            .iter()
            .filter(|score| self.below(**score) <= CLOSE * far);
        ties.count()
    }

    fn below(&self, score: f64) -> f64 {
        0.5 * self.best - 0.5 * score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_without_a_clue_are_spread_over_the_space() {
        let places = |scores: &[f64], is_blind| -> Vec<Option<u64>> {
            let numbers = 10..14;
            let of = |number| elsewhere(scores, is_blind, number);
            numbers.map(of).collect()
        };
        let none = [None; 4];
        let half = [Some(5), None, Some(6), None];
        assert_eq!(places(&[], true), none);
        assert_eq!(places(&[0.1; 9], false), half);
        assert_eq!(places(&[0.1; 20], false), [10, 11, 12, 13].map(Some));
        let mut scores = vec![0.7; 10];
        scores[3] = 0.2;
        assert_eq!(places(&scores, false), half);
        scores[4] = 0.2;
        assert_eq!(places(&scores, false), none);
        assert_eq!(places(&[0.1, 0.1, 0.1, 0.3], false), none);
        assert_eq!(places(&[0.1, 0.1, 0.1, 0.3], true), half);
    }

    #[test]
    fn ties_with_the_best_ask_for_more() {
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

    #[test]
    fn a_thousandth_of_the_range_is_the_least_that_counts() {
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
        close(least(&[], &[]), 0.0);
        close(least(&[0.7; 9], &[0.0; 9]), 0.0);
        close(least(&[0.1, 0.2, 0.7, 0.3], &[0.1, 0.2, 0.7, 0.3]), 5e-4);
        // Twice as much where the transform has stretched the better half so.
        close(least(&[0.1, 0.2, 0.7, 0.3], &[-9.0, -1.0, 1.1, 0.3]), 1e-3);
        close(least(&[-1.7e308, 1.7e308, 0.0], &[-1.0, 1.0, 0.0]), 2e-3);
        // At the bottom of a valley, where most values are almost the same.
        let value = |i: u32| match i {
            0..12 => f64::from(i),
            _ => 30.0 + 1e-4 * f64::from(i),
        };
        let values: Vec<f64> = (0..40).map(value).collect();
        let seen = crate::gp::Output::HalfRank.apply(&values).values;
        assert!(least(&values, &seen) > 0.9);
    }
    #[test]
    fn a_search_that_has_stalled_looks_elsewhere_in_every_second_trial() {
        let stalled = |scores: &[f64]| super::stalled(scores, 51, |i| i % 2 == 1);
        let mut scores: Vec<f64> = (0..30).map(f64::from).collect();
        scores.extend([30.0; 10]);
        assert_eq!(stalled(&scores), 0.0, "too early");
        scores.extend([3.0; 11]);
        assert_eq!(stalled(&scores), ELSEWHERE);
        let second = super::stalled(&scores, 52, |i| i % 2 == 1);
        assert_eq!(second, 0.0, "every second one");
        let wide = |i| i % 2 == 1 && i < 49;
        assert_eq!(super::stalled(&scores, 51, wide), 0.0, "it looks round");
        // Hardly any gain is none.
        scores.extend([30.001, 3.0]);
        assert_eq!(stalled(&scores), ELSEWHERE);
        scores.extend([31.0, 3.0]);
        assert_eq!(stalled(&scores), 0.0);
        assert_eq!(stalled(&[0.5; 99]), 0.0, "nothing differs");
        assert_eq!(stalled(&[]), 0.0);
    }

    #[test]
    fn next_to_a_row_is_what_hardly_differs_and_has_its_categories() {
        let kinds = [Kind::Continuous, Kind::Categorical, Kind::Grid];
        let row = [0.5, 1.0, 0.25];
        assert!(is_next_to(&kinds, &[0.51, 1.0, 0.25], &row));
        assert!(!is_next_to(&kinds, &[0.51, 2.0, 0.25], &row));
        assert!(!is_next_to(&kinds, &[0.51, 1.0, 0.75], &row));
    }
}
