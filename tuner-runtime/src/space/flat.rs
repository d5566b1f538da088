//! The space as data: a flat list of parameters in topological order, each with at most one condition.

use std::collections::HashMap;
use std::sync::Arc;

use super::domain::Domain;
use super::error::{Fault, PointError, SpaceError};
use super::point::Point;
use super::value::Value;
use crate::math::rng::Rng;

/// When a parameter is active, beyond its parent being active itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The parent has one of these values.
    Is {
        /// The place of the parent in the space, before the parameter itself.
        parent: usize,
        /// Values of the parent's domain.
        values: Vec<Value>,
    },
    /// The parent, a whole number, is at least this large.
    AtLeast {
        /// The place of the parent in the space, before the parameter itself.
        parent: usize,
        /// The smallest value that activates the parameter.
        count: i128,
    },
}

impl Condition {
    /// The place of the parameter that decides.
    pub fn parent(&self) -> usize {
        match self {
            Self::Is { parent, .. } | Self::AtLeast { parent, .. } => *parent,
        }
    }

    /// Whether an active parent with this value activates the parameter.
    pub fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Is { values, .. } => values.iter().any(|allowed| allowed.same(value)),
            Self::AtLeast { count, .. } => value.as_int().is_some_and(|value| value >= *count),
        }
    }
}

/// One parameter of a flat space.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, unique in the space: `units[0]`, `optimizer.Sgd.momentum`.
    pub name: Arc<str>,
    /// The values it can have.
    pub domain: Domain,
    /// The value to try first.
    pub default: Value,
    /// When it is active; always, without a condition.
    pub condition: Option<Condition>,
}

/// A search space: an ordered list of parameters, parents before their children.
///
/// Cloning is cheap; the list is shared.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::space::{Condition, Domain, IntDomain, Space, Value};
/// let mut space = Space::builder();
/// let layers = space.push("layers", Domain::Int(IntDomain::new(1, 2)?), None, None);
/// let second = Condition::AtLeast { parent: layers, count: 2 };
/// space.push("second", Domain::Bool, Some(Value::Bool(true)), Some(second));
/// let space = space.build()?;
/// assert_eq!(space.cardinality(), Some(3));
/// # Ok::<(), tuner::space::SpaceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Space {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    params: Vec<Param>,
    names: Arc<[Arc<str>]>,
    places: HashMap<Arc<str>, usize>,
    /// For each parameter, the places of those whose condition names it.
    children: Vec<Vec<usize>>,
}

impl PartialEq for Space {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.params == other.inner.params
    }
}

impl Space {
    /// An empty list to add parameters to.
    pub fn builder() -> SpaceBuilder {
        SpaceBuilder::default()
    }

    /// The parameters, parents before their children.
    pub fn params(&self) -> &[Param] {
        &self.inner.params
    }

    /// How many parameters there are, conditional ones included.
    pub fn len(&self) -> usize {
        self.inner.params.len()
    }

    /// Whether there is nothing to tune.
    pub fn is_empty(&self) -> bool {
        self.inner.params.is_empty()
    }

