//! CMA-ES: a normal distribution that moves towards the better half of each generation.
//!
//! The mathematics is in [`crate::math::cmaes`]; here a generation is gathered from trials. Each
//! trial's memo says its generation and its coordinates, since those of a grid are not those of the
//! value. A trial without a result ranks behind those that have one, by how far it came and its score there; it has no
//! value. One that waits counts as well, for a pruner that promotes may let most of them wait for ever.
//!
//! The first run begins at the best of the trials that were not drawn here: enqueued, taken from an older study, or made by
//! another sampler before; without any, at the defaults. Those that come later are in no generation, and change nothing.
//!
//! A distribution that has settled begins anew at a random place with twice the draws, as in A. Auger and N. Hansen, "A
//! restart CMA evolution strategy with increasing population size" (2005): a larger one sees beyond more of the valleys.
//! After 2000 trials of Rastrigin's function of three floats (six seeds) the mean loss is 1.1, that of a single run 3.7
//! (`a_search_that_has_settled_begins_anew` in `tests/evolution.rs`). The price is depth: after 1000 trials of a bowl of three
//! floats from -5 to 5 the loss is 1e-11, that of a single run 1e-20.
//!
//! A choice without an order has a probability for each of its values beside the normal distribution, which moves towards
//! the values of the better draws by their weights and keeps a floor: a value that is bad now may be good once the numbers
//! have moved. This is the scheme of R. Hamano et al., "CatCMA: Stochastic optimization for mixed-category problems" (2024),
//! with a fixed rate.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion, fidelity, varied};
use crate::math::cmaes::CmaEs as Distribution;
use crate::math::rng::{Purpose, Rng};
use crate::space::{Axis, Domain, Space};
use crate::trial::{Goal, History, State, TrialRecord};

/// The deviation to begin with, on an axis from 0 to 1.
const STEP: f64 = 0.25;
/// Draws that were tried already, after which a random point is taken.
const REPEATS: usize = 8;
/// How far the probabilities of a choice move in a generation.
const RATE: f64 = 0.2;
/// Runs that double the draws; no study has the trials for more.
const DOUBLINGS: u64 = 16;

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
    /// The default population, 4 + 3 ln D, which doubles with each new beginning.
    pub fn new() -> Self {
        Self
    }
}

/// What a trial remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memo {
    /// How often the search had begun anew.
    #[serde(default)]
    run: u64,
    /// The number of the trial that the run begins at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    /// The generation within the run.
    generation: u64,
    /// The coordinates of the parameters with an order.
    at: Vec<f64>,
    /// The indexes of the values of the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chosen: Vec<usize>,
}

/// The distribution of numbers and that of choices.
struct Evolved<'a> {
    space: &'a Space,
    run: u64,
    from: Option<u64>,
    numbers: Vec<usize>,
    /// The places of the choices without an order, with a probability for each value.
    choices: Vec<(usize, Vec<f64>)>,
    distribution: Distribution,
}

impl<'a> Evolved<'a> {
    /// The first run begins at a trial or the defaults, each further one at a place of its own.
    fn begin(history: &'a History, run: u64, from: Option<u64>) -> Self {
        let space = history.space();
        let places = varied(space);
        let draws = Distribution::usual_draws(places.len()) << run.min(DOUBLINGS);
        let unordered = |place: usize| match space.params()[place].domain.axis() {
            Axis::Unordered { count } => Some(count),
            _ => None,
        };
        let numbers: Vec<usize> = places
            .iter()
            .copied()
            .filter(|&p| unordered(p).is_none())
            .collect();
        let trial = from.and_then(|number| history.trial(number));
        let known = trial.filter(|trial| trial.fits).map(|trial| &trial.point);
        let choices = places.into_iter().filter_map(|place| {
            let count = unordered(place)?;
            let mut probabilities = vec![1.0 / count as f64; count];
            let value = known.and_then(|point| point.at(place));
            if let Some(index) = value.and_then(|value| space.params()[place].domain.index(value)) {
                favour(&mut probabilities, [(index as usize, 1.0)]);
            }
            Some((place, probabilities))
        });
        let choices = choices.collect();
        let defaults = space.encode(&space.default_point());
        let mut rng = Rng::keyed(history.spec().seed, Purpose::Study, run, 0);
        let start = |&place: &usize| match (run, known.and_then(|point| point.at(place))) {
            (0, Some(value)) => space.params()[place].domain.encode(value),
            (0, None) => defaults[place],
            _ => rng.unit(),
        };
        let mean = numbers.iter().map(start).collect();
        Self {
            space,
            run,
            from,
            distribution: Distribution::with_draws(mean, STEP, draws),
            numbers,
            choices,
        }
    }

