//! A space as JSON: the list of parameters that the ask/tell protocol describes.

mod fields;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::domain::{ChoiceDomain, Domain, FloatDomain, IntDomain, Scale};
use super::error::SpaceError;
use super::flat::{Condition, Param, Space, SpaceBuilder};
use super::value::Value;

/// One parameter as it stands in JSON; absent fields mean null.
#[derive(Debug, Clone, Default, Serialize)]
struct ParamJson {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    /// 32 where the values are those of `f32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    bits: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<ConditionJson>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Float,
    Int,
    Categorical,
    Bool,
    Fixed,
}

impl Kind {
    /// How it is written, and the fields that it takes beside name, type and condition.
    fn fields(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Float => (
                "float",
                &[
                    "low", "high", "log", "step", "origin", "scale", "bits", "default",
                ],
            ),
            Self::Int => ("int", &["low", "high", "log", "step", "scale", "default"]),
            Self::Categorical => ("categorical", &["choices", "ordered", "default"]),
            Self::Bool => ("bool", &["default"]),
            Self::Fixed => ("fixed", &["value"]),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct ConditionJson {
    parent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<Value>,
}

/// A space that JSON does not describe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceJsonError {
    /// It is no list.
    #[error(
        "the space is no list of parameters but {found}; write one such as \
         [{{\"name\":\"rate\",\"type\":\"float\",\"low\":0,\"high\":1}}]"
    )]
    NoList {
        /// What it is.
        found: String,
    },
    /// A field that its type needs, or that has the wrong type.
    #[error("`{name}`: {fault}")]
    Field {
        /// The parameter.
        name: String,
        /// What is wrong, and what to write.
        fault: String,
    },
    /// The parameters do not make a space.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// Reads a space, and lists what was adjusted on the way (an upper bound off the grid).
    ///
    /// # Errors
    /// Names the parameter and the field at fault.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::space::Space;
    /// let (space, warnings) = Space::from_json(&serde_json::json!([
    ///     {"name": "rate", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
    ///     {"name": "layers", "type": "int", "low": 1, "high": 4},
    /// ]))?;
    /// assert_eq!(space.len(), 2);
    /// assert!(warnings.is_empty());
    /// # Ok::<(), tuner::space::SpaceJsonError>(())
    /// ```
    pub fn from_json(json: &serde_json::Value) -> Result<(Self, Vec<String>), SpaceJsonError> {
        let list = json.as_array().ok_or_else(|| SpaceJsonError::NoList {
            found: fields::shown(json),
        })?;
        let mut builder = Self::builder();
        let mut warnings = Vec::new();
        for (place, json) in list.iter().enumerate() {
            let param = fields::read(json, place)?;
            param.push(&mut builder, &mut warnings)?;
        }
        Ok((builder.build()?, warnings))
    }

    /// The space as JSON, such that [`Space::from_json`] gives it back.
    pub fn to_json(&self) -> serde_json::Value {
        let params = self
            .params()
            .iter()
            .map(|param| serde_json::to_value(ParamJson::of(param, self)).unwrap_or_default());
        serde_json::Value::Array(params.collect())
    }
}

impl ParamJson {
    fn of(param: &Param, space: &Space) -> Self {
        let mut json = Self {
            name: param.name.to_string(),
            ..Self::default()
        };
        json.default = Some(param.default.clone());
        match &param.domain {
            Domain::Int(domain) => {
                json.kind = Kind::Int;
                json.low = Some(Value::Int(domain.low()));
                json.high = Some(Value::Int(domain.high()));
                json.step = (domain.step() != 1).then(|| domain.step().into());
                json.set_scale(domain.scale());
            }
            Domain::Float(domain) => {
                json.low = Some(Value::Float(domain.low()));
                json.high = Some(Value::Float(domain.high()));
                json.step = domain.step().map(Value::Float);
                json.origin = domain.origin().map(Value::Float);
                json.bits = domain.is_single().then_some(32);
                json.set_scale(domain.scale());
            }
            Domain::Choice(domain) => {
                json.kind = Kind::Categorical;
                json.choices = Some(domain.values().to_vec());
                json.ordered = domain.is_ordered().then_some(true);
            }
            Domain::Bool => json.kind = Kind::Bool,
            Domain::Fixed(value) => {
                json.kind = Kind::Fixed;
                json.value = Some(value.clone());
                json.default = None;
            }
        }
        json.condition = param.condition.as_ref().map(|condition| {
            let parent = space.params()[condition.parent()].name.to_string();
            match condition {
                Condition::Is { values, .. } => ConditionJson {
                    parent,
                    values: Some(values.clone()),
                    at_least: None,
                },
                Condition::AtLeast { count, .. } => ConditionJson {
                    parent,
                    values: None,
                    at_least: Some(Value::Int(*count)),
                },
            }
        });
        json
    }

