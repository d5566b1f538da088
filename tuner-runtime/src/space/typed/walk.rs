//! How handles meet the flat space: declaring parameters, reading values in order, writing them.

use std::ops::Deref;

use super::super::domain::Domain;
use super::super::error::{Fault, PointError, SpaceError};
use super::super::flat::{Condition, SpaceBuilder};
use super::super::point::Point;
use super::super::value::Value;
use super::Handle;

/// Where a handle declares its parameters: a name and a condition.
pub struct Scope<'a> {
    builder: &'a mut SpaceBuilder,
    name: String,
    condition: Option<Condition>,
}

impl<'a> Scope<'a> {
    pub(super) fn root(builder: &'a mut SpaceBuilder) -> Self {
        Self {
            builder,
            name: String::new(),
            condition: None,
        }
    }

    /// The scope of a field or a variant: `name` after a dot.
    pub fn field(&mut self, name: &str) -> Scope<'_> {
        let name = dotted(&self.name, name);
        let condition = self.condition.clone();
        self.named(name, condition)
    }

    /// The scope of a list's element.
    pub(super) fn element(&mut self, index: usize) -> Scope<'_> {
        let name = format!("{}[{index}]", self.name);
        let condition = self.condition.clone();
        self.named(name, condition)
    }

    /// The same scope under a condition of its own.
    pub(super) fn under(&mut self, condition: Option<Condition>) -> Scope<'_> {
        let name = self.name.clone();
        let condition = condition.or_else(|| self.condition.clone());
        self.named(name, condition)
    }

    /// Gives a root its name.
    pub(super) fn or_named(mut self, name: &str) -> Self {
        if self.name.is_empty() {
            self.name = name.to_string();
        }
        self
    }

    /// The scope of a variant.
    pub(super) fn below(&mut self, name: &str, condition: Condition) -> Scope<'_> {
        let name = dotted(&self.name, name);
        self.named(name, Some(condition))
    }

    /// Adds a parameter and returns its place.
    pub(super) fn push(&mut self, domain: Domain, default: Value) -> usize {
        let name = if self.name.is_empty() {
            "value"
        } else {
            &self.name
        };
        let condition = self.condition.clone();
        self.builder.push(name, domain, Some(default), condition)
    }

    /// A default that does not fit, said of what lies here.
    pub(super) fn of_default(&self, fault: PointError) -> SpaceError {
        match fault.faults() {
            [
                Fault::Outside {
                    name,
                    value,
                    allowed,
                },
                ..,
            ] => SpaceError::Default {
                name: format!("{}{name}", self.name),
                value: value.clone(),
                allowed: allowed.clone(),
            },
            _ => fault.into(),
        }
    }

    /// A value that does not fit, said of what lies here.
    pub(super) fn of_value(&self, fault: PointError) -> SpaceError {
        fault.of(&self.name).into()
    }

    fn named(&mut self, name: String, condition: Option<Condition>) -> Scope<'_> {
        Scope {
            builder: self.builder,
            name,
            condition,
        }
    }
}

/// The name under which a handle stands in a space, empty for one that is a whole space.
#[derive(Debug, Clone, Default)]
pub(super) struct Stand(Box<str>);

impl Stand {
    pub(super) fn at(&mut self, name: &str) {
        self.0 = name.into();
    }

    /// The fault, said of the handle.
    pub(super) fn blame(&self, fault: SpaceError) -> SpaceError {
        match &*self.0 {
            "" => fault,
            name => fault.of(name),
        }
    }
}

impl Deref for Stand {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// What a handle allows is the same wherever it stands.
impl PartialEq for Stand {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Says that a part of the handle at `outer` stands under `name` there.
pub fn stand(handle: &mut impl Handle, outer: &str, name: &str) {
    handle.stand(&dotted(outer, name));
}

fn dotted(outer: &str, name: &str) -> String {
    if outer.is_empty() {
        name.to_string()
    } else {
        format!("{outer}.{name}")
    }
}

/// What to do with the values that [`Handle::settle`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// They are the default as declared; one that is outside is found when the space is flattened.
    Default,
    /// They are the default, or else the nearest values that are allowed.
    Near,
    /// They are all that is allowed.
    Fix,
}

/// A value with the name under which it was written.
pub(super) type Named = (String, Value);

/// The values of a point in the order of its space.
pub struct Reader<'a> {
    source: Source<'a>,
    next: usize,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Point(&'a Point),
    Listed(&'a [Named]),
    /// No values at all: each parameter gives its default.
    Defaults,
}

impl<'a> Reader<'a> {
    pub(super) fn of(point: &'a Point) -> Self {
        Self {
            source: Source::Point(point),
            next: 0,
        }
    }

    pub(super) fn listed(values: &'a [Named]) -> Self {
        Self {
            source: Source::Listed(values),
            next: 0,
        }
    }

    pub(super) fn defaults() -> Self {
        Self {
            source: Source::Defaults,
            next: 0,
        }
    }

    /// The next value; `None` where the parameter's own default is asked for.
    pub(super) fn take(&mut self) -> Result<Option<&'a Value>, PointError> {
        if self.is_defaults() {
            return Ok(None);
        }
        match self.advance() {
            Some(value) => Ok(Some(value)),
            None => Err(Fault::Missing {
                name: "the value after the last one".to_string(),
            }
            .into()),
        }
    }

    /// The next value that is there.
    fn advance(&mut self) -> Option<&'a Value> {
        let value = match self.source {
            Source::Defaults => None,
            Source::Listed(values) => values.get(self.next).map(|(_, value)| value),
            Source::Point(point) => {
                let values = point.values();
                while let Some(None) = values.get(self.next) {
                    self.next += 1;
                }
                values.get(self.next).and_then(Option::as_ref)
            }
        };
        self.next += 1;
        value
    }

