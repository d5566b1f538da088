//! Handles of enums: which variant, and below it the fields of that variant.

use std::fmt;
use std::marker::PhantomData;

use super::super::domain::{ChoiceDomain, Domain};
use super::super::error::{PointError, SpaceError};
use super::super::flat::Condition;
use super::super::value::Value;
use super::{Handle, Reader, Scope, Settle, Writer};

/// The choice among the variants of an enum.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Tag {
    /// The name that the parameter has when the enum is the whole space.
    root: &'static str,
    /// The name under which it stands in a larger space.
    stand: Option<Box<str>>,
    names: &'static [&'static str],
    /// The variants that are allowed, in declared order.
    kept: Vec<usize>,
    default: usize,
}

impl Tag {
    /// All variants, by their names.
    pub fn new(root: &'static str, names: &'static [&'static str]) -> Self {
        Self {
            root,
            stand: None,
            names,
            kept: (0..names.len()).collect(),
            default: 0,
        }
    }

    /// Says under which name the choice stands in a larger space, and returns its name.
    pub fn stand(&mut self, name: &str) -> &str {
        self.stand = Some(name.into()).filter(|_| !name.is_empty());
        self.standing()
    }

    fn standing(&self) -> &str {
        self.stand.as_deref().unwrap_or(self.root)
    }

    /// Allows only these variants, whose places `place` gives.
    pub fn only<V>(
        &mut self,
        variants: impl IntoIterator<Item = V>,
        place: impl Fn(V) -> usize,
    ) -> Result<(), SpaceError> {
        let asked: Vec<usize> = variants.into_iter().map(place).collect();
        if let Some(&foreign) = asked.iter().find(|variant| !self.kept.contains(variant)) {
            let fault = SpaceError::Outside {
                value: self.names[foreign].to_string(),
                allowed: self.domain().to_string(),
            };
            return Err(fault.of(self.standing()));
        }
        if asked.is_empty() {
            return Err(SpaceError::NoChoices.of(self.standing()));
        }
        self.kept.retain(|variant| asked.contains(variant));
        self.default = self.nearest(self.default);
        Ok(())
    }

    /// Declares the choice; the variants follow.
    pub fn declare<'a>(&'a self, scope: Scope<'a>) -> Variants<'a> {
        let mut scope = scope.or_named(self.root);
        let default = Value::from(self.names[self.default]);
        let parent = scope.push(Domain::Choice(self.domain()), default);
        Variants {
            tag: self,
            scope,
            parent,
        }
    }

    /// The index of the variant that comes next.
    pub fn read(&self, from: &mut Reader<'_>) -> Result<usize, PointError> {
        let Some(value) = from.take()? else {
            return Ok(self.default);
        };
        match self.index(value).filter(|index| self.kept.contains(index)) {
            Some(index) => Ok(index),
            None => Err(from.outside(self.domain())),
        }
    }

    /// Writes the name of the variant; its fields are to be written to what is returned.
    pub fn write<'a>(&self, variant: usize, to: Writer<'a>) -> Writer<'a> {
        let mut to = to.standing(self.standing()).or_named(self.root);
        let name = self.names[variant];
        to.push(Value::from(name), &Domain::Choice(self.domain()));
        to.below(name)
    }

    /// Makes the next variant the default or the only one, and returns its index.
    pub fn settle(
        &mut self,
        from: &mut Reader<'_>,
        how: Settle,
    ) -> Result<Option<usize>, PointError> {
        let Some(value) = from.take()? else {
            return Ok(None);
        };
        let index = self.index(value);
        let index = index.ok_or_else(|| from.outside(self.domain()))?;
        match how {
            Settle::Fix => {
                let fixed = self.only([index], |index| index);
                fixed.map_err(|_| from.outside(self.domain()))?;
            }
            Settle::Near | Settle::Default => self.default = self.nearest(index),
        }
        Ok(Some(index))
    }

    fn index(&self, value: &Value) -> Option<usize> {
        let name = value.as_str()?;
        self.names.iter().position(|own| *own == name)
    }

    fn nearest(&self, variant: usize) -> usize {
        if self.kept.contains(&variant) {
            variant
        } else {
            self.kept[0]
        }
    }

    fn domain(&self) -> ChoiceDomain {
        let names = self.kept.iter().map(|&variant| self.names[variant].into());
        ChoiceDomain::new(names).expect("variants have different names, and one is always kept")
    }
}

