//! The sampler that is taken where none is named: it looks at the study and lets the right one propose.
//!
//! The choice follows from the space, the objectives, the constraints, the budget and the number of the trial alone, so a study
//! that is resumed with the same budget goes on in the same way. The rules, in this order:
//!
//! 1. Every point fits into the budget: each is tried once, in the order of the Gaussian process where that may be taken for so
//!    many trials and parameters, so that the good ones come first: a search may be stopped. Else the defaults are first, and the
//!    others follow at random.
//! 2. Several objectives: the Gaussian process for a budget of up to a thousand trials, NSGA-II for a larger one.
//! 3. One objective and at most three hundred parameters: the Gaussian process for the first thousand trials, however many are
//!    to follow.
//! 4. Otherwise TPE, whose suggestions stay cheap; of at most three hundred parameters without conditions, categories and
//!    constraints CMA-ES.
//!
//! Why the process begins long studies too: the loss above the best known one after so many trials, 1 being what random search
//! has after 100, at most 2, as the mean of fifteen problems of a benchmark (nine functions, some conditional; two surrogates
//! of networks and four of boosted trees) with two seeds:
//!
//! | | 100 | 250 | 500 | 2000 |
//! |---|---|---|---|---|
//! | Gaussian process | 0.20 | 0.11 | 0.09 | |
//! | TPE | 0.55 | 0.36 | 0.33 | 0.20 |
//! | CMA-ES | 0.60 | 0.39 | 0.32 | 0.31 |
//!
//! What follows it best: on the eight of these without conditions and categories it had 0.13 after 300 trials. After 700 more
//! of CMA-ES, which begins anew, that was 0.05, after as many of TPE 0.09 and at random 0.12. The medians are the same: all of
//! it comes from studies that had stayed in one valley of a function with many.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use super::nsga2::population_for;
use super::random::fresh;
use super::{Ask, CmaEs, Nsga2, SampleError, Sampler, Suggestion, Tpe, varied};
use crate::space::{Axis, Space};
use crate::trial::text::counted;
use crate::trial::{Goal, History};

/// Trials and parameters that a Gaussian process is still quick with.
const MOST_MODELLED: u64 = 1000;
const MOST_PARAMETERS: usize = 300;

/// Takes the sampler that suits the study, and says in the log (of `tracing`) which one and why.
///
/// This is what studies and tuners use where none is named. A space without continua is searched
/// until every point was tried, and then ends.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::sampler::{Auto, Method, Sampler};
/// use tuner::space::{Domain, FloatDomain, Space};
/// let mut space = Space::builder();
/// space.push("bias", Domain::Bool, None, None);
/// let small = space.build()?;
/// // The first of 50 trials, of one objective and without a constraint.
/// let choice = Auto::choose(&small, 1, 0, Some(50), 0);
/// assert_eq!(choice.method, Method::Everything);
/// assert_eq!(choice.why, "50 trials are enough for all 2 points");
/// # Ok::<(), tuner::space::SpaceError>(())
/// ```
#[derive(Debug, Default)]
pub struct Auto {
    /// Which choice was logged last, counted from 1. It decides nothing.
    logged: AtomicU8,
}

/// What [`Auto`] takes for a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The way of searching.
    pub method: Method,
    /// The reason, in words.
    pub why: String,
}

/// The ways of searching that [`Auto`] chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Every point once, the promising ones first.
    Everything,
    /// The Gaussian process; needs the feature `gp`.
    Gp,
    /// [`Tpe`].
    Tpe,
    /// [`CmaEs`].
    CmaEs,
    /// [`Nsga2`], with this population.
    Nsga2 {
        /// How many trials survive a generation.
        population: usize,
    },
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Everything => "every point",
            Self::Gp => "gp",
            Self::Tpe => "tpe",
            Self::CmaEs => "cmaes",
            Self::Nsga2 { .. } => "nsga2",
        })
    }
}

impl Auto {
    /// The rules above; there is nothing to set.
    pub fn new() -> Self {
        Self::default()
    }

