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
mod local;
mod model;

use candidates::Candidates;
use encoding::Encoding;
use evidence::Evidence;
use model::{Memo, Model};

use super::random::unseen;
use super::{Ask, SampleError, Sampler, Suggestion};
use crate::math::sobol::Sobol as Sequence;
use crate::space::Space;
use crate::trial::Goal;

/// Finished trials before there is a model.
const LEAST: usize = 3;
/// Points of the beginning that were tried already, after which a random one is taken.
const REPEATS: u64 = 64;

/// Bayesian optimisation with a Gaussian process.
///
/// Works on every space, with running, failed and pruned trials, constraints, and several objectives (by random weights). No
/// point is proposed twice while there are others.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Gp, Sampler};
/// assert_eq!(Gp::new().name(), "gp");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Gp;

impl Gp {
    /// The settings that are described in the module's documentation.
    pub fn new() -> Self {
        Self
    }
}

impl Sampler for Gp {
    fn name(&self) -> String {
        "gp".to_owned()
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
        let first = beginning(encoding.len(), ask.budget);
        if begun < first || evidence.rows.len() < LEAST {
            return Ok(begin(ask, &encoding)?.into());
        }
        let memo = ask.memo().map(Memo::read).transpose()?;
        // Without a factor of its matrix there is no model: then luck.
        let Ok(model) = Model::new(&encoding, &evidence, memo, &mut rng) else {
            return Ok(unseen(ask.history, &mut rng).into());
        };
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
    wanted.min(allowed).clamp(5, 20) as usize
}

/// The defaults, then Sobol points; the trial's number is the place in the sequence.
fn begin(ask: &Ask<'_>, encoding: &Encoding<'_>) -> Result<crate::space::Point, SampleError> {
    let defaults = ask.space().default_point();
    if !ask.history.contains(&defaults) {
        return Ok(defaults);
    }
    let sequence = Sequence::scrambled(encoding.len(), &mut ask.study_rng()).map_err(too_many)?;
    let points = (ask.number..ask.number + REPEATS)
        .map(|index| encoding.point(&encoding.spread(&sequence.point(index))));
    let mut fresh = points.filter(|point| !ask.history.contains(point));
    let point = fresh.next();
    Ok(point.unwrap_or_else(|| unseen(ask.history, &mut ask.rng())))
}
