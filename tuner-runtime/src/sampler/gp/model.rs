//! The Gaussian processes of one suggestion, and what is remembered for the next.

use super::super::SampleError;
use super::encoding::Encoding;
use super::evidence::Evidence;
use crate::gp::{
    Acquisition, Condition, Data, Feasibility, FitOptions, GpError, Hyper, Kind, Output, Posterior,
    Utility, fit, quasi_normal, representative,
};
use crate::math::rng::Rng;
use crate::math::transform::Scale;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Steps of a fit that goes on from the last one.
const WARM: usize = 12;
/// Trials that hyperparameters are fitted to, and that the posterior is conditioned on, at most.
const MOST_FITTED: usize = 512;
const MOST_KEPT: usize = 2000;
/// Draws of what running trials may turn out to be.
const FANTASIES: usize = 32;
/// Failures before they are modelled.
const LEAST_FAILURES: usize = 2;
/// What is known of a pruned trial, in deviations squared: next to nothing.
const PRUNED_NOISE: f64 = 0.5;

/// What the next suggestion starts from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memo {
    /// Finished trials at the last fit.
    fitted: usize,
    /// Finished trials when starts were last drawn from the prior.
    drawn: usize,
    hyper: Hyper,
}

impl Memo {
    pub(super) fn read(json: &Json) -> Result<Self, SampleError> {
        Self::deserialize(json).map_err(|fault| SampleError::Memo {
            sampler: "gp",
            fault: fault.to_string(),
        })
    }

    pub(super) fn write(&self) -> Json {
        serde_json::to_value(self).expect("finite numbers and names are JSON")
    }
}

/// The posterior of the values, with what limits them.
pub(super) struct Model {
    pub(super) memo: Memo,
    posterior: Posterior,
    feasibility: Option<Feasibility>,
    /// For each constraint the process of its violations, and where 0 lies on its scale.
    constraints: Vec<(Posterior, f64)>,
    utility: Utility,
}

impl Model {
    pub(super) fn new(
        encoding: &Encoding<'_>,
        evidence: &Evidence,
        memo: Option<Memo>,
        rng: &mut Rng,
    ) -> Result<Self, GpError> {
        let kinds = &encoding.kinds;
        let memo = memo.filter(|memo| memo.hyper.log_lengths.len() == kinds.len());
        let raw = Data::new(kinds, &evidence.rows.concat(), &evidence.scores)?;
        let memo = refit(&raw, memo, rng)?;
        let seen = Output::HalfRank.apply(&evidence.scores).values;
        let posterior = Posterior::new(conditioned(&raw, &seen, evidence)?, &memo.hyper)?;
        let running = &evidence.running;
        let normals = quasi_normal(FANTASIES, running.len(), rng);
        let posterior = posterior.with_pending(&running.concat(), &normals)?;
        let kept = seen.iter().zip(&evidence.feasible);
        let best = kept
            .filter(|(_, feasible)| **feasible)
            .map(|(y, _)| *y)
            .max_by(f64::total_cmp);
        Ok(Self {
            memo,
            posterior,
            feasibility: feasibility(kinds, evidence)?,
            constraints: constraints(kinds, evidence)?,
            utility: match best {
                Some(best) => Utility::LogImprovement { best },
                None => Utility::Feasible,
            },
        })
    }

    pub(super) fn acquisition(&self) -> Acquisition<'_> {
        let mut acquisition = Acquisition::new(&self.posterior, self.utility);
        if let Some(feasibility) = &self.feasibility {
            acquisition = acquisition.with(feasibility.condition());
        }
        for (posterior, limit) in &self.constraints {
            acquisition = acquisition.with(Condition {
                posterior,
                limit: *limit,
                at_most: true,
                observed: false,
                floor: f64::NEG_INFINITY,
            });
        }
        acquisition
    }
}

