//! Bayesian optimisation: a Gaussian process says how good each point may be, and the best prospect is tried next.
//!
//! - *Beginning*: the declared defaults, then points of a scrambled Sobol sequence, clamp(min(2 D, N / 5), 5, 20) in all for D
//!   dimensions and a budget of N trials.
//! - *Values*: half-rank warping, then mean 0 and deviation 1.
//! - *Model*: Matern-5/2 with a lengthscale a dimension, categories by equality, maximum a posteriori. Refitted at every trial up
//!   to 100, then after each growth by a twentieth; two starts more are drawn from the prior when the trials have doubled.
//! - *Acquisition*: the logarithm of the expected improvement over the best value, averaged over what running trials may turn
//!   out to be; times the probabilities that the evaluation succeeds and the constraints are kept.
//! - *Search*: Sobol points, points round the best ones and in a box that shrinks while nothing improves, one-exchange
//!   neighbours; then climbs along the continua in turn with discrete moves. What leaves the bounds is clipped, not
//!   reflected: an optimum often lies on a bound.
//!
//! Tried and left out, by the score of the open benchmark at 50 and 100 trials. The runs were few and uneven (21 to 32 studies,
//! not the same ones; about 7 points between seeds), so this is a choice of the simplest, not a proof: half-rank alone 63 and 82,
//! and 66 and 77 when run again; choosing the transform by left-out density 57 and 74; Yeo and Johnson's alone 65 and 74;
//! half-rank with an input warp where it gains 2 nats 65 and 82.
//!
//! Sources: D. Eriksson et al., "Scalable global optimization via local Bayesian optimization" (2019), for the box; those of
//! the parts stand in [`crate::gp`].

mod candidates;
mod encoding;
mod evidence;
mod front;
mod local;
mod model;
mod older;
mod prior;
mod surrogate;

pub use prior::Prior;
pub use surrogate::{Expected, Surrogate, SurrogateError};

use candidates::Candidates;
use encoding::Encoding;
use evidence::Evidence;
use model::{Memo, Model};
use prior::Beliefs;

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion};
use crate::math::sobol::Sobol as Sequence;
use crate::space::{Point, Space};
use crate::trial::{Experience, Goal};

/// Finished trials before there is a model.
const LEAST: usize = 3;
/// Trials of the shortest beginning.
const SHORTEST: usize = 5;
/// Points of the beginning that were tried already, after which a random one is taken.
const REPEATS: u64 = 64;

/// Bayesian optimisation with a Gaussian process.
///
/// Works on every space, with running, failed and pruned trials and constraints. Of two to four objectives it follows the
/// whole front, by the expected improvement of its hypervolume; more become one by random weights. With one objective it
/// learns from an older study that `Study::warm_start` took over. No point is proposed twice while there
/// are others.
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
    /// the former. The guesses are tried first, and what is believed weighs less with every trial.
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
        let evidence = Evidence::new(ask.history, &encoding, &mut rng);
        let begun = evidence.rows.len()
            + evidence.failed.len()
            + evidence.pruned.len()
            + evidence.running.len();
        let experience = Experience::read(ask.history);
        let first = match experience {
            Some(_) => SHORTEST,
            None => beginning(encoding.len(), ask.budget),
        };
        let finished = evidence.rows.len();
        let beliefs = Beliefs::new(&self.priors, &encoding, finished, ask.budget)?;
        if begun < first || finished < LEAST {
            return Ok(self.begin(ask, &encoding, beliefs.as_ref())?.into());
        }
        let memo = ask.memo().and_then(Memo::read);
        // Without a factor of its matrix there is no model: then luck.
        let model = Model::new(&encoding, &evidence, memo, experience.as_ref(), &mut rng);
        let Ok(model) = model else {
            return Ok(unseen(ask.history, &mut rng).into());
        };
        let model = model.with(beliefs);
        let candidates = Candidates::new(&encoding, &evidence, first, &mut rng);
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

    fn plan(&self, space: &Space, _: &[Goal]) -> Result<Option<u128>, SampleError> {
        let dimensions = Encoding::new(space).len();
        prior::check(&self.priors, space)?;
        Sequence::new(dimensions.max(1)).map_err(too_many)?;
        Ok(None)
    }
}

fn too_many(fault: impl std::fmt::Display) -> SampleError {
    SampleError::Space(format!(
        "{fault}; use the random sampler for so many parameters"
    ))
}

/// How many trials are begun without a model.
fn beginning(dimensions: usize, budget: Option<u64>) -> usize {
    let wanted = (2 * dimensions) as u64;
    let allowed = budget.map_or(u64::MAX, |budget| budget / 5);
    wanted.min(allowed).clamp(SHORTEST as u64, 20) as usize
}

impl Gp {
    /// The defaults with the user's guesses, then Sobol points; the trial's number is the place in the sequence.
    fn begin(
        &self,
        ask: &Ask<'_>,
        encoding: &Encoding<'_>,
        beliefs: Option<&Beliefs<'_>>,
    ) -> Result<Point, SampleError> {
        let guess = prior::guess(&self.priors, ask.space());
        if !ask.history.contains(&guess) {
            return Ok(guess);
        }
        let sequence = Sequence::scrambled(encoding.len(), &mut ask.study_rng());
        let sequence = sequence.map_err(too_many)?;
        let points = (ask.number..ask.number + REPEATS).map(|index| {
            let mut units = sequence.point(index);
            if let Some(beliefs) = beliefs {
                beliefs.warp(&mut units);
            }
            encoding.point(&encoding.spread(&units))
        });
        let mut fresh = points.filter(|point| !ask.history.contains(point));
        let point = fresh.next();
        Ok(point.unwrap_or_else(|| unseen(ask.history, &mut ask.rng())))
    }
}
