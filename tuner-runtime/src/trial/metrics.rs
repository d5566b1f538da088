//! Named numbers in order: what one epoch or one execution measured.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Named numbers, in the order in which they were given.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::trial::Metrics;
/// let metrics = Metrics::new().with("loss", 0.3).with("accuracy", 0.9);
/// assert_eq!(metrics.get("accuracy"), Some(0.9));
/// assert_eq!(metrics.to_string(), "loss = 0.3, accuracy = 0.9");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    values: Vec<(Arc<str>, f64)>,
}

impl Metrics {
    /// No metric yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more; a name that is there already gets the new value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: f64) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a metric, or replaces the one of this name.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: f64) {
        let name = name.into();
        match self.values.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.values.push((name, value)),
        }
    }

    /// The metric of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(name, value)| (&**name, *value))
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.values.iter().map(|(name, _)| name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The mean of every metric over those of the list that have it.
    ///
    /// The sum runs in order, so that the same numbers give the same bits.
    pub fn mean<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let all: Vec<&Self> = all.into_iter().collect();
        let mut sums: Vec<(Arc<str>, f64, f64)> = Vec::new();
        for metrics in &all {
            for (name, value) in &metrics.values {
                match sums.iter_mut().find(|(own, ..)| own == name) {
                    Some((_, sum, count)) => {
                        *sum += value;
                        *count += 1.0;
                    }
                    None => sums.push((name.clone(), *value, 1.0)),
                }
            }
        }
        // The sum of large numbers may be infinite where their mean is not.
        let in_shares = |name: &str, count: f64| -> f64 {
            let values = all.iter().filter_map(|metrics| metrics.get(name));
            values.map(|value| value / count).sum()
        };
        let means = sums.into_iter().map(|(name, sum, count)| {
            let mean = match sum.is_finite() {
                true => sum / count,
                false => in_shares(&name, count),
            };
            (name, mean)
        });
        Self {
            values: means.collect(),
        }
    }
}

/// Equal when names, order and bits are.
impl PartialEq for Metrics {
    fn eq(&self, other: &Self) -> bool {
        let bits = |metrics: &Self| -> Vec<(Arc<str>, u64)> {
            let pairs = metrics.values.iter();
            pairs
                .map(|(name, value)| (name.clone(), value.to_bits()))
                .collect()
        };
        bits(self) == bits(other)
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, f64)> for Metrics {
    fn from_iter<I: IntoIterator<Item = (N, f64)>>(pairs: I) -> Self {
        let mut metrics = Self::new();
        for (name, value) in pairs {
            metrics.set(name, value);
        }
        metrics
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            write!(out, "{}{name} = {value}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A number as JSON, which has none for NaN and the infinities: they stand as text.
#[derive(Clone, Copy)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => out.serialize_f64(value),
            value if value.is_nan() => out.serialize_str("nan"),
            value if value > 0.0 => out.serialize_str("inf"),
            _ => out.serialize_str("-inf"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Number;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number, \"nan\", \"inf\" or \"-inf\"")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                Ok(Number(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(value as f64))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                match text {
                    "nan" => Ok(Number(f64::NAN)),
                    "inf" => Ok(Number(f64::INFINITY)),
                    "-inf" => Ok(Number(f64::NEG_INFINITY)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        input.deserialize_any(Any)
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &Number(value))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Metrics;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of numbers by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metrics, A::Error> {
                let mut metrics = Metrics::new();
                while let Some((name, Number(value))) = map.next_entry::<Arc<str>, Number>()? {
                    if metrics.get(&name).is_some() {
                        return Err(A::Error::custom(format!("`{name}` stands twice")));
                    }
                    metrics.values.push((name, value));
                }
                Ok(metrics)
            }
        }
        input.deserialize_map(ByName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_order_and_every_bit() {
        let metrics = Metrics::new()
            .with("z", 0.1 + 0.2)
            .with("a", f64::NAN)
            .with("b", f64::NEG_INFINITY)
            .with("c", -0.0)
            .with("d", 5e-324);
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), metrics);
        assert!(serde_json::from_str::<Metrics>(r#"{"a": 1, "a": 2}"#).is_err());
        assert!(serde_json::from_str::<Metrics>(r#"{"a": "much"}"#).is_err());
    }

    #[test]
    fn the_mean_is_taken_by_name() {
        let first = Metrics::new().with("a", 1.0).with("b", 4.0);
        let second = Metrics::new().with("b", 8.0).with("a", 2.0);
        let third = Metrics::new().with("a", 6.0);
        let mean = Metrics::mean([&first, &second, &third]);
        assert_eq!(mean, Metrics::new().with("a", 3.0).with("b", 6.0));
    }

    #[test]
    fn the_mean_of_finite_numbers_is_finite() {
        let large = Metrics::new().with("a", 1e308).with("b", f64::INFINITY);
        let mean = Metrics::mean([&large, &large]);
        assert_eq!(mean, large, "1e308 + 1e308 is infinite");
    }
}