    /// The place of the parameter with this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.inner.places.get(name).copied()
    }

    /// The places of the parameters whose condition names the one at `place`.
    pub fn children(&self, place: usize) -> &[usize] {
        &self.inner.children[place]
    }

    pub(super) fn names(&self) -> &Arc<[Arc<str>]> {
        &self.inner.names
    }

    /// Whether the parameter at `place` is active, given the values of those before it.
    pub(super) fn is_active(&self, place: usize, values: &[Option<Value>]) -> bool {
        match &self.inner.params[place].condition {
            None => true,
            Some(condition) => values[condition.parent()]
                .as_ref()
                .is_some_and(|value| condition.holds(value)),
        }
    }

    /// Fills the active parameters in order: `choose` gives the value of each.
    pub fn fill<E>(
        &self,
        mut choose: impl FnMut(usize, &Param) -> Result<Value, E>,
    ) -> Result<Point, E> {
        let mut values: Vec<Option<Value>> = Vec::with_capacity(self.len());
        for (place, param) in self.params().iter().enumerate() {
            let active = self.is_active(place, &values);
            values.push(if active {
                Some(choose(place, param)?)
            } else {
                None
            });
        }
        Ok(Point::new(self.names().clone(), values.into()))
    }

    /// The point of the declared defaults.
    pub fn default_point(&self) -> Point {
        self.fill_always(|_, param| param.default.clone())
    }

    /// A random point, each active parameter uniform on its scale.
    pub fn sample(&self, rng: &mut Rng) -> Point {
        self.fill_always(|_, param| param.domain.sample(rng))
    }

    /// The coordinates of a point in `[0, 1]^len`, one for each parameter; 0.5 where it is inactive.
    ///
    /// The point is one of this space, as [`Space::adopt`] and all else here returns them.
    pub fn encode(&self, point: &Point) -> Vec<f64> {
        let coordinate = |(place, param): (usize, &Param)| {
            point
                .at(place)
                .map_or(0.5, |value| param.domain.encode(value))
        };
        self.params().iter().enumerate().map(coordinate).collect()
    }

    /// The point at these coordinates, one for each parameter; those of inactive parameters and
    /// missing ones do not matter. Every number gives a point of the space.
    pub fn decode(&self, units: &[f64]) -> Point {
        self.fill_always(|place, param| {
            param
                .domain
                .decode(units.get(place).copied().unwrap_or(0.5))
        })
    }

    /// The same point with the names, types and grid of this space.
    ///
    /// Parameters of the space that are inactive in the point are ignored.
    ///
    /// # Errors
    /// Lists every name that is unknown, every active parameter that is missing, and every value
    /// outside of its domain.
    pub fn adopt(&self, point: &Point) -> Result<Point, PointError> {
        let (adopted, faults) = self.mend(point);
        if faults.is_empty() {
            Ok(adopted)
        } else {
            Err(PointError::new(faults))
        }
    }

    /// The point of this space that is nearest to one of an older version of it, and what had to
    /// change: unknown parameters are dropped, missing ones get their default, values outside move
    /// to the nearest that is allowed.
    pub fn mend(&self, point: &Point) -> (Point, Vec<Fault>) {
        let mut faults = Vec::new();
        for (name, _) in point.iter() {
            if self.place(name).is_none() {
                faults.push(Fault::Unknown {
                    name: name.to_string(),
                });
            }
        }
        let own = point.is_of(self.names());
        let mended = self.fill_always(|place, param| {
            let value = if own {
                point.at(place)
            } else {
                point.get(&param.name)
            };
            let Some(value) = value else {
                faults.push(Fault::Missing {
                    name: param.name.to_string(),
                });
                return param.default.clone();
            };
            param.domain.canonical(value).unwrap_or_else(|| {
                faults.push(Fault::Outside {
                    name: param.name.to_string(),
                    value: value.quoted().to_string(),
                    allowed: param.domain.to_string(),
                });
                param.domain.nearest(value)
            })
        });
        (mended, faults)
    }

    /// Whether a point has exactly the active parameters of this space, each inside its domain.
    pub fn contains(&self, point: &Point) -> bool {
        self.adopt(point)
            .is_ok_and(|adopted| adopted.iter().count() == point.iter().count())
    }

    /// The space with every continuum replaced by `points` values, evenly spread over its scale.
    ///
    /// # Errors
    /// When there is a continuum and `points` is 0 or beyond a million.
    pub fn discretized(&self, points: usize) -> Result<Self, SpaceError> {
        let mut builder = Self::builder();
        for param in self.params() {
            let domain = param
                .domain
                .discretized(points)
                .map_err(|fault| fault.of(&param.name))?;
            let default = Some(domain.nearest(&param.default));
            builder.push(&*param.name, domain, default, param.condition.clone());
        }
        builder.build()
    }

    fn fill_always(&self, mut choose: impl FnMut(usize, &Param) -> Value) -> Point {
        match self.fill(|place, param| Ok::<_, std::convert::Infallible>(choose(place, param))) {
            Ok(point) => point,
            Err(never) => match never {},
        }
    }
}

/// Collects parameters; [`SpaceBuilder::build`] checks them.
#[derive(Debug, Default)]
pub struct SpaceBuilder {
    params: Vec<Param>,
}

impl SpaceBuilder {
    /// Adds a parameter and returns its place, for the conditions of its children. Without a
    /// default it has the one of its domain.
    pub fn push(
        &mut self,
        name: impl Into<Arc<str>>,
        domain: Domain,
        default: Option<Value>,
        condition: Option<Condition>,
    ) -> usize {
        let default = default.unwrap_or_else(|| domain.middle());
        self.params.push(Param {
            name: name.into(),
            domain,
            default,
            condition,
        });
        self.params.len() - 1
    }

    /// The parameters added so far.
    pub fn params(&mut self) -> &mut [Param] {
        &mut self.params
    }

    /// The space, checked.
    ///
    /// # Errors
    /// When a name is empty or taken, a default is outside of its domain, or a condition names a
    /// parameter that does not come before, or values that it cannot have.
    pub fn build(mut self) -> Result<Space, SpaceError> {
        let mut places = HashMap::with_capacity(self.params.len());
        let mut children = vec![Vec::new(); self.params.len()];
        for place in 0..self.params.len() {
            let (before, rest) = self.params.split_at_mut(place);
            let param = &mut rest[0];
            if param.name.is_empty() {
                return Err(SpaceError::EmptyName);
            }
            if places.insert(param.name.clone(), place).is_some() {
                return Err(SpaceError::DuplicateName {
                    name: param.name.to_string(),
                });
            }
            param.default =
                param
                    .domain
                    .canonical(&param.default)
                    .ok_or_else(|| SpaceError::Default {
                        name: param.name.to_string(),
                        value: param.default.quoted().to_string(),
                        allowed: param.domain.to_string(),
                    })?;
            if let Some(condition) = &param.condition {
                Self::check(&param.name, condition, before)?;
                children[condition.parent()].push(place);
            }
        }
        let names = self.params.iter().map(|param| param.name.clone()).collect();
        let inner = Inner {
            params: self.params,
            names,
            places,
            children,
        };
        Ok(Space {
            inner: Arc::new(inner),
        })
    }

