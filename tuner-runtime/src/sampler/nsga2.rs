//! NSGA-II: crossover and mutation of the points that nothing dominates, for several objectives.
//!
//! The survivors are a fold over the finished trials: each further generation of them is added to the
//! survivors so far, and the best stay. Parents are drawn from the survivors.
//!
//! With a population of a tenth of the budget the volume of ZDT1 in six dimensions above (2, 2) is 1.2, 2.3, 3.3 and 3.5 after
//! budgets of 60, 120, 250 and 400, with one of 50 it is 0.5, 1.2, 2.7 and 3.4 (24 seeds).
//!
//! Source: K. Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II" (2002).

use super::random::{fresh, unseen};
use super::{Ask, SampleError, Sampler, Suggestion, fidelity};
use crate::math::fronts::select;
use crate::math::rng::Rng;
use crate::space::{Axis, Domain, Point, Space, Value};
use crate::trial::{History, State, TrialRecord};

/// The share of the budget that a generation is, and how many trials at least and at most; the latter without a budget.
const GENERATIONS: u64 = 10;
const LEAST: u64 = 8;
const MOST: u64 = 50;
/// The standard deviation of a mutation, on an axis from 0 to 1.
const MUTATION: f64 = 0.1;
/// Children that were tried already, after which a random point is taken.
const REPEATS: usize = 16;

/// A genetic search for the trade-offs between several objectives; it needs hundreds of trials.
///
/// Constraints are kept first: a trial that misses one is worse than every trial that misses none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nsga2 {
    population: Option<usize>,
}

impl Nsga2 {
    /// A population of a tenth of the trials that there are to be, from 8 to 50; 50 where that is not known. The first one is
    /// random.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many trials survive a generation, at least 2.
    #[must_use]
    pub fn population(mut self, count: usize) -> Self {
        self.population = Some(count.max(2));
        self
    }
}

/// How many trials survive a generation, where there are to be so many in all.
pub(super) fn population_for(budget: Option<u64>) -> usize {
    let part = budget.map_or(MOST, |budget| budget / GENERATIONS);
    part.clamp(LEAST, MOST) as usize
}

/// The survivors of a population, best first; none while there are too few for a generation.
fn survivors(history: &History, population: usize) -> Vec<&TrialRecord> {
    if let [_] = history.goals() {
        return best(history, population);
    }
    if history.finished_count() < population as u64 {
        return Vec::new();
    }
    let finished: Vec<&TrialRecord> = history.finished().collect();
    let mut survivors: Vec<&TrialRecord> = Vec::new();
    for generation in finished.chunks(population) {
        survivors.extend(generation);
        survivors = fittest(history, survivors, population);
    }
    survivors
}

/// With one objective the best of all trials survive, which those are that generation after generation would leave. Where a
/// pruner stops most of them they are compared by how far they came.
fn best(history: &History, count: usize) -> Vec<&TrialRecord> {
    let trials = history.trials().iter().map(|trial| &**trial);
    let sound = trials.filter(|trial| trial.fits && trial.state != State::Failed);
    let mut ranked: Vec<_> = sound
        .filter_map(|trial| Some((fidelity::rank(history, trial)?, trial)))
        .collect();
    if ranked.len() < count {
        return Vec::new();
    }
    ranked.sort_by(|(one, _), (other, _)| fidelity::best_first(one, other));
    ranked
        .into_iter()
        .take(count)
        .map(|(_, trial)| trial)
        .collect()
}

/// So many of the trials, best first: those that keep the constraints by their objectives, then the others by how little
/// they miss them.
fn fittest<'a>(
    history: &History,
    trials: Vec<&'a TrialRecord>,
    count: usize,
) -> Vec<&'a TrialRecord> {
    let (kept, mut others): (Vec<_>, Vec<_>) =
        trials.into_iter().partition(|trial| trial.is_feasible());
    let scores = |trial: &&TrialRecord| -> Vec<f64> {
        let pairs = history.goals().iter().zip(&trial.values);
        pairs.map(|(goal, &value)| goal.score(value)).collect()
    };
    let rows: Vec<Vec<f64>> = kept.iter().map(scores).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let mut chosen: Vec<&TrialRecord> = select(&rows, count).into_iter().map(|i| kept[i]).collect();
    others.sort_by(|one, other| one.missed().total_cmp(&other.missed()));
    others.truncate(count - chosen.len());
    chosen.extend(others);
    chosen
}

