//! The Gaussian processes of one suggestion, and what is remembered for the next.

use super::candidates;
use super::encoding::Encoding;
use super::evidence::Evidence;
use super::front::{self, Objective};
use super::older::{self, Older};
use super::plateau;
use super::prior::Beliefs;
use super::pruned;
use crate::gp::{
    Acquisition, ChainOptions, Condition, Data, Feasibility, FitOptions, GpError, Hyper,
    HypervolumeImprovement, Kind, Output, Posterior, Utility, Warping, around, draws, fit,
    quasi_normal, representative,
};
use crate::math::rng::Rng;
use crate::math::transform::Scale;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Steps of a fit that goes on from the last one.
const WARM: usize = 6;
/// Trials from which on warps are weighed, or two for each dimension if that is more; anew after each growth by a tenth.
const LEAST_WARPED: usize = 40;
/// Trials that hyperparameters are fitted to, and that the posterior is conditioned on, at most.
const MOST_FITTED: usize = 512;
const MOST_KEPT: usize = 2000;
/// Of more trials those that are kept: the nearest to the best one, and some far from those.
const LOCAL: usize = 1000;
const GLOBAL: usize = 500;
/// Draws of what running trials may turn out to be.
const FANTASIES: usize = 32;
/// Points whose values are predicted to see how far a front may reach.
const PREDICTED: usize = 512;
/// Failures before they are modelled.
const LEAST_FAILURES: usize = 2;
/// Draws of the hyperparameters that the improvement is averaged over, and trials up to which it is.
const DRAWN: usize = 2;
const MOST_AVERAGED: usize = 100;

/// What the next suggestion starts from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memo {
    /// Finished trials at the last fit.
    fitted: usize,
    /// Finished trials when starts were last drawn from the prior.
    drawn: usize,
    /// Finished trials when a warp was last weighed.
    #[serde(default)]
    weighed: usize,
    hyper: Hyper,
    /// The hyperparameters of the objectives after the first, where a front is followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Hyper>,
    /// Those of the older study's objectives that these learn from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    olders: Vec<Option<Hyper>>,
}

impl Memo {
    fn new(fitted: usize, drawn: usize, weighed: usize, hyper: Hyper) -> Self {
        Self {
            fitted,
            drawn,
            weighed,
            hyper,
            others: Vec::new(),
            olders: Vec::new(),
        }
    }

    /// What is known of the objective at this place.
    fn of(&self, place: usize) -> Option<Self> {
        let hyper = match place.checked_sub(1) {
            None => &self.hyper,
            Some(other) => self.others.get(other)?,
        };
        Some(Self::new(
            self.fitted,
            self.drawn,
            self.weighed,
            hyper.clone(),
        ))
    }

    /// The hyperparameters of what the objective at this place learns from.
    fn older(&self, place: usize) -> Option<Hyper> {
        self.olders.get(place)?.clone()
    }

    /// `None` for what another sampler remembered before this one took over.
    pub(super) fn read(json: &Json) -> Option<Self> {
        Self::deserialize(json).ok()
    }

    pub(super) fn write(&self) -> Json {
        serde_json::to_value(self).expect("finite numbers and names are JSON")
    }
}

