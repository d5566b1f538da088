//! One parameter of a space in JSON, read field by field: each fault says what to write.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::{ConditionJson, Kind, ParamJson, SpaceJsonError};
use crate::space::value::Value;

const TYPES: &str = "float, int, categorical, bool or fixed";
const SCALAR: &str = "a number, a text, true or false";
const CONDITION: &str = r#"an object such as {"parent":"optimizer","values":["sgd"]} or {"parent":"layers","at_least":2}"#;

/// All fields that some type takes.
const KNOWN: [&str; 14] = [
    "name",
    "type",
    "low",
    "high",
    "log",
    "step",
    "scale",
    "bits",
    "origin",
    "choices",
    "ordered",
    "value",
    "default",
    "condition",
];

/// Reads the parameter that stands at this place of the list.
///
/// # Errors
/// Names the parameter and the field at fault.
pub(super) fn read(json: &Json, place: usize) -> Result<ParamJson, SpaceJsonError> {
    param(json).map_err(|fault| SpaceJsonError::Field {
        name: match json.get("name").and_then(Json::as_str) {
            Some(name) => name.to_owned(),
            None => format!("parameter {place}"),
        },
        fault,
    })
}

/// A value among words: what may be long by its kind alone.
pub(super) fn shown(json: &Json) -> String {
    match json {
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        short => short.to_string(),
    }
}

fn param(json: &Json) -> Result<ParamJson, String> {
    let Json::Object(map) = json else {
        let found = shown(json);
        return Err(format!(
            "a parameter is an object with a `name` and a `type`, not {found}"
        ));
    };
    let name = field(map, "name", "a text")?.ok_or("`name` is missing; write a text")?;
    let kind: Option<Kind> = field(map, "type", TYPES)?;
    let kind = kind.ok_or_else(|| format!("`type` is missing; write {TYPES}"))?;
    let map = own_fields(map, kind)?;
    Ok(ParamJson {
        name,
        kind,
        low: field(&map, "low", "a number")?,
        high: field(&map, "high", "a number")?,
        log: field(&map, "log", "true or false")?,
        step: field(&map, "step", "a number")?,
        scale: field(&map, "scale", r#""linear", "log" or "reverse_log""#)?,
        bits: field(&map, "bits", "32 or 64")?,
        origin: field(&map, "origin", "a number")?,
        choices: list(&map, "choices")?,
        ordered: field(&map, "ordered", "true or false")?,
        value: field(&map, "value", SCALAR)?,
        default: field(&map, "default", SCALAR)?,
        condition: condition(&map)?,
    })
}

/// The fields that the type takes. Another one is refused: left out in silence, it would be believed to count.
fn own_fields(map: &Map<String, Json>, kind: Kind) -> Result<Map<String, Json>, String> {
    let (kind, fields) = kind.fields();
    let takes = format!("It takes {}", fields.join(", "));
    let mut own = map.clone();
    for (field, value) in map {
        // False says what leaving out says.
        let says_nothing = value.is_null() || *value == Json::Bool(false);
        if !KNOWN.contains(&&**field) {
            return Err(format!(
                "there is no field `{field}`; the type is {kind}. {takes}, and a condition"
            ));
        }
        if ["name", "type", "condition"].contains(&&**field) || fields.contains(&&**field) {
            continue;
        }
        if !says_nothing {
            return Err(format!(
                "the type {kind} takes no `{field}`; leave it out, or take another type. {takes}"
            ));
        }
        own.remove(field);
    }
    Ok(own)
}

fn condition(map: &Map<String, Json>) -> Result<Option<ConditionJson>, String> {
    let Some(json) = field::<Json>(map, "condition", CONDITION)? else {
        return Ok(None);
    };
    let Json::Object(map) = &json else {
        let found = shown(&json);
        return Err(format!("`condition` is {found}; write {CONDITION}"));
    };
    let known = ["parent", "values", "at_least"];
    if let Some(other) = map.keys().find(|name| !known.contains(&&***name)) {
        return Err(format!(
            "a condition has no field `{other}`; write {CONDITION}"
        ));
    }
    let parent = field(map, "parent", "the name of a parameter before it")?;
    Ok(Some(ConditionJson {
        parent: parent.ok_or_else(|| format!("`condition` has no `parent`; write {CONDITION}"))?,
        values: list(map, "values")?,
        at_least: field(map, "at_least", "a whole number")?,
    }))
}

/// A field that may be left out, or be null.
fn field<T: DeserializeOwned>(
    map: &Map<String, Json>,
    name: &str,
    wanted: &str,
) -> Result<Option<T>, String> {
    match map.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(json) => T::deserialize(json)
            .map(Some)
            .map_err(|_| format!("`{name}` is {}; write {wanted}", shown(json))),
    }
}

/// A list of values that may be left out, or be null.
fn list(map: &Map<String, Json>, name: &str) -> Result<Option<Vec<Value>>, String> {
    let wanted = r#"a list of texts, numbers or booleans, such as ["sgd","adam"]"#;
    let Some(list) = field::<Vec<Json>>(map, name, wanted)? else {
        return Ok(None);
    };
    let read = |json: &Json| {
        let value = serde_json::from_value(json.clone());
        value.map_err(|_| format!("`{name}` holds {}; write {wanted}", shown(json)))
    };
    list.iter().map(read).collect::<Result<_, _>>().map(Some)
}
