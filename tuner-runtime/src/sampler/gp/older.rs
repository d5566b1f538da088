//! The posterior mean of an older study as prior mean, as far as it agrees with what is seen now.
//!
//! The weight is the concordance (Kendall's tau) of the old means with the new values, and 0 below 0.2: an older study that
//! misleads is dropped as soon as it shows.

use super::evidence::Evidence;
use crate::gp::{Data, FitOptions, GpError, Hyper, Kind, Output, Posterior, fit};
use std::sync::Arc;

/// Old trials before there is something to learn from.
const LEAST: usize = 5;
/// A smaller concordance is chance.
const LEAST_CONCORDANCE: f64 = 0.2;
/// New trials that the concordance is taken over, the latest.
const MOST_COMPARED: usize = 256;

/// The process of an objective of the older study.
#[derive(Debug)]
pub(super) struct Older {
    posterior: Arc<Posterior>,
    weight: f64,
    /// The weighted old means at the new trials.
    means: Vec<f64>,
}

impl Older {
    /// Fits the old values of the objective at this place, transformed as the new ones are, unless the hyperparameters are
    /// known, and compares them with the new values `seen`. `None` without an older study that measured enough of it.
    pub(super) fn new(
        evidence: &Evidence,
        place: usize,
        kinds: &[Kind],
        output: Output,
        known: Option<Hyper>,
        seen: &[f64],
    ) -> Result<Option<Self>, GpError> {
        let Some(past) = &evidence.past else {
            return Ok(None);
        };
        let Some(scores) = &past.scores[place] else {
            return Ok(None);
        };
        let pairs = past.rows.iter().zip(scores);
        let (rows, scores): (Vec<&[f64]>, Vec<f64>) = pairs
            .filter(|(_, score)| score.is_finite())
            .map(|(row, score)| (row.as_slice(), *score))
            .unzip();
        if scores.len() < LEAST {
            return Ok(None);
        }
        let values = output.apply(&scores).values;
        let data = Data::new(kinds, &rows.concat(), &values)?;
        let known = known.filter(|hyper| hyper.log_lengths.len() == kinds.len());
        let hyper = match known {
            Some(hyper) => hyper,
            None => {
                let starts = [Hyper::prior_mode(kinds.len())];
                fit(&data, &starts, FitOptions::default())?.hyper
            }
        };
        let posterior = Posterior::new(data, &hyper)?;
        let mut means = posterior.predict(&evidence.rows.concat()).mean;
        let from = seen.len().saturating_sub(MOST_COMPARED);
        let weight = match concordance(&means[from..], &seen[from..]) {
            agreed if agreed >= LEAST_CONCORDANCE => agreed,
            _ => 0.0,
        };
        means.iter_mut().for_each(|mean| *mean *= weight);
        Ok(Some(Self {
            posterior: Arc::new(posterior),
            weight,
            means,
        }))
    }

    /// The hyperparameters, to be known the next time.
    pub(super) fn hyper(&self) -> Hyper {
        self.posterior.hyper().clone()
    }
}

/// What the old means leave of the values of the finished trials.
pub(super) fn rest(older: Option<&Older>, seen: &[f64]) -> Vec<f64> {
    match older {
        Some(older) => {
            let pairs = seen.iter().zip(&older.means);
            pairs.map(|(y, mean)| y - mean).collect()
        }
        None => seen.to_vec(),
    }
}

/// The same of what pruned trials are taken to have, at their rows.
pub(super) fn rest_of_stopped(
    older: Option<&Older>,
    rows: &[f64],
    stopped: Vec<(f64, f64)>,
) -> Vec<(f64, f64)> {
    let Some(older) = older.filter(|older| older.weight > 0.0 && !stopped.is_empty()) else {
        return stopped;
    };
    let means = older.posterior.predict(rows).mean;
    let pairs = stopped.into_iter().zip(means);
    pairs
        .map(|((y, noise), mean)| (y - older.weight * mean, noise))
        .collect()
}

/// The process of new values: that of what the old means leave, over them.
pub(super) fn whole(older: Option<&Older>, rest: Posterior) -> Posterior {
    match older {
        Some(older) if older.weight > 0.0 => rest.over(older.posterior.clone(), older.weight),
        _ => rest,
    }
}

/// Kendall's tau: the pairs in the same order less those in the other, as a part of both.
fn concordance(one: &[f64], other: &[f64]) -> f64 {
    let (mut same, mut pairs) = (0.0, 0.0);
    for i in 0..one.len() {
        for j in 0..i {
            let order = (one[i] - one[j]) * (other[i] - other[j]);
            if order != 0.0 {
                pairs += 1.0;
                same += order.signum();
            }
        }
    }
    if pairs > 0.0 { same / pairs } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::concordance;

    #[test]
    fn concordance_is_one_for_the_same_order_and_minus_one_for_the_reverse() {
        assert_eq!(concordance(&[1.0, 2.0, 9.0], &[0.0, 5.0, 6.0]), 1.0);
        assert_eq!(concordance(&[1.0, 2.0, 9.0], &[3.0, 2.0, 1.0]), -1.0);
        // One pair of three is turned.
        let third = concordance(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]);
        assert!((third - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(concordance(&[1.0, 1.0], &[0.0, 1.0]), 0.0);
        assert_eq!(concordance(&[], &[]), 0.0);
    }
}
