//! Real numbers between two bounds: all of them, or a grid of decimals.

use std::fmt;

use super::grid::Grid;
use super::scale::{Scale, settle, tame};
use crate::math::rng::Rng;
use crate::space::decimal::decimal_of;
use crate::space::error::SpaceError;
use crate::space::value::Value;

/// Real numbers from `low` to `high`, both included.
///
/// With a step the values are the decimals `low + k * step` (on a log scale `low * step^k`), each
/// rounded to binary once: the third step from 0 by 0.1 is 0.3.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatDomain {
    low: f64,
    high: f64,
    grid: Option<Grid>,
    scale: Scale,
    /// The values are those of `f32`.
    single: bool,
}

impl FloatDomain {
    /// Every number from `low` to `high`.
    ///
    /// # Errors
    /// When a bound is not finite or `low` is above `high`.
    pub fn new(low: f64, high: f64) -> Result<Self, SpaceError> {
        Self::with(low, high, None, Scale::Linear)
    }

    /// A range with a step and a scale. A `high` between grid points is lowered to the last one; on
    /// a log scale the step is a factor, and a factor of 1 means no grid.
    ///
    /// # Errors
    /// When a bound is not finite, the range is empty, the step is not positive (on a log scale:
    /// below 1) or too fine for the range, or a log scale starts at 0 or below.
    pub fn with(low: f64, high: f64, step: Option<f64>, scale: Scale) -> Result<Self, SpaceError> {
        Self::rounded_to(low, high, step, scale, false)
    }

    /// The same for a parameter whose values are `f32`, and whose bounds and step were rounded to it.
    ///
    /// # Errors
    /// As for [`FloatDomain::with`].
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::space::{FloatDomain, Scale};
    /// // Not 0.1 any more, and yet the tenth step.
    /// let high = f64::from(0.01f32 * 10.0);
    /// let domain = FloatDomain::with_single(0.0, high, Some(0.01), Scale::Linear)?;
    /// assert_eq!((domain.count(), domain.high()), (Some(11), high));
    /// # Ok::<(), tuner::space::SpaceError>(())
    /// ```
    pub fn with_single(
        low: f64,
        high: f64,
        step: Option<f64>,
        scale: Scale,
    ) -> Result<Self, SpaceError> {
        Self::rounded_to(low, high, step, scale, true)
    }

    fn rounded_to(
        low: f64,
        high: f64,
        step: Option<f64>,
        scale: Scale,
        single: bool,
    ) -> Result<Self, SpaceError> {
        if let Some(value) = [low, high].into_iter().chain(step).find(|x| !x.is_finite()) {
            return Err(SpaceError::NotFinite { value });
        }
        // A positive zero, so that equal values have equal bits.
        let (low, high) = (low + 0.0, high + 0.0);
        if low > high {
            return Err(SpaceError::Empty {
                low: Value::Float(low),
                high: Value::Float(high),
            });
        }
        if scale != Scale::Linear && low <= 0.0 {
            return Err(scale.start(Value::Float(low)));
        }
        let geometric = scale == Scale::Log;
        let step = step.filter(|&factor| !(geometric && factor == 1.0));
        let limit = u8::from(geometric);
        if let Some(step) = step.filter(|&step| step <= f64::from(limit)) {
            return Err(SpaceError::Step {
                step: Value::Float(step),
                limit,
            });
        }
        let grid = match step {
            Some(step) => {
                let grid = Grid::new(low, high, step, geometric, single);
                Some(grid.ok_or(SpaceError::Fine { step, low, high })?)
            }
            None => None,
        };
        let high = grid.as_ref().map_or(high, |grid| grid.high);
        Ok(Self {
            low,
            high,
            grid,
            scale,
            single,
        })
    }

    /// The same range for a parameter whose values are `f32`.
    #[must_use]
    pub fn single(mut self) -> Self {
        self.single = true;
        self.grid = self.grid.map(|grid| grid.single());
        self
    }

    /// The smallest value.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The largest value, on the grid if there is one.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The distance between neighbours, their ratio on a log scale, or `None` for a continuum.
    pub fn step(&self) -> Option<f64> {
        self.grid.as_ref().map(|grid| grid.step)
    }