    fn set_scale(&mut self, scale: Scale) {
        self.log = (scale == Scale::Log).then_some(true);
        self.scale = (scale == Scale::ReverseLog).then_some(scale);
    }

    fn push(
        self,
        builder: &mut SpaceBuilder,
        warnings: &mut Vec<String>,
    ) -> Result<(), SpaceJsonError> {
        let condition = match &self.condition {
            None => None,
            Some(condition) => Some(self.read_condition(condition, builder)?),
        };
        let domain = self.domain(warnings)?;
        self.check_default(&domain)?;
        builder.push(Arc::<str>::from(self.name), domain, self.default, condition);
        Ok(())
    }

    /// Refuses a default of another type; one outside of the range is refused by the space.
    fn check_default(&self, domain: &Domain) -> Result<(), SpaceJsonError> {
        let Some(default) = &self.default else {
            return Ok(());
        };
        let number = default.as_f64();
        let (kind, wanted) = match domain {
            Domain::Int(domain) if number.is_none_or(|number| number.fract() != 0.0) => {
                ("an int", format!("a whole number in {domain}"))
            }
            Domain::Float(domain) if number.is_none() => {
                ("a float", format!("a number in {domain}"))
            }
            Domain::Bool if default.as_bool().is_none() => ("a bool", "true or false".to_owned()),
            _ => return Ok(()),
        };
        Err(self.lacking(kind, "default", &self.default, &wanted))
    }

    fn read_condition(
        &self,
        json: &ConditionJson,
        builder: &mut SpaceBuilder,
    ) -> Result<Condition, SpaceJsonError> {
        let parent = builder
            .params()
            .iter()
            .position(|param| *param.name == json.parent);
        let Some(parent) = parent else {
            return Err(self.fault(format!(
                "the parent `{}` of its condition does not come before it",
                json.parent
            )));
        };
        match (&json.values, &json.at_least) {
            (Some(values), None) => Ok(Condition::Is {
                parent,
                values: values.clone(),
            }),
            (None, Some(count)) => match count.as_int() {
                Some(count) => Ok(Condition::AtLeast { parent, count }),
                None => Err(self.fault(format!(
                    "`at_least` is {}; write a whole number",
                    count.quoted()
                ))),
            },
            _ => Err(self.fault("a condition has either `values` or `at_least`".to_string())),
        }
    }

    fn domain(&self, warnings: &mut Vec<String>) -> Result<Domain, SpaceJsonError> {
        let named = |fault: SpaceError| SpaceJsonError::Space(fault.of(&self.name));
        match self.kind {
            Kind::Int => {
                let (low, high) = (self.int("low", &self.low)?, self.int("high", &self.high)?);
                let step = match &self.step {
                    None => 1,
                    step => {
                        let step = self.int("step", step)?;
                        let fault = |_| self.fault(format!("`step` is {step}; write 1 or more"));
                        u64::try_from(step).map_err(fault)?
                    }
                };
                let domain = IntDomain::with(low, high, step, self.read_scale()?).map_err(named)?;
                self.warn_if_lowered(&Value::Int(high), &Value::Int(domain.high()), warnings);
                Ok(Domain::Int(domain))
            }
            Kind::Float => {
                let (low, high) = (
                    self.float("low", &self.low)?,
                    self.float("high", &self.high)?,
                );
                let step = match &self.step {
                    None => None,
                    step => Some(self.float("step", step)?),
                };
                let with = match self.bits {
                    Some(32) => FloatDomain::with_single,
                    _ => FloatDomain::with,
                };
                let from = match &self.origin {
                    None => low,
                    origin => self.float("origin", origin)?,
                };
                let whole = with(from, high, step, self.read_scale()?);
                let domain = match &self.origin {
                    None => whole.map_err(named)?,
                    Some(_) => whole
                        .and_then(|whole| whole.narrow(low, whole.high()))
                        .map_err(|fault| self.origin_fault(from, low, high, fault))?,
                };
                self.warn_if_lowered(&Value::Float(high), &Value::Float(domain.high()), warnings);
                match self.bits {
                    None | Some(64) => Ok(Domain::Float(domain)),
                    Some(32) if !is_range_in_32_bits(low, high) => Err(self.fault(format!(
                        "`bits` is 32, in which {low:?}..={high:?} is no range; write 64"
                    ))),
                    Some(32) => Ok(Domain::Float(domain)),
                    Some(bits) => Err(self.fault(format!("`bits` is {bits}; write 32 or 64"))),
                }
            }
            Kind::Categorical => {
                let Some(choices) = self.choices.clone() else {
                    return Err(self.fault("a categorical needs `choices`".to_string()));
                };
                let domain = ChoiceDomain::new(choices).map_err(named)?;
                let ordered = self.ordered.unwrap_or(false);
                Ok(Domain::Choice(if ordered {
                    domain.ordered()
                } else {
                    domain
                }))
            }
            Kind::Bool => Ok(Domain::Bool),
            Kind::Fixed => match self.value.clone() {
                Some(value) => Ok(Domain::Fixed(value)),
                None => Err(self.fault("a fixed parameter needs `value`".to_string())),
            },
        }
    }

