//! Two to four objectives: a process for each, and the expected improvement of their front.
//!
//! The reference lies a tenth of the front's range below its worst values (its nadir). That front is the one of the trials
//! and of what the processes expect elsewhere together: measured from the trials alone, a front that happens to be narrow
//! stays narrow, since nothing beyond its ends would count. Running trials stand at their predicted values, and belong to the front: nobody is
//! sent to the same place.
//!
//! Source of the reference: Y. Cao, B. J. Smucker and T. J. Robinson (2015) and the rule of thumb of H. Ishibuchi et al.,
//! "How to specify a reference point in hypervolume calculation for fair performance comparison" (2018).

use super::evidence::Evidence;
use super::older::{Older, whole};
use crate::gp::{Data, GpError, Hyper, HypervolumeImprovement, Output, Posterior};
use crate::math::fronts::select;
use crate::math::hypervolume::non_dominated;

/// More objectives become one by random weights.
pub(super) const MOST_OBJECTIVES: usize = 4;
/// Rows of a front at most, by the number of objectives: what lies in dense parts of a larger one counts for little.
const MOST_ROWS: [usize; MOST_OBJECTIVES + 1] = [0, 1, 200, 100, 40];
/// The part of the range by which the reference is below the nadir.
const BELOW: f64 = 0.1;

/// Whether a front is followed, rather than a weighted sum.
pub(super) fn is_followed(evidence: &Evidence) -> bool {
    (2..=MOST_OBJECTIVES).contains(&evidence.objectives.len())
}

/// How the values of an objective are transformed.
pub(super) const OUTPUT: Output = Output::YeoJohnson;

/// An objective as its process sees it.
pub(super) struct Objective {
    /// The transformed values of the finished trials.
    pub(super) seen: Vec<f64>,
    /// What an older study leaves of them.
    pub(super) rest: Vec<f64>,
    pub(super) older: Option<Older>,
    pub(super) hyper: Hyper,
}

impl Objective {
    /// The process on some data with the values of [`rest`](Self::rest) in it.
    pub(super) fn posterior(&self, data: Data) -> Result<Posterior, GpError> {
        Ok(whole(
            self.older.as_ref(),
            Posterior::new(data, &self.hyper)?,
        ))
    }
}

/// The improvement of the front of the trials that keep the constraints; `None` while there is none of them.
pub(super) fn improvement(
    all: &[Objective],
    evidence: &Evidence,
    elsewhere: &[f64],
    condition: impl Fn(&[f64]) -> Result<Data, GpError>,
) -> Result<Option<HypervolumeImprovement>, GpError> {
    let objectives = all.len();
    let running = evidence.running.concat();
    let pending = evidence.running.len();
    let mut posteriors = Vec::with_capacity(objectives);
    let mut rows: Vec<f64> = (0..evidence.rows.len())
        .filter(|&i| evidence.feasible[i])
        .flat_map(|i| all.iter().map(move |objective| objective.seen[i]))
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let mut believed = Vec::with_capacity(objectives);
    for objective in all {
        let posterior = objective.posterior(condition(&objective.rest)?)?;
        believed.push(posterior.predict(&running).mean);
        // Draws of 0 are the means.
        posteriors.push(posterior.with_pending(&running, &vec![0.0; pending])?);
    }
    let predicted: Vec<Vec<f64>> = posteriors
        .iter()
        .map(|posterior| posterior.predict(elsewhere).mean)
        .collect();
    let count = predicted[0].len();
    let means = (0..count).flat_map(|i| predicted.iter().map(move |means| means[i]));
    let expected: Vec<f64> = rows.iter().copied().chain(means).collect();
    let front = non_dominated(&expected, objectives).into_iter();
    let front: Vec<f64> = front
        .flat_map(|i| &expected[i * objectives..(i + 1) * objectives])
        .copied()
        .collect();
    let reference = reference(&front, objectives);
    rows.extend((0..pending).flat_map(|i| believed.iter().map(move |means| means[i])));
    let front = thinned(&rows, objectives);
    Ok(Some(HypervolumeImprovement::new(
        posteriors, &front, &reference,
    )))
}

fn reference(front: &[f64], objectives: usize) -> Vec<f64> {
    let one = |k: usize| {
        let values = front.iter().skip(k).step_by(objectives);
        let (nadir, best) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| {
            (y.min(low), y.max(high))
        });
        // A front of one point has no range; the values have deviation 1.
        let range = if best > nadir { best - nadir } else { 1.0 };
        nadir - BELOW * range
    };
    (0..objectives).map(one).collect()
}

/// The front, without its most crowded parts where it is large.
fn thinned(rows: &[f64], objectives: usize) -> Vec<f64> {
    let front: Vec<&[f64]> = non_dominated(rows, objectives)
        .into_iter()
        .map(|i| &rows[i * objectives..(i + 1) * objectives])
        .collect();
    let kept = select(&front, MOST_ROWS[objectives.min(MOST_OBJECTIVES)]);
    kept.into_iter().flat_map(|i| front[i]).copied().collect()
}
