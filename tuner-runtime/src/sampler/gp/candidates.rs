//! Points that are looked at before any climb.

use super::encoding::Encoding;
use super::evidence::Evidence;
use super::region::Region;
use crate::math::rng::Rng;
use crate::math::sobol::Sobol as Sequence;

/// Candidates of a screening; more found nothing better.
const COUNT: usize = 320;
/// The spread of the points round the best trials.
const SPREAD: f64 = 0.1;
/// Dimensions that such a point differs in, on average, at most.
const MOVED: f64 = 20.0;

/// Rows to screen, and the best trials.
pub(super) struct Candidates {
    /// Row after row.
    pub(super) rows: Vec<f64>,
    /// The rows of the best trials, best first.
    pub(super) best: Vec<Vec<f64>>,
    /// Where numbers may be moved to.
    pub(super) region: Region,
}

impl Candidates {
    pub(super) fn new(
        encoding: &Encoding<'_>,
        evidence: &Evidence,
        beginning: usize,
        rng: &mut Rng,
    ) -> Self {
        let ranking = evidence.ranking();
        let best: Vec<Vec<f64>> = ranking
            .iter()
            .take(5)
            .map(|&i| evidence.rows[i].clone())
            .collect();
        let region = Region::new(encoding, evidence, &best[0]);
        let near = |row: &[f64], spread: f64, rng: &mut Rng| {
            perturbed(encoding, row, spread, &region, rng)
        };
        let mut rows = match region.half() {
            Some(half) => (0..COUNT / 2)
                .flat_map(|_| near(&best[0], half, rng))
                .collect(),
            None => everywhere(encoding, COUNT / 2, rng),
        };
        let side = Side::after(&evidence.progress(), beginning, encoding.len()).length;
        for i in 0..COUNT / 4 {
            rows.extend(near(&best[i % best.len()], SPREAD, rng));
        }
        for _ in 0..COUNT / 4 {
            rows.extend(near(&best[0], 0.25 * side, rng));
        }
        for row in best.iter().take(3) {
            for i in 0..encoding.len() {
                rows.extend(exchanged(encoding, row, i, rng));
            }
        }
        Self { rows, best, region }
    }
}

/// Sobol points; random ones in more dimensions than those have.
pub(super) fn everywhere(encoding: &Encoding<'_>, count: usize, rng: &mut Rng) -> Vec<f64> {
    let sequence = Sequence::scrambled(encoding.len(), rng).ok();
    let mut rows = Vec::with_capacity(2 * count * encoding.len());
    for index in 0..count as u64 {
        let units = match &sequence {
            Some(sequence) => sequence.point(index),
            None => uniform(encoding, rng),
        };
        rows.extend(encoding.spread(&units));
    }
    rows
}

/// So many points that differ in one coordinate each from one of these rows.
pub(super) fn along_axes(
    encoding: &Encoding<'_>,
    rows: &[&Vec<f64>],
    count: usize,
    rng: &mut Rng,
) -> Vec<f64> {
    let mut moved = Vec::with_capacity(count * encoding.len());
    for row in rows.iter().cycle().take(count) {
        let active = (0..encoding.len()).filter(|&i| encoding.is_active(i, row));
        let active: Vec<usize> = active.collect();
        let i = active[rng.below(active.len() as u128) as usize];
        moved.extend(redrawn(encoding, row, i, &Region::everywhere(row), rng));
    }
    moved
}

fn uniform(encoding: &Encoding<'_>, rng: &mut Rng) -> Vec<f64> {
    (0..encoding.len()).map(|_| rng.unit()).collect()
}

/// Numbers for what may become active.
fn fresh(encoding: &Encoding<'_>, rng: &mut Rng) -> Vec<f64> {
    match encoding.conditional() {
        0 => Vec::new(),
        _ => uniform(encoding, rng),
    }
}

/// A trial's row with some coordinates moved: numbers by a normal step, categories anywhere.
fn perturbed(
    encoding: &Encoding<'_>,
    row: &[f64],
    spread: f64,
    region: &Region,
    rng: &mut Rng,
) -> Vec<f64> {
    let mut moved = row.to_vec();
    let chance = (MOVED / encoding.len() as f64).min(1.0);
    let always = rng.below(encoding.len() as u128) as usize;
    for (i, dimension) in encoding.dimensions.iter().enumerate() {
        if i != always && rng.unit() >= chance {
            continue;
        }
        moved[i] = if dimension.is_category() {
            rng.below(dimension.levels.len() as u128) as f64
        } else {
            let (low, high) = region.range(i, row[i]);
            (moved[i] + spread * rng.normal()).clamp(low, high)
        };
    }
    encoding.snap(&mut moved, &fresh(encoding, rng));
    moved
}

/// The row with coordinate `i` anywhere.
pub(super) fn redrawn(
    encoding: &Encoding<'_>,
    row: &[f64],
    i: usize,
    region: &Region,
    rng: &mut Rng,
) -> Vec<f64> {
    let dimension = &encoding.dimensions[i];
    let mut moved = row.to_vec();
    moved[i] = if dimension.is_category() {
        rng.below(dimension.levels.len() as u128) as f64
    } else {
        let (low, high) = region.range(i, row[i]);
        low + (high - low) * rng.unit()
    };
    encoding.snap(&mut moved, &fresh(encoding, rng));
    moved
}

/// The rows that differ from this one in the value of dimension `i`: all of its levels up to 16, else those that are 1, 2, 4 ..
/// away; none for a continuum and where it is inactive.
pub(super) fn exchanged(encoding: &Encoding<'_>, row: &[f64], i: usize, rng: &mut Rng) -> Vec<f64> {
    const ALL: usize = 16;
    let dimension = &encoding.dimensions[i];
    let Some(own) = dimension
        .level(row[i])
        .filter(|_| encoding.is_active(i, row))
    else {
        return Vec::new();
    };
    let count = dimension.levels.len();
    let near = |other: &usize| own.abs_diff(*other).is_power_of_two();
    let exhaustive = count <= ALL || dimension.is_category();
    let others = (0..count).filter(|other| *other != own && (exhaustive || near(other)));
    let mut rows = Vec::new();
    for other in others {
        let mut moved = row.to_vec();
        moved[i] = dimension.levels[other];
        encoding.snap(&mut moved, &fresh(encoding, rng));
        rows.extend(moved);
    }
    rows
}

/// The side of the box round the best trial: doubled after three successes, halved after max(4, D) failures, and anew when it
/// is small (D. Eriksson et al., 2019).
struct Side {
    length: f64,
}

impl Side {
    fn after(scores: &[f64], beginning: usize, dimensions: usize) -> Self {
        const START: f64 = 0.8;
        const LEAST: f64 = 1.0 / 128.0;
        const MOST: f64 = 1.6;
        let mut length = START;
        let (mut successes, mut failures) = (0, 0);
        let mut best = f64::NEG_INFINITY;
        for (i, score) in scores.iter().enumerate() {
            if i >= beginning {
                // A gain of less than a thousandth is none.
                let enough = if best.is_finite() {
                    1e-3 * best.abs()
                } else {
                    0.0
                };
                if *score > best + enough {
                    (successes, failures) = (successes + 1, 0);
                } else {
                    (successes, failures) = (0, failures + 1);
                }
            }
            best = best.max(*score);
            if successes >= 3 {
                (length, successes) = (MOST.min(2.0 * length), 0);
            }
            if failures >= dimensions.max(4) {
                (length, failures) = (0.5 * length, 0);
            }
            if length < LEAST {
                length = START;
            }
        }
        Self { length }
    }
}
