//! What pruned trials say of the values that they would have had.
//!
//! The finished trials that reported at the step where a trial was stopped give pairs of the score there and the final
//! one. From five pairs on, the least-squares line through them predicts the final score of the stopped trial; what it leaves
//! unexplained, (1 - rho^2) of the variance, is the noise of that prediction. With fewer pairs it is a guess in the middle of
//! the worse half. Either way it is evidence, never a value: no pruned trial is the best one.
//!
//! Where most trials are pruned, those that finished are the best few, and the scale of their values is too fine for all: the
//! process is fitted to both together, on one scale.

use super::evidence::{Evidence, Rung};
use crate::gp::Output;

/// Pairs that a line is drawn through.
const LEAST: usize = 5;
/// The variance of a guess.
const GUESS_NOISE: f64 = 0.5;
/// The variance that is left to a prediction at least: the pairs are a sample.
const LEAST_NOISE: f64 = 0.01;

/// The values that the newest `most` pruned trials are taken to have, each with its noise variance, on the scale of `seen`:
/// the transformed scores of the finished trials.
pub(super) fn predicted(evidence: &Evidence, seen: &[f64], most: usize) -> Vec<(f64, f64)> {
    let mut sorted = seen.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (poor, best) = (sorted[sorted.len() / 4], sorted[sorted.len() - 1]);
    let from = evidence.pruned.len().saturating_sub(most);
    let mut lines: Vec<Option<Option<Line>>> = vec![None; evidence.rungs.len()];
    evidence.stopped[from..]
        .iter()
        .map(|stopped| {
            let guess = (poor, GUESS_NOISE);
            let Some((rung, place)) = *stopped else {
                return guess;
            };
            let line =
                lines[rung].get_or_insert_with(|| Line::through(&evidence.rungs[rung], seen));
            line.as_ref().map_or(guess, |line| {
                (line.at(place).min(best), line.noise.max(LEAST_NOISE))
            })
        })
        .collect()
}

/// The values of the finished trials, and those that the newest `most` pruned ones are taken to have with their noise
/// variances, half-ranked together. Without pruned trials nothing changes.
pub(super) fn together(
    evidence: &Evidence,
    seen: Vec<f64>,
    most: usize,
) -> (Vec<f64>, Vec<(f64, f64)>) {
    let stopped = predicted(evidence, &seen, most);
    match stopped.is_empty() {
        true => (seen, stopped),
        false => on_one_scale(&seen, &stopped),
    }
}

fn on_one_scale(seen: &[f64], stopped: &[(f64, f64)]) -> (Vec<f64>, Vec<(f64, f64)>) {
    let mut all = seen.to_vec();
    all.extend(stopped.iter().map(|(value, _)| value));
    let shaped = Output::HalfRank.apply(&all).values;
    let scale = stretch(&all, &shaped).powi(2);
    let (seen, values) = shaped.split_at(seen.len());
    let stopped = values.iter().zip(stopped).map(|(value, (_, noise))| {
        let noise = (scale * noise).clamp(LEAST_NOISE, 1.0);
        (*value, noise)
    });
    (seen.to_vec(), stopped.collect())
}

/// By what a transform stretches the better half.
fn stretch(values: &[f64], shaped: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (middle, best) = (order[order.len() / 2], order[order.len() - 1]);
    let range = values[best] - values[middle];
    if range > 0.0 {
        (shaped[best] - shaped[middle]) / range
    } else {
        1.0
    }
}

/// A least-squares line from the scores at a step, transformed, to final ones.
#[derive(Debug, Clone)]
struct Line {
    /// The transformed scores of the pruned trials.
    scores: Vec<f64>,
    slope: f64,
    offset: f64,
    /// The variance about the line.
    noise: f64,
}

