//! CMA-ES: a normal distribution that moves towards the better half of each generation.
//!
//! The mathematics is in [`crate::math::cmaes`]; here a generation is gathered from trials. Each
//! trial's memo says its generation and its coordinates, since those of a grid are not those of the
//! value. A trial without a result ranks last in its generation; it has no value.

use serde::{Deserialize, Serialize};

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion, varied};
use crate::math::cmaes::CmaEs as Distribution;
use crate::space::{Axis, Space};
use crate::trial::{Goal, History, State, TrialRecord};

/// The deviation to begin with, on an axis from 0 to 1.
const STEP: f64 = 0.25;
/// Draws that were tried already, after which a random point is taken.
const REPEATS: usize = 8;

/// Evolution of a normal distribution, with a margin for ints: strong on smooth spaces of numbers with
/// some hundreds of trials or more.
///
/// A choice without an order counts as one with the order in which it is listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct CmaEs;

impl CmaEs {
    /// The default population, 4 + 3 ln D.
    pub fn new() -> Self {
        Self
    }
}

/// What a trial remembers.
#[derive(Debug, Serialize, Deserialize)]
struct Memo {
    generation: u64,
    at: Vec<f64>,
}

impl Sampler for CmaEs {
    fn name(&self) -> String {
        "cmaes".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let space = ask.space();
        let places = varied(space);
        let mut rng = ask.rng();
        if places.is_empty() {
            return Ok(unseen(ask.history, &mut rng).into());
        }
        let distribution = evolved(ask.history, &places);
        let cell = |axis: usize, unit: f64| {
            let domain = &space.params()[places[axis]].domain;
            let continuous = domain.axis() == Axis::Continuous;
            (!continuous).then(|| domain.cell(&domain.decode(unit)))
        };
        let mut units = vec![0.5; space.len()];
        for _ in 0..REPEATS {
            let at = distribution.draw(&mut rng, cell);
            for (&place, &unit) in places.iter().zip(&at) {
                units[place] = unit;
            }
            let point = space.decode(&units);
            if !ask.history.contains(&point) {
                let memo = Memo {
                    generation: distribution.generation(),
                    at,
                };
                let memo = serde_json::to_value(memo).ok();
                return Ok(Suggestion { point, memo });
            }
        }
        Ok(unseen(ask.history, &mut rng).into())
    }

    fn plan(&self, _: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        match goals.len() {
            0 | 1 => Ok(None),
            several => Err(SampleError::Space(format!(
                "CMA-ES follows one objective, the study has {several}; use Nsga2"
            ))),
        }
    }
}

/// The distribution after all generations that are complete.
fn evolved(history: &History, places: &[usize]) -> Distribution {
    let space = history.space();
    let defaults = space.encode(&space.default_point());
    let mean = places.iter().map(|&place| defaults[place]).collect();
    let mut distribution = Distribution::new(mean, STEP);
    let mut ended: Vec<Vec<(f64, Vec<f64>)>> = Vec::new();
    for trial in history.trials() {
        let Some((generation, member)) = member(history, trial, places.len()) else {
            continue;
        };
        let generation = generation as usize;
        // A generation is counted in trials, so no sound memo names a later one.
        if generation > history.trials().len() {
            continue;
        }
        if ended.len() <= generation {
            ended.resize_with(generation + 1, Vec::new);
        }
        ended[generation].push(member);
    }
    for mut members in ended {
        if members.len() < distribution.draws() {
            break;
        }
        members.sort_by(|one, other| other.0.total_cmp(&one.0));
        let ranked: Vec<&[f64]> = members.iter().map(|(_, at)| at.as_slice()).collect();
        distribution.tell(&ranked);
    }
    distribution
}

/// The generation of a trial that ended, its score for ranking, and its coordinates.
fn member(history: &History, trial: &TrialRecord, axes: usize) -> Option<(u64, (f64, Vec<f64>))> {
    if trial.state == State::Running || !trial.fits {
        return None;
    }
    let memo = Memo::deserialize(&**trial.memo.as_ref()?).ok()?;
    let score = match trial.value() {
        Some(value) if trial.is_feasible() => history.goal().score(value),
        _ => f64::NEG_INFINITY,
    };
    (memo.at.len() == axes).then_some((memo.generation, (score, memo.at)))
}
