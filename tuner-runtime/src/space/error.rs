//! What can be wrong with a space or a point, in words that name value, limit and remedy.

use std::fmt;

use super::value::Value;

/// A space that cannot be made, or a handle asked for more than its parameter allows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// The range holds no value.
    #[error("the range {low}..={high} is empty; write the smaller bound first")]
    Empty {
        /// The lower bound as given.
        low: Value,
        /// The upper bound as given.
        high: Value,
    },
    /// A bound that is NaN or infinite.
    #[error("{value} is not a bound; bounds are finite numbers")]
    NotFinite {
        /// The bound as given.
        value: f64,
    },
    /// A step that is zero, negative, or no factor above 1 on a log scale.
    #[error("the step {step} leads nowhere; it must be above {limit}")]
    Step {
        /// The step as given.
        step: Value,
        /// What it must exceed.
        limit: u8,
    },
    /// A bound of a whole number that 64 bits do not hold.
    #[error("the bound {bound} has more than 64 bits; write one from {min} to {max}", min = i64::MIN, max = u64::MAX)]
    Wide {
        /// The bound as given.
        bound: i128,
    },
    /// A grid of so many values that neighbours are one and the same number.
    #[error(
        "the step {} is too fine for {}..={}, where a grid holds at most 2^53 different numbers; \
         write a larger step, or none",
        Value::Float(*step), Value::Float(*low), Value::Float(*high)
    )]
    Fine {
        /// The step as given.
        step: f64,
        /// The lower bound as given.
        low: f64,
        /// The upper bound as given.
        high: f64,
    },
    /// A logarithmic scale that starts at zero or below.
    #[error("a log scale cannot start at {low}; its lower bound must be above 0")]
    Log {
        /// The lower bound as given.
        low: Value,
    },
    /// A reversed logarithmic scale that starts at zero or below.
    #[error(
        "`reverse_log` cannot start at {low}; its lower bound, the smallest distance from the upper one \
         that matters, must be above 0"
    )]
    ReverseLog {
        /// The lower bound as given.
        low: Value,
    },
    /// A choice without values.
    #[error("there is nothing to choose from; give at least one value")]
    NoChoices,
    /// A continuum that is to become a list which no memory is meant for.
    #[error("{points} points are too many to list; write at most {most}")]
    Long {
        /// How many were asked for.
        points: usize,
        /// How many there may be.
        most: usize,
    },
    /// The same value twice among the choices.
    #[error("the choice {value} is listed twice; list each value once")]
    DuplicateChoice {
        /// The repeated value.
        value: Value,
    },
    /// Something outside of what the parameter allows.
    #[error("{value} is outside of {allowed}; a handle can only narrow")]
    Outside {
        /// What was asked for.
        value: String,
        /// What the parameter allows, in words.
        allowed: String,
    },
    /// Two parameters with one name.
    #[error("two parameters are named `{name}`; give one of them another name")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name that cannot be stored.
    #[error("a parameter needs a name that is not empty")]
    EmptyName,
    /// A condition that cannot hold.
    #[error("`{name}` depends on `{parent}`: {fault}")]
    Condition {
        /// The conditional parameter.
        name: String,
        /// The parameter it depends on.
        parent: String,
        /// What is wrong, and what to do.
        fault: String,
    },
    /// A default that the domain does not hold.
    #[error("the default {value} of `{name}` is outside of {allowed}")]
    Default {
        /// The parameter.
        name: String,
        /// The default as given.
        value: String,
        /// What the parameter allows, in words.
        allowed: String,
    },
    /// A value that the space does not allow.
    #[error(transparent)]
    Point(#[from] PointError),
    /// A fault of one parameter, with its name.
    #[error("`{name}`: {fault}")]
    In {
        /// The parameter.
        name: String,
        /// What is wrong with it.
        fault: Box<SpaceError>,
    },
}

impl SpaceError {
    /// The same fault, said of the parameter with this name.
    pub fn of(self, name: &str) -> Self {
        match self {
            error @ (Self::In { .. }
            | Self::DuplicateName { .. }
            | Self::EmptyName
            | Self::Condition { .. }
            | Self::Default { .. }
            | Self::Point(_)) => error,
            fault => Self::In {
                name: name.to_string(),
                fault: Box::new(fault),
            },
        }
    }
}

/// One thing that keeps a point from fitting a space.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The space has no such parameter.
    Unknown {
        /// The name in the point.
        name: String,
    },
    /// The point lacks a parameter that is active.
    Missing {
        /// The name in the space.
        name: String,
    },
    /// The value is not one that the parameter can have.
    Outside {
        /// The parameter.
        name: String,
        /// The value as given.
        value: String,
        /// What the parameter allows, in words.
        allowed: String,
    },
}

impl Fault {
    /// The name of the parameter at fault.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { name } | Self::Missing { name } | Self::Outside { name, .. } => name,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(out, "`{name}` is no parameter of this space"),
            Self::Missing { name } => write!(out, "`{name}` is missing"),
            Self::Outside {
                name,
                value,
                allowed,
            } => {
                write!(out, "`{name}` = {value} is outside of {allowed}")
            }
        }
    }
}

/// A point that does not fit a space: every fault of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PointError {
    faults: Vec<Fault>,
}

impl PointError {
    /// An error with these faults, of which there is at least one.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// The same faults, said of what lies below `outer`; their names are what follows that.
    pub(super) fn of(self, outer: &str) -> Self {
        self.renamed(|name| format!("{outer}{name}"))
    }

    /// The same faults, named by what follows `outer`.
    pub(super) fn below(self, outer: &str) -> Self {
        self.renamed(|name| name.strip_prefix(outer).unwrap_or_default().to_string())
    }

    fn renamed(mut self, rename: impl Fn(&str) -> String) -> Self {
        for fault in &mut self.faults {
            if let Fault::Outside { name, .. } = fault {
                *name = rename(name);
            }
        }
        self
    }

    /// Everything that is wrong, in the order of the space.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl From<Fault> for PointError {
    fn from(fault: Fault) -> Self {
        Self::new(vec![fault])
    }
}

impl fmt::Display for PointError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the point does not fit the space: ")?;
        for (i, fault) in self.faults.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(out, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PointError {}
