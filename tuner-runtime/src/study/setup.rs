//! What a study is to be, checked into what is stored.

use std::sync::Arc;

use super::error::StudyError;
use crate::pruner::Pruner;
use crate::sampler::Sampler;
use crate::space::Space;
use crate::trial::{Constraint, FORMAT, Goal, Objective, StudySpec};

/// What to do when a stored study has another space, objective, sampler, pruner or seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnChange {
    /// Say what differs, and leave the study as it is.
    #[default]
    Refuse,
    /// Go on with what is asked for. Trials whose point the new space does not hold stay in the
    /// record and no longer count.
    Continue,
}

/// All that a study is made of, beside its storage and name.
#[derive(Clone)]
pub struct Setup {
    /// The space.
    pub space: Space,
    /// What to make large or small; the first decides where one is asked for.
    pub objectives: Vec<Objective>,
    /// Bounds that a solution must keep.
    pub constraints: Vec<Constraint>,
    /// Who proposes configurations.
    pub sampler: Arc<dyn Sampler>,
    /// Who ends trials early.
    pub pruner: Option<Arc<dyn Pruner>>,
    /// What every random number follows from; `None`: that of the stored study, 0 for a new one.
    pub seed: Option<u64>,
    /// How many trials there are at most.
    pub max_trials: Option<u64>,
    /// What to do when the stored study is another one.
    pub on_change: OnChange,
}

impl Setup {
    /// A study of this space and sampler; objectives are added.
    pub fn new(space: Space, sampler: impl Sampler + 'static) -> Self {
        Self {
            space,
            objectives: Vec::new(),
            constraints: Vec::new(),
            sampler: Arc::new(sampler),
            pruner: None,
            seed: None,
            max_trials: None,
            on_change: OnChange::Refuse,
        }
    }

    /// Adds an objective.
    #[must_use]
    pub fn objective(mut self, objective: impl Into<Objective>) -> Self {
        self.objectives.push(objective.into());
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets how many trials there are at most.
    #[must_use]
    pub fn max_trials(mut self, count: u64) -> Self {
        self.max_trials = Some(count);
        self
    }

    /// The objectives with their directions.
    ///
    /// # Errors
    /// When there is none, one stands twice, or a direction is not known.
    pub fn goals(&self) -> Result<Vec<Goal>, StudyError> {
        let mut goals: Vec<Goal> = Vec::with_capacity(self.objectives.len());
        for objective in &self.objectives {
            if objective.name().trim().is_empty() {
                return Err(StudyError::NamelessObjective);
            }
            let goal = objective.goal()?;
            if goals.iter().any(|other| other.name == goal.name) {
                return Err(StudyError::TwoObjectives { name: goal.name });
            }
            goals.push(goal);
        }
        if goals.is_empty() {
            return Err(StudyError::NoObjective);
        }
        Ok(goals)
    }

    /// What is stored of it.
    ///
    /// # Errors
    /// When the objectives are faulty, no trial is allowed, the sampler cannot search the space, or a setting of the pruner
    /// makes no sense.
    pub(super) fn spec(&self, seed: u64) -> Result<StudySpec, StudyError> {
        let goals = self.goals()?;
        if self.max_trials == Some(0) {
            return Err(StudyError::NoTrials);
        }
        if let Some(constraint) = self.constraints.iter().find(|c| !c.limit.is_finite()) {
            return Err(StudyError::Limit {
                constraint: constraint.name.clone(),
                limit: constraint.limit,
            });
        }
        self.sampler.plan(&self.space, &goals)?;
        self.pruner.as_ref().map_or(Ok(()), |p| p.check())?;
        Ok(StudySpec {
            format: FORMAT,
            seed,
            space: self.space.to_json(),
            goals,
            constraints: self.constraints.clone(),
            sampler: self.sampler.name(),
            pruner: self.pruner.as_ref().map(|pruner| pruner.name()),
        })
    }
}
