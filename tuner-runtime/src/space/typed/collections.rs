//! Handles of lists, arrays and options.

use std::borrow::Cow;

use super::super::error::{PointError, SpaceError};
use super::super::flat::Condition;
use super::super::value::Value;
use super::walk::{Named, Stand, stand};
use super::{BoolParam, Handle, IntParam, Reader, Scope, Settle, Writer};

/// A list whose length is tuned too: `units.len`, then `units[0]`, `units[1]` and so on.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// struct Mlp {
///     #[hp(len = 1..=3, int = 32..=512, step = 32)]
///     units: Vec<usize>,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Mlp::space();
/// space.units.len.narrow(1..=2)?;
/// space.units.each.narrow(32..=64)?;
/// assert_eq!(space.cardinality(), Some(2 + 4));
/// space.units.fix(vec![64, 32])?;
/// assert_eq!(space.cardinality(), Some(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListParam<H> {
    /// How many elements there are.
    pub len: IntParam<usize>,
    /// What every element may be.
    pub each: H,
    /// The name under which it stands in a space.
    stand: Stand,
    /// The values of single elements, first to last, with their names below the element.
    singles: Vec<Box<[Named]>>,
    /// What the values are for: defaults, or all that is allowed.
    fixed: bool,
    /// The first element of a default computed at run time that is not allowed, and why.
    fault: Option<(usize, PointError)>,
}

impl<H: Handle> ListParam<H> {
    pub(super) fn new(len: IntParam<usize>, each: H) -> Self {
        Self {
            len,
            each,
            stand: Stand::default(),
            singles: Vec::new(),
            fixed: false,
            fault: None,
        }
    }

    /// Allows only this list.
    ///
    /// # Errors
    /// When its length or an element is not allowed; then nothing changes.
    pub fn fix(&mut self, values: Vec<H::Value>) -> Result<&mut Self, SpaceError> {
        Handle::fix(self, values)
    }

    fn element(&self, index: usize) -> Result<Cow<'_, H>, PointError> {
        let Some(values) = self.singles.get(index) else {
            return Ok(Cow::Borrowed(&self.each));
        };
        let mut single = self.each.clone();
        let how = if self.fixed {
            Settle::Fix
        } else {
            Settle::Near
        };
        single.settle(&mut Reader::listed(values), how)?;
        Ok(Cow::Owned(single))
    }
}

impl<H: Handle> Handle for ListParam<H> {
    type Value = Vec<H::Value>;

    fn stand(&mut self, name: &str) {
        // Elements have one handle, whatever their number is.
        self.each.stand(&format!("{name}[..]"));
        stand(&mut self.len, name, "len");
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        let (low, high) = (self.len.domain().low(), self.len.domain().high());
        // Of an element that was narrowed away nothing is wrong any more.
        let fault = self.fault.as_ref();
        if let Some((index, fault)) = fault.filter(|(index, _)| (*index as i128) < high) {
            return Err(scope.element(*index).of_default(fault.clone()));
        }
        let parent = self.len.push(&mut scope.field("len"));
        for index in 0..usize::try_from(high).unwrap_or(usize::MAX) {
            let count = index as i128 + 1;
            let condition = (count > low).then_some(Condition::AtLeast { parent, count });
            let mut scope = scope.under(condition);
            let scope = scope.element(index);
            match self.element(index) {
                Ok(element) => element.declare(scope)?,
                Err(fault) => return Err(scope.of_value(fault)),
            }
        }
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<Self::Value, PointError> {
        let len = self.len.read(from)?;
        let mut values = Vec::with_capacity(len);
        for index in 0..len {
            values.push(if from.is_defaults() {
                // What the list was fixed to may be narrowed away; flattening and building say so.
                let element = self.element(index).unwrap_or(Cow::Borrowed(&self.each));
                element.read(from)?
            } else {
                self.each.read(from)?
            });
        }
        Ok(values)
    }

    fn write(&self, value: &Self::Value, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        self.len.write(&value.len(), to.field("len"));
        for (index, value) in value.iter().enumerate() {
            let to = to.element(index);
            match self.element(index) {
                Ok(element) => element.write(value, to),
                Err(_) => self.each.write(value, to),
            }
        }
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let mut ahead = from.ahead();
        let len = match ahead.take()? {
            None => return Ok(()),
            Some(value) => value.as_int().and_then(|len| usize::try_from(len).ok()),
        };
        // The length is written first, and its name is that of the list with `len`.
        let list = ahead.name().strip_suffix("len").unwrap_or_default();
        let list = list.trim_end_matches('.');
        let is_kept = self.fixed && how != Settle::Fix;
        let mut settled = Vec::new();
        let mut fault = None;
        let len_how = if is_kept { Settle::Near } else { how };
        self.len.settle(from, len_how)?;
        for index in 0..len.unwrap_or(0) {
            let own = format!("{list}[{index}]");
            if how == Settle::Default && fault.is_none() {
                let tried = self.each.clone().settle(&mut from.ahead(), Settle::Fix);
                fault = tried.err().map(|fault| (index, fault.below(&own)));
            }
            let start = from.position();
            let element = match how {
                // An element that is fixed already can only be fixed to the same.
                Settle::Fix => self.element(index).map_err(|fault| fault.of(&own))?,
                Settle::Near | Settle::Default => Cow::Borrowed(&self.each),
            };
            element.into_owned().settle(from, how)?;
            settled.push(from.since(start, &own));
        }
        // What is fixed stays: the values are only passed by.
        if !is_kept {
            self.singles = settled;
            self.fixed = how == Settle::Fix;
            self.fault = fault;
        }
        Ok(())
    }
}

/// The elements of an array: `sizes[0]`, `sizes[1]` and so on, each with a handle of its own.
impl<H: Handle, const N: usize> Handle for [H; N] {
    type Value = [H::Value; N];

