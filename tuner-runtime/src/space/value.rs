//! What a parameter may be set to: a bool, a whole number, a real number or a string.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::{self, Serializer};
use serde::{Deserialize, Serialize};

/// The value of one parameter, exact in memory and as JSON.
///
/// Whole numbers span both `i64` and `u64`; numbers are never NaN or infinite inside a domain.
///
/// Floats are equal when their bits are, so that values can be looked up in sets.
#[derive(Debug, Clone)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A whole number between `i64::MIN` and `u64::MAX`.
    Int(i128),
    /// A finite number.
    Float(f64),
    /// A name or text.
    Str(Arc<str>),
}

impl Value {
    /// The value as a bool, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value as a whole number; a float without a fraction counts when it is below 2^53.
    pub fn as_int(&self) -> Option<i128> {
        const EXACT: f64 = (1u64 << 53) as f64;
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT => {
                Some(*value as i128)
            }
            _ => None,
        }
    }

    /// The value as a number, rounded to the nearest `f64`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(value) => Some(value),
            _ => None,
        }
    }

    /// The value among others: a text in quotes where it would read as something else.
    pub(crate) fn quoted(&self) -> impl fmt::Display + '_ {
        Shown {
            value: self,
            is_short: false,
        }
    }

    /// The value at a glance: a number of many digits with four of them.
    pub(crate) fn short(&self) -> impl fmt::Display + '_ {
        Shown {
            value: self,
            is_short: true,
        }
    }

    /// Equal as a value: `1` and `1.0` are the same number, which JSON does not always tell apart.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(_), Self::Float(_)) | (Self::Float(_), Self::Int(_)) => {
                match (self.as_int(), other.as_int()) {
                    (Some(left), Some(right)) => left == right,
                    _ => false,
                }
            }
            _ => self == other,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::Str(left), Self::Str(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Str(value) => value.hash(state),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Str(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Str(value.into())
    }
}

macro_rules! from_integer {
    ($($int:ty),*) => {$(
        impl From<$int> for Value {
            fn from(value: $int) -> Self {
                Self::Int(value as i128)
            }
        }
    )*};
}
from_integer!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(out),
            Self::Int(value) => value.fmt(out),
            Self::Float(value) => write_float(*value, out),
            Self::Str(value) => value.fmt(out),
        }
    }
}

/// A value for people alone; what is stored never passes through here.
struct Shown<'a> {
    value: &'a Value,
    is_short: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::Str(text) if !is_plain(text) => write!(out, "{text:?}"),
            Value::Float(value) if self.is_short => {
                let digits = format!("{value:e}");
                let digits = digits.split('e').next().unwrap_or_default();
                // A person wrote the short ones.
                if digits.chars().filter(char::is_ascii_digit).count() <= 6 {
                    return write_float(*value, out);
                }
                let rounded = format!("{value:.3e}").parse::<f64>().ok();
                write_float(rounded.filter(|x| x.is_finite()).unwrap_or(*value), out)
            }
            value => value.fmt(out),
        }
    }
}

/// Whether a text reads as a text without quotes.
fn is_plain(text: &str) -> bool {
    let is_mark = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "[](){},;=`'\"".contains(letter)
    };
    let is_other = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
    !text.is_empty() && !text.contains(is_mark) && !is_other
}

/// Plain digits in the range that people read easily, an exponent elsewhere; always exact.
fn write_float(value: f64, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = match value.abs() {
        0.0 => format!("{value:?}"),
        size if (1e-3..1e7).contains(&size) => format!("{value:?}"),
        _ => format!("{value:e}"),
    };
    out.pad(&text)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => out.serialize_bool(*value),
            Self::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => out.serialize_i64(value),
                (_, Ok(value)) => out.serialize_u64(value),
                _ => Err(ser::Error::custom(format!("{value} does not fit 64 bits"))),
            },
            Self::Float(value) if value.is_finite() => out.serialize_f64(*value),
            Self::Float(value) => Err(ser::Error::custom(format!(
                "{value} is no value of a parameter; only finite numbers are"
            ))),
            Self::Str(value) => out.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct AnyScalar;
        impl Visitor<'_> for AnyScalar {
            type Value = Value;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("true, false, a number or a string")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Int(value.into()))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Int(value.into()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Float(value))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Str(value.into()))
            }
        }
        input.deserialize_any(AnyScalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_bit() {
        let values = [
            Value::Int(u64::MAX.into()),
            Value::Int(i64::MIN.into()),
            Value::Int((1 << 53) + 1),
            Value::Float(0.1 + 0.2),
            Value::Float(5e-324),
            Value::Float(1.0),
            Value::Float(-0.0),
            Value::from("relu"),
            Value::Bool(true),
        ];
        for value in values {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(
                serde_json::from_str::<Value>(&text).unwrap(),
                value,
                "{text}"
            );
        }
    }

    #[test]
    fn json_refuses_what_is_no_value() {
        assert!(serde_json::to_string(&Value::Float(f64::NAN)).is_err());
        assert!(serde_json::from_str::<Value>("null").is_err());
        assert!(serde_json::from_str::<Value>("[1]").is_err());
    }

    #[test]
    fn numbers_read_naturally() {
        let shown: Vec<String> = [0.0, 0.3, 1e-5, 32.0, 1e9]
            .map(|number| Value::Float(number).to_string())
            .into();
        assert_eq!(shown, ["0.0", "0.3", "1e-5", "32.0", "1e9"]);
    }

    #[test]
    fn a_glance_shows_four_digits_of_many() {
        let shown = [
            0.0031622776601683794,
            f64::from(1e-4f32),
            0.12345,
            -2.0 / 3.0,
            1e300 / 7.0,
        ]
        .map(|number| Value::Float(number).short().to_string());
        assert_eq!(
            shown,
            ["0.003162", "1e-4", "0.12345", "-0.6667", "1.429e299"]
        );
    }

    #[test]
    fn texts_that_read_as_something_else_are_quoted() {
        let shown = ["he", "a.b", "", "1", "true", "a b", "[x]", "nan", "\u{7}"]
            .map(|text| Value::from(text).quoted().to_string());
        let expected = [
            "he",
            "a.b",
            "\"\"",
            "\"1\"",
            "\"true\"",
            "\"a b\"",
            "\"[x]\"",
            "\"nan\"",
            "\"\\u{7}\"",
        ];
        assert_eq!(shown, expected);
    }
}
