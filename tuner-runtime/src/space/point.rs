//! A configuration: the values of the active parameters, by name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::value::Value;

/// The values of the active parameters, in the order of their space. As JSON an object by name.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::space::Point;
/// let point: Point = serde_json::from_str(r#"{"rate": 0.1, "layers": 3}"#)?;
/// assert_eq!(point.get("layers").and_then(|value| value.as_int()), Some(3));
/// assert_eq!(serde_json::to_string(&point)?, r#"{"rate":0.1,"layers":3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Point {
    /// The names of the space that the point was made by, which shares them.
    names: Arc<[Arc<str>]>,
    /// One for each name; `None` where the parameter is inactive.
    values: Box<[Option<Value>]>,
}

impl Point {
    pub(super) fn new(names: Arc<[Arc<str>]>, values: Box<[Option<Value>]>) -> Self {
        Self { names, values }
    }

    /// The value of the parameter with this name, if it is active.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// Names and values of the active parameters, in the order of the space.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let pairs = self.names.iter().zip(&self.values);
        pairs.filter_map(|(name, value)| Some((&**name, value.as_ref()?)))
    }

    /// The value at this place of the space that the point belongs to.
    pub fn at(&self, place: usize) -> Option<&Value> {
        self.values.get(place)?.as_ref()
    }

    /// The name of the parameter at this place.
    pub(super) fn name_at(&self, place: usize) -> Option<&str> {
        self.names.get(place).map(|name| &**name)
    }

    /// The values by place, those of inactive parameters included.
    pub(super) fn values(&self) -> &[Option<Value>] {
        &self.values
    }

    /// Whether the point was made by the space with these names.
    pub(super) fn is_of(&self, names: &Arc<[Arc<str>]>) -> bool {
        Arc::ptr_eq(&self.names, names)
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        if self.is_of(&other.names) {
            return self.values == other.values;
        }
        self.iter().eq(other.iter())
    }
}

impl Eq for Point {}

impl Hash for Point {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for pair in self.iter() {
            pair.hash(state);
        }
    }
}

impl FromIterator<(Arc<str>, Value)> for Point {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(pairs: I) -> Self {
        let (names, values): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .map(|(name, value)| (name, Some(value)))
            .unzip();
        Self {
            names: names.into(),
            values: values.into(),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            write!(out, "{}{name} = {value}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.iter().count()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Point;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of parameter values by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Point, A::Error> {
                let mut pairs: Vec<(Arc<str>, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<Arc<str>, Value>()? {
                    if pairs.iter().any(|(own, _)| *own == name) {
                        return Err(A::Error::custom(format!("`{name}` stands twice")));
                    }
                    pairs.push((name, value));
                }
                Ok(pairs.into_iter().collect())
            }
        }
        input.deserialize_map(ByName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_reads_back_from_json() {
        let point: Point = [
            ("a".into(), Value::Int(u64::MAX.into())),
            ("b[0].c".into(), Value::Float(0.1 + 0.2)),
            ("d".into(), Value::from("relu")),
        ]
        .into_iter()
        .collect();
        let text = serde_json::to_string(&point).unwrap();
        assert_eq!(serde_json::from_str::<Point>(&text).unwrap(), point);
        assert!(serde_json::from_str::<Point>(r#"{"a": 1, "a": 2}"#).is_err());
        assert!(serde_json::from_str::<Point>(r#"{"a": null}"#).is_err());
    }
}