    fn stand(&mut self, name: &str) {
        for (index, handle) in self.iter_mut().enumerate() {
            handle.stand(&format!("{name}[{index}]"));
        }
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        for (index, handle) in self.iter().enumerate() {
            handle.declare(scope.element(index))?;
        }
        Ok(())
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<Self::Value, PointError> {
        let mut fault = None;
        let values: [Option<H::Value>; N] = std::array::from_fn(|index| {
            let value = self[index].read(from);
            value
                .map_err(|error| fault.get_or_insert(error).clone())
                .ok()
        });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(values.map(|value| value.expect("each element without a fault is there"))),
        }
    }

    fn write(&self, value: &Self::Value, mut to: Writer<'_>) {
        for (index, (handle, value)) in self.iter().zip(value).enumerate() {
            handle.write(value, to.element(index));
        }
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        self.iter_mut()
            .try_for_each(|handle| handle.settle(from, how))
    }
}

/// A value that may be absent: a switch named like the field, and the value below it as `some`.
///
/// ```
/// # extern crate tuner_runtime as tuner;
/// # use tuner::space::{Handle, Tunable, tunable};
/// #[tunable]
/// struct Net {
///     #[hp(optional, float = 0.1..=0.5, step = 0.1)]
///     dropout: Option<f64>,
/// }
/// # fn main() -> Result<(), tuner::space::SpaceError> {
/// let mut space = Net::space();
/// assert_eq!(space.cardinality(), Some(6));
/// space.dropout.on()?.some.narrow(0.1..=0.2)?;
/// assert_eq!(space.cardinality(), Some(2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OptionParam<H> {
    switch: BoolParam,
    /// The name under which it stands in a space.
    stand: Stand,
    /// What the value may be when there is one.
    pub some: H,
}

impl<H: Handle> OptionParam<H> {
    pub(super) fn new(some: H) -> Self {
        Self {
            switch: BoolParam::default(),
            stand: Stand::default(),
            some,
        }
    }

    /// Allows only `Some`.
    ///
    /// # Errors
    /// When it was switched off before.
    pub fn on(&mut self) -> Result<&mut Self, SpaceError> {
        self.switch.fix(true)?;
        Ok(self)
    }

    /// Allows only `None`.
    ///
    /// # Errors
    /// When it was switched on before.
    pub fn off(&mut self) -> Result<&mut Self, SpaceError> {
        self.switch.fix(false)?;
        Ok(self)
    }

    /// Allows only this value.
    ///
    /// # Errors
    /// When it is not allowed; then nothing changes.
    pub fn fix(&mut self, value: Option<H::Value>) -> Result<&mut Self, SpaceError> {
        Handle::fix(self, value)
    }
}

impl<H: Handle> Handle for OptionParam<H> {
    type Value = Option<H::Value>;

    fn stand(&mut self, name: &str) {
        stand(&mut self.some, name, "some");
        self.switch.stand(name);
        self.stand.at(name);
    }

    fn declare(&self, mut scope: Scope<'_>) -> Result<(), SpaceError> {
        let parent = self.switch.push(&mut scope);
        if !self.switch.allows(true) {
            return Ok(());
        }
        let condition = Condition::Is {
            parent,
            values: vec![Value::Bool(true)],
        };
        self.some.declare(scope.below("some", condition))
    }

    fn read(&self, from: &mut Reader<'_>) -> Result<Self::Value, PointError> {
        Ok(match self.switch.read(from)? {
            true => Some(self.some.read(from)?),
            false => None,
        })
    }

    fn write(&self, value: &Self::Value, to: Writer<'_>) {
        let mut to = to.standing(&self.stand);
        self.switch.write(&value.is_some(), to.here());
        if let Some(value) = value {
            self.some.write(value, to.field("some"));
        }
    }

    fn settle(&mut self, from: &mut Reader<'_>, how: Settle) -> Result<(), PointError> {
        let on = matches!(from.ahead().take()?, Some(Value::Bool(true)));
        self.switch.settle(from, how)?;
        if on {
            self.some.settle(from, how)?;
        }
        Ok(())
    }
}
