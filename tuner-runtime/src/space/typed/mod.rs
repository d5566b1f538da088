//! Types as spaces: the traits that `#[tunable]` implements, and the handles that narrow a space.
//!
//! A handle is a part of a space that belongs to one field: a number, a choice, a list, a struct.
//! Handles declare parameters into the flat space and turn its points into values and back. Names
//! are written once, when a space is flattened; a value is read from the active values of a point in
//! their order, because a handle meets its parameters in the order in which it declared them.

mod choices;
mod collections;
mod fits;
mod number;
mod variants;
mod walk;

pub mod checks;

pub use choices::{BoolParam, Choice, ChoiceParam};
pub use collections::{ListParam, OptionParam};
pub use fits::{
    ChoiceField, Fits, FloatField, IntField, TunableField, bare, choice, choose, float, int, len,
    made, make, optional, with_default,
};
pub use number::{FloatParam, IntParam, Integer, Real};
pub use variants::{EnumParam, Tag, Unit, Variant, Variants};
pub use walk::{Reader, Scope, Settle, Writer, stand};

use std::fmt;

use super::error::{Fault, PointError, SpaceError};
use super::flat::Space;
use super::point::Point;

/// A type that is a search space; implemented by `#[tunable]`.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// #[derive(Debug, Clone)]
/// struct Mlp {
///     #[hp(len = 1..=3, int = 32..=512, step = 32)]
///     units: Vec<usize>,
///     #[hp(choice = [1e-2, 1e-3, 1e-4])]
///     learning_rate: f64,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// assert_eq!(Mlp::space().cardinality(), Some(13_104));
/// let mlp = Mlp::builder().units(vec![64, 32]).build()?;
/// assert_eq!(mlp.learning_rate, 1e-2);
/// assert_eq!(Mlp::from_point(&mlp.to_point()?)?.units, [64, 32]);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a search space",
    label = "not tunable",
    note = "add `#[tunable]` to the type; write a range or choices for a number or a text, and `fixed = ...` to leave the field untuned",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait Tunable: Sized {
    /// The handle of the whole space.
    type Space: Handle<Value = Self>;

    /// The space as declared, ready to be narrowed.
    fn space() -> Self::Space;

    /// Starts a value with every field at its default.
    fn builder() -> <Self::Space as Build>::Builder
    where
        Self::Space: Build,
    {
        Self::space().builder()
    }

    /// The values by parameter name.
    ///
    /// # Errors
    /// When a value is outside of what the space allows.
    fn to_point(&self) -> Result<Point, SpaceError> {
        Self::space().encode(self)
    }

    /// The value with these parameters, found by their names.
    ///
    /// # Errors
    /// Lists every parameter that is unknown, missing or outside.
    fn from_point(point: &Point) -> Result<Self, SpaceError> {
        let space = Self::space();
        let point = space.flatten()?.adopt(point)?;
        Ok(space.decode(&point)?)
    }
}

/// A part of a space, from a single parameter to a whole struct.
pub trait Handle: Clone + fmt::Debug {
    /// What it stands for.
    type Value;

    /// Says under which name the handle stands in a space, for what it refuses; `#[tunable]` calls it.
    #[doc(hidden)]
    fn stand(&mut self, _name: &str) {}

    /// Adds its parameters to the flat space.
    ///
    /// # Errors
    /// When a fixed list or a default does not fit what it was narrowed to.
    fn declare(&self, scope: Scope<'_>) -> Result<(), SpaceError>;

    /// Takes its values from the point, in the order of the declaration.
    ///
    /// # Errors
    /// When a value is missing, of another type or out of range.
    fn read(&self, from: &mut Reader<'_>) -> Result<Self::Value, PointError>;

    /// Gives the values and notes those that are outside.
    fn write(&self, value: &Self::Value, to: Writer<'_>);

    /// Makes the values the default, or the only ones.
    ///
    /// # Errors
    /// When a value does not fit.
    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError>;

    /// The space as a flat list of parameters.
    ///
    /// # Errors
    /// When a default, computed at run time, is outside of what its parameter allows.
    fn flatten(&self) -> Result<Space, SpaceError> {
        let mut builder = Space::builder();
        self.declare(Scope::root(&mut builder))?;
        builder.build()
    }

    /// The value of a point of the flattened space. A point from elsewhere is first made one by
    /// [`Space::adopt`], or read by name with [`Tunable::from_point`].
    ///
    /// # Errors
    /// When the point is of another space and that shows.
    fn decode(&self, point: &Point) -> Result<Self::Value, PointError> {
        let mut from = Reader::of(point);
        let value = self.read(&mut from)?;
        from.finish()?;
        Ok(value)
    }

    /// The value as a point of the flattened space.
    ///
    /// # Errors
    /// Lists every value that is outside of what the space allows.
    fn encode(&self, value: &Self::Value) -> Result<Point, SpaceError> {
        Ok(self.flatten()?.adopt(&Writer::point(self, value)?)?)
    }

    /// Whether the space allows the value.
    ///
    /// # Errors
    /// Lists every value that is outside.
    fn check(&self, value: &Self::Value) -> Result<(), PointError> {
        Writer::values(self, value).map(|_| ())
    }

    /// How many different configurations there are; `None` when there is a continuum, or more than
    /// `u128` counts.
    fn cardinality(&self) -> Option<u128> {
        self.flatten().ok()?.cardinality()
    }

    /// What is tuned, as people read it: one line a parameter.
    fn summary(&self) -> impl fmt::Display {
        Summary(self)
    }

    /// The value to try first: every part at its default.
    fn first(&self) -> Self::Value {
        self.read(&mut Reader::defaults())
            .expect("a default has the type of its parameter")
    }

    /// Leaves nothing but this value.
    ///
    /// # Errors
    /// When the space does not allow the value; then nothing changes.
    fn fix(&mut self, value: Self::Value) -> Result<&mut Self, SpaceError> {
        let values = Writer::values(self, &value)?;
        let mut fixed = self.clone();
        fixed.settle(&mut Reader::listed(&values), Settle::Fix)?;
        *self = fixed;
        Ok(self)
    }

    /// Starts a value of the narrowed space with every field at its default.
    fn builder(&self) -> Self::Builder
    where
        Self: Build,
    {
        self.build_from(self.first())
    }
}

/// The value of a builder as the space writes it, once the space is found to allow it.
pub fn build<H: Handle>(space: &H, value: H::Value) -> Result<H::Value, PointError> {
    let values = Writer::values(space, &value)?;
    let value = space.read(&mut Reader::listed(&values))?;
    match space.flatten() {
        // A default, or what a list was fixed to, contradicts the space.
        Err(SpaceError::Point(fault)) => Err(fault),
        Err(SpaceError::Default {
            name,
            value,
            allowed,
        }) => Err(Fault::Outside {
            name,
            value,
            allowed,
        }
        .into()),
        _ => Ok(value),
    }
}

/// A handle of a struct, whose values are built field by field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no builder",
    label = "only structs have one",
    note = "write the value itself; `space.check(&value)` says whether the space allows it"
)]
pub trait Build: Handle {
    /// One setter a field, then `build()`.
    type Builder;

    /// A builder that starts from `value`.
    fn build_from(&self, value: Self::Value) -> Self::Builder;
}

struct Summary<'a, H>(&'a H);

impl<H: Handle> fmt::Display for Summary<'_, H> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.flatten() {
            Ok(space) => space.fmt(out),
            Err(fault) => write!(out, "no space: {fault}"),
        }
    }
}
