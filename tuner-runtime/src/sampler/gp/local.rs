//! From the most promising candidates uphill: along the continua by gradients, on grids and categories by exchanges; then back
//! towards the best trial wherever that costs next to nothing, and where values are noisy, in every second trial, anywhere.

use super::candidates::{Candidates, exchanged, redrawn};
use super::encoding::Encoding;
use super::model::Model;
use super::region::Region;
use crate::gp::{Acquisition, Kind, ascend};
use crate::math::rng::Rng;

/// Starts of a climb: the best candidates, one that is drawn with favour for good ones, and the best trial.
const TOP: usize = 3;
const DRAWN: usize = 1;
const TRIALS: usize = 1;
/// Rounds of climbing and exchanging at most, and steps of a climb; more found nothing better.
const ROUNDS: usize = 3;
const STEPS: usize = 8;
/// A smaller gain of a round, in nats, ends a climb.
const GAIN: f64 = 1e-3;
/// What the point that is proposed may be less worth than the best one that was found, in nats.
const SLACK: f64 = 0.1;
/// The same where coordinates are drawn at random: a twentieth of the improvement is left; and how many values of each are
/// tried.
const LOOSE: f64 = 3.0;
const TRIED: usize = 2;
/// Up to so many dimensions one is taken from the best trial at a time; of more, as large a part at once.
const TOGETHER: usize = 32;

/// Rows from the first to the last choice: with one objective the best one made as like the best trial as it may be; then where
/// the climbs ended and all candidates, from the best to the worst.
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
    let mut moving: Vec<usize> = (0..starts.len()).collect();
    for _ in 0..ROUNDS {
        let before = heights.clone();
        let on: Vec<&Vec<f64>> = moving.iter().map(|&i| &starts[i]).collect();
        let ranges = on.iter().flat_map(|row| ranges(encoding, candidates, row));
        let ranges: Vec<(f64, f64)> = ranges.collect();
        if ranges.iter().any(|(low, high)| low < high) {
            let from: Vec<f64> = on.into_iter().flatten().copied().collect();
            let climbed = ascend(&acquisition, &from, &ranges, STEPS);
            let ends = climbed.rows.chunks_exact(dimensions).zip(climbed.values);
            for (&i, (end, value)) in moving.iter().zip(ends) {
                if value > heights[i] {
                    (starts[i], heights[i]) = (end.to_vec(), value);
                }
            }
        }
        let mut exchanges = Vec::new();
        for &i in &moving {
            let all = (0..dimensions).flat_map(|k| exchanged(encoding, &starts[i], k, rng));
            exchanges.push(all.collect::<Vec<f64>>());
        }
        let mut found = acquisition.evaluate(&exchanges.concat()).into_iter();
        for (&i, rows) in moving.iter().zip(&exchanges) {
            for row in rows.chunks_exact(dimensions) {
                let Some(value) = found.next() else { break };
                if value > heights[i] {
                    (starts[i], heights[i]) = (row.to_vec(), value);
                }
            }
        }
        moving.retain(|&i| heights[i] - before[i] > GAIN);
        if moving.is_empty() {
            break;
        }
    }
    // Where the best climbs end at known trials, a candidate may be worth more than the end of a poor climb.
    let screened = order.into_iter().map(|i| (values[i], row(i)));
    let mut all: Vec<(f64, Vec<f64>)> = heights.into_iter().zip(starts).chain(screened).collect();
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let (height, top) = &all[0];
    let best = Some(&candidates.best[0]).filter(|_| !model.is_of_front());
    let mut familiar = best.map(|best| familiar(encoding, &acquisition, top, *height, best));
    if model.is_noisy() && rng.below(2) == 0 {
        familiar = familiar.map(|row| {
            scattered(
                encoding,
                &acquisition,
                &row,
                *height,
                &candidates.region,
                rng,
            )
        });
    }
    let rows = all.into_iter().map(|(_, row)| row);
    familiar.into_iter().chain(rows).collect()
}

/// The row with coordinate after coordinate taken from the best trial, the cheapest first, as long as it stays almost as good.
///
/// The farther a point from all trials, the less is known of it: climbs move what does not matter to the bounds, and corners
/// of the space are where a value is least like anything seen. D. Eriksson and M. Jankowiak (2021) and S. Liu et al., "Sparse
/// Bayesian optimization" (2023), look for sparse points too, by priors of the model and a penalty.
fn familiar(
    encoding: &Encoding<'_>,
    acquisition: &Acquisition<'_>,
    top: &[f64],
    height: f64,
    best: &[f64],
) -> Vec<f64> {
    let least = height - SLACK;
    let mut row = top.to_vec();
    let mut together = row.len().div_ceil(TOGETHER);
    loop {
        let mut cheapest = affordable(encoding, acquisition, &row, least, best);
        cheapest.truncate(together);
        if cheapest.is_empty() {
            return row;
        }
        let take = |moved: Vec<f64>, i: &usize| match encoding.is_active(*i, &moved) {
            true => returned(encoding, &moved, *i, best),
            false => moved,
        };
        let moved = cheapest.iter().fold(row.clone(), take);
        if cheapest.len() == 1 || (moved != best && acquisition.evaluate(&moved)[0] >= least) {
            row = moved;
        } else {
            // Too dear together.
            together = cheapest.len() / 2;
        }
    }
}

