//! The Gaussian processes of one suggestion.

use super::candidates;
use super::encoding::Encoding;
use super::evidence::Evidence;
use super::front::{self, Objective};
use super::limits::{FANTASIES, LEAST_FAILURES, Limits};
use super::memo::{Chosen, MOST_AVERAGED, Memo, refit};
use super::noise;
use super::older::{self, Older};
use super::plateau;
use super::prior::Beliefs;
use super::pruned;
use crate::gp::{
    Acquisition, ChainOptions, Data, GpError, Hyper, HypervolumeImprovement, Posterior, Utility,
    around, draws, quasi_normal,
};
use crate::math::rng::Rng;

/// Trials that the posterior is conditioned on at most.
const MOST_KEPT: usize = 2000;
/// Of more trials those that are kept: the nearest to the best one, and some far from those.
const LOCAL: usize = 1000;
const GLOBAL: usize = 500;
/// Points whose values are predicted to see how far a front may reach.
const PREDICTED: usize = 512;
/// Draws of the hyperparameters that the improvement is averaged over.
const DRAWN: usize = 2;
/// Values by which it is judged whether a process predicts anything: fewer say little, for more it takes too long.
const JUDGED: std::ops::RangeInclusive<usize> = 20..=200;

/// The posterior of the values, with what limits them.
pub(super) struct Model<'a> {
    pub(super) memo: Memo,
    posterior: Posterior,
    /// The same at other hyperparameters, which the improvement is averaged over.
    draws: Vec<Posterior>,
    limits: Limits,
    utility: Utility,
    /// Of several objectives; then the posterior is that of the first.
    front: Option<HypervolumeImprovement>,
    beliefs: Option<Beliefs<'a>>,
    /// Whether it predicts nothing of what was seen.
    is_blind: bool,
    /// Whether much of what the values differ by is noise.
    is_noisy: bool,
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
        let raw = Data::new(kinds, &evidence.rows.concat(), &evidence.scores)?
            .with_shares(&evidence.shares)?;
        if front::is_followed(evidence) {
            return Self::of_front(encoding, &raw, evidence, memo.as_ref(), rng);
        }
        // A process that is very sure of the values is sent just beyond the limits of constraints, again and again.
        let (chosen, start) = match evidence.violations.is_empty() {
            true => Chosen::renewed(&raw, memo.as_ref())?,
            false => (Chosen::default(), None),
        };
        let memo = match start {
            Some(_) => memo.map(Memo::overdue),
            None => memo,
        };
        let output = chosen.output;
        let seen = output.apply(&evidence.scores).values;
        let (seen, stopped) = pruned::together(evidence, seen, MOST_KEPT / 4);
        let known = memo.as_ref().and_then(|memo| memo.older(0));
        let older = Older::new(evidence, 0, kinds, output, known, &seen)?;
        let rest = older::rest(older.as_ref(), &seen);
        let rows = newest(evidence, stopped.len());
        let stopped = older::rest_of_stopped(older.as_ref(), &rows, stopped);
        let all: Vec<usize> = (0..seen.len()).collect();
        let limits = memo.as_ref().map(|memo| memo.limits.clone());
        let data = conditioned(&raw, &rest, &stopped, evidence, &all)?;
        let mut memo = refit(&data, memo, start, rng)?;
        memo.chosen = chosen;
        memo.level = evidence.level;
        memo.olders = older.iter().map(|older| Some(older.hyper())).collect();
        let kept = near(&raw, evidence, &memo.hyper);
        let data = match &kept {
            Some(kept) => conditioned(&raw, &rest, &stopped, evidence, kept)?,
            None => data,
        };
        let hypers = if data.len() <= MOST_AVERAGED {
            draws(&data, &memo.hyper, DRAWN, ChainOptions::default(), rng)?
        } else {
            vec![memo.hyper.clone()]
        };
        let running = evidence.running.concat();
        let normals = quasi_normal(FANTASIES, evidence.running.len(), rng);
        let posteriors = hypers
            .iter()
            .map(|hyper| Posterior::new(data.clone(), hyper));
        let posteriors = posteriors.collect::<Result<Vec<_>, _>>()?;
        let mut known = seen.clone();
        let is_noisy = noise::is_much(&memo.hyper, seen.len());
        let by_means = is_noisy && goes_by_means(encoding, evidence, &seen, &memo.hyper);
        if by_means {
            let means = posteriors[0].at_observations();
            let kept = kept.unwrap_or(all);
            for (&i, mean) in kept.iter().zip(&means[stopped.len()..]) {
                known[i] += mean - rest[i];
            }
        }
        let is_blind = older.is_none() && is_blind(&posteriors[0]);
        let limits = Limits::new(kinds, evidence, &limits.unwrap_or_default(), rng)?;
        memo.limits = limits.fits().clone();
        let mut posteriors = posteriors
            .into_iter()
            .map(|rest| {
                let whole = older::whole(older.as_ref(), rest);
                Ok(limits.counted(whole.with_pending(&running, &normals)?))
            })
            .collect::<Result<Vec<_>, GpError>>()?;
        let posterior = posteriors.swap_remove(0);
        let margin = match by_means {
            true => 0.0,
            false => margin(encoding, evidence, &seen),
        };
        let known = known.iter().zip(&evidence.feasible);
        let best = known
            .filter(|(_, feasible)| **feasible)
            .map(|(y, _)| *y)
            .max_by(f64::total_cmp);
        Ok(Self {
            memo,
            posterior,
            limits,
            utility: Utility::LogImprovement {
                best: best.map_or(f64::NEG_INFINITY, |best| best + margin),
            },
            draws: posteriors,
            front: None,
            beliefs: None,
            is_blind,
            is_noisy,
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
        let kinds = raw.kinds();
        for (place, values) in evidence.objectives.iter().enumerate() {
            let seen = front::OUTPUT.apply(values).values;
            let known = memo.and_then(|memo| memo.older(place));
            let older = Older::new(evidence, place, kinds, front::OUTPUT, known, &seen)?;
            let known = memo.and_then(|memo| memo.of(place));
            let rest = older::rest(older.as_ref(), &seen);
            let start = Some(Hyper::prior_mode(kinds.len()));
            let found = refit(&raw.with_values(&rest)?, known, start, rng)?;
            objectives.push(Objective {
                rest,
                hyper: found.hyper.clone(),
                seen,
                older,
            });
            memos.push(found);
        }
        let everywhere = candidates::everywhere(encoding, PREDICTED, rng);
        let along_axes = candidates::along_axes(encoding, &evidence.front(), PREDICTED / 2, rng);
        let hyper = &memos[0].hyper;
        let kept = near(raw, evidence, hyper).unwrap_or_else(|| (0..raw.len()).collect());
        let condition = |rest: &[f64]| {
            let stopped = pruned::predicted(evidence, rest, MOST_KEPT / 4);
            conditioned(raw, rest, &stopped, evidence, &kept)
        };
        let front = front::improvement(&objectives, evidence, &everywhere, &along_axes, condition)?;
        let known = memo.map(|memo| memo.limits.clone());
        let limits = Limits::new(kinds, evidence, &known.unwrap_or_default(), rng)?;
        // While no trial keeps the constraints there is no front; where a running one may keep them, the first objective counts.
        let (first, utility) = match &front {
            Some(front) => (front.posteriors()[0].clone(), Utility::Feasible),
            None => {
                let first = objectives[0].posterior(condition(&objectives[0].rest)?)?;
                let normals = quasi_normal(FANTASIES, evidence.running.len(), rng);
                let first = first.with_pending(&evidence.running.concat(), &normals)?;
                let best = f64::NEG_INFINITY;
                (limits.counted(first), Utility::LogImprovement { best })
            }
        };
        let olders: Vec<Option<Hyper>> = objectives
            .iter()
            .map(|objective| objective.older.as_ref().map(Older::hyper))
            .collect();
        let mut memo = Memo::of_all(memos, olders);
        memo.limits = limits.fits().clone();
        Ok(Self {
            posterior: first,
            limits,
            utility,
            draws: Vec::new(),
            front,
            beliefs: None,
            is_blind: false,
            is_noisy: false,
            memo,
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

    /// Whether much of what the values differ by is noise.
    pub(super) fn is_noisy(&self) -> bool {
        self.is_noisy
    }

    /// What the user believes.
    pub(super) fn beliefs(&self) -> Option<&Beliefs<'a>> {
        self.beliefs.as_ref()
    }

    /// Where to look without a model, as [`plateau::elsewhere`] has it. Where trials fail, or constraints are missed, these
    /// say more than the values.
    pub(super) fn uninformed(&self, evidence: &Evidence, number: u64) -> Option<u64> {
        if self.is_of_front() || !self.limits.is_empty() {
            return None;
        }
        plateau::elsewhere(&evidence.scores, self.is_blind, number)
    }

    pub(super) fn acquisition(&self) -> Acquisition<'_> {
        let mut acquisition = Acquisition::new(&self.posterior, self.utility).averaged(&self.draws);
        if let Some(front) = &self.front {
            acquisition = acquisition.plus(front);
        }
        if let Some(beliefs) = &self.beliefs {
            acquisition = acquisition.plus(beliefs);
        }
        self.limits
            .conditions()
            .fold(acquisition, Acquisition::with)
    }
}

/// The finished trials that the posterior is conditioned on, where all are too many.
fn near(raw: &Data, evidence: &Evidence, hyper: &Hyper) -> Option<Vec<usize>> {
    let best = evidence.ranking()[0];
    (raw.len() > MOST_KEPT).then(|| around(raw, hyper, best, LOCAL, GLOBAL))
}

/// The rows of the newest pruned trials.
fn newest(evidence: &Evidence, count: usize) -> Vec<f64> {
    evidence.pruned[evidence.pruned.len() - count..].concat()
}

/// Finished trials as the process sees them, and the newest of the pruned ones as values with noise.
fn conditioned(
    raw: &Data,
    seen: &[f64],
    stopped: &[(f64, f64)],
    evidence: &Evidence,
    kept: &[usize],
) -> Result<Data, GpError> {
    let finished = raw.with_values(seen)?.subset(kept)?;
    // The finished ones last: a fit to a part takes the last for the newest.
    let rows = [&newest(evidence, stopped.len()), finished.rows()].concat();
    let (mut values, mut noise): (Vec<f64>, Vec<f64>) = stopped.iter().copied().unzip();
    values.extend_from_slice(finished.values());
    noise.resize(values.len(), 0.0);
    Data::new(raw.kinds(), &rows, &values)?
        .with_extra_noise(&noise)?
        .with_shares(raw.shares())
}

/// What is asked for beyond the best value.
fn margin(encoding: &Encoding<'_>, evidence: &Evidence, seen: &[f64]) -> f64 {
    // Where trials fail nothing is known of the values: a search for a large improvement would go nowhere else.
    if evidence.failed.len() >= LEAST_FAILURES {
        return 0.0;
    }
    let tied = plateau::margin(&evidence.scores);
    // At the limit of a constraint more than a little is to be had only beyond it.
    if !evidence.violations.is_empty() {
        return tied;
    }
    let best = &evidence.rows[evidence.ranking()[0]];
    let is_next = |i: usize| plateau::is_next_to(&encoding.kinds, &evidence.rows[i], best);
    let more = tied.max(plateau::stalled(
        &evidence.scores,
        evidence.begun(),
        is_next,
    ));
    match encoding.conditional() {
        0 => more,
        _ => more.max(plateau::least(&evidence.scores, seen)),
    }
}

/// Whether the best of noisy values is not to be improved on.
fn goes_by_means(
    encoding: &Encoding<'_>,
    evidence: &Evidence,
    seen: &[f64],
    hyper: &Hyper,
) -> bool {
    if noise::is_tied(&evidence.scores, evidence.begun()) {
        return false;
    }
    let best = evidence.ranking()[0];
    let row = &evidence.rows[best];
    let is_next = |i: &usize| plateau::is_next_to(&encoding.kinds, &evidence.rows[*i], row);
    let others = (0..seen.len()).filter(|i| *i != best);
    let gaps = others.filter(is_next).map(|i| seen[best] - seen[i]);
    !noise::is_contradicted(gaps.collect(), hyper.noise().sqrt())
}

/// Whether each value is predicted by the others no better than by their mean. Of a posterior with pending points that would
/// say nothing: they have no values.
fn is_blind(posterior: &Posterior) -> bool {
    let values = posterior.data().values();
    if !JUDGED.contains(&values.len()) {
        return false;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let predicted = posterior.leave_one_out().mean;
    let squares = |off: f64, (value, other): (&f64, f64)| off + (value - other).powi(2);
    let left = values.iter().zip(predicted).fold(0.0, squares);
    let means = std::iter::repeat(mean);
    left > values.iter().zip(means).fold(0.0, squares)
}