    /// What proposes the trial of this number in a study with so many objectives and constraints, and a budget of so many trials
    /// where that is known.
    pub fn choose(
        space: &Space,
        objectives: usize,
        constraints: usize,
        budget: Option<u64>,
        number: u64,
    ) -> Choice {
        let choice = |method, why| Choice { method, why };
        if let (Some(points), Some(budget)) = (space.cardinality(), budget)
            && points <= u128::from(budget)
        {
            let trials = counted(budget as usize, "trial");
            let why = match (budget, points) {
                (1, _) => format!("{trials} is enough for the only point"),
                (_, 1) => format!("{trials} are enough for the only point"),
                _ => format!("{trials} are enough for all {points} points"),
            };
            return choice(Method::Everything, why);
        }
        let parameters = varied(space).len();
        let few = parameters <= MOST_PARAMETERS;
        // Without a limit a study is taken for a short one until it is none.
        let all = budget.unwrap_or(number + 1);
        let trials = budget.map_or("no limit of trials".to_owned(), |budget| {
            counted(budget as usize, "trial")
        });
        if objectives > 1 {
            if cfg!(feature = "gp") && few && all <= MOST_MODELLED {
                let why = format!(
                    "{objectives} objectives, {}, {trials}",
                    counted(parameters, "parameter")
                );
                return choice(Method::Gp, why);
            }
            let population = population_for(budget);
            let why = format!(
                "{objectives} objectives, {}, {trials}: {}",
                counted(parameters, "parameter"),
                if cfg!(feature = "gp") {
                    "too many for a Gaussian process"
                } else {
                    "the feature gp is off"
                }
            );
            return choice(Method::Nsga2 { population }, why);
        }
        let begins = number < MOST_MODELLED;
        if cfg!(feature = "gp") && few && begins {
            return choice(
                Method::Gp,
                format!("{}, {trials}", counted(parameters, "parameter")),
            );
        }
        if !few {
            let why = format!(
                "{}, more than {MOST_PARAMETERS}",
                counted(parameters, "parameter")
            );
            return choice(Method::Tpe, why);
        }
        let after = if begins {
            format!("{trials}; the feature gp is off")
        } else {
            format!("{trials}, {number} of them begun")
        };
        let smooth = space.params().iter().all(|param| {
            param.condition.is_none() && !matches!(param.domain.axis(), Axis::Unordered { .. })
        });
        if all > MOST_MODELLED && smooth && constraints == 0 && parameters > 1 {
            let why = format!(
                "{} with an order, {after}",
                counted(parameters, "parameter")
            );
            return choice(Method::CmaEs, why);
        }
        choice(
            Method::Tpe,
            format!("{}, {after}", counted(parameters, "parameter")),
        )
    }

    fn choice(ask: &Ask<'_>) -> Choice {
        let spec = ask.history.spec();
        let (goals, constraints) = (spec.goals.len(), spec.constraints.len());
        Self::choose(ask.space(), goals, constraints, ask.budget, ask.number)
    }

    fn log(&self, ask: &Ask<'_>, choice: &Choice) {
        let code = match choice.method {
            Method::Everything => 1,
            Method::Gp => 2,
            Method::Tpe => 3,
            Method::CmaEs => 4,
            Method::Nsga2 { .. } => 5,
        };
        if self.logged.swap(code, Ordering::Relaxed) != code || ask.number == 0 {
            tracing::info!(
                target: "tuner::sampler",
                trial = ask.number,
                "sampler auto takes {}: {}",
                choice.method,
                choice.why
            );
        }
    }
}

impl Sampler for Auto {
    fn name(&self) -> String {
        "auto".to_owned()
    }

    fn suggest(&self, ask: &Ask<'_>) -> Result<Suggestion, SampleError> {
        if let Some(count) = ask.space().cardinality()
            && is_exhausted(ask.history, count)
        {
            return Err(SampleError::Exhausted { count });
        }
        let choice = Self::choice(ask);
        self.log(ask, &choice);
        match choice.method {
            #[cfg(feature = "gp")]
            Method::Everything if may_be_modelled(ask) => super::Gp::new().suggest(ask),
            Method::Everything => Ok(fresh(ask.history, &mut ask.rng()).into()),
            #[cfg(feature = "gp")]
            Method::Gp => super::Gp::new().suggest(ask),
            Method::CmaEs => CmaEs::new().suggest(ask),
            Method::Nsga2 { population } => Nsga2::new().population(population).suggest(ask),
            _ => Tpe::new().suggest(ask),
        }
    }

    /// All points of a space without continua.
    fn plan(&self, space: &Space, _: &[Goal]) -> Result<Option<u128>, SampleError> {
        Ok(space.cardinality())
    }
}

