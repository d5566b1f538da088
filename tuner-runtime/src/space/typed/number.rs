//! Handles of whole and real numbers.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

use super::super::decimal::decimal_of;
use super::super::domain::{Domain, FloatDomain, IntDomain};
use super::super::error::{PointError, SpaceError};
use super::super::value::Value;
use super::walk::Stand;
use super::{Handle, Reader, Scope, Settle, Writer};

/// The types that `int` fits: whole numbers of at most 64 bits.
#[diagnostic::on_unimplemented(
    message = "`int` does not fit a field of type `{Self}`",
    label = "not a whole number of at most 64 bits",
    note = "write `float = 0.0..=1.0` for real numbers, `choice = [\"a\", \"b\"]` for texts, `#[hp]` alone for a `bool` or a tunable type, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait Integer: Copy + fmt::Debug + Send + Sync + 'static {
    /// The type of bounds: the type itself.
    type Bound: Copy + 'static;
    /// The number that a bound stands for.
    fn bound(bound: Self::Bound) -> Self;
    /// The number, wide enough for all types.
    fn wide(self) -> i128;
    /// The number of this type, if it fits.
    fn of(number: i128) -> Option<Self>;
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl Integer for $int {
            type Bound = Self;
            fn bound(bound: Self) -> Self {
                bound
            }
            fn wide(self) -> i128 {
                self as i128
            }
            fn of(number: i128) -> Option<Self> {
                number.try_into().ok()
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

/// The types that `float` fits: `f64` and `f32`.
#[diagnostic::on_unimplemented(
    message = "`float` does not fit a field of type `{Self}`",
    label = "neither `f64` nor `f32`",
    note = "write `int = 1..=10` for whole numbers, `choice = [\"a\", \"b\"]` for texts, `#[hp]` alone for a `bool` or a tunable type, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait Real: Copy + fmt::Debug + Send + Sync + 'static {
    /// Whether the type has 32 bits.
    const SINGLE: bool;
    /// The type of bounds: the type itself.
    type Bound: Copy + 'static;
    /// The number that a bound stands for.
    fn bound(bound: Self::Bound) -> Self;
    /// The decimal that the number stands for: `0.1f32` is `0.1`.
    fn wide(self) -> f64;
    /// The nearest number of this type.
    fn of(number: f64) -> Self;
}

impl Real for f64 {
    const SINGLE: bool = false;
    type Bound = Self;
    fn bound(bound: Self) -> Self {
        bound
    }
    fn wide(self) -> f64 {
        self
    }
    fn of(number: f64) -> Self {
        number
    }
}

impl Real for f32 {
    const SINGLE: bool = true;
    type Bound = Self;
    fn bound(bound: Self) -> Self {
        bound
    }
    fn wide(self) -> f64 {
        decimal_of(self)
    }
    fn of(number: f64) -> Self {
        number as f32
    }
}

/// A whole number between two bounds.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// struct Net {
///     #[hp(int = 16..=1024, log, step = 2)]
///     batch: usize,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Net::space();
/// space.batch.narrow(32..=200)?;
/// assert_eq!(space.cardinality(), Some(3)); // 32, 64, 128
/// assert!(space.batch.narrow(16..=64).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntParam<T> {
    domain: IntDomain,
    default: i128,
    stand: Stand,
    of: PhantomData<fn() -> T>,
}

impl<T: Integer> IntParam<T> {
    pub(super) fn new(domain: IntDomain) -> Self {
        Self {
            default: domain.middle(),
            domain,
            stand: Stand::default(),
            of: PhantomData,
        }
    }

    pub(super) fn defaulting(mut self, default: T) -> Self {
        self.default = default.wide();
        self
    }

    /// The numbers that are allowed.
    pub fn domain(&self) -> &IntDomain {
        &self.domain
    }

    /// Allows only the numbers of a part of the range. A bound between grid points moves inwards; a
    /// default outside moves to the nearest number that is left.
    ///
    /// # Errors
    /// When a bound is outside of what is allowed so far, or nothing is left; then nothing changes.
    pub fn narrow(&mut self, range: RangeInclusive<T>) -> Result<&mut Self, SpaceError> {
        let (low, high) = (range.start().wide(), range.end().wide());
        let narrowed = self.domain.narrow(low, high);
        self.domain = narrowed.map_err(|fault| self.stand.blame(fault))?;
        self.default = self.domain.nearest(self.default);
        Ok(self)
    }

    /// Allows only this number.
    ///
    /// # Errors
    /// When the number is not allowed; then nothing changes.
    pub fn fix(&mut self, value: T) -> Result<&mut Self, SpaceError> {
        if self.domain.index(value.wide()).is_none() {
            return Err(self.stand.blame(SpaceError::Outside {
                value: value.wide().to_string(),
                allowed: self.domain.to_string(),
            }));
        }
        self.narrow(value..=value)
    }

    /// Declares the parameter and returns its place.
    pub(super) fn push(&self, scope: &mut Scope<'_>) -> usize {
        let domain = Domain::Int(self.domain.clone());
        scope.push(domain, Value::Int(self.default))
    }

    fn number(&self, value: &Value, from: &Reader<'_>) -> Result<i128, PointError> {
        match value.as_int() {
            Some(number) if (self.domain.low()..=self.domain.high()).contains(&number) => {
                Ok(number)
            }
            _ => Err(from.outside(&self.domain)),
        }
    }
}

