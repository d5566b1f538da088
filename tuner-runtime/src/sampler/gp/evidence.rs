//! What the trials so far say, as numbers: rows, scores, and which rows failed, ran or were pruned.

use super::encoding::Encoding;
use super::front::MOST_OBJECTIVES;
use crate::math::hypervolume::non_dominated;
use crate::math::rng::Rng;
use crate::math::transform::standardise;
use crate::sampler::fidelity::{self, is_stopped, last_step, reached, score_at};
use crate::trial::{Experience, History, State, TrialRecord};
use std::collections::BTreeSet;

/// Results below which trials are compared where they were stopped: as many as predict the end of those.
const LEAST_RESULTS: usize = 5;

/// The trials of a study whose points belong to its space. While few have a result, those that came as far as enough others
/// count as finished, with their score there.
pub(super) struct Evidence {
    /// The step at which trials are compared; `None`: by their results.
    pub(super) level: Option<u64>,
    /// Finished trials, by number.
    pub(super) rows: Vec<Vec<f64>>,
    /// Their values, larger is better.
    pub(super) scores: Vec<f64>,
    /// For each objective its values in them, larger is better.
    pub(super) objectives: Vec<Vec<f64>>,
    /// For each constraint its violation in each finished trial.
    pub(super) violations: Vec<Vec<f64>>,
    /// Whether each finished trial keeps all constraints.
    pub(super) feasible: Vec<bool>,
    pub(super) failed: Vec<Vec<f64>>,
    /// How many of the newest trials that ended failed, without another one in between.
    pub(super) failures_in_a_row: usize,
    pub(super) pruned: Vec<Vec<f64>>,
    /// For each pruned trial the rung where it was stopped, and its place there; `None`: it reported nothing.
    pub(super) stopped: Vec<Option<(usize, usize)>>,
    /// The steps where trials were stopped, ascending.
    pub(super) rungs: Vec<Rung>,
    pub(super) running: Vec<Vec<f64>>,
    /// The part of the finished trials in which each dimension is active, counted with half a trial more.
    pub(super) shares: Vec<f64>,
    pub(super) past: Option<Past>,
}

/// What an older study found.
#[derive(Debug)]
pub(super) struct Past {
    /// Its trials.
    pub(super) rows: Vec<Vec<f64>>,
    /// For each objective of the new study what it was in them, larger is better; `None`: it was not measured.
    pub(super) scores: Vec<Option<Vec<f64>>>,
}

/// The scores of trials at a step.
#[derive(Debug, Default)]
pub(super) struct Rung {
    /// Those of finished trials, each with the trial's place among the finished.
    pub(super) finished: Vec<(usize, f64)>,
    /// Those of the trials that were stopped here.
    pub(super) pruned: Vec<f64>,
}

impl Evidence {
    /// Reads the history. Several objectives become one: `rng` draws their weights.
    pub(super) fn new(history: &History, encoding: &Encoding<'_>, rng: &mut Rng) -> Self {
        let level = fidelity::level(history, LEAST_RESULTS);
        let (finished, objectives) = match level {
            None => results(history),
            Some(step) => {
                let (trials, scores): (Vec<&TrialRecord>, _) = reached(history, step).unzip();
                (trials, vec![scores])
            }
        };
        // One that failed is no evidence of its score, however far it came.
        let is_known = |trial: &TrialRecord| {
            let reached = level.and_then(|step| score_at(history, trial, step));
            trial.state != State::Failed && reached.is_some()
        };
        let others = |is: &dyn Fn(&TrialRecord) -> bool| -> Vec<&TrialRecord> {
            let trials = history.trials().iter().map(|trial| &**trial);
            let trials = trials.filter(|trial| trial.fits && is(trial));
            trials.filter(|trial| !is_known(trial)).collect()
        };
        let rows_of = |trials: &[&TrialRecord]| -> Vec<Vec<f64>> {
            let points = trials.iter().map(|trial| &trial.point);
            points.map(|point| encoding.row(point)).collect()
        };
        let pruned = others(&is_stopped);
        let (rungs, stopped) = rungs(history, &finished, &pruned);
        let constraints = finished.iter().map(|trial| trial.violations.len()).max();
        let violations = (0..constraints.unwrap_or(0))
            .map(|k| {
                let violation =
                    |trial: &&TrialRecord| trial.violations.get(k).copied().unwrap_or(0.0);
                bounded(finished.iter().map(violation).collect())
            })
            .collect();
        let rows = rows_of(&finished);
        Self {
            shares: (0..encoding.len())
                .map(|i| {
                    let active = rows.iter().filter(|row| encoding.is_active(i, row));
                    (active.count() as f64 + 0.5) / (rows.len() as f64 + 0.5)
                })
                .collect(),
            level,
            rows,
            scores: scores(&objectives, rng),
            objectives,
            violations,
            feasible: finished.iter().map(|trial| trial.is_feasible()).collect(),
            failed: rows_of(&others(&|trial| trial.state == State::Failed)),
            failures_in_a_row: failures_in_a_row(history),
            pruned: rows_of(&pruned),
            stopped,
            rungs,
            running: rows_of(&others(&|trial| trial.state == State::Running)),
            past: Past::read(history, encoding),
        }
    }

