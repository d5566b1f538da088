//! Bayesian optimisation: a Gaussian process says how good each point may be, and the best prospect is tried next.
//!
//! - *Beginning*: the declared defaults, then points of a scrambled Sobol sequence, four in all, or one for each branch of
//!   the conditional tree, up to eight: each once before any twice.
//! - *Values*: clipped, half-ranked or raised to a power, whichever predicts best what is left out, chosen after 8, 16 .. 128
//!   trials, and half-ranked where there are constraints; then mean 0 and deviation 1. While fewer than five trials have a
//!   result, those that a pruner stopped count with what they had at the highest step that five have reached.
//! - *Model*: Matern-5/2 with a lengthscale a dimension, categories by equality; what is active in few trials is expected to
//!   matter more. Continua are warped where the likelihood of 40 or more trials gains much by it. Up to 100 trials two draws
//!   from the posterior of the hyperparameters, which start at the most probable ones and are new at every trial; then the
//!   most probable ones, after each growth by a twentieth. So it is for constraints and where trials fail, and
//!   whenever one is more than three deviations from what the others say.
//! - *Acquisition*: the logarithm of the expected improvement over the best value, times the probabilities that the evaluation
//!   succeeds and the constraints are kept, averaged over the draws and over what running trials may turn out to be. The former
//!   is raised to five times the power by each failure in a row.
//!   Where trials tie with the best one, and none or one failed, more than a little improvement is asked for; where there are
//!   branches, always more than a thousandth of the range; and in every second trial half a deviation, once twenty trials, half of
//!   them next to the best one, have brought less than that thousandth.
//! - *Noise*: where it is a tenth of the variance, after twenty trials, the largest mean at a trial takes the place of the best
//!   value, but not while good trials tie, as those of rough but deterministic objectives do; and in every second trial each
//!   coordinate is drawn at random where a twentieth of the expected improvement is left.
//! - *Without a clue*: every second trial is a Sobol point while nine tenths of the trials tie with the best one, or what is
//!   left out of 20 to 200 trials is predicted no better than by the mean; every trial once twenty are all the same. What is
//!   expected then is largest in corners.
//! - *Search*: Sobol points, points round the best ones and in a box that shrinks while nothing improves, one-exchange
//!   neighbours; then climbs along the continua in turn with discrete moves. What leaves the bounds is clipped, not
//!   reflected: an optimum often lies on a bound. With more than twenty dimensions numbers are moved near the best trial
//!   only, but for exchanges of levels, until there are two trials for each. Last, what is worth next to nothing goes back
//!   to where it is in the best trial: climbs leave it in corners of the space.
//! - *Large studies*: the process is exact up to 2000 trials; of more it knows the 1000 nearest to the best and 500 others.
//!   Beyond 5000 trials, 100 conditional or 1000 dimensions TPE takes over.
//!
//! What each part is worth, and what was tried in vain, is told at the end.
//!
//! A suggestion takes 1.3, 3.8, 5.0, 3.2, 13 and 34 ms after 25, 50, 100, 200, 500 and 1000 trials on one core of a shared Intel
//! Xeon, ten mixed parameters (`cargo bench -p tuner-runtime --features gp,sqlite --bench samplers -- gp`). After 2000 to 4900 it
//! took 0.5 to 0.6 s on an AMD EPYC that needed 2.0, 3.9 and 7.8 ms after 25, 50 and 100; and there 3, 5, 10, 28 and 100 ms where
//! the transform is chosen, at 8, 16, 32, 64 and 128 trials.
//!
//! Sources: D. Eriksson et al., "Scalable global optimization via local Bayesian optimization" (2019), for the box; those of
//! the parts stand in [`crate::gp`].
#![doc = ""]
#![doc = include_str!("ablations.md")]

mod candidates;
mod encoding;
mod evidence;
mod front;
mod limits;
mod local;
mod memo;
mod model;
mod noise;
mod older;
mod plateau;
mod prior;
mod pruned;
mod region;
mod surrogate;

pub use prior::Prior;
pub use surrogate::{Expected, Ranked, Surrogate, SurrogateError};

use candidates::Candidates;
use encoding::Encoding;
use evidence::Evidence;
use memo::Memo;
use model::Model;
use prior::Beliefs;

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion, Tpe};
use crate::math::sobol::Sobol as Sequence;
use crate::space::{Point, Space};
use crate::trial::Goal;
use std::collections::HashSet;

/// Finished trials before there is a model.
const LEAST: usize = 3;
/// Trials that are begun without a model.
const BEGINNING: usize = 4;
/// Branches of the conditional tree that are tried before any twice.
const MOST_LEAVES: usize = 8;
/// Finished trials, dimensions that are not always active, and dimensions, beyond which TPE takes over.
const MOST_TRIALS: u64 = 5000;
const MOST_CONDITIONAL: usize = 100;
const MOST_DIMENSIONS: usize = 1000;
/// Points of the beginning that were tried already, after which a random one is taken.
const REPEATS: u64 = 64;