    /// The values taken from a list since it was at `start`, named by what follows `outer`.
    pub(super) fn since(&self, start: usize, outer: &str) -> Box<[Named]> {
        let values = match self.source {
            Source::Listed(values) => values.get(start..self.next).unwrap_or_default(),
            _ => &[],
        };
        let below = |name: &str| name.strip_prefix(outer).unwrap_or_default().to_string();
        values
            .iter()
            .map(|(name, value)| (below(name), value.clone()))
            .collect()
    }

    /// A second reader that looks at the same values.
    pub(super) fn ahead(&self) -> Self {
        Self {
            source: self.source,
            next: self.next,
        }
    }

    /// Whether every parameter gives its default.
    pub(super) fn is_defaults(&self) -> bool {
        matches!(self.source, Source::Defaults)
    }

    /// The name of the value taken last from a list.
    pub(super) fn name(&self) -> &'a str {
        match self.source {
            Source::Listed(values) => values
                .get(self.next.saturating_sub(1))
                .map_or("", |(name, _)| name),
            _ => "",
        }
    }

    /// How many values have been passed.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// The fault of the value taken last.
    #[cold]
    pub(super) fn outside(&self, allowed: impl ToString) -> PointError {
        let last = self.next.saturating_sub(1);
        let (name, value) = match self.source {
            Source::Point(point) => (point.name_at(last), point.at(last)),
            Source::Listed(values) => (Some(self.name()), values.get(last).map(|(_, value)| value)),
            Source::Defaults => (None, None),
        };
        Fault::Outside {
            name: name.unwrap_or("value").to_string(),
            value: value.map_or_else(|| "nothing".to_string(), |value| value.quoted().to_string()),
            allowed: allowed.to_string(),
        }
        .into()
    }

    /// Whether all values have been taken.
    pub(super) fn finish(mut self) -> Result<(), PointError> {
        let Source::Point(point) = self.source else {
            return Ok(());
        };
        if self.advance().is_none() {
            return Ok(());
        }
        let name = point.name_at(self.next - 1).unwrap_or("value").to_string();
        Err(Fault::Unknown { name }.into())
    }
}

/// What a handle writes: values by name, and what is wrong with them.
pub struct Writer<'a> {
    written: &'a mut Written,
    name: String,
}

#[derive(Default)]
struct Written {
    pairs: Vec<Named>,
    faults: Vec<Fault>,
    /// Whether a handle is named as it stands in its space, and not as a space of its own.
    stands: bool,
}

impl Written {
    /// The values, if nothing is wrong with them.
    fn sound(self) -> Result<Vec<Named>, PointError> {
        if self.faults.is_empty() {
            Ok(self.pairs)
        } else {
            Err(PointError::new(self.faults))
        }
    }
}

impl Writer<'_> {
    /// The value by names, as a point of the space that the handle is.
    pub(super) fn point<H: Handle>(handle: &H, value: &H::Value) -> Result<Point, PointError> {
        let values = Self::written(handle, value, false).sound()?;
        Ok(values.into_iter().map(|(n, v)| (n.into(), v)).collect())
    }

    /// The values in their order, named as the handle stands in its space.
    pub(super) fn values<H: Handle>(
        handle: &H,
        value: &H::Value,
    ) -> Result<Vec<Named>, PointError> {
        Self::written(handle, value, true).sound()
    }

    /// The values in their order, those outside included.
    pub(super) fn raw<H: Handle>(handle: &H, value: &H::Value) -> Vec<Named> {
        Self::written(handle, value, true).pairs
    }

    fn written<H: Handle>(handle: &H, value: &H::Value, stands: bool) -> Written {
        let mut written = Written {
            stands,
            ..Written::default()
        };
        let root = Writer {
            written: &mut written,
            name: String::new(),
        };
        handle.write(value, root);
        written
    }

    /// The writer of a field or a variant.
    pub fn field(&mut self, name: &str) -> Writer<'_> {
        let name = dotted(&self.name, name);
        Writer {
            written: self.written,
            name,
        }
    }

    /// The same writer again.
    pub(super) fn here(&mut self) -> Writer<'_> {
        let name = self.name.clone();
        Writer {
            written: self.written,
            name,
        }
    }

    /// The writer of a list's element.
    pub(super) fn element(&mut self, index: usize) -> Writer<'_> {
        let name = format!("{}[{index}]", self.name);
        Writer {
            written: self.written,
            name,
        }
    }

    /// Gives a root its name.
    pub(super) fn or_named(mut self, root: &str) -> Self {
        if self.name.is_empty() {
            self.name = root.to_string();
        }
        self
    }

    /// The writer of a handle that stands under `stand`. A struct or an array does not know where it stands: what it
    /// holds is written under the end of its name, and adds the rest.
    pub(super) fn standing(mut self, stand: &str) -> Self {
        if self.written.stands && stand.ends_with(&self.name) {
            self.name = stand.to_string();
        }
        self
    }

    /// The writer of a variant's fields.
    pub(super) fn below(mut self, name: &str) -> Self {
        self.name = dotted(&self.name, name);
        self
    }

    /// Writes a value, and notes when the domain does not hold it.
    pub(super) fn push(&mut self, value: Value, domain: &Domain) {
        let name = if self.name.is_empty() {
            "value".to_string()
        } else {
            self.name.clone()
        };
        let value = domain.canonical(&value).unwrap_or_else(|| {
            self.written.faults.push(Fault::Outside {
                name: name.clone(),
                value: value.quoted().to_string(),
                allowed: domain.to_string(),
            });
            value
        });
        self.written.pairs.push((name, value));
    }
}