/// The row with each coordinate drawn at random, one after another, where the row stays good enough: one sweep of a Gibbs
/// sampler over the points that are so.
///
/// Among noisy values little is known to matter, and what does not seem to stays where the best trial has it: a search that
/// believed a lucky trial would never see what it misses.
fn scattered(
    encoding: &Encoding<'_>,
    acquisition: &Acquisition<'_>,
    from: &[f64],
    height: f64,
    region: &Region,
    rng: &mut Rng,
) -> Vec<f64> {
    let mut row = from.to_vec();
    let mut places: Vec<usize> = (0..row.len()).collect();
    rng.shuffle(&mut places);
    for i in places {
        if !encoding.is_active(i, &row) {
            continue;
        }
        let drawn = (0..TRIED).flat_map(|_| redrawn(encoding, &row, i, region, rng));
        let drawn: Vec<f64> = drawn.collect();
        let values = acquisition.evaluate(&drawn);
        let mut found = drawn.chunks_exact(row.len()).zip(values);
        if let Some((moved, _)) = found.find(|(_, value)| *value >= height - LOOSE) {
            row = moved.to_vec();
        }
    }
    row
}

/// The coordinates that may be taken from the best trial one at a time, the cheapest first.
fn affordable(
    encoding: &Encoding<'_>,
    acquisition: &Acquisition<'_>,
    row: &[f64],
    least: f64,
    best: &[f64],
) -> Vec<usize> {
    // What is not active in the best trial has no value there to take.
    let differs = (0..row.len())
        .filter(|&i| row[i] != best[i])
        .filter(|&i| encoding.is_active(i, row) && encoding.is_active(i, best));
    let closer = differs.map(|i| (i, returned(encoding, row, i, best)));
    let closer = closer.filter(|(_, moved)| moved != row && moved != best);
    let (places, rows): (Vec<usize>, Vec<Vec<f64>>) = closer.unzip();
    let values = acquisition.evaluate(&rows.concat());
    let pairs = values.into_iter().zip(places);
    let mut found: Vec<(f64, usize)> = pairs.filter(|(value, _)| *value >= least).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    found.into_iter().map(|(_, i)| i).collect()
}

/// The row with coordinate `i` of the best trial, and with that trial's coordinates where this makes others active.
fn returned(encoding: &Encoding<'_>, row: &[f64], i: usize, best: &[f64]) -> Vec<f64> {
    let mut moved = row.to_vec();
    moved[i] = best[i];
    for (j, own) in best.iter().enumerate() {
        if !encoding.is_active(j, row) {
            moved[j] = *own;
        }
    }
    encoding.snap(&mut moved, best);
    moved
}

