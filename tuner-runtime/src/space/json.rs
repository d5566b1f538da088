//! A space as JSON: the list of parameters that the ask/tell protocol describes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::domain::{ChoiceDomain, Domain, FloatDomain, IntDomain, Scale};
use super::error::SpaceError;
use super::flat::{Condition, Param, Space, SpaceBuilder};
use super::value::Value;

/// One parameter as it stands in JSON; absent fields mean null.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamJson {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
    /// 32 where the values are those of `f32`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bits: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordered: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionJson {
    parent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<Value>,
}

/// A space that JSON does not describe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceJsonError {
    /// The text is no list of parameters.
    #[error("the space is no list of parameters: {0}")]
    Syntax(#[from] serde_json::Error),
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
        let list: Vec<serde_json::Value> = Vec::deserialize(json)?;
        let mut builder = Self::builder();
        let mut warnings = Vec::new();
        for (place, json) in list.iter().enumerate() {
            let param = ParamJson::deserialize(json).map_err(|fault| SpaceJsonError::Field {
                name: match json.get("name").and_then(|name| name.as_str()) {
                    Some(name) => name.to_string(),
                    None => format!("parameter {place}"),
                },
                fault: fault.to_string(),
            })?;
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
        let default = self.default.clone().filter(|_| self.kind != Kind::Fixed);
        builder.push(Arc::<str>::from(self.name), domain, default, condition);
        Ok(())
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
                None => Err(self.fault("`at_least` is a whole number".to_string())),
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
                    step => u64::try_from(self.int("step", step)?)
                        .map_err(|_| self.fault("`step` must be at least 1".to_string()))?,
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
                let domain =
                    FloatDomain::with(low, high, step, self.read_scale()?).map_err(named)?;
                self.warn_if_lowered(&Value::Float(high), &Value::Float(domain.high()), warnings);
                match self.bits {
                    None | Some(64) => Ok(Domain::Float(domain)),
                    Some(32) => Ok(Domain::Float(domain.single())),
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

    fn read_scale(&self) -> Result<Scale, SpaceJsonError> {
        match (self.log.unwrap_or(false), self.scale) {
            (true, Some(Scale::ReverseLog)) => {
                Err(self.fault("`log` and the scale \"reverse_log\" exclude each other".into()))
            }
            (true, _) => Ok(Scale::Log),
            (false, scale) => Ok(scale.unwrap_or_default()),
        }
    }

    fn int(&self, field: &str, value: &Option<Value>) -> Result<i128, SpaceJsonError> {
        value
            .as_ref()
            .and_then(Value::as_int)
            .ok_or_else(|| self.fault(format!("an int needs `{field}`, a whole number")))
    }

    fn float(&self, field: &str, value: &Option<Value>) -> Result<f64, SpaceJsonError> {
        value
            .as_ref()
            .and_then(Value::as_f64)
            .ok_or_else(|| self.fault(format!("a float needs `{field}`, a number")))
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
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: serde_json::Value) -> Result<(Space, Vec<String>), SpaceJsonError> {
        Space::from_json(&json)
    }

    #[test]
    fn every_kind_reads_back() {
        let (space, warnings) = read(json!([
            {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true, "step": null},
            {"name": "m", "type": "float", "low": 0.5, "high": 0.99, "scale": "reverse_log"},
            {"name": "noise", "type": "float", "low": 0, "high": 0.5, "step": 0.1, "bits": 32},
            {"name": "seed", "type": "int", "low": 0, "high": u64::MAX},
            {"name": "batch", "type": "int", "low": 16, "high": 1024, "step": 2, "log": true},
            {"name": "booster", "type": "categorical", "choices": ["gbtree", "dart", "linear"]},
            {"name": "size", "type": "categorical", "choices": [3, 1, 2], "ordered": true},
            {"name": "bias", "type": "bool", "default": true},
            {"name": "classes", "type": "fixed", "value": 10},
            {"name": "rate", "type": "float", "low": 0.1, "high": 0.9,
             "condition": {"parent": "booster", "values": ["gbtree", "dart"]}},
            {"name": "deep", "type": "bool", "condition": {"parent": "batch", "at_least": 64}},
            {"name": "last", "type": "bool", "condition": {"parent": "seed", "at_least": u64::MAX}},
        ]))
        .unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        let again = read(space.to_json()).unwrap().0;
        assert_eq!(again, space);
        assert_eq!(again.to_json().to_string(), space.to_json().to_string());
    }

    #[test]
    fn an_upper_bound_off_the_grid_is_lowered_with_a_warning() {
        let grid = json!([{"name": "n", "type": "int", "low": 0, "high": 10, "step": 4}]);
        let (space, warnings) = read(grid).unwrap();
        assert_eq!(space.cardinality(), Some(3));
        assert_eq!(
            warnings,
            ["`n`: `high` 10 is off the grid; the last value is 8"]
        );
    }

    #[test]
    fn faults_name_the_parameter_and_the_field() {
        let faults = [
            (
                json!([{"name": "a", "type": "int", "low": 1}]),
                "`a`: an int needs `high`",
            ),
            (
                json!([{"name": "a", "type": "int", "low": 2, "high": 1}]),
                "`a`: the range 2..=1",
            ),
            (
                json!([{"name": "a", "type": "categorical"}]),
                "needs `choices`",
            ),
            (
                json!([{"name": "a", "type": "colour"}]),
                "`a`: unknown variant `colour`",
            ),
            (
                json!([{"name": "a", "type": "bool", "hight": 1}]),
                "unknown field `hight`",
            ),
            (
                json!([{"type": "bool"}]),
                "`parameter 0`: missing field `name`",
            ),
            (json!({"name": "a"}), "no list of parameters"),
            (
                json!([{"name": "a", "type": "bool", "condition": {"parent": "b", "values": [1]}}]),
                "`b` of its condition does not come before",
            ),
            (
                json!([{"name": "a", "type": "bool", "default": 3}]),
                "the default 3 of `a`",
            ),
        ];
        for (json, expected) in faults {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