impl<T: Integer> Handle for IntParam<T> {
    type Value = T;

    fn stand(&mut self, name: &str) {
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        self.push(&mut scope);
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<T, PointError> {
        let number = match from.take()? {
            None => self.default,
            Some(value) => self.number(value, from)?,
        };
        T::of(number).ok_or_else(|| from.outside(&self.domain))
    }

    fn write(&self, value: &T, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        to.push(Value::Int(value.wide()), &Domain::Int(self.domain.clone()));
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let Some(value) = from.take()? else {
            return Ok(());
        };
        let number = value.as_int().ok_or_else(|| from.outside(&self.domain))?;
        match how {
            Settle::Default => self.default = number,
            Settle::Near => self.default = self.domain.nearest(number),
            Settle::Fix => {
                let fixed = self.domain.narrow(number, number);
                self.domain = fixed.map_err(|_| from.outside(&self.domain))?;
                self.default = number;
            }
        }
        Ok(())
    }
}

/// A real number between two bounds.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// struct Net {
///     #[hp(float = 0.0..=0.5, step = 0.1)]
///     noise: f64,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Net::space();
/// space.noise.narrow(0.15..=0.4)?;
/// assert_eq!(space.noise.domain().low(), 0.2);
/// space.noise.fix(0.3)?;
/// assert_eq!(space.cardinality(), Some(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FloatParam<T> {
    domain: FloatDomain,
    default: f64,
    stand: Stand,
    of: PhantomData<fn() -> T>,
}

impl<T: Real> FloatParam<T> {
    pub(super) fn new(domain: FloatDomain) -> Self {
        Self {
            default: domain.middle(),
            domain,
            stand: Stand::default(),
            of: PhantomData,
        }
    }

    pub(super) fn defaulting(mut self, default: T) -> Self {
        self.default = self.canonical(default.wide());
        self
    }

    /// The numbers that are allowed.
    pub fn domain(&self) -> &FloatDomain {
        &self.domain
    }

    /// Allows only the numbers of a part of the range. A bound between grid points moves inwards; a
    /// default outside moves to the nearest number that is left.
    ///
    /// # Errors
    /// When a bound is outside of what is allowed so far or not finite, or nothing is left; then
    /// nothing changes.
    pub fn narrow(&mut self, range: RangeInclusive<T>) -> Result<&mut Self, SpaceError> {
        let (low, high) = (range.start().wide(), range.end().wide());
        let narrowed = self.domain.narrow(low, high);
        self.domain = narrowed.map_err(|fault| self.stand.blame(fault))?;
        self.default = self.domain.nearest(self.default);
        Ok(self)
    }

    /// Allows only this number.
    ///
    /// # Errors
    /// When the number is not allowed; then nothing changes.
    pub fn fix(&mut self, value: T) -> Result<&mut Self, SpaceError> {
        let outside = || SpaceError::Outside {
            value: Value::Float(value.wide()).to_string(),
            allowed: self.domain.to_string(),
        };
        let fixed = self.exact(value.wide()).ok_or_else(outside);
        let fixed = fixed.and_then(|number| Ok((number, self.domain.narrow(number, number)?)));
        let (number, domain) = fixed.map_err(|fault| self.stand.blame(fault))?;
        self.domain = domain;
        self.default = number;
        Ok(self)
    }

    fn exact(&self, number: f64) -> Option<f64> {
        self.domain.canonical(number)
    }

    /// The number as the domain writes it, or as it is for one outside, which flattening reports.
    fn canonical(&self, number: f64) -> f64 {
        self.exact(number).unwrap_or(number)
    }
}

impl<T: Real> Handle for FloatParam<T> {
    type Value = T;

    fn stand(&mut self, name: &str) {
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        let domain = Domain::Float(self.domain.clone());
        scope.push(domain, Value::Float(self.default));
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<T, PointError> {
        let Some(value) = from.take()? else {
            return Ok(T::of(self.default));
        };
        let (low, high) = (self.domain.low(), self.domain.high());
        match value.as_f64() {
            Some(number) if (low..=high).contains(&number) => Ok(T::of(number)),
            // The bounds of an f32 are decimals that the type only comes close to.
            Some(number) if T::SINGLE && self.exact(number).is_some() => Ok(T::of(number)),
            _ => Err(from.outside(&self.domain)),
        }
    }

    fn write(&self, value: &T, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        let number = value.wide();
        to.push(Value::Float(number), &Domain::Float(self.domain.clone()));
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let Some(value) = from.take()? else {
            return Ok(());
        };
        let number = value.as_f64().ok_or_else(|| from.outside(&self.domain))?;
        match how {
            Settle::Default => self.default = self.canonical(number),
            Settle::Near => self.default = self.domain.nearest(number),
            Settle::Fix => {
                let exact = self.exact(number);
                let fixed = exact.and_then(|x| self.domain.narrow(x, x).ok());
                self.domain = fixed.ok_or_else(|| from.outside(&self.domain))?;
                self.default = self.domain.low();
            }
        }
        Ok(())
    }
}

impl<T: Integer> fmt::Display for IntParam<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.domain.fmt(out)
    }
}

impl<T: Real> fmt::Display for FloatParam<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.domain.fmt(out)
    }
}
