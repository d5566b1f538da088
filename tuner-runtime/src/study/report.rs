//! A result or an intermediate report: one number, or metrics by name.

use super::error::StudyError;
use crate::trial::{Constraint, Goal, Metrics};

/// What was measured: the value of the only objective, or metrics by name.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// The value of the objective.
    Value(f64),
    /// Metrics by name, the objectives among them.
    Metrics(Metrics),
}

impl Report {
    /// The metrics, with the name of the objective for a plain number.
    ///
    /// # Errors
    /// When an objective is missing.
    pub fn into_metrics(self, goals: &[Goal]) -> Result<Metrics, StudyError> {
        let metrics = match (self, goals) {
            (Self::Value(value), [goal]) => {
                return Ok(Metrics::new().with(goal.name.clone(), value));
            }
            (Self::Value(_), goals) => {
                let names: Vec<&str> = goals.iter().map(|goal| &*goal.name).collect();
                return Err(StudyError::OneNumber {
                    count: goals.len(),
                    names: names.join(", "),
                });
            }
            (Self::Metrics(metrics), _) => metrics,
        };
        check_names(goals, metrics.names().map(|name| &**name))?;
        Ok(metrics)
    }
}

/// Whether every objective is among the names.
pub(crate) fn check_names<'a>(
    goals: &[Goal],
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), StudyError> {
    let known: Vec<&str> = names.into_iter().collect();
    match goals.iter().find(|goal| !known.contains(&&*goal.name)) {
        None => Ok(()),
        Some(goal) => Err(StudyError::NoValue {
            objective: goal.name.clone(),
            known: listed(&known),
        }),
    }
}

/// Whether every metric that a constraint is on is among the names.
pub(crate) fn check_constraints<'a>(
    constraints: &[Constraint],
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), StudyError> {
    let known: Vec<&str> = names.into_iter().collect();
    let mut constraints = constraints.iter();
    match constraints.find(|constraint| !known.contains(&&*constraint.name)) {
        None => Ok(()),
        Some(constraint) => Err(StudyError::NotMeasured {
            constraint: constraint.clone(),
            known: listed(&known),
        }),
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "no metric".to_owned(),
        names => names.join(", "),
    }
}

impl From<f64> for Report {
    fn from(value: f64) -> Self {
        Self::Value(value)
    }
}

impl From<f32> for Report {
    fn from(value: f32) -> Self {
        Self::Value(value.into())
    }
}

impl From<Metrics> for Report {
    fn from(metrics: Metrics) -> Self {
        Self::Metrics(metrics)
    }
}

impl From<&Metrics> for Report {
    fn from(metrics: &Metrics) -> Self {
        Self::Metrics(metrics.clone())
    }
}

impl<const N: usize> From<[(&str, f64); N]> for Report {
    fn from(pairs: [(&str, f64); N]) -> Self {
        Self::Metrics(pairs.into_iter().collect())
    }
}
