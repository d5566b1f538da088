//! What one parameter may be, and how its values map to `[0, 1]`.

mod choice;
mod float;
mod grid;
mod int;
mod scale;

pub use choice::ChoiceDomain;
pub use float::FloatDomain;
pub use int::IntDomain;
pub use scale::Scale;

use std::fmt;

use super::error::SpaceError;
use super::value::Value;
use crate::math::rng::Rng;

/// A continuum becomes at most so many values: each of them is kept.
const MOST_POINTS: usize = 1_000_000;

/// How a model may treat a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// A continuum in `[0, 1]`.
    Continuous,
    /// Ordered values, each with a cell of `[0, 1]`.
    Grid {
        /// How many values there are.
        count: u128,
    },
    /// Values without an order, each as far from one as from another.
    Unordered {
        /// How many values there are.
        count: usize,
    },
    /// A single value: nothing to model.
    Constant,
}

/// The values that a parameter can have.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Domain {
    /// Whole numbers.
    Int(IntDomain),
    /// Real numbers.
    Float(FloatDomain),
    /// One of a list.
    Choice(ChoiceDomain),
    /// `false` or `true`.
    Bool,
    /// A single value that is not tuned.
    Fixed(Value),
}

impl Domain {
    /// How many values there are; `None` for a continuum.
    pub fn count(&self) -> Option<u128> {
        match self {
            Self::Int(domain) => Some(domain.count()),
            Self::Float(domain) => domain.count(),
            Self::Choice(domain) => Some(domain.values().len() as u128),
            Self::Bool => Some(2),
            Self::Fixed(_) => Some(1),
        }
    }

    /// The value with this index in declared order; `None` beyond the last, and for a continuum.
    pub fn value(&self, index: u128) -> Option<Value> {
        if index >= self.count()? {
            return None;
        }
        Some(match self {
            Self::Int(domain) => Value::Int(domain.value(index)),
            Self::Float(domain) => Value::Float(domain.value(index)),
            Self::Choice(domain) => domain.values()[index as usize].clone(),
            Self::Bool => Value::Bool(index == 1),
            Self::Fixed(value) => value.clone(),
        })
    }

    /// The index of `value` in declared order; `None` for a value outside and for a continuum.
    pub fn index(&self, value: &Value) -> Option<u128> {
        match self {
            Self::Int(domain) => domain.index(value.as_int()?),
            Self::Float(domain) => domain.index(value.as_f64()?),
            Self::Choice(domain) => domain.index(value).map(|index| index as u128),
            Self::Bool => value.as_bool().map(u128::from),
            Self::Fixed(fixed) => fixed.same(value).then_some(0),
        }
    }

