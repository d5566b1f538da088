//! Counting a finite space and listing its points, conditional trees included.
//!
//! The parameters form a forest: a child hangs below the parameter that its condition names. The
//! configurations below a parameter are the sum, over its values, of the products of the
//! configurations below the children that the value activates. The same numbers unrank an index into
//! a point, so that a space is listed lazily and from any place on.

use super::domain::Domain;
use super::flat::{Condition, Space};
use super::point::Point;
use super::value::Value;

/// Values of one parameter that activate the same children.
#[derive(Debug)]
struct Branch {
    /// The indexes of the values, in declared order: `first..first + count`.
    first: u128,
    count: u128,
    /// The children that are active.
    children: Vec<usize>,
    /// The configurations below each of the values.
    below: u128,
}

/// The counts of a finite space, ready to list its points.
#[derive(Debug)]
pub struct Enumeration {
    space: Space,
    branches: Vec<Vec<Branch>>,
    total: u128,
}

impl Space {
    /// How many different configurations there are: `None` when a parameter is continuous, or
    /// beyond `u128`.
    pub fn cardinality(&self) -> Option<u128> {
        self.enumeration().map(|enumeration| enumeration.len())
    }

    /// The points of a finite space in declared order, the last parameter fastest; `None` when the
    /// space is not finite.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::space::{Domain, IntDomain, Space};
    /// let mut space = Space::builder();
    /// space.push("a", Domain::Bool, None, None);
    /// space.push("b", Domain::Int(IntDomain::new(1, 3)?), None, None);
    /// let all = space.build()?.enumeration().expect("both are finite");
    /// assert_eq!(all.len(), 6);
    /// assert_eq!(all.point(1).expect("below 6").to_string(), "a = false, b = 2");
    /// # Ok::<(), tuner::space::SpaceError>(())
    /// ```
    pub fn enumeration(&self) -> Option<Enumeration> {
        let mut below = vec![0u128; self.len()];
        let mut branches: Vec<Vec<Branch>> = (0..self.len()).map(|_| Vec::new()).collect();
        // Children come after their parents, so their counts are known first.
        for place in (0..self.len()).rev() {
            let own = self.branches(place, &below)?;
            let sum = own.iter().try_fold(0u128, |sum, branch| {
                sum.checked_add(branch.count.checked_mul(branch.below)?)
            });
            below[place] = sum?;
            branches[place] = own;
        }
        let total = self
            .roots()
            .try_fold(1u128, |product, root| product.checked_mul(below[root]));
        Some(Enumeration {
            space: self.clone(),
            branches,
            total: total?,
        })
    }

    fn roots(&self) -> impl DoubleEndedIterator<Item = usize> {
        let params = self.params().iter().enumerate();
        params
            .filter(|(_, param)| param.condition.is_none())
            .map(|(place, _)| place)
    }

    fn branches(&self, place: usize, below: &[u128]) -> Option<Vec<Branch>> {
        let domain = &self.params()[place].domain;
        let children = self.children(place);
        let count = domain.count()?;
        let make = |first: u128, count: u128| {
            let value = domain.value(first)?;
            let active = |&child: &usize| self.condition(child).holds(&value);
            let children: Vec<usize> = children.iter().copied().filter(active).collect();
            let below = children
                .iter()
                .try_fold(1u128, |product, &child| product.checked_mul(below[child]))?;
            Some(Branch {
                first,
                count,
                children,
                below,
            })
        };
        if children.is_empty() {
            return Some(vec![make(0, count)?]);
        }
        match domain {
            // Between two thresholds all values activate the same children.
            Domain::Int(domain) => {
                let mut starts = vec![0];
                for &child in children {
                    match self.condition(child) {
                        Condition::AtLeast {
                            count: threshold, ..
                        } => starts.extend(first_reaching(domain.count(), |index| {
                            domain.value(index) >= *threshold
                        })),
                        Condition::Is { values, .. } => {
                            let numbers = values.iter().filter_map(Value::as_int);
                            let indexes = numbers.filter_map(|number| domain.index(number));
                            starts.extend(indexes.flat_map(|index| [index, index + 1]));
                        }
                    }
                }
                starts.retain(|&start| start < count);
                starts.sort_unstable();
                starts.dedup();
                let ends = starts.iter().skip(1).copied().chain([count]);
                starts
                    .iter()
                    .zip(ends)
                    .map(|(&start, end)| make(start, end - start))
                    .collect()
            }
            _ => (0..count).map(|index| make(index, 1)).collect(),
        }
    }

    fn condition(&self, child: usize) -> &Condition {
        self.params()[child]
            .condition
            .as_ref()
            .expect("a child has a condition")
    }
}

/// The first index in `0..count` for which `reached` holds, if there is one; `reached` is monotone.
fn first_reaching(count: u128, reached: impl Fn(u128) -> bool) -> Option<u128> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < count).then_some(low)
}

impl Enumeration {
    /// How many points there are.
    pub fn len(&self) -> u128 {
        self.total
    }