    /// How many trials are known of. Of those that eight workers begin at once each is one more.
    pub(super) fn begun(&self) -> usize {
        self.rows.len() + self.failed.len() + self.pruned.len() + self.running.len()
    }

    /// The rows of the trials that keep the constraints and that no other one of these dominates.
    pub(super) fn front(&self) -> Vec<&Vec<f64>> {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|&i| self.feasible[i]).collect();
        let values = kept
            .iter()
            .flat_map(|&i| self.objectives.iter().map(move |values| values[i]));
        let values: Vec<f64> = values.collect();
        let front = non_dominated(&values, self.objectives.len()).into_iter();
        front.map(|i| &self.rows[kept[i]]).collect()
    }

    /// The finished trials from best to worst: those that miss the constraints by least first, of equal ones the best.
    pub(super) fn ranking(&self) -> Vec<usize> {
        let missed = self.missed();
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| {
            let kept = missed[a].total_cmp(&missed[b]);
            kept.then(self.scores[b].total_cmp(&self.scores[a]))
                .then(a.cmp(&b))
        });
        order
    }

    /// What the search improves in each finished trial: the score; how little the constraints are missed while all miss
    /// some; -infinity where others keep them.
    pub(super) fn progress(&self) -> Vec<f64> {
        let missed = self.missed();
        let is_kept = missed.contains(&0.0);
        let pairs = missed.iter().zip(&self.scores);
        pairs
            .map(|(missed, score)| match (*missed > 0.0, is_kept) {
                (false, _) => *score,
                (true, true) => f64::NEG_INFINITY,
                (true, false) => -missed,
            })
            .collect()
    }

    /// By how much each finished trial misses its constraints, in sum.
    fn missed(&self) -> Vec<f64> {
        let sum = |i: usize| self.violations.iter().map(|of| of[i].max(0.0)).sum();
        (0..self.scores.len()).map(sum).collect()
    }
}

impl Past {
    fn read(history: &History, encoding: &Encoding<'_>) -> Option<Self> {
        let goals = history.goals();
        // Of more objectives the sum with random weights is modelled, which no older study measured.
        let own = Experience::read(history).filter(|_| goals.len() <= MOST_OBJECTIVES)?;
        let scores = |goal| own.scores_for(goal, goals.len() == 1).map(<[f64]>::to_vec);
        let space = history.space();
        Some(Self {
            rows: own
                .points
                .iter()
                .map(|point| encoding.row(&space.mend(point).0))
                .collect(),
            scores: goals.iter().map(scores).collect(),
        })
    }
}

/// How many of the newest trials that ended failed.
fn failures_in_a_row(history: &History) -> usize {
    let newest = history.trials().iter().rev();
    let ended = newest.filter(|trial| trial.fits && trial.state != State::Running);
    ended
        .take_while(|trial| trial.state == State::Failed)
        .count()
}

