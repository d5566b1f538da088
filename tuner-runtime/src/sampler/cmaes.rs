//! CMA-ES: a normal distribution that moves towards the better half of each generation.
//!
//! The mathematics is in [`crate::math::cmaes`]; here a generation is gathered from trials. Each
//! trial's memo says its generation and its coordinates, since those of a grid are not those of the
//! value. A trial without a result ranks last in its generation; it has no value.
//!
//! A choice without an order has a probability for each of its values beside the normal distribution, which moves towards
//! the values of the better draws by their weights and keeps a floor: a value that is bad now may be good once the numbers
//! have moved. This is the scheme of R. Hamano et al., "CatCMA: Stochastic optimization for mixed-category problems" (2024),
//! with a fixed rate.

use serde::{Deserialize, Serialize};

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion, varied};
use crate::math::cmaes::CmaEs as Distribution;
use crate::math::rng::Rng;
use crate::space::{Axis, Space};
use crate::trial::{Goal, History, State, TrialRecord};

/// The deviation to begin with, on an axis from 0 to 1.
const STEP: f64 = 0.25;
/// Draws that were tried already, after which a random point is taken.
const REPEATS: usize = 8;
/// How far the probabilities of a choice move in a generation.
const RATE: f64 = 0.2;

/// Evolution of a normal distribution, with a margin for ints and probabilities for choices: strong on smooth spaces of numbers
/// with some hundreds of trials or more.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{CmaEs, Sampler};
/// assert_eq!(CmaEs::new().name(), "cmaes");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct CmaEs;

impl CmaEs {
    /// The default population, 4 + 3 ln D.
    pub fn new() -> Self {
        Self
    }
}

/// What a trial remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memo {
    generation: u64,
    /// The coordinates of the parameters with an order.
    at: Vec<f64>,
    /// The indexes of the values of the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chosen: Vec<usize>,
}

/// How little the constraints are missed, then the score.
type Rank = (f64, f64);

/// The distribution of numbers and that of choices.
struct Evolved<'a> {
    space: &'a Space,
    numbers: Vec<usize>,
    /// The places of the choices without an order, with a probability for each value.
    choices: Vec<(usize, Vec<f64>)>,
    distribution: Distribution,
}

impl<'a> Evolved<'a> {
    fn begin(space: &'a Space) -> Self {
        let places = varied(space);
        let draws = Distribution::usual_draws(places.len());
        let unordered = |place: usize| match space.params()[place].domain.axis() {
            Axis::Unordered { count } => Some(count),
            _ => None,
        };
        let numbers: Vec<usize> = places
            .iter()
            .copied()
            .filter(|&p| unordered(p).is_none())
            .collect();
        let choices = places
            .into_iter()
            .filter_map(|place| {
                let count = unordered(place)?;
                Some((place, vec![1.0 / count as f64; count]))
            })
            .collect();
        let defaults = space.encode(&space.default_point());
        let mean = numbers.iter().map(|&place| defaults[place]).collect();
        Self {
            space,
            distribution: Distribution::with_draws(mean, STEP, draws),
            numbers,
            choices,
        }
    }

    /// After all generations of a history that are complete.
    fn of(history: &'a History) -> Self {
        let mut evolved = Self::begin(history.space());
        let mut ended: Vec<Vec<(Rank, Memo)>> = Vec::new();
        for trial in history.trials() {
            let Some((rank, memo)) = evolved.member(history, trial) else {
                continue;
            };
            let generation = memo.generation as usize;
            // A generation is counted in trials, so no sound memo names a later one.
            if generation > history.trials().len() {
                continue;
            }
            if ended.len() <= generation {
                ended.resize_with(generation + 1, Vec::new);
            }
            ended[generation].push((rank, memo));
        }
        for mut members in ended {
            if members.len() < evolved.distribution.draws() {
                break;
            }
            members.sort_by(|(one, _), (other, _)| {
                let kept = other.0.total_cmp(&one.0);
                kept.then(other.1.total_cmp(&one.1))
            });
            let ranked: Vec<&Memo> = members.iter().map(|(_, memo)| memo).collect();
            evolved.tell(&ranked);
        }
        evolved
    }