/// How far a climb may move each coordinate: along the continua that are active.
fn ranges<'a>(
    encoding: &'a Encoding<'_>,
    candidates: &'a Candidates,
    row: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    let kinds = encoding.kinds.iter().enumerate();
    kinds.map(
        |(i, kind)| match *kind == Kind::Continuous && encoding.is_active(i, row) {
            true => candidates.region.range(i, row[i]),
            false => (row[i], row[i]),
        },
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::{Data, Hyper, Posterior, Utility};
    use crate::space::Space;
    use serde_json::json;

    fn cube() -> Space {
        let axis = |name| json!({"name": name, "type": "float", "low": 0.0, "high": 1.0});
        let space = Space::from_json(&json!([axis("x"), axis("y"), axis("z")]));
        space.expect("a sound space").0
    }

    /// Of three trials whose values depend on x alone, and lengthscales that know that.
    fn along_x(encoding: &Encoding<'_>, log_length: f64, log_noise: f64) -> Posterior {
        let rows = [[0.1, 0.9, 0.2], [0.4, 0.1, 0.5], [0.9, 0.6, 0.7]].concat();
        let data = Data::new(&encoding.kinds, &rows, &[-1.0, 1.0, 0.0]).expect("valid");
        let hyper = Hyper {
            log_lengths: vec![log_length, 5.0, 5.0],
            log_noise,
            ..Hyper::prior_mode(3)
        };
        Posterior::new(data, &hyper).expect("a posterior")
    }

    #[test]
    fn what_does_not_matter_is_taken_from_the_best_trial() {
        let space = cube();
        let encoding = Encoding::new(&space);
        let posterior = along_x(&encoding, -1.0, -4.0);
        let acquisition = Acquisition::new(&posterior, Utility::LogImprovement { best: 1.0 });
        let best = [0.4, 0.1, 0.5];
        for top in [[0.6, 0.0, 1.0], [0.6, 1.0, 0.0]] {
            let height = acquisition.evaluate(&top)[0];
            let row = familiar(&encoding, &acquisition, &top, height, &best);
            assert_eq!(row, [0.6, 0.1, 0.5]);
        }
    }

    #[test]
    fn what_does_not_matter_is_scattered() {
        let space = cube();
        let encoding = Encoding::new(&space);
        let posterior = along_x(&encoding, -2.0, -6.0);
        let acquisition = Acquisition::new(&posterior, Utility::LogImprovement { best: 1.0 });
        let from = [0.41, 0.1, 0.5];
        let height = acquisition.evaluate(&from)[0];
        let region = Region::everywhere(&from);
        let mut seen = Vec::new();
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let row = scattered(&encoding, &acquisition, &from, height, &region, &mut rng);
            assert!(acquisition.evaluate(&row)[0] >= height - LOOSE);
            assert!(row[1] != from[1] && row[2] != from[2], "{row:?}");
            seen.push(row[1]);
        }
        seen.sort_by(f64::total_cmp);
        assert!(seen[0] < 0.2 && seen[19] > 0.8, "{seen:?}");
    }

    #[test]
    fn what_is_not_active_in_the_best_trial_stays() {
        let space = Space::from_json(&json!([
            {"name": "k", "type": "categorical", "choices": ["a", "b"]},
            {"name": "c", "type": "categorical", "choices": ["p", "q", "r", "s"],
             "condition": {"parent": "k", "values": ["b"]}},
            {"name": "x", "type": "float", "low": 0.0, "high": 1.0,
             "condition": {"parent": "k", "values": ["b"]}},
        ]));
        let space = space.expect("a sound space").0;
        let encoding = Encoding::new(&space);
        let rows = [[0.0, -1.0, 0.5], [1.0, 0.0, 0.1], [1.0, 3.0, 0.2]].concat();
        let data = Data::new(&encoding.kinds, &rows, &[1.0, 0.0, 0.5]).expect("valid");
        let posterior = Posterior::new(data, &Hyper::prior_mode(3)).expect("a posterior");
        let acquisition = Acquisition::new(&posterior, Utility::LogImprovement { best: 1.0 });
        let top = [1.0, 2.0, 0.9];
        let height = acquisition.evaluate(&top)[0];
        let row = familiar(&encoding, &acquisition, &top, height, &rows[..3]);
        assert_eq!(row, top);
    }

    #[test]
    fn many_dimensions_are_taken_together() {
        let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
        let space = Space::from_json(&json!((0..100).map(axis).collect::<Vec<_>>()));
        let space = space.expect("a sound space").0;
        let encoding = Encoding::new(&space);
        // The values depend on the first dimension alone.
        let at = |first: f64, others: f64| {
            let mut row = vec![others; 100];
            row[0] = first;
            row
        };
        let rows = [at(0.1, 0.9), at(0.4, 0.3), at(0.9, 0.6)].concat();
        let data = Data::new(&encoding.kinds, &rows, &[-1.0, 1.0, 0.0]).expect("valid");
        let mut hyper = Hyper::prior_mode(100);
        hyper.log_lengths.fill(6.0);
        hyper.log_lengths[0] = -1.0;
        let posterior = Posterior::new(data, &hyper).expect("a posterior");
        let acquisition = Acquisition::new(&posterior, Utility::LogImprovement { best: 1.0 });
        let top = at(0.6, 1.0);
        let height = acquisition.evaluate(&top)[0];
        let row = familiar(&encoding, &acquisition, &top, height, &at(0.4, 0.3));
        assert_eq!(row, at(0.6, 0.3));
    }

    #[test]
    fn what_the_best_trial_makes_active_comes_with_its_value() {
        let space = Space::from_json(&json!([
            {"name": "k", "type": "categorical", "choices": ["a", "b"]},
            {"name": "b", "type": "float", "low": 0.0, "high": 1.0,
             "condition": {"parent": "k", "values": ["b"]}},
        ]));
        let space = space.expect("a sound space").0;
        let encoding = Encoding::new(&space);
        assert_eq!(
            returned(&encoding, &[0.0, 0.5], 0, &[1.0, 0.25]),
            [1.0, 0.25]
        );
        assert_eq!(
            returned(&encoding, &[1.0, 0.75], 0, &[0.0, 0.5]),
            [0.0, 0.5]
        );
    }
}
