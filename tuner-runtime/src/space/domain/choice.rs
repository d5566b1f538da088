//! A list of values to choose from, with or without an order.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::space::error::SpaceError;
use crate::space::value::Value;

/// A list of different values.
///
/// Numeric choices are ordered by their value unless said otherwise: a model may then expect that
/// neighbours behave alike. Names are unordered.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceDomain {
    values: Arc<[Value]>,
    /// For an ordered domain: the place of each value when sorted.
    ranks: Option<Arc<[usize]>>,
}

impl ChoiceDomain {
    /// Values without an order.
    ///
    /// # Errors
    /// When there is none, or one is listed twice, or a number is not finite.
    pub fn new(values: impl IntoIterator<Item = Value>) -> Result<Self, SpaceError> {
        let values: Arc<[Value]> = values.into_iter().collect();
        if values.is_empty() {
            return Err(SpaceError::NoChoices);
        }
        let mut listed = HashSet::with_capacity(values.len());
        for value in values.iter() {
            if let Value::Float(number) = value
                && !number.is_finite()
            {
                return Err(SpaceError::NotFinite { value: *number });
            }
            // 1 and 1.0 are the same number, and so are both zeros.
            let number = value.as_int().map(Value::Int);
            if !listed.insert(number.unwrap_or_else(|| value.clone())) {
                return Err(SpaceError::DuplicateChoice {
                    value: value.clone(),
                });
            }
        }
        Ok(Self {
            values,
            ranks: None,
        })
    }

    /// The same values with an order: numbers by size, anything else as listed.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        let mut sorted: Vec<usize> = (0..self.values.len()).collect();
        if self.values.iter().all(|value| value.as_f64().is_some()) {
            sorted.sort_by(|&left, &right| Self::compare(&self.values[left], &self.values[right]));
        }
        let mut ranks = vec![0; sorted.len()];
        for (rank, &index) in sorted.iter().enumerate() {
            ranks[index] = rank;
        }
        self.ranks = Some(ranks.into());
        self
    }

    /// The values in declared order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Whether the values have an order.
    pub fn is_ordered(&self) -> bool {
        self.ranks.is_some()
    }

    /// The place of the choice with this index on the encoded axis.
    pub fn rank(&self, index: usize) -> usize {
        self.ranks.as_ref().map_or(index, |ranks| ranks[index])
    }

    /// The declared index of `value`, or `None` when it is no choice.
    pub fn index(&self, value: &Value) -> Option<usize> {
        self.values.iter().position(|choice| choice.same(value))
    }

    /// The choice itself, or else the one that stands for it: of ordered numbers the closest, else the
    /// first.
    pub fn nearest(&self, value: &Value) -> &Value {
        let distance = |choice: &Value| Some((choice.as_f64()? - value.as_f64()?).abs());
        let closest = || {
            let far: Option<Vec<f64>> = self.values.iter().map(distance).collect();
            let far = far.filter(|_| self.is_ordered())?;
            (0..far.len()).min_by(|&left, &right| far[left].total_cmp(&far[right]))
        };
        let index = self.index(value).or_else(closest).unwrap_or(0);
        &self.values[index]
    }

    /// The listed values alone, in declared order.
    ///
    /// # Errors
    /// When one of them is no choice, or none is left.
    pub fn only(&self, values: &[Value]) -> Result<Self, SpaceError> {
        for value in values {
            if self.index(value).is_none() {
                return Err(SpaceError::Outside {
                    value: value.quoted().to_string(),
                    allowed: self.to_string(),
                });
            }
        }
        let kept = self
            .values
            .iter()
            .filter(|choice| values.iter().any(|kept| kept.same(choice)));
        let narrowed = Self::new(kept.cloned())?;
        Ok(if self.is_ordered() {
            narrowed.ordered()
        } else {
            narrowed
        })
    }

    /// Where the choice with this index lies in `[0, 1]`: the middle of its cell.
    pub fn encode(&self, index: usize) -> f64 {
        (self.rank(index) as f64 + 0.5) / self.values.len() as f64
    }

    /// The index of the choice whose cell holds `unit`.
    pub fn decode(&self, unit: f64) -> usize {
        let count = self.values.len();
        let rank = ((super::scale::tame(unit) * count as f64) as usize).min(count - 1);
        match &self.ranks {
            None => rank,
            Some(ranks) => ranks.iter().position(|&held| held == rank).unwrap_or(rank),
        }
    }

    fn compare(left: &Value, right: &Value) -> std::cmp::Ordering {
        match (left.as_int(), right.as_int()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left
                .as_f64()
                .partial_cmp(&right.as_f64())
                .unwrap_or(std::cmp::Ordering::Equal),
        }
    }
}

impl fmt::Display for ChoiceDomain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[")?;
        for (i, value) in self.values.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(out, "{separator}{}", value.quoted())?;
        }
        out.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_size_and_listed_as_declared() {
        let rates = ChoiceDomain::new([1e-2, 1e-4, 1e-3].map(Value::Float))
            .unwrap()
            .ordered();
        assert_eq!([0, 1, 2].map(|index| rates.rank(index)), [2, 0, 1]);
        assert_eq!(rates.values()[0], Value::Float(1e-2));
        for index in 0..3 {
            assert_eq!(rates.decode(rates.encode(index)), index);
        }
    }

    #[test]
    fn only_keeps_the_declared_order() {
        let names = ChoiceDomain::new(["a", "b", "c"].map(Value::from)).unwrap();
        let kept = names.only(&[Value::from("c"), Value::from("a")]).unwrap();
        assert_eq!(kept.values(), ["a", "c"].map(Value::from));
        assert!(names.only(&[Value::from("d")]).is_err());
        assert!(names.only(&[]).is_err());
    }

    #[test]
    fn the_nearest_of_ordered_numbers_is_the_closest() {
        let sizes = ChoiceDomain::new([1, 4].map(Value::from)).unwrap();
        assert_eq!(sizes.nearest(&Value::Int(8)), &Value::Int(1));
        let sizes = sizes.ordered();
        assert_eq!(sizes.nearest(&Value::Int(8)), &Value::Int(4));
        assert_eq!(sizes.nearest(&Value::Float(2.0)), &Value::Int(1));
        assert_eq!(sizes.nearest(&Value::from("a")), &Value::Int(1));
    }

    #[test]
    fn faults_are_refused() {
        assert!(ChoiceDomain::new([]).is_err());
        assert!(ChoiceDomain::new([Value::Int(1), Value::Float(1.0)]).is_err());
        assert!(ChoiceDomain::new([Value::Float(f64::NAN)]).is_err());
        assert!(ChoiceDomain::new([0.0, -0.0].map(Value::Float)).is_err());
    }
}
