//! A trial that a study was asked for, and which one is meant when something is told of it.

use std::sync::Arc;

use super::core::Core;
use super::error::StudyError;
use crate::space::Point;
use crate::storage::StudyId;

/// A trial to run: a configuration with a number. It knows which study it is of: told to another one it is refused.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trial<T> {
    /// The configuration.
    pub params: T,
    /// The number of the trial in its study, from 0.
    pub number: u64,
    /// The configuration by parameter name.
    pub point: Point,
    /// The step after which the pruner lets the trial wait; `None`: it runs to its end.
    pub until: Option<u64>,
    pub(super) origin: Origin,
}

/// By the configuration, the number and how far it goes: the same trial of a study that was begun again is equal.
impl<T: PartialEq> PartialEq for Trial<T> {
    fn eq(&self, other: &Self) -> bool {
        let own = (&self.params, self.number, &self.point, self.until);
        own == (&other.params, other.number, &other.point, other.until)
    }
}

/// The study that a trial was asked of, and the session that opened it.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    session: Arc<str>,
    study: StudyId,
}

impl Origin {
    pub(super) fn of(core: &Core) -> Self {
        Self {
            session: core.session().clone(),
            study: core.id().clone(),
        }
    }
}

/// The trial that is meant: the one that was asked for, or one of the study that is told, by its number.
#[derive(Debug, Clone)]
pub struct Meant {
    number: u64,
    origin: Option<Origin>,
}

impl Meant {
    /// Its number in this study.
    pub(super) fn of(self, core: &Core) -> Result<u64, StudyError> {
        let number = self.number;
        let Some(origin) = self.origin else {
            return Ok(number);
        };
        // Of one that another session runs the study says so itself.
        let is_taken_for_own = || origin.session != *core.session() && core.runs(number);
        match origin.study != *core.id() || is_taken_for_own() {
            true => Err(StudyError::Foreign {
                number,
                asked: origin.study,
                told: core.id().clone(),
            }),
            false => Ok(number),
        }
    }
}

impl From<u64> for Meant {
    fn from(number: u64) -> Self {
        let origin = None;
        Self { number, origin }
    }
}

impl<T> From<&Trial<T>> for Meant {
    fn from(trial: &Trial<T>) -> Self {
        Self {
            number: trial.number,
            origin: Some(trial.origin.clone()),
        }
    }
}

impl<T> From<Trial<T>> for Meant {
    fn from(trial: Trial<T>) -> Self {
        Self {
            number: trial.number,
            origin: Some(trial.origin),
        }
    }
}

impl<T> From<Trial<T>> for u64 {
    fn from(trial: Trial<T>) -> Self {
        trial.number
    }
}

impl<T> From<&Trial<T>> for u64 {
    fn from(trial: &Trial<T>) -> Self {
        trial.number
    }
}