/// The posterior of the values, with what limits them.
pub(super) struct Model<'a> {
    pub(super) memo: Memo,
    posterior: Posterior,
    /// The same at other hyperparameters, which the improvement is averaged over.
    draws: Vec<Posterior>,
    feasibility: Option<Feasibility>,
    /// For each constraint the process of its violations, and where 0 lies on its scale.
    constraints: Vec<(Posterior, f64)>,
    utility: Utility,
    /// Of several objectives; then the posterior is that of the first.
    front: Option<HypervolumeImprovement>,
    beliefs: Option<Beliefs<'a>>,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        encoding: &Encoding<'_>,
        evidence: &Evidence,
        memo: Option<Memo>,
        rng: &mut Rng,
    ) -> Result<Self, GpError> {
        let kinds = &encoding.kinds;
        let memo = memo.filter(|memo| memo.hyper.log_lengths.len() == kinds.len());
        let raw = Data::new(kinds, &evidence.rows.concat(), &evidence.scores)?;
        if front::is_followed(evidence) {
            return Self::of_front(encoding, &raw, evidence, memo.as_ref(), rng);
        }
        let seen = Output::HalfRank.apply(&evidence.scores).values;
        let known = memo.as_ref().and_then(|memo| memo.older(0));
        let older = Older::new(evidence, 0, kinds, Output::HalfRank, known, &seen)?;
        let all: Vec<usize> = (0..seen.len()).collect();
        let rest = older::rest(older.as_ref(), &seen, &all);
        let mut memo = refit(&raw, memo, false, rng, |part, kept| {
            older::rest(older.as_ref(), &Output::HalfRank.apply(part).values, kept)
        })?;
        memo.olders = older.iter().map(|older| Some(older.hyper())).collect();
        let data = conditioned(&raw, &rest, evidence, &memo.hyper)?;
        let hypers = if data.len() <= MOST_AVERAGED {
            draws(&data, &memo.hyper, DRAWN, ChainOptions::default(), rng)?
        } else {
            vec![memo.hyper.clone()]
        };
        let running = evidence.running.concat();
        let normals = quasi_normal(FANTASIES, evidence.running.len(), rng);
        let posteriors = hypers.iter().map(|hyper| {
            let rest = Posterior::new(data.clone(), hyper)?;
            older::whole(older.as_ref(), rest).with_pending(&running, &normals)
        });
        let mut posteriors = posteriors.collect::<Result<Vec<_>, _>>()?;
        let posterior = posteriors.swap_remove(0);
        // Where trials fail nothing is known of the values: a search for a large improvement would go nowhere else.
        let margin = if evidence.failed.len() < LEAST_FAILURES {
            plateau::margin(&evidence.scores)
        } else {
            0.0
        };
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
                Some(best) => Utility::LogImprovement {
                    best: best + margin,
                },
                None => Utility::Feasible,
            },
            draws: posteriors,
            front: None,
            beliefs: None,
        })
    }

    /// A process for each objective.
    fn of_front(
        encoding: &Encoding<'_>,
        raw: &Data,
        evidence: &Evidence,
        memo: Option<&Memo>,
        rng: &mut Rng,
    ) -> Result<Self, GpError> {
        let mut memos = Vec::with_capacity(evidence.objectives.len());
        let mut objectives = Vec::with_capacity(evidence.objectives.len());
        let all: Vec<usize> = (0..raw.len()).collect();
        let kinds = raw.kinds();
        for (place, values) in evidence.objectives.iter().enumerate() {
            let seen = front::OUTPUT.apply(values).values;
            let known = memo.and_then(|memo| memo.older(place));
            let older = Older::new(evidence, place, kinds, front::OUTPUT, known, &seen)?;
            let known = memo.and_then(|memo| memo.of(place));
            let raw = raw.with_values(values)?;
            let found = refit(&raw, known, true, rng, |part, kept| {
                older::rest(older.as_ref(), &front::OUTPUT.apply(part).values, kept)
            })?;
            objectives.push(Objective {
                rest: older::rest(older.as_ref(), &seen, &all),
                hyper: found.hyper.clone(),
                seen,
                older,
            });
            memos.push(found);
        }
        let everywhere = candidates::everywhere(encoding, PREDICTED, rng);
        let hyper = &memos[0].hyper;
        let condition = |rest: &[f64]| conditioned(raw, rest, evidence, hyper);
        let front = front::improvement(&objectives, evidence, &everywhere, condition)?;
        let first = match &front {
            Some(front) => front.posteriors()[0].clone(),
            None => objectives[0].posterior(condition(&objectives[0].rest)?)?,
        };
        let others = memos[1..].iter().map(|memo| memo.hyper.clone()).collect();
        let mut olders: Vec<Option<Hyper>> = objectives
            .iter()
            .map(|objective| objective.older.as_ref().map(Older::hyper))
            .collect();
        if olders.iter().all(Option::is_none) {
            olders.clear();
        }
        Ok(Self {
            posterior: first,
            feasibility: feasibility(kinds, evidence)?,
            constraints: constraints(kinds, evidence)?,
            utility: Utility::Feasible,
            draws: Vec::new(),
            front,
            beliefs: None,
            memo: Memo {
                others,
                olders,
                ..memos.swap_remove(0)
            },
        })
    }

    /// Adds what the user believes.
    pub(super) fn with(mut self, beliefs: Option<Beliefs<'a>>) -> Self {
        self.beliefs = beliefs;
        self
    }

    /// Whether several objectives are followed together: then no single trial is the best.
    pub(super) fn is_of_front(&self) -> bool {
        self.front.is_some()
    }

    pub(super) fn acquisition(&self) -> Acquisition<'_> {
        let mut acquisition = Acquisition::new(&self.posterior, self.utility).averaged(&self.draws);
        if let Some(front) = &self.front {
            acquisition = acquisition.plus(front);
        }
        if let Some(beliefs) = &self.beliefs {
            acquisition = acquisition.plus(beliefs);
        }
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