impl Line {
    fn through(rung: &Rung, seen: &[f64]) -> Option<Self> {
        let paired = rung.finished.len();
        if paired < LEAST {
            return None;
        }
        // A diverged run reports any number: the ranks of the worse half keep it from bending the line.
        let together = [
            rung.finished.iter().map(|(_, score)| *score).collect(),
            rung.pruned.clone(),
        ];
        let shaped = Output::HalfRank.apply(&together.concat()).values;
        let (x, scores) = shaped.split_at(paired);
        let y: Vec<f64> = rung.finished.iter().map(|(i, _)| seen[*i]).collect();
        let mean = |all: &[f64]| all.iter().sum::<f64>() / paired as f64;
        let (mean_x, mean_y) = (mean(x), mean(&y));
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(&y) {
            xx += (x - mean_x).powi(2);
            xy += (x - mean_x) * (y - mean_y);
            yy += (y - mean_y).powi(2);
        }
        // What scored better on the way is not expected to end worse.
        let slope = if xx > 0.0 { (xy / xx).max(0.0) } else { 0.0 };
        Some(Self {
            scores: scores.to_vec(),
            slope,
            offset: mean_y - slope * mean_x,
            noise: (yy - slope * xy).max(0.0) / (paired - 2) as f64,
        })
    }

    /// What the pruned trial at this place of the rung is predicted to end with.
    fn at(&self, place: usize) -> f64 {
        self.offset + self.slope * self.scores[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(pairs: usize, pruned: &[f64]) -> Rung {
        Rung {
            finished: (0..pairs).map(|i| (i, 0.1 * i as f64)).collect(),
            pruned: pruned.to_vec(),
        }
    }

    #[test]
    fn a_line_predicts_what_its_pairs_say() {
        let seen: Vec<f64> = (0..12).map(|i| 0.2 * i as f64 - 1.1).collect();
        let rung = rung(12, &[0.95, 1.05]);
        let line = Line::through(&rung, &seen).expect("twelve pairs");
        // Between the pairs at 0.9, 1.0 and 1.1, whose final scores are 0.7, 0.9 and 1.1.
        assert!(
            (line.at(0) - 0.8).abs() < 0.15 && (line.at(1) - 1.0).abs() < 0.15,
            "{line:?}"
        );
        assert!(line.noise < 0.05, "{line:?}");
    }

    #[test]
    fn a_rung_that_says_nothing_leaves_the_variance_of_the_scores() {
        let seen: Vec<f64> = (0..40)
            .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let line = Line::through(&rung(40, &[3.0]), &seen).expect("forty pairs");
        assert!(
            line.noise > 0.9 && line.noise < 1.2 && line.at(0).abs() < 0.3,
            "{line:?}"
        );
    }

    #[test]
    fn the_scale_is_that_of_all_and_not_of_the_best_few() {
        // Of forty-six trials the best six came to their end.
        let seen: Vec<f64> = (0..6).map(|i| 0.5 * f64::from(i) - 1.25).collect();
        let stopped: Vec<(f64, f64)> = (0..40).map(|i| (-2.0 - f64::from(i), 0.5)).collect();
        let (values, uncertain) = on_one_scale(&seen, &stopped);
        let all: Vec<f64> = values
            .iter()
            .copied()
            .chain(uncertain.iter().map(|(value, _)| *value))
            .collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let square = all.iter().map(|y| (y - mean).powi(2)).sum::<f64>();
        assert!(mean.abs() < 1e-12 && (square / all.len() as f64 - 1.0).abs() < 1e-12);
        assert!(values.is_sorted() && uncertain.is_sorted_by(|a, b| a.0 >= b.0));
        assert!(values[0] > uncertain[0].0 && uncertain[39].0 > -4.0);
        // A doubt that was large among the best is small among all.
        assert!(
            uncertain
                .iter()
                .all(|(_, noise)| (LEAST_NOISE..0.1).contains(noise))
        );
    }

    #[test]
    fn few_pairs_make_no_line() {
        assert!(Line::through(&rung(4, &[0.1]), &[0.0; 4]).is_none());
    }
}
