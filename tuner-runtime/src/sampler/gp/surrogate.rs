//! What the Gaussian process makes of a study: the expected value at any point, and how sure it is.

use thiserror::Error;

use super::encoding::Encoding;
use crate::gp::{Data, FitOptions, GpError, Hyper, Posterior, fit, representative};
use crate::math::transform::Scale;
use crate::space::{Point, PointError, Space};
use crate::trial::text::counted;
use crate::trial::{Goal, History, TrialRecord};

/// Trials that the process is fitted to, and that it is conditioned on, at most.
const MOST_FITTED: usize = 512;
const MOST_KEPT: usize = 2000;

/// A Gaussian process over the finished trials of a study, in the units of an objective.
///
/// It is fitted to the values as they are, without the transforms that the sampler [`Gp`](super::Gp) uses to search. The
/// same history gives the same numbers.
///
/// ```
/// # use tuner_runtime as tuner;
/// use std::sync::Arc;
/// use tuner::{sampler::{Random, Surrogate}, space::Space, storage::Memory, study::{Core, Setup}};
/// use tuner::trial::Objective;
/// let (space, _) = Space::from_json(&serde_json::json!([
///     {"name": "x", "type": "float", "low": 0.0, "high": 1.0},
/// ]))?;
/// let setup = Setup::new(space, Random::new()).objective(Objective::minimize("loss"));
/// let study = Core::open(Arc::new(Memory::new()), "parabola".into(), setup)?;
/// for _ in 0..12 {
///     let asked = study.ask()?;
///     let x = asked.point.get("x").and_then(|x| x.as_f64()).expect("x is a number");
///     study.tell(asked.number, 100.0 * (x - 0.5).powi(2))?;
/// }
/// let surrogate = Surrogate::fit(&study.history(), "loss")?;
/// let middle = serde_json::from_str(r#"{"x": 0.5}"#)?;
/// let end = serde_json::from_str(r#"{"x": 1.0}"#)?;
/// let (middle, end) = (surrogate.predict(&middle)?, surrogate.predict(&end)?);
/// // The loss is 0 in the middle and 25 at the ends, beyond the last trial of which less is known.
/// assert!(middle.mean + 5.0 < end.mean);
/// assert!(middle.deviation < end.deviation);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Surrogate {
    space: Space,
    goal: Goal,
    posterior: Posterior,
    scale: Scale,
    /// The finished trials: by how much each misses the constraints, its number and its row.
    trials: Vec<(f64, u64, Vec<f64>)>,
}

/// What is expected of a trial that was made, whatever was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The number of the trial.
    pub number: u64,
    /// Its value, in the units of the objective.
    pub expected: Expected,
}

/// What is expected at a point, in the units of the objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The mean of the value.
    pub mean: f64,
    /// The standard deviation of that mean: how little is known. The noise of a single measurement is not in it.
    pub deviation: f64,
}

/// Why there is no surrogate, or no prediction of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SurrogateError {
    /// Too little happened.
    #[error("the study has {}; a surrogate needs at least 2", counted(*found, "finished trial"))]
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// No objective has the name.
    #[error("`{name}` is no objective of the study, which has {known}")]
    Objective {
        /// The name as given.
        name: String,
        /// The objectives that there are.
        known: String,
    },
    /// No parameter has more than one value.
    #[error("the space has one point only; there is nothing to predict")]
    Constant,
    /// The point is none of the space.
    #[error(transparent)]
    Point(#[from] PointError),
    /// The process could not be made.
    #[error(transparent)]
    Process(#[from] GpError),
}

impl Surrogate {
    /// Fits a process to the finished trials.
    ///
    /// # Errors
    /// When there are fewer than two, no parameter varies, or the name is none of an objective.
    pub fn fit(history: &History, objective: &str) -> Result<Self, SurrogateError> {
        let goals = history.goals();
        let Some(which) = goals.iter().position(|goal| &*goal.name == objective) else {
            let known: Vec<String> = goals
                .iter()
                .map(|goal| format!("`{}`", goal.name))
                .collect();
            return Err(SurrogateError::Objective {
                name: objective.to_owned(),
                known: known.join(", "),
            });
        };
        let space = history.space().clone();
        let encoding = Encoding::new(&space);
        if encoding.len() == 0 {
            return Err(SurrogateError::Constant);
        }
        let finite = |trial: &&TrialRecord| trial.values[which].is_finite();
        let trials: Vec<&TrialRecord> = history.finished().filter(finite).collect();
        if trials.len() < 2 {
            return Err(SurrogateError::TooFew {
                found: trials.len(),
            });
        }
        let goal = goals[which].clone();
        let scores: Vec<f64> = trials.iter().map(|t| goal.score(t.values[which])).collect();
        let scale = Scale::of(&scores);
        let values: Vec<f64> = scores.iter().map(|y| scale.apply(*y)).collect();
        let tried = |t: &&TrialRecord| (t.missed(), t.number, encoding.row(&t.point));
        let tried: Vec<(f64, u64, Vec<f64>)> = trials.iter().map(tried).collect();
        let rows: Vec<f64> = tried.iter().flat_map(|(.., row)| row.clone()).collect();
        let data = Data::new(&encoding.kinds, &rows, &values)?;
        let part = |most| data.subset(&representative(&data, most));
        let starts = [Hyper::prior_mode(encoding.len())];
        let fitted = fit(&part(MOST_FITTED)?, &starts, FitOptions::default())?;
        let posterior = Posterior::new(part(MOST_KEPT)?, &fitted.hyper)?;
        Ok(Self {
            space,
            goal,
            posterior,
            scale,
            trials: tried,
        })
    }

    /// What is expected at a point, which need not have been tried.
    ///
    /// # Errors
    /// When the point is none of the space: a parameter is missing, unknown or out of its bounds.
    pub fn predict(&self, point: &Point) -> Result<Expected, SurrogateError> {
        let point = self.space.adopt(point)?;
        let at = self
            .posterior
            .predict(&Encoding::new(&self.space).row(&point));
        Ok(self.expected(at.mean[0], at.sd[0]))
    }

    /// The finished trials from the one that is expected to be the best to the worst, those that keep the constraints
    /// first.
    ///
    /// Of many noisy measurements the best one is the luckiest. What its neighbours measured says how lucky: by this order a
    /// trial is chosen for what it is worth, not for one good draw.
    pub fn ranking(&self) -> Vec<Ranked> {
        let rows: Vec<f64> = self
            .trials
            .iter()
            .flat_map(|(.., row)| row.clone())
            .collect();
        let at = self.posterior.predict(&rows);
        let found = at.mean.iter().zip(&at.sd).zip(&self.trials);
        let mut found: Vec<(f64, f64, Ranked)> = found
            .map(|((&mean, &sd), &(missed, number, _))| {
                let expected = self.expected(mean, sd);
                (missed, -mean, Ranked { number, expected })
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.into_iter().map(|(.., ranked)| ranked).collect()
    }

    /// On the scale of the objective.
    fn expected(&self, mean: f64, deviation: f64) -> Expected {
        Expected {
            mean: self
                .goal
                .score(self.scale.mean + self.scale.deviation * mean),
            deviation: self.scale.deviation * deviation,
        }
    }

    /// The standard deviation of the noise of a single measurement, in the units of the objective.
    pub fn noise(&self) -> f64 {
        self.scale.deviation * self.posterior.hyper().noise().sqrt()
    }
}
