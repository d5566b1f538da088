//! Handles of choices and switches.

use std::fmt;
use std::sync::Arc;

use super::super::domain::{ChoiceDomain, Domain};
use super::super::error::{PointError, SpaceError};
use super::super::value::Value;
use super::number::Real;
use super::walk::Stand;
use super::{Handle, Reader, Scope, Settle, Tunable, Writer};

/// The types that `choice` fits: numbers, `bool`, `&'static str` and `String`.
#[diagnostic::on_unimplemented(
    message = "`choice` does not fit a field of type `{Self}`",
    label = "neither a number, a `bool`, a `&'static str` nor a `String`",
    note = "write `#[hp]` alone for a tunable type, which an enum becomes by `#[tunable]`, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait Choice: Clone + fmt::Debug {
    /// How the values are listed: `&'static str` for a `String`, else the type itself.
    type Listed: Copy + fmt::Debug + Send + Sync + 'static;
    /// How handles are told a value: any `&str` for texts, else the type itself.
    type Given<'a>;
    /// Whether the values have an order unless said otherwise.
    const ORDERED: bool;
    /// The listed value as one of the field's type.
    fn of(listed: Self::Listed) -> Self;
    /// The listed value as it is stored.
    fn listed(listed: Self::Listed) -> Value;
    /// The given value as it is stored.
    fn given(given: Self::Given<'_>) -> Value;
    /// The field's value as it is stored.
    fn value(&self) -> Value;
}

macro_rules! choices {
    ($($number:ty: $ordered:literal, $store:expr;)*) => {$(
        impl Choice for $number {
            type Listed = Self;
            type Given<'a> = Self;
            const ORDERED: bool = $ordered;
            fn of(listed: Self) -> Self {
                listed
            }
            fn listed(listed: Self) -> Value {
                $store(listed)
            }
            fn given(given: Self) -> Value {
                $store(given)
            }
            fn value(&self) -> Value {
                $store(*self)
            }
        }
    )*};
}
choices! {
    i8: true, Value::from; i16: true, Value::from; i32: true, Value::from; i64: true, Value::from;
    isize: true, Value::from; u8: true, Value::from; u16: true, Value::from;
    u32: true, Value::from; u64: true, Value::from; usize: true, Value::from;
    f32: true, real; f64: true, real; bool: false, Value::Bool;
}

fn real<T: Real>(number: T) -> Value {
    // A positive zero, so that equal numbers are stored alike.
    Value::Float(number.wide() + 0.0)
}

macro_rules! texts {
    ($($text:ty: $of:expr;)*) => {$(
        impl Choice for $text {
            type Listed = &'static str;
            type Given<'a> = &'a str;
            const ORDERED: bool = false;
            fn of(listed: &'static str) -> Self {
                $of(listed)
            }
            fn listed(listed: &'static str) -> Value {
                Value::from(listed)
            }
            fn given(given: &str) -> Value {
                Value::from(given)
            }
            fn value(&self) -> Value {
                Value::from(&**self)
            }
        }
    )*};
}
texts! {
    &'static str: std::convert::identity;
    String: String::from;
}

/// One of a list of values.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// struct Net {
///     #[hp(choice = ["he", "glorot", "zeros"])]
///     init: String,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Net::space();
/// space.init.only(["zeros", "he"])?;
/// assert_eq!(space.cardinality(), Some(2));
/// assert!(space.init.fix("glorot").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ChoiceParam<T: Choice> {
    domain: ChoiceDomain,
    /// The values of the domain, in its order.
    listed: Arc<[T::Listed]>,
    default: Value,
    stand: Stand,
}

impl<T: Choice> ChoiceParam<T> {
    pub(super) fn new(listed: &[T::Listed], ordered: bool) -> Self {
        let values = listed.iter().map(|&choice| T::listed(choice));
        let domain = ChoiceDomain::new(values).expect("the compiler has checked the choices");
        Self {
            default: domain.values()[0].clone(),
            domain: if ordered { domain.ordered() } else { domain },
            listed: listed.into(),
            stand: Stand::default(),
        }
    }

    pub(super) fn defaulting(mut self, default: T::Listed) -> Self {
        self.default = T::listed(default);
        self
    }

    /// The values that are allowed.
    pub fn domain(&self) -> &ChoiceDomain {
        &self.domain
    }