    /// The value as the domain writes it (on its grid, of its type), or `None` when it is outside.
    pub fn canonical(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Int(domain) => {
                let value = value.as_int()?;
                domain.index(value).map(|_| Value::Int(value))
            }
            Self::Float(domain) => domain.canonical(value.as_f64()?).map(Value::Float),
            Self::Choice(domain) => domain.index(value).map(|i| domain.values()[i].clone()),
            Self::Bool => value.as_bool().map(Value::Bool),
            Self::Fixed(fixed) => fixed.same(value).then(|| fixed.clone()),
        }
    }

    /// The value of the domain that is nearest to `value`; the middle when the types differ. Among
    /// choices without an order the first one is.
    pub fn nearest(&self, value: &Value) -> Value {
        let nearest = match (self, value) {
            (Self::Int(domain), _) => value
                .as_int()
                .or_else(|| Some(value.as_f64()?.round() as i128))
                .map(|x| Value::Int(domain.nearest(x))),
            (Self::Float(domain), _) => value.as_f64().map(|x| Value::Float(domain.nearest(x))),
            (Self::Choice(domain), _) => Some(domain.nearest(value).clone()),
            _ => self.canonical(value),
        };
        nearest.unwrap_or_else(|| self.middle())
    }

    /// The default of a parameter that declares none: the middle of the scale, the first choice, `false`.
    pub fn middle(&self) -> Value {
        match self {
            Self::Int(domain) => Value::Int(domain.middle()),
            Self::Float(domain) => Value::Float(domain.middle()),
            Self::Choice(domain) => domain.values()[0].clone(),
            Self::Bool => Value::Bool(false),
            Self::Fixed(value) => value.clone(),
        }
    }

    /// A random value, uniform on the scale.
    pub fn sample(&self, rng: &mut Rng) -> Value {
        match self {
            Self::Int(domain) => Value::Int(domain.sample(rng)),
            Self::Float(domain) => Value::Float(domain.sample(rng)),
            Self::Choice(domain) => {
                let values = domain.values();
                values[rng.below(values.len() as u128) as usize].clone()
            }
            Self::Bool => Value::Bool(rng.below(2) == 1),
            Self::Fixed(value) => value.clone(),
        }
    }

    /// Where a value of the domain lies in `[0, 1]`; 0.5 for a value outside.
    pub fn encode(&self, value: &Value) -> f64 {
        let unit = match self {
            Self::Int(domain) => value.as_int().map(|x| domain.encode(x)),
            Self::Float(domain) => value.as_f64().map(|x| domain.encode(x)),
            Self::Choice(domain) => domain.index(value).map(|index| domain.encode(index)),
            Self::Bool => value.as_bool().map(|on| if on { 0.75 } else { 0.25 }),
            Self::Fixed(_) => None,
        };
        unit.unwrap_or(0.5)
    }

    /// The value at `unit`; never outside of the domain, whatever the number.
    pub fn decode(&self, unit: f64) -> Value {
        match self {
            Self::Int(domain) => Value::Int(domain.decode(unit)),
            Self::Float(domain) => Value::Float(domain.decode(unit)),
            Self::Choice(domain) => domain.values()[domain.decode(unit)].clone(),
            Self::Bool => Value::Bool(scale::tame(unit) >= 0.5),
            Self::Fixed(value) => value.clone(),
        }
    }

    /// How a model may treat the parameter.
    pub fn axis(&self) -> Axis {
        match (self, self.count()) {
            (_, Some(1)) => Axis::Constant,
            (Self::Choice(domain), _) if !domain.is_ordered() => Axis::Unordered {
                count: domain.values().len(),
            },
            (Self::Bool, _) => Axis::Unordered { count: 2 },
            (_, Some(count)) => Axis::Grid { count },
            (_, None) => Axis::Continuous,
        }
    }

    /// The part of `[0, 1]` that decodes to `value`; all of it for a continuum.
    pub fn cell(&self, value: &Value) -> (f64, f64) {
        let even = |index: usize, count: usize| {
            (
                index as f64 / count as f64,
                (index + 1) as f64 / count as f64,
            )
        };
        let cell = match self {
            Self::Int(domain) => value.as_int().map(|x| domain.cell(x)),
            Self::Float(domain) => value.as_f64().and_then(|x| domain.cell(x)),
            Self::Choice(domain) => domain
                .index(value)
                .map(|i| even(domain.rank(i), domain.values().len())),
            Self::Bool => value.as_bool().map(|on| even(usize::from(on), 2)),
            Self::Fixed(_) => None,
        };
        cell.unwrap_or((0.0, 1.0))
    }

    /// A finite version: a continuum becomes `points` values evenly spread over its scale.
    ///
    /// # Errors
    /// [`SpaceError::NoChoices`] when a continuum is asked for no point, [`SpaceError::Long`] for more than a million.
    pub fn discretized(&self, points: usize) -> Result<Self, SpaceError> {
        let Self::Float(domain) = self else {
            return Ok(self.clone());
        };
        if domain.count().is_some() {
            return Ok(self.clone());
        }
        if points > MOST_POINTS {
            return Err(SpaceError::Long {
                points,
                most: MOST_POINTS,
            });
        }
        let mut values = Vec::with_capacity(points);
        for k in 0..points {
            let unit = if points == 1 {
                0.5
            } else {
                k as f64 / (points - 1) as f64
            };
            let value = Value::Float(domain.decode(unit));
            // Neighbours of a narrow range may be one and the same number.
            if values.last() != Some(&value) {
                values.push(value);
            }
        }
        Ok(Self::Choice(ChoiceDomain::new(values)?.ordered()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(domain) => domain.fmt(out),
            Self::Float(domain) => domain.fmt(out),
            Self::Choice(domain) => domain.fmt(out),
            Self::Bool => out.write_str("[false, true]"),
            Self::Fixed(value) => write!(out, "[{}]", value.quoted()),
        }
    }
}
