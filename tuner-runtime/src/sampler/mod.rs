//! Samplers: which configuration to try next.
//!
//! A suggestion is a pure function of the study's seed, the trial's number and the events up to a
//! recorded place. What a sampler must remember beyond the events is its memo, which is stored with
//! the trial; any other cache may be dropped without changing a bit.

mod auto;
mod cmaes;
mod fidelity;
#[cfg(feature = "gp")]
mod gp;
mod grid;
mod named;
mod nsga2;
mod random;
mod sobol;
mod tpe;

pub use auto::{Auto, Choice, Method};
pub use cmaes::CmaEs;
#[cfg(feature = "gp")]
pub use gp::{Expected, Gp, Prior, Ranked, Surrogate, SurrogateError};
pub use grid::Grid;
pub use named::{NAMES, UnknownSampler, by_name};
pub use nsga2::Nsga2;
pub use random::Random;
pub use sobol::Sobol;
pub use tpe::Tpe;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::math::rng::{Purpose, Rng};
use crate::space::{Axis, Point, Space};
use crate::trial::{Goal, History};

/// Proposes configurations.
pub trait Sampler: Send + Sync {
    /// The name with every setting that the suggestions depend on, such as `grid(points = 5)`.
    ///
    /// It is stored with the study, which later goes on with a sampler of the same name only.
    fn name(&self) -> String;

    /// The next configuration, whole.
    ///
    /// # Errors
    /// When there is nothing left to try, or the space is none that the sampler can search.
    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError>;

    /// Checks, before anything runs, that the sampler can search the space, and says how many
    /// trials it will make at most; `None` when it has no end.
    ///
    /// # Errors
    /// When it cannot search the space.
    fn plan(&self, space: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        let _ = (space, goals);
        Ok(None)
    }
}

impl<S: Sampler + ?Sized> Sampler for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        (**self).suggest(ask)
    }

    fn plan(&self, space: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        (**self).plan(space, goals)
    }
}

impl<S: Sampler + ?Sized> Sampler for Box<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        (**self).suggest(ask)
    }

    fn plan(&self, space: &Space, goals: &[Goal]) -> Result<Option<u128>, SampleError> {
        (**self).plan(space, goals)
    }
}

/// All that a suggestion may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Everything that happened: the space, the objectives, the finished, pruned, failed and
    /// running trials, and what the sampler remembered last.
    pub history: &'a History,
    /// The number of the trial that is asked for, the next one.
    pub number: u64,
    /// How many trials there will be at most, if that is known.
    pub budget: Option<u64>,
}

impl<'a> Ask<'a> {
    /// The space to choose from.
    pub fn space(&self) -> &'a Space {
        self.history.space()
    }

    /// The first objective; [`Goal::score`] turns its values so that more is better.
    pub fn goal(&self) -> &'a Goal {
        self.history.goal()
    }

    /// The random numbers of this suggestion.
    pub fn rng(&self) -> Rng {
        let seed = self.history.spec().seed;
        Rng::keyed(seed, Purpose::Suggest, self.number, 0)
    }

    /// Random numbers that all suggestions of the study share, such as the scrambling of a sequence.
    pub fn study_rng(&self) -> Rng {
        Rng::keyed(self.history.spec().seed, Purpose::Study, 0, 0)
    }

    /// What the sampler remembered last.
    pub fn memo(&self) -> Option<&'a Json> {
        self.history.memo().map(|(_, memo)| &**memo)
    }
}

/// A configuration to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The values of all active parameters.
    pub point: Point,
    /// What the sampler must remember, if anything.
    pub memo: Option<Json>,
}

impl From<Point> for Suggestion {
    fn from(point: Point) -> Self {
        Self { point, memo: None }
    }
}

/// The places of the parameters that have more than one value.
fn varied(space: &Space) -> Vec<usize> {
    let params = space.params().iter().enumerate();
    params
        .filter(|(_, param)| param.domain.axis() != Axis::Constant)
        .map(|(place, _)| place)
        .collect()
}

/// Why there is no suggestion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// Everything was tried. A search ends here; it is no failure.
    #[error("{}", match count {
        1 => "the only point was tried".to_owned(),
        count => format!("all {count} points were tried"),
    })]
    Exhausted {
        /// How many there are.
        count: u128,
    },
    /// A grid over a parameter that has no end of values.
    #[error(
        "a grid cannot list every value of `{name}` ({domain}); give it a step, or the grid a number of points: \
         Grid::new().points(5)"
    )]
    Endless {
        /// The parameter.
        name: String,
        /// What it may be, in words.
        domain: String,
    },
    /// The sampler cannot search this space, with what to do instead.
    #[error("{0}")]
    Space(String),
    /// What the sampler remembered is not what it writes: another sampler or version wrote it.
    #[error("the memory of the sampler {sampler} cannot be read: {fault}")]
    Memo {
        /// The sampler.
        sampler: &'static str,
        /// What is wrong.
        fault: String,
    },
}

impl SampleError {
    /// Refuses several objectives for a sampler that would follow the first one in silence.
    pub(crate) fn unless_single(sampler: &str, goals: &[Goal]) -> Result<(), Self> {
        match goals.len() {
            0 | 1 => Ok(()),
            several => Err(Self::Space(format!(
                "{sampler} follows one objective, the study has {several}; use Nsga2 or Gp"
            ))),
        }
    }
}

#[cfg(test)]
mod tests;