    /// The fault of a range that is part of a grid from somewhere else.
    fn origin_fault(&self, from: f64, low: f64, high: f64, fault: SpaceError) -> SpaceJsonError {
        let [origin, first, last] = [from, low, high].map(Value::Float);
        if from > low {
            return self.fault(format!(
                "`origin` is {origin}, above `low`, {first}; write at most `low`, or leave it out"
            ));
        }
        match fault {
            SpaceError::Log { .. } | SpaceError::ReverseLog { .. } if low > 0.0 => self.fault(
                format!("`origin` is {origin}; on a log scale it is above 0"),
            ),
            SpaceError::Empty { .. } | SpaceError::Outside { .. } if low <= high => {
                self.fault(format!(
                    "the grid from `origin`, {origin}, has no value from `low`, {first}, to `high`, \
                     {last}; write other bounds, or leave `origin` out"
                ))
            }
            fault => SpaceJsonError::Space(fault.of(&self.name)),
        }
    }

    fn read_scale(&self) -> Result<Scale, SpaceJsonError> {
        match (self.log.unwrap_or(false), self.scale) {
            (true, Some(Scale::Linear | Scale::ReverseLog)) => {
                Err(self
                    .fault("`log` and another `scale` exclude each other; leave one out".into()))
            }
            (true, _) => Ok(Scale::Log),
            (false, scale) => Ok(scale.unwrap_or_default()),
        }
    }

    fn int(&self, field: &str, value: &Option<Value>) -> Result<i128, SpaceJsonError> {
        let found = value.as_ref().and_then(Value::as_int);
        found.ok_or_else(|| self.lacking("an int", field, value, "a whole number of 64 bits"))
    }

    fn float(&self, field: &str, value: &Option<Value>) -> Result<f64, SpaceJsonError> {
        let found = value.as_ref().and_then(Value::as_f64);
        found.ok_or_else(|| self.lacking("a float", field, value, "a number"))
    }

    fn lacking(
        &self,
        kind: &str,
        field: &str,
        value: &Option<Value>,
        wanted: &str,
    ) -> SpaceJsonError {
        self.fault(match value.as_ref().map(serde_json::to_string) {
            Some(Ok(value)) => format!("`{field}` is {value}; that of {kind} is {wanted}"),
            _ => format!("{kind} needs `{field}`, {wanted}"),
        })
    }

    fn warn_if_lowered(&self, asked: &Value, reached: &Value, warnings: &mut Vec<String>) {
        if asked != reached {
            warnings.push(format!(
                "`{}`: `high` {asked} is off the grid; the last value is {reached}",
                self.name
            ));
        }
    }

    fn fault(&self, fault: String) -> SpaceJsonError {
        SpaceJsonError::Field {
            name: self.name.clone(),
            fault,
        }
    }
}

fn is_range_in_32_bits(low: f64, high: f64) -> bool {
    let [first, last] = [low, high].map(|bound| bound as f32);
    first.is_finite() && last.is_finite() && (first < last || low == high)
}

impl Serialize for Space {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(out)
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(input)?;
        Self::from_json(&json)
            .map(|(space, _)| space)
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