    /// The rank of a trial that ended, and what it remembers.
    fn member(&self, history: &History, trial: &TrialRecord) -> Option<(Rank, Memo)> {
        if matches!(trial.state, State::Running | State::Paused) || !trial.fits {
            return None;
        }
        let memo = Memo::deserialize(&**trial.memo.as_ref()?).ok()?;
        let sound = memo.at.len() == self.numbers.len()
            && memo.chosen.len() == self.choices.len()
            && memo
                .chosen
                .iter()
                .zip(&self.choices)
                .all(|(own, (_, p))| *own < p.len());
        let rank = match trial.value() {
            Some(value) => (-trial.missed(), history.goal().score(value)),
            None => (f64::NEG_INFINITY, f64::NEG_INFINITY),
        };
        sound.then_some((rank, memo))
    }

    /// Moves both by a generation, best first.
    fn tell(&mut self, ranked: &[&Memo]) {
        let floor = 0.5 / self.distribution.draws() as f64;
        let weights = self.distribution.weights().to_vec();
        for (i, (_, probabilities)) in self.choices.iter_mut().enumerate() {
            for p in probabilities.iter_mut() {
                *p *= 1.0 - RATE;
            }
            for (memo, weight) in ranked.iter().zip(&weights) {
                probabilities[memo.chosen[i]] += RATE * weight;
            }
            let least = floor / probabilities.len() as f64;
            let total: f64 = probabilities
                .iter_mut()
                .map(|p| {
                    *p = p.max(least);
                    *p
                })
                .sum();
            probabilities.iter_mut().for_each(|p| *p /= total);
        }
        let rows: Vec<&[f64]> = ranked.iter().map(|memo| memo.at.as_slice()).collect();
        self.distribution.tell(&rows);
    }

    fn draw(&self, rng: &mut Rng) -> Memo {
        let cell = |axis: usize, unit: f64| {
            let domain = &self.space.params()[self.numbers[axis]].domain;
            let continuous = domain.axis() == Axis::Continuous;
            (!continuous).then(|| domain.cell(&domain.decode(unit)))
        };
        let at = self.distribution.draw(rng, cell);
        let chosen = self.choices.iter().map(|(_, probabilities)| {
            let mut left = rng.unit();
            let place = probabilities.iter().position(|p| {
                left -= p;
                left < 0.0
            });
            place.unwrap_or(probabilities.len() - 1)
        });
        Memo {
            generation: self.distribution.generation(),
            chosen: chosen.collect(),
            at,
        }
    }

    fn point(&self, memo: &Memo) -> crate::space::Point {
        let mut units = vec![0.5; self.space.len()];
        for (&place, &unit) in self.numbers.iter().zip(&memo.at) {
            units[place] = unit;
        }
        for ((place, probabilities), &own) in self.choices.iter().zip(&memo.chosen) {
            units[*place] = (own as f64 + 0.5) / probabilities.len() as f64;
        }
        self.space.decode(&units)
    }
}

impl Sampler for CmaEs {
    fn name(&self) -> String {
        "cmaes".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let mut rng = ask.rng();
        if varied(ask.space()).is_empty() {
            return Ok(unseen(ask.history, &mut rng).into());
        }
        let evolved = Evolved::of(ask.history);
        for _ in 0..REPEATS {
            let memo = evolved.draw(&mut rng);
            let point = evolved.point(&memo);
            if !ask.history.contains(&point) {
                let memo = serde_json::to_value(memo).ok();
                return Ok(Suggestion { point, memo });
            }
        }
        Ok(unseen(ask.history, &mut rng).into())
    }

    fn plan(&self, _: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        SampleError::unless_single("CMA-ES", goals)?;
        Ok(None)
    }
}