    /// The number that the ratios of a narrowed grid count from, where that makes a difference to its values: with it as the
    /// lower bound and narrowed in the same way, a grid is the same.
    pub fn origin(&self) -> Option<f64> {
        Some(self.grid.as_ref()?.origin?.0)
    }

    /// The scale on which values are spread.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Whether the values are those of `f32`.
    pub fn is_single(&self) -> bool {
        self.single
    }

    /// How many values there are; `None` for a continuum.
    pub fn count(&self) -> Option<u128> {
        match &self.grid {
            Some(grid) => Some(u128::from(grid.last) + 1),
            None => (self.low == self.high).then_some(1),
        }
    }

    /// The grid value with this index, counted from the smallest.
    pub fn value(&self, index: u128) -> f64 {
        match &self.grid {
            Some(grid) => grid.value(u64::try_from(index).unwrap_or(u64::MAX)),
            None => self.rounded(self.low),
        }
    }

    /// The index of `value`, counted from the smallest; `None` for a value outside and for a continuum.
    pub fn index(&self, value: f64) -> Option<u128> {
        let value = self.canonical(value)?;
        match &self.grid {
            Some(grid) => Some(grid.nearest(value).into()),
            None => (self.low == self.high).then_some(0),
        }
    }

    /// The value of the domain that `value` stands for: itself, or the grid value that it equals
    /// within a billionth of a step (`f32`: 1e-5) and what its bounds and steps are rounded by. `None` when the domain
    /// does not hold it.
    pub fn canonical(&self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return None;
        }
        if let Some(grid) = &self.grid {
            let index = grid.nearest(value);
            let exact = grid.value(index);
            let close = grid.meets(index, value) || (self.single && value as f32 == exact as f32);
            return close.then_some(exact);
        }
        let inside = if self.single {
            (self.low as f32..=self.high as f32).contains(&(value as f32))
        } else {
            (self.low..=self.high).contains(&value)
        };
        inside.then(|| self.rounded(value))
    }

    /// The value of the domain that is nearest to `value`; the lower bound for NaN.
    pub fn nearest(&self, value: f64) -> f64 {
        let value = if value.is_nan() {
            self.low
        } else {
            value.clamp(self.low, self.high)
        };
        match &self.grid {
            Some(grid) => grid.value(grid.nearest(value)),
            None => self.rounded(value),
        }
    }

    /// The same grid between narrower bounds; a bound between grid points moves inwards.
    ///
    /// # Errors
    /// When a bound lies outside of this domain, or no grid point is left.
    pub fn narrow(&self, low: f64, high: f64) -> Result<Self, SpaceError> {
        if let Some(value) = [low, high].into_iter().find(|x| !x.is_finite()) {
            return Err(SpaceError::NotFinite { value });
        }
        if low > high {
            return Err(SpaceError::Empty {
                low: Value::Float(low),
                high: Value::Float(high),
            });
        }
        for bound in [low, high] {
            if !(self.low..=self.high).contains(&bound) && self.canonical(bound).is_none() {
                return Err(self.outside(Value::Float(bound).to_string()));
            }
        }
        let (low, high) = (self.decimal(low), self.decimal(high));
        let (low, high) = (low.max(self.low) + 0.0, high.min(self.high) + 0.0);
        let Some(grid) = &self.grid else {
            return Ok(Self {
                low,
                high,
                ..self.clone()
            });
        };
        let first = grid.first_from(low);
        match grid.last_to(high) {
            Some(last) if first <= last => {
                let (step, low) = (grid.step, grid.value(first));
                let part = grid.part(first, last, self.single);
                let part = part.ok_or(SpaceError::Fine { step, low, high })?;
                Ok(Self {
                    low,
                    high: part.high,
                    grid: Some(part),
                    ..*self
                })
            }
            _ => Err(self.outside(format!(
                "{}..={}, which holds no grid point,",
                Value::Float(low),
                Value::Float(high)
            ))),
        }
    }

    /// The decimal that a value of the parameter's type stands for: bounds are decimals, and an `f32`
    /// lies beside its own.
    fn decimal(&self, value: f64) -> f64 {
        let own = value as f32;
        match self.single && f64::from(own) == value {
            true => decimal_of(own),
            false => value,
        }
    }

    /// Where `value` lies in `[0, 1]`; each value of a grid has the middle of a cell of its own.
    pub fn encode(&self, value: f64) -> f64 {
        match &self.grid {
            None => self.scale.to_unit(value, self.low, self.high),
            Some(grid) if self.scale == Scale::ReverseLog => {
                let (low, high) = self.widened(grid);
                self.scale.to_unit(value, low, high)
            }
            Some(grid) => (grid.nearest(value) as f64 + 0.5) / (grid.last as f64 + 1.0),
        }
    }

    /// The part of `[0, 1]` that belongs to a value of the grid; `None` for a continuum.
    pub fn cell(&self, value: f64) -> Option<(f64, f64)> {
        let grid = self.grid.as_ref()?;
        if self.scale == Scale::ReverseLog {
            let (low, high) = self.widened(grid);
            let edge = |x: f64| self.scale.to_unit(x.clamp(low, high), low, high);
            let half = grid.step / 2.0;
            return Some((edge(value - half), edge(value + half)));
        }
        let (index, count) = (grid.nearest(value) as f64, grid.last as f64 + 1.0);
        Some((index / count, (index + 1.0) / count))
    }

    /// The value at `unit`, on the grid if there is one.
    pub fn decode(&self, unit: f64) -> f64 {
        let unit = tame(unit);
        match &self.grid {
            None => self.rounded(self.scale.at_unit(unit, self.low, self.high)),
            Some(grid) if self.scale == Scale::ReverseLog => {
                let (low, high) = self.widened(grid);
                let guess = grid.nearest(self.scale.at_unit(unit, low, high));
                let place = |index: u128| self.encode(self.value(index));
                self.value(settle(guess.into(), grid.last.into(), unit, place))
            }
            Some(grid) => {
                let count = grid.last as f64 + 1.0;
                let guess = ((unit * count) as u64).min(grid.last);
                let place = |index: u128| (index as f64 + 0.5) / count;
                self.value(settle(guess.into(), grid.last.into(), unit, place))
            }
        }
    }

    /// A random value, uniform on the scale.
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        self.decode(rng.unit())
    }

    /// The value in the middle of the scale.
    pub fn middle(&self) -> f64 {
        let square = self.low * self.high;
        if self.grid.is_none() && self.scale == Scale::Log && square.is_normal() {
            // The same number as below, without what logarithms add to a power of ten.
            return self.nearest(square.sqrt());
        }
        self.decode(0.5)
    }

    /// The value as the parameter's type holds it, inside the bounds.
    fn rounded(&self, value: f64) -> f64 {
        let value = value + 0.0;
        if !self.single {
            return value;
        }
        f64::from((value as f32).clamp(self.low as f32, self.high as f32))
    }

    /// Bounds widened by half a step, so that each value has a cell; above zero for the logarithm.
    fn widened(&self, grid: &Grid) -> (f64, f64) {
        let half = grid.step / 2.0;
        (self.low - half.min(self.low / 2.0), self.high + half)
    }

    fn outside(&self, value: String) -> SpaceError {
        SpaceError::Outside {
            value,
            allowed: self.to_string(),
        }
    }
}

impl fmt::Display for FloatDomain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}..={}",
            Value::Float(self.low),
            Value::Float(self.high)
        )?;
        match (self.scale, self.step().map(Value::Float)) {
            (Scale::Linear, None) => Ok(()),
            (Scale::Linear, Some(step)) => write!(out, " in steps of {step}"),
            (Scale::Log, None) => write!(out, ", log"),
            (Scale::Log, Some(factor)) => write!(out, ", each {factor} times the one before"),
            (Scale::ReverseLog, None) => write!(out, ", reverse log"),
            (Scale::ReverseLog, Some(step)) => write!(out, " in steps of {step}, reverse log"),
        }
    }
}

#[cfg(test)]
#[path = "float_tests.rs"]
mod tests;
