//! Search spaces: domains, the flat conditional list of parameters, points and typed handles.

mod decimal;
mod display;
mod domain;
mod enumerate;
mod error;
mod flat;
mod json;
mod point;
pub(crate) mod typed;
mod value;

pub use domain::{Axis, ChoiceDomain, Domain, FloatDomain, IntDomain, Scale};
pub use enumerate::Enumeration;
pub use error::{Fault, PointError, SpaceError};
pub use flat::{Condition, Param, Space, SpaceBuilder};
pub use json::SpaceJsonError;
pub use point::Point;
pub use tuner_macros::{Tunable, tunable};
pub use typed::{
    BoolParam, Build, Choice, ChoiceParam, EnumParam, FloatParam, Handle, IntParam, Integer,
    ListParam, OptionParam, Reader, Real, Scope, Settle, Tunable, Writer,
};
pub use value::Value;