impl Sampler for Nsga2 {
    fn name(&self) -> String {
        match self.population {
            Some(population) => format!("nsga2(population = {population})"),
            None => "nsga2".to_owned(),
        }
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let mut rng = ask.rng();
        let population = self.population.unwrap_or(population_for(ask.budget));
        let survivors = survivors(ask.history, population);
        if survivors.is_empty() {
            return Ok(fresh(ask.history, &mut rng).into());
        }
        // Survivors stand best first, so the smaller of two draws wins the tournament.
        let parent = |rng: &mut Rng| {
            let count = survivors.len() as u128;
            let place = rng.below(count).min(rng.below(count));
            &survivors[place as usize].point
        };
        for _ in 0..REPEATS {
            let (mother, father) = (parent(&mut rng), parent(&mut rng));
            let child = cross(ask.space(), mother, father, &mut rng);
            if !ask.history.contains(&child) {
                return Ok(child.into());
            }
        }
        Ok(unseen(ask.history, &mut rng).into())
    }
}

/// A child: each parameter from one of the parents, some of them changed. A parameter that is active
/// in the child alone is random.
fn cross(space: &Space, mother: &Point, father: &Point, rng: &mut Rng) -> Point {
    let varied = space
        .params()
        .iter()
        .filter(|param| param.domain.axis() != Axis::Constant);
    let rate = 1.0 / varied.count().max(1) as f64;
    let choose = |place: usize, param: &crate::space::Param| {
        let inherited = match (mother.at(place), father.at(place)) {
            (Some(mother), Some(father)) => Some(if rng.below(2) == 0 { mother } else { father }),
            (mother, father) => mother.or(father),
        };
        let value = match inherited {
            Some(value) if rng.unit() < rate => mutate(&param.domain, value, rng),
            Some(value) => value.clone(),
            None => param.domain.sample(rng),
        };
        Ok::<_, std::convert::Infallible>(value)
    };
    match space.fill(choose) {
        Ok(child) => child,
        Err(never) => match never {},
    }
}

/// A value near by, or any other one where values have no order.
fn mutate(domain: &Domain, value: &Value, rng: &mut Rng) -> Value {
    match domain.axis() {
        Axis::Constant => value.clone(),
        Axis::Unordered { .. } => domain.sample(rng),
        Axis::Continuous => domain.decode(domain.encode(value) + MUTATION * rng.normal()),
        Axis::Grid { count } => {
            // At least to the neighbour, or the coarse grids would never change.
            let step = MUTATION.max(1.0 / count as f64) * rng.normal();
            domain.decode(domain.encode(value) + step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Memory;
    use crate::study::{Core, Setup};
    use crate::trial::{Constraint, Metrics, Objective};
    use std::sync::Arc;

    #[test]
    fn what_keeps_the_constraints_comes_first_however_large_its_values() {
        let params = serde_json::json!([{"name": "x", "type": "float", "low": 0.0, "high": 1.0}]);
        let (space, _) = Space::from_json(&params).expect("a sound space");
        let mut setup = Setup::new(space, Nsga2::new()).objective(Objective::minimize("loss"));
        setup.constraints = vec![Constraint::at_most("size", 0.0)];
        let study = Core::open(Arc::new(Memory::new()), "study".into(), setup).expect("a study");
        for (loss, size) in [(0.0, 1e-20), (1e300, 0.0), (0.0, 1e-30), (1.0, -1.0)] {
            let number = study.ask().expect("a trial").number;
            let metrics = Metrics::new().with("loss", loss).with("size", size);
            study.tell(number, metrics).expect("told");
        }
        let history = study.history();
        let numbers = |count| -> Vec<u64> {
            let chosen = fittest(&history, history.finished().collect(), count);
            chosen.iter().map(|trial| trial.number).collect()
        };
        assert_eq!(numbers(4), [3, 1, 2, 0]);
        assert_eq!(numbers(1), [3]);
    }
}