    /// Never: even a space without parameters has one point.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The point with this index in declared order; `None` beyond the last.
    pub fn point(&self, index: u128) -> Option<Point> {
        if index >= self.total {
            return None;
        }
        let mut values = vec![None; self.space.len()];
        let roots: Vec<usize> = self.space.roots().collect();
        self.place(&roots, index, &mut values);
        Some(Point::new(self.space.names().clone(), values.into()))
    }

    /// All points in declared order, made one at a time.
    pub fn iter(&self) -> impl Iterator<Item = Point> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            let point = self.point(next)?;
            next += 1;
            Some(point)
        })
    }

    /// Sets the parameters at `places` to the configuration `index` of their product.
    fn place(&self, places: &[usize], mut index: u128, values: &mut [Option<Value>]) {
        for &place in places.iter().rev() {
            let radix: u128 = self.branches[place]
                .iter()
                .map(|branch| branch.count * branch.below)
                .sum();
            let mut own = index % radix;
            index /= radix;
            for branch in &self.branches[place] {
                let size = branch.count * branch.below;
                if own < size {
                    let domain = &self.space.params()[place].domain;
                    values[place] = domain.value(branch.first + own / branch.below);
                    self.place(&branch.children, own % branch.below, values);
                    break;
                }
                own -= size;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{ChoiceDomain, FloatDomain, IntDomain, Scale};
    use std::collections::HashSet;

    fn tutorial() -> Space {
        let mut space = Space::builder();
        let units = IntDomain::with(32, 512, 32, Scale::Linear).unwrap();
        let len = space.push(
            "units.len",
            Domain::Int(IntDomain::new(1, 3).unwrap()),
            None,
            None,
        );
        for i in 0..3i128 {
            let condition = (i > 0).then_some(Condition::AtLeast {
                parent: len,
                count: i + 1,
            });
            space.push(
                format!("units[{i}]"),
                Domain::Int(units.clone()),
                None,
                condition,
            );
        }
        let rates = ChoiceDomain::new([1e-2, 1e-3, 1e-4].map(Value::Float))
            .unwrap()
            .ordered();
        space.push("learning_rate", Domain::Choice(rates), None, None);
        space.build().unwrap()
    }

    #[test]
    fn the_tutorials_network_has_13_104_configurations_each_listed_once() {
        let space = tutorial();
        assert_eq!(space.cardinality(), Some(13_104));
        let all = space.enumeration().unwrap();
        let points: HashSet<Point> = all.iter().collect();
        assert_eq!(points.len(), 13_104);
        assert!(points.iter().all(|point| space.contains(point)));
        let first = all.point(0).unwrap().to_string();
        assert_eq!(first, "units.len = 1, units[0] = 32, learning_rate = 0.01");
        let second = all.point(1).unwrap().to_string();
        assert_eq!(
            second,
            "units.len = 1, units[0] = 32, learning_rate = 0.001"
        );
    }

    #[test]
    fn what_cannot_be_counted_has_no_number() {
        let mut space = Space::builder();
        space.push(
            "x",
            Domain::Float(FloatDomain::new(0.0, 1.0).unwrap()),
            None,
            None,
        );
        let space = space.build().unwrap();
        assert_eq!(space.cardinality(), None);
        assert_eq!(space.discretized(5).unwrap().cardinality(), Some(5));
        let mut wide = Space::builder();
        for name in ["a", "b", "c"] {
            wide.push(
                name,
                Domain::Int(IntDomain::new(0, u64::MAX).unwrap()),
                None,
                None,
            );
        }
        assert_eq!(wide.build().unwrap().cardinality(), None);
        assert_eq!(Space::builder().build().unwrap().cardinality(), Some(1));
    }

    #[test]
    fn a_whole_number_may_be_compared_with_values() {
        let (space, _) = Space::from_json(&serde_json::json!([
            {"name": "layers", "type": "int", "low": 1, "high": 4},
            {"name": "wide", "type": "bool", "condition": {"parent": "layers", "values": [1, 4]}},
            {"name": "deep", "type": "bool", "condition": {"parent": "layers", "at_least": 3}},
        ]))
        .unwrap();
        assert_eq!(space.cardinality(), Some(2 + 1 + 2 + 4));
        let points: HashSet<Point> = space.enumeration().unwrap().iter().collect();
        assert_eq!(points.len(), 9);
        assert!(points.iter().all(|point| space.contains(point)));
    }

    #[test]
    fn a_huge_parent_is_counted_by_its_thresholds() {
        let mut space = Space::builder();
        let len = space.push(
            "n",
            Domain::Int(IntDomain::new(1, u64::MAX).unwrap()),
            None,
            None,
        );
        let condition = Condition::AtLeast {
            parent: len,
            count: 1 << 40,
        };
        space.push("far", Domain::Bool, None, Some(condition));
        let space = space.build().unwrap();
        let low = (1u128 << 40) - 1;
        assert_eq!(
            space.cardinality(),
            Some(low + 2 * (u128::from(u64::MAX) - low))
        );
        let all = space.enumeration().unwrap();
        assert_eq!(
            all.point(low).unwrap().get("far"),
            Some(&Value::Bool(false))
        );
    }
}