    fn check(name: &str, condition: &Condition, before: &[Param]) -> Result<(), SpaceError> {
        let parent = before.get(condition.parent());
        let refuse = |fault: String| {
            Err(SpaceError::Condition {
                name: name.to_string(),
                parent: parent.map_or("?", |parent| &*parent.name).to_string(),
                fault,
            })
        };
        let Some(Param { domain, .. }) = parent else {
            return refuse("a parent must come before its children".to_string());
        };
        match (condition, domain) {
            (Condition::Is { .. }, Domain::Float(_)) => {
                refuse("a real number has no values to compare with; use a choice".to_string())
            }
            (Condition::Is { values, .. }, _) if values.is_empty() => {
                refuse("name at least one value".to_string())
            }
            (Condition::Is { values, .. }, _) => {
                match values
                    .iter()
                    .find(|value| domain.canonical(value).is_none())
                {
                    Some(value) => refuse(format!("{} is not one of {domain}", value.quoted())),
                    None => Ok(()),
                }
            }
            (Condition::AtLeast { count, .. }, Domain::Int(int)) if *count > int.high() => {
                refuse(format!(
                    "it is never at least {count}, for its highest value is {}",
                    int.high()
                ))
            }
            (Condition::AtLeast { .. }, Domain::Int(_)) => Ok(()),
            (Condition::AtLeast { .. }, _) => {
                refuse("at_least asks for a parent of the type int".to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{ChoiceDomain, FloatDomain, IntDomain, Scale};

    pub(crate) fn mixed() -> Space {
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
        let names = ChoiceDomain::new(["Adam", "Sgd"].map(Value::from)).unwrap();
        let optimizer = space.push("optimizer", Domain::Choice(names), None, None);
        let sgd = Condition::Is {
            parent: optimizer,
            values: vec!["Sgd".into()],
        };
        let momentum = FloatDomain::new(0.0, 0.99).unwrap();
        space.push(
            "optimizer.Sgd.momentum",
            Domain::Float(momentum),
            None,
            Some(sgd.clone()),
        );
        space.push("optimizer.Sgd.nesterov", Domain::Bool, None, Some(sgd));
        space.build().unwrap()
    }

    #[test]
    fn samples_hold_what_is_active_and_nothing_else() {
        let space = mixed();
        let mut rng = Rng::new(1);
        for _ in 0..300 {
            let point = space.sample(&mut rng);
            assert!(space.contains(&point));
            let len = point.get("units.len").and_then(Value::as_int).unwrap();
            assert_eq!(point.get("units[2]").is_some(), len == 3);
            let sgd = point.get("optimizer") == Some(&"Sgd".into());
            assert_eq!(point.get("optimizer.Sgd.momentum").is_some(), sgd);
            assert_eq!(space.decode(&space.encode(&point)), point);
        }
    }

    #[test]
    fn a_foreign_point_is_mended_and_every_fault_is_named() {
        let space = mixed();
        let text = r#"{"units.len": 2, "units[0]": 33, "optimizer": "Sgd", "speed": 1,
                       "optimizer.Sgd.momentum": 0.5, "optimizer.Sgd.nesterov": true}"#;
        let point: Point = serde_json::from_str(text).unwrap();
        let error = space.adopt(&point).unwrap_err().to_string();
        for part in [
            "`speed` is no parameter",
            "`units[0]` = 33 is outside of 32..=512",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(error.contains("`units[1]` is missing"), "{error}");
        let (mended, faults) = space.mend(&point);
        assert_eq!(faults.len(), 3);
        assert!(space.contains(&mended));
        assert_eq!(mended.get("units[0]"), Some(&Value::Int(32)));
    }

    #[test]
    fn faulty_spaces_are_refused() {
        let mut twice = Space::builder();
        twice.push("a", Domain::Bool, None, None);
        twice.push("a", Domain::Bool, None, None);
        assert!(matches!(
            twice.build(),
            Err(SpaceError::DuplicateName { .. })
        ));
        let mut later = Space::builder();
        let condition = Condition::Is {
            parent: 1,
            values: vec![true.into()],
        };
        later.push("a", Domain::Bool, None, Some(condition));
        assert!(matches!(later.build(), Err(SpaceError::Condition { .. })));
        let mut never = Space::builder();
        let parent = never.push("n", Domain::Int(IntDomain::new(1, 4).unwrap()), None, None);
        let condition = Condition::AtLeast { parent, count: 5 };
        never.push("a", Domain::Bool, None, Some(condition));
        let error = never.build().unwrap_err().to_string();
        assert!(error.contains("its highest value is 4"), "{error}");
        let mut default = Space::builder();
        default.push("a", Domain::Bool, Some(Value::Int(3)), None);
        assert!(matches!(default.build(), Err(SpaceError::Default { .. })));
    }
}
