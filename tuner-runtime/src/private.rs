//! What generated code names, gathered under one path. Not an interface: it changes without notice.

pub use core;
pub use std::clone::Clone;
pub use std::cmp::{Eq, PartialEq};
pub use std::convert::Into;
pub use std::fmt;
pub use std::iter::IntoIterator;
pub use std::marker::Copy;
pub use std::option::Option::{None, Some};
pub use std::result::Result::Ok;

pub use crate::space::typed::{
    ChoiceField, Fits, FloatField, IntField, Tag, TunableField, Unit, Variant, Variants, bare,
    build, checks, choice, choose, float, int, len, made, make, optional, stand, with_default,
};
pub use crate::space::{
    BoolParam, Build, Choice, ChoiceParam, EnumParam, FloatParam, Handle, IntParam, Integer,
    ListParam, OptionParam, Reader, Real, Scope, Settle as How, Tunable, Writer,
};

use crate::space::{PointError, SpaceError};

/// What declaring returns.
pub type Declared = Result<(), SpaceError>;
/// What narrowing returns.
pub type Narrowed<T> = Result<T, SpaceError>;
/// What settling returns.
pub type Settled = Read<()>;
/// What reading and building return.
pub type Read<T> = Result<T, PointError>;

// Functions, because a trait of the user's can hide a method.

/// A field declares its parameters as `name`.
#[inline]
pub fn declare(handle: &impl Handle, scope: &mut Scope<'_>, name: &str) -> Declared {
    handle.declare(scope.field(name))
}

/// The value of a field.
#[inline]
pub fn read<H: Handle>(handle: &H, from: &mut Reader<'_>) -> Read<H::Value> {
    handle.read(from)
}

/// Gives the value of the field `name`.
#[inline]
pub fn write<H: Handle>(handle: &H, value: &H::Value, to: &mut Writer<'_>, name: &str) {
    handle.write(value, to.field(name));
}

/// A field takes its default or its only value.
#[inline]
pub fn settle(handle: &mut impl Handle, from: &mut Reader<'_>, how: How) -> Settled {
    handle.settle(from, how)
}

/// A space whose parts know where they stand.
#[inline]
pub fn standing<H: Handle>(mut space: H) -> H {
    space.stand("");
    space
}

/// A default list.
pub fn list<T, const N: usize>(values: [T; N]) -> Vec<T> {
    values.into()
}

/// A default list of one element many times.
pub fn repeat<T: Clone>(element: T, times: usize) -> Vec<T> {
    vec![element; times]
}

/// A handle as whoever debugs it wants to see it.
pub fn debug(handle: &impl Handle, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    fmt::Display::fmt(&handle.summary(), out)
}

/// Notes that a variant without fields is chosen.
pub fn write_variant(tag: &Tag, variant: usize, to: Writer<'_>) {
    tag.write(variant, to);
}