/// Fits the hyperparameters when it is due; `afresh`: from the prior's mode too, not only from where the last fit ended. `seen` turns values, of the trials with these places, into what is modelled.
fn refit(
    raw: &Data,
    memo: Option<Memo>,
    afresh: bool,
    rng: &mut Rng,
    seen: impl Fn(&[f64], &[usize]) -> Vec<f64>,
) -> Result<Memo, GpError> {
    let n = raw.len();
    let dimensions = raw.dimensions();
    let mut starts = Vec::with_capacity(4);
    let mut options = FitOptions::default();
    let mut drawn = n;
    let mut weighed = memo.as_ref().map_or(0, |memo| memo.weighed);
    if n >= LEAST_WARPED.max(2 * dimensions) && n >= weighed + weighed / 10 {
        weighed = n;
        options.warp = Warping::Weighed;
    } else if memo
        .as_ref()
        .is_some_and(|memo| !memo.hyper.warps.is_empty())
    {
        options.warp = Warping::Kept;
    }
    match memo {
        Some(memo) if n > MOST_AVERAGED && n < memo.fitted + (n / 20).max(5) => return Ok(memo),
        Some(memo) => {
            starts.push(memo.hyper);
            if n < 2 * memo.drawn {
                options.max_iterations = WARM;
                drawn = memo.drawn;
            }
        }
        None => {}
    }
    if drawn == n || afresh {
        starts.push(Hyper::prior_mode(dimensions));
    }
    if drawn == n {
        starts.extend((0..2).map(|_| Hyper::draw(dimensions, || rng.normal())));
    }
    let kept = representative(raw, MOST_FITTED);
    let part = subset(raw, raw.values(), &kept)?;
    let seen = seen(part.values(), &kept);
    let found = fit(&part.with_values(&seen)?, &starts, options)?;
    Ok(Memo::new(n, drawn, weighed, found.hyper))
}

fn subset(data: &Data, values: &[f64], kept: &[usize]) -> Result<Data, GpError> {
    let rows: Vec<f64> = kept.iter().flat_map(|&i| data.row(i)).copied().collect();
    let values: Vec<f64> = kept.iter().map(|&i| values[i]).collect();
    Data::new(data.kinds(), &rows, &values)
}

/// The finished trials as the process sees them, and the pruned ones as uncertain values.
fn conditioned(
    raw: &Data,
    seen: &[f64],
    evidence: &Evidence,
    hyper: &Hyper,
) -> Result<Data, GpError> {
    let kept = if raw.len() <= MOST_KEPT {
        (0..raw.len()).collect()
    } else {
        around(raw, hyper, evidence.ranking()[0], LOCAL, GLOBAL)
    };
    let finished = subset(raw, seen, &kept)?;
    let pruned = pruned::predicted(evidence, seen, MOST_KEPT / 4);
    let newest = &evidence.pruned[evidence.pruned.len() - pruned.len()..];
    let rows = [finished.rows(), &newest.concat()].concat();
    let mut values = finished.values().to_vec();
    let mut noise = vec![0.0; values.len()];
    values.extend(pruned.iter().map(|(value, _)| value));
    noise.extend(pruned.iter().map(|(_, noise)| noise));
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
