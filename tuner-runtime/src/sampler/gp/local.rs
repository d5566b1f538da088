//! From the most promising candidates uphill: along the continua by gradients, on grids and categories by exchanges.

use super::candidates::{Candidates, exchanged};
use super::encoding::Encoding;
use super::model::Model;
use crate::gp::{Kind, ascend};
use crate::math::rng::Rng;

/// Starts of a climb: the best candidates, draws that favour good ones, and the best trials.
const TOP: usize = 4;
const DRAWN: usize = 4;
const TRIALS: usize = 2;
/// Rounds of climbing and exchanging at most, and steps of a climb.
const ROUNDS: usize = 10;
const STEPS: usize = 20;
/// A smaller gain, in nats, ends the search.
const GAIN: f64 = 1e-3;

/// Rows from the best to the worst: where the climbs ended, then all candidates.
pub(super) fn search(
    encoding: &Encoding<'_>,
    model: &Model<'_>,
    candidates: &Candidates,
    rng: &mut Rng,
) -> Vec<Vec<f64>> {
    let acquisition = model.acquisition();
    let dimensions = encoding.len();
    let values = acquisition.evaluate(&candidates.rows);
    let row = |i: usize| candidates.rows[i * dimensions..(i + 1) * dimensions].to_vec();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let mut starts: Vec<Vec<f64>> = order.iter().take(TOP).map(|&i| row(i)).collect();
    starts.extend(drawn(&values, rng).into_iter().map(row));
    starts.extend(candidates.best.iter().take(TRIALS).cloned());
    let mut heights = acquisition.evaluate(&starts.concat());
    for _ in 0..ROUNDS {
        let before = heights.clone();
        let free: Vec<bool> = starts.iter().flat_map(|row| free(encoding, row)).collect();
        if free.contains(&true) {
            let climbed = ascend(&acquisition, &starts.concat(), &free, STEPS);
            let ends = climbed.rows.chunks_exact(dimensions).zip(climbed.values);
            for ((start, height), (end, value)) in starts.iter_mut().zip(&mut heights).zip(ends) {
                if value > *height {
                    (*start, *height) = (end.to_vec(), value);
                }
            }
        }
        let exchanges: Vec<Vec<f64>> = starts
            .iter()
            .map(|row| {
                let all = 0..dimensions;
                all.flat_map(|i| exchanged(encoding, row, i, rng)).collect()
            })
            .collect();
        let mut found = acquisition.evaluate(&exchanges.concat()).into_iter();
        for ((start, height), rows) in starts.iter_mut().zip(&mut heights).zip(&exchanges) {
            for row in rows.chunks_exact(dimensions) {
                let Some(value) = found.next() else { break };
                if value > *height {
                    (*start, *height) = (row.to_vec(), value);
                }
            }
        }
        let gains = heights
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before);
        if !gains.fold(0.0, f64::max).total_cmp(&GAIN).is_gt() {
            break;
        }
    }
    let mut ends: Vec<(f64, Vec<f64>)> = heights.into_iter().zip(starts).collect();
    ends.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let ends = ends.into_iter().map(|(_, row)| row);
    ends.chain(order.into_iter().map(row)).collect()
}

/// The coordinates that a climb may move.
fn free<'a>(encoding: &'a Encoding<'_>, row: &'a [f64]) -> impl Iterator<Item = bool> + 'a {
    let kinds = encoding.kinds.iter().enumerate();
    kinds.map(|(i, kind)| *kind == Kind::Continuous && encoding.is_active(i, row))
}

/// Candidates drawn with weights exp(standardised value), each at most once (P. Efraimidis and P. Spirakis, 2006).
fn drawn(values: &[f64], rng: &mut Rng) -> Vec<usize> {
    let scale = crate::math::transform::Scale::of(values);
    let mut keys: Vec<(f64, usize)> = values
        .iter()
        .enumerate()
        .map(|(i, value)| {
            // ln of an exponential draw divided by the weight: the smallest are chosen.
            let exponential = -(1.0 - rng.unit()).ln();
            (exponential.ln() - scale.apply(*value), i)
        })
        .collect();
    keys.sort_by(|a, b| a.0.total_cmp(&b.0));
    keys.into_iter().take(DRAWN).map(|(_, i)| i).collect()
}