    /// Allows only these values. A default that is none of them moves to the closest number that is
    /// left; among values without an order, to the first.
    ///
    /// # Errors
    /// When one of them is no choice so far, or there is none; then nothing changes.
    pub fn only<'a>(
        &mut self,
        values: impl IntoIterator<Item = T::Given<'a>>,
    ) -> Result<&mut Self, SpaceError> {
        let values: Vec<Value> = values.into_iter().map(T::given).collect();
        self.keep(&values)?;
        Ok(self)
    }

    /// Allows only this value.
    ///
    /// # Errors
    /// When it is no choice; then nothing changes.
    pub fn fix(&mut self, value: T::Given<'_>) -> Result<&mut Self, SpaceError> {
        self.keep(&[T::given(value)])?;
        Ok(self)
    }

    fn keep(&mut self, values: &[Value]) -> Result<(), SpaceError> {
        let kept = self.domain.only(values);
        let domain = kept.map_err(|fault| self.stand.blame(fault))?;
        let kept = self.listed.iter().copied();
        self.listed = kept
            .filter(|&choice| domain.index(&T::listed(choice)).is_some())
            .collect();
        self.default = domain.nearest(&self.default).clone();
        self.domain = domain;
        Ok(())
    }
}

impl<T: Choice> Handle for ChoiceParam<T> {
    type Value = T;

    fn stand(&mut self, name: &str) {
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        scope.push(Domain::Choice(self.domain.clone()), self.default.clone());
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<T, PointError> {
        let value = match from.take()? {
            Some(value) => value,
            // A default of the user's own may be no choice; flattening and building say so.
            None => self.domain.nearest(&self.default),
        };
        match self.domain.index(value) {
            Some(index) => Ok(T::of(self.listed[index])),
            None => Err(from.outside(&self.domain)),
        }
    }

    fn write(&self, value: &T, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        to.push(value.value(), &Domain::Choice(self.domain.clone()));
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let Some(value) = from.take()? else {
            return Ok(());
        };
        match how {
            Settle::Default => self.default = value.clone(),
            Settle::Near => self.default = self.domain.nearest(value).clone(),
            Settle::Fix => {
                let fixed = self.keep(std::slice::from_ref(value));
                fixed.map_err(|_| from.outside(&self.domain))?;
            }
        }
        Ok(())
    }
}

impl<T: Choice> fmt::Display for ChoiceParam<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.domain.fmt(out)
    }
}

/// `false` or `true`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoolParam {
    default: bool,
    fixed: bool,
    stand: Stand,
}

impl BoolParam {
    /// Allows only this value.
    ///
    /// # Errors
    /// When the other one is fixed already; then nothing changes.
    pub fn fix(&mut self, value: bool) -> Result<&mut Self, SpaceError> {
        if !self.allows(value) {
            return Err(self.stand.blame(SpaceError::Outside {
                value: value.to_string(),
                allowed: self.to_string(),
            }));
        }
        self.default = value;
        self.fixed = true;
        Ok(self)
    }

    /// Whether this value is allowed.
    pub fn allows(&self, value: bool) -> bool {
        !self.fixed || value == self.default
    }

    fn domain(&self) -> Domain {
        if self.fixed {
            Domain::Fixed(Value::Bool(self.default))
        } else {
            Domain::Bool
        }
    }

    /// Declares the switch and returns its place.
    pub(super) fn push(&self, scope: &mut Scope<'_>) -> usize {
        scope.push(self.domain(), Value::Bool(self.default))
    }
}

impl Handle for BoolParam {
    type Value = bool;

    fn stand(&mut self, name: &str) {
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        self.push(&mut scope);
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<bool, PointError> {
        match from.take()? {
            None => Ok(self.default),
            Some(Value::Bool(on)) if self.allows(*on) => Ok(*on),
            Some(_) => Err(from.outside(self)),
        }
    }

    fn write(&self, value: &bool, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        to.push(Value::Bool(*value), &self.domain());
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let Some(value) = from.take()? else {
            return Ok(());
        };
        let on = value.as_bool().ok_or_else(|| from.outside(&*self))?;
        match how {
            Settle::Fix => {
                self.fix(on).map_err(|_| from.outside(on))?;
            }
            _ if self.allows(on) => self.default = on,
            _ => {}
        }
        Ok(())
    }
}

impl fmt::Display for BoolParam {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.domain().fmt(out)
    }
}

impl Tunable for bool {
    type Space = BoolParam;

    fn space() -> BoolParam {
        BoolParam::default()
    }
}