/// The scope below a declared choice of variants.
#[doc(hidden)]
pub struct Variants<'a> {
    tag: &'a Tag,
    scope: Scope<'a>,
    parent: usize,
}

impl Variants<'_> {
    /// The scope of a variant's fields, if the variant is allowed.
    pub fn variant(&mut self, index: usize) -> Option<Scope<'_>> {
        if !self.tag.kept.contains(&index) {
            return None;
        }
        let name = self.tag.names[index];
        let condition = Condition::Is {
            parent: self.parent,
            values: vec![name.into()],
        };
        Some(self.scope.below(name, condition))
    }
}

/// An enum whose variants hold nothing.
#[doc(hidden)]
pub trait Unit: Sized {
    /// The name that the parameter has when the enum is the whole space.
    const ROOT: &'static str;
    /// The stored names of the variants.
    const NAMES: &'static [&'static str];
    /// The place of the variant in the list.
    fn index(&self) -> usize;
    /// The variant at this place of the list; the last for places beyond.
    fn at(index: usize) -> Self;
}

/// One of the variants of an enum without fields.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// enum Activation { Relu, Tanh, Gelu }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Activation::space();
/// space.only([Activation::Relu, Activation::Gelu])?;
/// assert_eq!(space.cardinality(), Some(2));
/// assert!(space.fix(Activation::Tanh).is_err());
/// # Ok(())
/// # }
/// ```
pub struct EnumParam<T> {
    tag: Tag,
    of: PhantomData<fn() -> T>,
}

impl<T: Unit> EnumParam<T> {
    /// All variants.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self {
            tag: Tag::new(T::ROOT, T::NAMES),
            of: PhantomData,
        }
    }

    /// Allows only these variants. A default that is none of them becomes the first that is left.
    ///
    /// # Errors
    /// When one of them is not allowed, or there is none; then nothing changes.
    pub fn only(&mut self, variants: impl IntoIterator<Item = T>) -> Result<&mut Self, SpaceError> {
        self.tag.only(variants, |variant| variant.index())?;
        Ok(self)
    }

    /// Allows only this variant.
    ///
    /// # Errors
    /// When it is not allowed; then nothing changes.
    pub fn fix(&mut self, variant: T) -> Result<&mut Self, SpaceError> {
        self.only([variant])
    }
}

impl<T> Clone for EnumParam<T> {
    fn clone(&self) -> Self {
        Self {
            tag: self.tag.clone(),
            of: PhantomData,
        }
    }
}

impl<T> fmt::Debug for EnumParam<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tag.fmt(out)
    }
}

impl<T: Unit> fmt::Display for EnumParam<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary().fmt(out)
    }
}

impl<T: Unit> Handle for EnumParam<T> {
    type Value = T;

    fn stand(&mut self, name: &str) {
        self.tag.stand(name);
    }

    fn declare(&self, scope: Scope<'_>) -> Result<(), SpaceError> {
        self.tag.declare(scope);
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<T, PointError> {
        self.tag.read(from).map(T::at)
    }

    fn write(&self, value: &T, to: Writer<'_>) {
        self.tag.write(value.index(), to);
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        self.tag.settle(from, how).map(|_| ())
    }
}

/// The handles of the fields of one variant, so that a nameable struct can hold a type that is not.
#[doc(hidden)]
pub trait Variant<const INDEX: usize> {
    /// A struct with one handle a field.
    type Fields;
}