/// Bayesian optimisation with a Gaussian process.
///
/// Works on every space, with running, failed and pruned trials and constraints. Of two to four objectives it follows the
/// whole front, by the expected improvement of its hypervolume; more become one by random weights. Up to four objectives
/// learn from an older study that `Study::warm_start` took over, each from the one of its name. No point is proposed twice
/// while there are others.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Gp, Prior, Sampler};
/// assert_eq!(Gp::new().name(), "gp");
/// // What is known beforehand: the learning rate is probably near 1e-3.
/// let informed = Gp::new().prior("learning_rate", Prior::around(1e-3));
/// assert_eq!(informed.name(), "gp(learning_rate around 0.001 by 0.1)");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Gp {
    priors: Vec<(String, Prior)>,
}

impl Gp {
    /// The settings that are described in the module's documentation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says where the good values of a parameter probably lie; a later belief about the same parameter takes the place of
    /// the former. The guesses are tried first, and what is believed weighs less with every trial. Where TPE takes over
    /// from the first trial on, with one objective and more than 100 conditional or 1000 parameters, the guesses are tried
    /// and nothing more.
    #[must_use]
    pub fn prior(mut self, parameter: impl Into<String>, prior: Prior) -> Self {
        let parameter = parameter.into();
        self.priors.retain(|(name, _)| *name != parameter);
        self.priors.push((parameter, prior));
        self
    }
}

impl Sampler for Gp {
    fn name(&self) -> String {
        if self.priors.is_empty() {
            return "gp".to_owned();
        }
        let priors = self
            .priors
            .iter()
            .map(|(name, prior)| format!("{name} {prior}"));
        format!("gp({})", priors.collect::<Vec<_>>().join(", "))
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        let mut rng = ask.rng();
        let encoding = Encoding::new(ask.space());
        if encoding.len() == 0 {
            return Ok(unseen(ask.history, &mut rng).into());
        }
        if is_large(ask, &encoding) {
            let guess = prior::guess(&self.priors, ask.space());
            if self.priors.is_empty() || ask.history.contains(&guess) {
                return Tpe::new().suggest(ask);
            }
            tracing::warn!("TPE takes over, which knows no priors: their guesses are tried once");
            return Ok(guess.into());
        }
        let evidence = Evidence::new(ask.history, &encoding, &mut rng);
        let begun = evidence.begun();
        let finished = evidence.rows.len();
        let beliefs = Beliefs::new(&self.priors, &encoding, finished, ask.budget)?;
        if begun < BEGINNING || finished < LEAST || is_beginning(ask, &encoding, begun)? {
            return Ok(self
                .begin(ask, ask.number, &encoding, beliefs.as_ref())?
                .into());
        }
        let since = ask.history.changed();
        let memo = ask.memo().and_then(Memo::read);
        let memo = memo.filter(|memo| memo.since == since);
        let memo = memo.map(|memo| memo.at_level(evidence.level));
        // Without a factor of its matrix there is no model: then luck.
        let model = Model::new(&encoding, &evidence, memo, &mut rng);
        let Ok(model) = model else {
            return Ok(unseen(ask.history, &mut rng).into());
        };
        let mut model = model.with(beliefs);
        model.memo.since = since;
        if let Some(place) = model.uninformed(&evidence, ask.number) {
            return Ok(Suggestion {
                point: self.begin(ask, place, &encoding, model.beliefs())?,
                memo: Some(model.memo.write()),
            });
        }
        let candidates = Candidates::new(&encoding, &evidence, BEGINNING, &mut rng);
        for row in local::search(&encoding, &model, &candidates, &mut rng) {
            let point = encoding.point(&row);
            if !ask.history.contains(&point) {
                return Ok(Suggestion {
                    point,
                    memo: Some(model.memo.write()),
                });
            }
        }
        Ok(Suggestion {
            point: unseen(ask.history, &mut rng),
            memo: Some(model.memo.write()),
        })
    }

    fn plan(&self, space: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        let encoding = Encoding::new(space);
        prior::check(&self.priors, space)?;
        if goals.len() > 1 || !is_wide(&encoding) {
            Sequence::new(encoding.len().max(1)).map_err(too_many)?;
        }
        Ok(None)
    }
}

fn too_many(fault: impl std::fmt::Display) -> SampleError {
    SampleError::Space(format!(
        "{fault}; use the random sampler for so many parameters"
    ))
}

/// Whether there are branches that nothing was tried in, and few trials so far.
fn is_beginning(ask: &Ask<'_>, encoding: &Encoding<'_>, begun: usize) -> Result<bool, SampleError> {
    if begun >= MOST_LEAVES || encoding.conditional() == 0 {
        return Ok(false);
    }
    let sequence = sequence(ask, encoding)?;
    let rows = (0..REPEATS).map(|index| encoding.spread(&sequence.point(index)));
    let leaves: HashSet<Vec<i64>> = rows.map(|row| encoding.leaf(&row)).collect();
    Ok(begun < leaves.len())
}