/// The trials with a result, and for each objective its values in them, larger is better.
fn results(history: &History) -> (Vec<&TrialRecord>, Vec<Vec<f64>>) {
    let trials: Vec<&TrialRecord> = history
        .finished()
        .filter(|trial| trial.values.iter().all(|value| value.is_finite()))
        .collect();
    let goals = history.goals().iter().enumerate();
    let objectives = goals.map(|(k, goal)| {
        let values = trials.iter().map(|trial| trial.values[k]);
        values.map(|value| goal.score(value)).collect()
    });
    let objectives = objectives.collect();
    (trials, objectives)
}

/// The rungs, and where each pruned trial stands on them.
fn rungs(
    history: &History,
    finished: &[&TrialRecord],
    pruned: &[&TrialRecord],
) -> (Vec<Rung>, Vec<Option<(usize, usize)>>) {
    let steps: BTreeSet<u64> = pruned
        .iter()
        .filter_map(|trial| last_step(history, trial))
        .collect();
    let steps: Vec<u64> = steps.into_iter().collect();
    let rung = |&step: &u64| {
        let scores = finished.iter().enumerate();
        Rung {
            finished: scores
                .filter_map(|(i, trial)| Some((i, score_at(history, trial, step)?)))
                .collect(),
            pruned: Vec::new(),
        }
    };
    let mut rungs: Vec<Rung> = steps.iter().map(rung).collect();
    let stopped = pruned.iter().map(|trial| {
        let step = last_step(history, trial)?;
        let rung = steps.binary_search(&step).ok()?;
        rungs[rung].pruned.push(score_at(history, trial, step)?);
        Some((rung, rungs[rung].pruned.len() - 1))
    });
    let stopped = stopped.collect();
    (rungs, stopped)
}

/// One number for each trial. Of several objectives the augmented Chebyshev sum with random weights: J. Knowles, "ParEGO"
/// (2006), equation 2.
fn scores(objectives: &[Vec<f64>], rng: &mut Rng) -> Vec<f64> {
    const AUGMENTED: f64 = 0.05;
    if let [only] = objectives {
        return only.clone();
    }
    let weights: Vec<f64> = objectives
        .iter()
        .map(|_| -(1.0 - rng.unit()).ln())
        .collect();
    let total: f64 = weights.iter().sum();
    let finished = objectives.first().map_or(0, Vec::len);
    let mut sums = vec![0.0; finished];
    let mut least = vec![f64::INFINITY; finished];
    for (values, weight) in objectives.iter().zip(&weights) {
        let values = standardise(values);
        let top = values
            .iter()
            .fold(f64::NEG_INFINITY, |top, value| top.max(*value));
        for (i, value) in values.iter().enumerate() {
            // How much worse than the best of this objective, so that no term is a gain.
            let loss = weight / total * (value - top);
            sums[i] += loss;
            least[i] = least[i].min(loss);
        }
    }
    let pairs = least.iter().zip(&sums);
    pairs.map(|(least, sum)| least + AUGMENTED * sum).collect()
}

/// Violations without infinities. Where a constraint was not measured they are as bad as the worst one, where it is kept
/// by far as good as the best.
fn bounded(mut violations: Vec<f64>) -> Vec<f64> {
    let finite = || violations.iter().copied().filter(|v| v.is_finite());
    let (best, worst) = (finite().fold(0.0, f64::min), finite().fold(0.0, f64::max));
    let missed = if worst > 0.0 { worst } else { 1.0 };
    let kept = if best < 0.0 { best } else { -missed };
    for violation in violations.iter_mut().filter(|v| !v.is_finite()) {
        *violation = match *violation == f64::NEG_INFINITY {
            true => kept,
            false => missed,
        };
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_that_is_kept_by_far_is_no_missed_one() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        assert_eq!(
            bounded(vec![-inf, 2.0, nan, -3.0, inf]),
            [-3.0, 2.0, 2.0, -3.0, 2.0]
        );
        assert_eq!(bounded(vec![-inf, 2.0]), [-2.0, 2.0]);
        assert_eq!(bounded(vec![-inf, inf]), [-1.0, 1.0]);
    }
}
