//! The posterior mean of an older study as prior mean, as far as it agrees with what is seen now.
//!
//! The weight is the concordance (Kendall's tau) of the old means with the new values, and 0 below 0.2: an older study that
//! misleads is dropped as soon as it shows.

use super::encoding::Encoding;
use crate::gp::{Data, FitOptions, GpError, Hyper, Output, Posterior, fit};
use crate::trial::Experience;

/// Old trials before there is something to learn from.
const LEAST: usize = 5;
/// A smaller concordance is chance.
const LEAST_CONCORDANCE: f64 = 0.2;
/// New trials that the concordance is taken over, the latest.
const MOST_COMPARED: usize = 256;

/// The process of the older study.
#[derive(Debug)]
pub(super) struct Older {
    pub(super) posterior: Posterior,
    pub(super) weight: f64,
}

impl Older {
    /// Fits the older study, unless its hyperparameters are known, and compares it with the new values at `rows`. `None`
    /// where it has too few trials or none that fits.
    pub(super) fn new(
        experience: &Experience,
        encoding: &Encoding<'_>,
        known: Option<Hyper>,
        rows: &[Vec<f64>],
        seen: &[f64],
    ) -> Result<Option<Self>, GpError> {
        let space = encoding.space();
        let points = experience.points.iter().zip(&experience.scores);
        let (old_rows, scores): (Vec<Vec<f64>>, Vec<f64>) = points
            .filter(|(_, score)| score.is_finite())
            .map(|(point, score)| (encoding.row(&space.mend(point).0), *score))
            .unzip();
        if scores.len() < LEAST {
            return Ok(None);
        }
        let values = Output::HalfRank.apply(&scores).values;
        let data = Data::new(&encoding.kinds, &old_rows.concat(), &values)?;
        let known = known.filter(|hyper| hyper.log_lengths.len() == encoding.len());
        let hyper = match known {
            Some(hyper) => hyper,
            None => {
                let starts = [Hyper::prior_mode(encoding.len())];
                fit(&data, &starts, FitOptions::default())?.hyper
            }
        };
        let posterior = Posterior::new(data, &hyper)?;
        let from = seen.len().saturating_sub(MOST_COMPARED);
        let means = posterior.predict(&rows[from..].concat()).mean;
        let weight = match concordance(&means, &seen[from..]) {
            agreed if agreed >= LEAST_CONCORDANCE => agreed,
            _ => 0.0,
        };
        Ok(Some(Self { posterior, weight }))
    }

    /// The weighted old means.
    pub(super) fn at(&self, rows: &[f64]) -> Vec<f64> {
        let means = self.posterior.predict(rows).mean;
        means.into_iter().map(|mean| self.weight * mean).collect()
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