/// The Sobol points of the study.
fn sequence(ask: &Ask<'_>, encoding: &Encoding<'_>) -> Result<Sequence, SampleError> {
    Sequence::scrambled(encoding.len(), &mut ask.study_rng()).map_err(too_many)
}

/// Whether TPE takes over, which is linear where the process is cubic.
fn is_large(ask: &Ask<'_>, encoding: &Encoding<'_>) -> bool {
    let large = is_wide(encoding) || ask.history.finished_count() > MOST_TRIALS;
    large && ask.history.goals().len() == 1
}

/// Whether there are too many dimensions to learn a lengthscale of each.
fn is_wide(encoding: &Encoding<'_>) -> bool {
    encoding.conditional() > MOST_CONDITIONAL || encoding.len() > MOST_DIMENSIONS
}

impl Gp {
    /// The defaults with the user's guesses, then Sobol points from a place in the sequence on.
    fn begin(
        &self,
        ask: &Ask<'_>,
        place: u64,
        encoding: &Encoding<'_>,
        beliefs: Option<&Beliefs<'_>>,
    ) -> Result<Point, SampleError> {
        let guess = prior::guess(&self.priors, ask.space());
        if !ask.history.contains(&guess) {
            return Ok(guess);
        }
        let sequence = sequence(ask, encoding)?;
        let rows = (place..place + REPEATS).map(|index| {
            let mut units = sequence.point(index);
            if let Some(beliefs) = beliefs {
                beliefs.warp(&mut units);
            }
            encoding.spread(&units)
        });
        let trials = ask.history.trials().iter().filter(|trial| trial.fits);
        let leaves: HashSet<Vec<i64>> = trials
            .map(|trial| encoding.leaf(&encoding.row(&trial.point)))
            .collect();
        let mut first = None;
        for row in rows {
            let point = encoding.point(&row);
            if ask.history.contains(&point) {
                continue;
            }
            if leaves.len() >= MOST_LEAVES || !leaves.contains(&encoding.leaf(&row)) {
                return Ok(point);
            }
            first.get_or_insert(point);
        }
        Ok(first.unwrap_or_else(|| unseen(ask.history, &mut ask.rng())))
    }
}

#[cfg(test)]
mod tests {
    use super::evidence::Evidence;
    use super::limits::Limits;
    use super::memo::Fits;
    use crate::gp::{Hyper, Kind};
    use crate::math::rng::Rng;

    const KINDS: [Kind; 2] = [Kind::Continuous; 2];

    /// So many finished trials with two constraints that have nothing in common, and eight at an edge that failed. None is a
    /// surprise.
    fn evidence(finished: usize) -> Evidence {
        let mut rng = Rng::new(1);
        let failed: Vec<Vec<f64>> = (0..8).map(|i| vec![1.0, f64::from(i) / 7.0]).collect();
        let mut row = || vec![0.8 * rng.unit(), rng.unit()];
        let rows: Vec<Vec<f64>> = (0..finished).map(|_| row()).collect();
        let each = |value: &dyn Fn(&[f64]) -> f64| rows.iter().map(|row| value(row)).collect();
        let scores: Vec<f64> = each(&|row| row[0]);
        let violations = vec![each(&|row| (6.0 * row[0]).sin()), each(&|row| row[1] - 0.5)];
        Evidence {
            level: None,
            objectives: vec![scores.clone()],
            scores,
            feasible: vec![false; finished],
            rows,
            violations,
            failed,
            failures_in_a_row: 0,
            pruned: Vec::new(),
            stopped: Vec::new(),
            rungs: Vec::new(),
            running: Vec::new(),
            shares: vec![1.0; 2],
            past: None,
        }
    }

    /// What limits so many trials where this is known, and the hyperparameters that it goes by: of where trials fail, and of each
    /// constraint.
    fn limited(finished: usize, known: &Fits) -> (Fits, Vec<Hyper>) {
        let limits = Limits::new(&KINDS, &evidence(finished), known, &mut Rng::new(2));
        let limits = limits.expect("a model");
        let conditions = limits.conditions();
        let hypers = conditions.map(|condition| condition.posterior.hyper().clone());
        (limits.fits().clone(), hypers.collect())
    }

    #[test]
    fn after_a_hundred_trials_each_limit_keeps_to_its_own_last_fit() {
        let (first, fitted) = limited(101, &Fits::default());
        let [failures, one, other] = &fitted[..] else {
            panic!("{} conditions", fitted.len());
        };
        let mode = &Hyper::prior_mode(2);
        assert!(one != other && failures != one && failures != other);
        assert!([failures, one, other].iter().all(|hyper| *hyper != mode));
        // Too few more for a new fit, then enough.
        let (second, kept) = limited(103, &first);
        assert_eq!(kept, fitted);
        assert_eq!(limited(105, &second).1, fitted);
        let renewed = limited(110, &second).1;
        assert!((0..3).all(|place| renewed[place] != fitted[place]));
    }
}