/// Whether a Gaussian process is quick enough, which tries no point twice while there are others.
#[cfg(feature = "gp")]
fn may_be_modelled(ask: &Ask<'_>) -> bool {
    ask.number < MOST_MODELLED && varied(ask.space()).len() <= MOST_PARAMETERS
}

/// Whether every point of the space was tried.
fn is_exhausted(history: &History, count: u128) -> bool {
    if (history.distinct_points() as u128) < count {
        return false;
    }
    // After the space changed some of the points are none of it.
    let own = history.trials().iter().filter(|trial| trial.fits);
    let points: std::collections::HashSet<&crate::space::Point> =
        own.map(|trial| &trial.point).collect();
    points.len() as u128 >= count
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn method(params: Json, objectives: usize, constraints: usize, budget: Option<u64>) -> Method {
        later(params, objectives, constraints, budget, 0)
    }

    fn later(
        params: Json,
        objectives: usize,
        constraints: usize,
        budget: Option<u64>,
        number: u64,
    ) -> Method {
        let (space, _) = Space::from_json(&params).unwrap();
        Auto::choose(&space, objectives, constraints, budget, number).method
    }

    fn continua(count: usize) -> Json {
        let axis = |i| json!({"name": format!("x{i}"), "type": "float", "low": 0.0, "high": 1.0});
        (0..count).map(axis).collect()
    }

    #[test]
    fn one_trial_or_point_is_no_plural() {
        let why = |params: Json, budget| {
            let (space, _) = Space::from_json(&params).unwrap();
            Auto::choose(&space, 1, 0, Some(budget), 0).why
        };
        let one = json!([{"name": "a", "type": "int", "low": 1, "high": 1}]);
        assert_eq!(why(one.clone(), 1), "1 trial is enough for the only point");
        assert_eq!(why(one, 9), "9 trials are enough for the only point");
        assert!(why(continua(1), 1).starts_with("1 parameter, 1 trial"));
    }

    #[test]
    fn few_points_are_enumerated_if_the_budget_covers_them() {
        let space = json!([{"name": "a", "type": "int", "low": 1, "high": 20}]);
        assert_eq!(method(space.clone(), 1, 0, Some(20)), Method::Everything);
        assert_ne!(method(space.clone(), 1, 0, Some(19)), Method::Everything);
        assert_ne!(method(space, 1, 0, None), Method::Everything);
    }

    #[test]
    fn short_studies_are_modelled() {
        let model = if cfg!(feature = "gp") {
            Method::Gp
        } else {
            Method::Tpe
        };
        assert_eq!(method(continua(3), 1, 0, Some(50)), model);
        assert_eq!(method(continua(3), 1, 0, None), model);
        assert_eq!(method(continua(100), 1, 2, Some(1000)), model);
        if cfg!(feature = "gp") {
            assert_eq!(method(continua(3), 2, 0, Some(100)), Method::Gp);
        }
    }

    #[test]
    fn long_studies_are_modelled_while_they_are_short() {
        let model = if cfg!(feature = "gp") {
            Method::Gp
        } else {
            Method::CmaEs
        };
        assert_eq!(later(continua(5), 1, 0, Some(5000), 999), model);
        assert_eq!(later(continua(5), 1, 0, Some(5000), 1000), Method::CmaEs);
        assert_eq!(later(continua(5), 1, 0, None, 1000), Method::CmaEs);
        assert_eq!(later(continua(5), 1, 1, Some(5000), 1000), Method::Tpe);
        let mut mixed = continua(5);
        let kind = json!({"name": "kind", "type": "categorical", "choices": ["a", "b", "c"]});
        mixed.as_array_mut().unwrap().push(kind);
        assert_eq!(later(mixed, 1, 0, Some(5000), 1000), Method::Tpe);
        let many = Method::Nsga2 { population: 50 };
        assert_eq!(later(continua(5), 2, 0, None, 1000), many);
    }

    #[test]
    fn wide_studies_and_long_ones_of_several_objectives_are_not() {
        assert_eq!(method(continua(301), 1, 0, Some(50)), Method::Tpe);
        let many = Method::Nsga2 { population: 50 };
        assert_eq!(method(continua(5), 3, 0, Some(5000)), many);
        let few = Method::Nsga2 { population: 8 };
        assert_eq!(method(continua(400), 2, 0, Some(60)), few);
    }
}