    /// After all generations of the newest run that are complete.
    fn of(history: &'a History) -> Self {
        let mut evolved = Self::begin(history, 0, None);
        // A run that began is never gone back to, whatever comes in late for the one before; nor is it moved.
        let mut newest = history.trials().iter().rev();
        evolved = match newest.find_map(|trial| evolved.memo(history, trial)) {
            Some(memo) => Self::begin(history, memo.run, memo.from),
            None => Self::begin(history, 0, best_before(history)),
        };
        let mut generations: BTreeMap<u64, Vec<(fidelity::Rank, Memo)>> = BTreeMap::new();
        for trial in history.trials() {
            let Some(rank) = fidelity::rank(history, trial) else {
                continue;
            };
            let memo = evolved.memo(history, trial);
            if let Some(memo) = memo.filter(|memo| memo.run == evolved.run) {
                let members = generations.entry(memo.generation).or_default();
                members.push((rank, memo));
            }
        }
        while let Some(mut members) = generations.remove(&evolved.distribution.generation()) {
            if members.len() < evolved.distribution.draws() {
                break;
            }
            members.sort_by(|(one, _), (other, _)| fidelity::best_first(one, other));
            let ranked: Vec<&Memo> = members.iter().map(|(_, memo)| memo).collect();
            evolved.tell(&ranked);
        }
        if evolved.distribution.has_settled() {
            return Self::begin(history, evolved.run.saturating_add(1), None);
        }
        evolved
    }

    /// What a trial remembers. Of what was written for the space before it changed only that counts which decodes to the
    /// trial's values; else they say where it lies.
    fn memo(&self, history: &History, trial: &TrialRecord) -> Option<Memo> {
        let mut memo = Memo::deserialize(&**trial.memo.as_ref().filter(|_| trial.fits)?).ok()?;
        if memo.at.len() != self.numbers.len() || memo.chosen.len() != self.choices.len() {
            return None;
        }
        if trial.seen < history.changed() {
            self.align(&mut memo, trial);
        }
        let mut chosen = memo.chosen.iter().zip(&self.choices);
        let is_sound = chosen.all(|(own, (_, probabilities))| *own < probabilities.len());
        is_sound.then_some(memo)
    }

    fn align(&self, memo: &mut Memo, trial: &TrialRecord) {
        let value = |place: usize| Some((self.domain(place), trial.point.at(place)?));
        for (unit, &place) in memo.at.iter_mut().zip(&self.numbers) {
            if let Some((domain, value)) = value(place)
                && domain.decode(*unit) != *value
            {
                *unit = domain.encode(value);
            }
        }
        for (own, (place, _)) in memo.chosen.iter_mut().zip(&self.choices) {
            let index = value(*place).and_then(|(domain, value)| domain.index(value));
            *own = index.map_or(*own, |index| index as usize);
        }
    }

    fn domain(&self, place: usize) -> &Domain {
        &self.space.params()[place].domain
    }

    /// Moves both by a generation, best first.
    fn tell(&mut self, ranked: &[&Memo]) {
        let floor = 0.5 / self.distribution.draws() as f64;
        let weights = self.distribution.weights().to_vec();
        for (i, (_, probabilities)) in self.choices.iter_mut().enumerate() {
            let better = ranked.iter().zip(&weights);
            favour(
                probabilities,
                better.map(|(memo, weight)| (memo.chosen[i], *weight)),
            );
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
            let domain = self.domain(self.numbers[axis]);
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
            run: self.run,
            from: self.from,
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

/// Moves probabilities towards some places, whose weights have the sum 1.
fn favour(probabilities: &mut [f64], places: impl IntoIterator<Item = (usize, f64)>) {
    for p in probabilities.iter_mut() {
        *p *= 1.0 - RATE;
    }
    for (place, weight) in places {
        probabilities[place] += RATE * weight;
    }
}

/// The best trial before the first draw; where none has a result, the first that may come to one.
fn best_before(history: &History) -> Option<u64> {
    let may_end = |trial: &&Arc<TrialRecord>| trial.fits && trial.state == State::Running;
    let running = || history.trials().iter().find(may_end);
    let best = history.best().filter(|trial| trial.fits);
    best.or_else(running).map(|trial| trial.number)
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
