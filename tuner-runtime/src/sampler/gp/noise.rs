//! When values are noisy, and which value is to be improved on then.
//!
//! The best of many noisy values is the luckiest one. What lies next to it does not promise to be as lucky, so that a search
//! for more than it goes where least is known, and the more so the more trials there are: of a sum of squares in five
//! dimensions, with noise of a tenth of its range, the 75th to the 100th trial were hardly better than random ones. Where
//! much of what the values differ by is noise, the largest mean at a trial takes the place of the best value (the plug-in of
//! V. Picheny, T. Wagner and D. Ginsbourger, "A benchmark of kriging-based infill criteria for noisy optimization", 2013).
//! Nor is it known then what matters: in every second trial what does not seem to is drawn at random, see [`super::local`].
//!
//! A rough objective looks the same to a process, and there the means cost. Most of these come in steps (accuracies on few
//! examples, trees that no longer change), and trials tie: while any of the better half do, every second trial goes on as
//! without noise, and all of them while the best is not alone. A fit that is poor takes what is smooth for noise, but then
//! trials next to the best one are nearly as good, and not as much worse as the luckiest is better.

use crate::gp::Hyper;

/// The share of noise in the variance that is much, and the trials before it is judged.
const MUCH: f64 = 0.1;
const BEGUN: usize = 20;
/// What is little of a deviation.
const LITTLE: f64 = 1.0 / 3.0;

/// Whether much of the variance of so many values is noise.
pub(super) fn is_much(hyper: &Hyper, values: usize) -> bool {
    let (noise, signal) = (hyper.noise(), hyper.signal());
    values >= BEGUN && noise > MUCH * (noise + signal)
}

/// Whether trials tie that are so good that it tells of steps, not of noise, for the trial that is begun after so many.
pub(super) fn is_tied(scores: &[f64], begun: usize) -> bool {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let tied = |pair: &[f64]| pair[0] == pair[1];
    let better = &sorted[..sorted.len() / 2];
    sorted.windows(2).take(1).any(tied) || (begun.is_multiple_of(2) && better.windows(2).any(tied))
}

/// Whether the trials next to the best one, which are worse than it by these gaps, differ by less than noise of this deviation
/// would make them.
pub(super) fn is_contradicted(mut gaps: Vec<f64>, deviation: f64) -> bool {
    gaps.sort_by(f64::total_cmp);
    let median = gaps.get(gaps.len() / 2);
    median.is_some_and(|gap| *gap < LITTLE * deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_are_as_good_are_no_sign_of_noise() {
        assert!(!is_contradicted(vec![], 1.0));
        assert!(is_contradicted(vec![0.1, 3.0, 0.0], 1.0));
        assert!(!is_contradicted(vec![0.1, 3.0, 2.0], 1.0));
    }

    #[test]
    fn a_tenth_of_the_variance_is_much() {
        let mut hyper = Hyper::prior_mode(1);
        (hyper.log_signal, hyper.log_noise) = (0.0, 0.2f64.ln());
        assert!(is_much(&hyper, 20) && !is_much(&hyper, 19));
        hyper.log_noise = 0.05f64.ln();
        assert!(!is_much(&hyper, 20));
    }

    #[test]
    fn ties_of_good_trials_tell_of_steps() {
        let mut scores: Vec<f64> = (0..30).map(f64::from).collect();
        assert!(!is_tied(&scores, 30));
        // A tie of poor trials, such as the loss of those that diverged.
        scores[1] = 0.0;
        assert!(!is_tied(&scores, 30));
        // One of good ones.
        scores[20] = 25.0;
        assert!(is_tied(&scores, 30));
        assert!(!is_tied(&scores, 31));
        // With the best.
        scores[28] = 29.0;
        assert!(is_tied(&scores, 31));
        scores.push(29.0);
        assert!(is_tied(&scores, 31));
    }
}
