//! What generated code names, gathered under one path. Not an interface: it changes without notice.

pub use core;
pub use std::clone::Clone;
pub use std::convert::Into;
pub use std::fmt;
pub use std::iter::IntoIterator;
pub use std::option::Option::{None, Some};
pub use std::result::Result::Ok;
pub use std::vec::Vec;

pub use crate::space::typed::{
    Fits, Param, Tag, Unit, Variant, bare, checks, choice, choose, float, int, len, make, optional,
    with_default,
};
pub use crate::space::{
    BoolParam, Build, Choice, ChoiceParam, EnumParam, FloatParam, Handle, IntParam, Integer,
    ListParam, OptionParam, Reader, Real, Scope, Settle, Tunable, Writer,
};

use crate::space::{PointError, SpaceError};

/// What declaring returns.
pub type Declared = Result<(), SpaceError>;
/// What narrowing returns.
pub type Narrowed<T> = Result<T, SpaceError>;
/// What reading and building return.
pub type Read<T> = Result<T, PointError>;