/// Fits the hyperparameters when it is due.
fn refit(raw: &Data, memo: Option<Memo>, rng: &mut Rng) -> Result<Memo, GpError> {
    let n = raw.len();
    let dimensions = raw.dimensions();
    let mut starts = vec![Hyper::prior_mode(dimensions)];
    let mut options = FitOptions::default();
    let mut drawn = n;
    match memo {
        Some(memo) if n > 100 && n < memo.fitted + (n / 20).max(5) => return Ok(memo),
        Some(memo) => {
            starts.insert(0, memo.hyper);
            if n < 2 * memo.drawn {
                options.max_iterations = WARM;
                drawn = memo.drawn;
            }
        }
        None => {}
    }
    if drawn == n {
        starts.extend((0..2).map(|_| Hyper::draw(dimensions, || rng.normal())));
    }
    let part = subset(raw, raw.values(), &representative(raw, MOST_FITTED))?;
    let seen = Output::HalfRank.apply(part.values()).values;
    let found = fit(&part.with_values(&seen)?, &starts, options)?;
    Ok(Memo {
        fitted: n,
        drawn,
        hyper: found.hyper,
    })
}

fn subset(data: &Data, values: &[f64], kept: &[usize]) -> Result<Data, GpError> {
    let rows: Vec<f64> = kept.iter().flat_map(|&i| data.row(i)).copied().collect();
    let values: Vec<f64> = kept.iter().map(|&i| values[i]).collect();
    Data::new(data.kinds(), &rows, &values)
}

/// The finished trials as the process sees them, and the pruned ones as uncertain values in the middle of the worse half.
fn conditioned(raw: &Data, seen: &[f64], evidence: &Evidence) -> Result<Data, GpError> {
    let kept = representative(raw, MOST_KEPT);
    let finished = subset(raw, seen, &kept)?;
    let pruned = &evidence.pruned[evidence.pruned.len().saturating_sub(MOST_KEPT / 4)..];
    let mut sorted = seen.to_vec();
    sorted.sort_by(f64::total_cmp);
    let poor = sorted[sorted.len() / 4];
    let rows = [finished.rows(), &pruned.concat()].concat();
    let mut values = finished.values().to_vec();
    let mut noise = vec![0.0; values.len()];
    values.resize(kept.len() + pruned.len(), poor);
    noise.resize(values.len(), PRUNED_NOISE);
    Data::new(raw.kinds(), &rows, &values)?.with_extra_noise(&noise)
}

fn feasibility(kinds: &[Kind], evidence: &Evidence) -> Result<Option<Feasibility>, GpError> {
    if evidence.failed.len() < LEAST_FAILURES {
        return Ok(None);
    }
    let half = MOST_FITTED / 2;
    let newest = |rows: &[Vec<f64>]| rows[rows.len().saturating_sub(half)..].to_vec();
    let (finished, failed) = (newest(&evidence.rows), newest(&evidence.failed));
    let mut succeeded = vec![true; finished.len()];
    succeeded.resize(finished.len() + failed.len(), false);
    let rows = [finished, failed].concat().concat();
    let starts = [Hyper::prior_mode(kinds.len())];
    Feasibility::fit(kinds, &rows, &succeeded, &starts, FitOptions::default()).map(Some)
}

fn constraints(kinds: &[Kind], evidence: &Evidence) -> Result<Vec<(Posterior, f64)>, GpError> {
    let from = evidence.rows.len().saturating_sub(MOST_FITTED);
    let rows = evidence.rows[from..].concat();
    let model = |violations: &Vec<f64>| {
        let scale = Scale::of(&violations[from..]);
        let values: Vec<f64> = violations[from..].iter().map(|v| scale.apply(*v)).collect();
        let data = Data::new(kinds, &rows, &values)?;
        let starts = [Hyper::prior_mode(kinds.len())];
        let found = fit(&data, &starts, FitOptions::default())?;
        Ok((Posterior::new(data, &found.hyper)?, scale.apply(0.0)))
    };
    evidence.violations.iter().map(model).collect()
}
