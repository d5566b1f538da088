//! Which keys fit which types: markers named as the keys, and the handle that each pair makes.
//!
//! The macro sees only the spelling of a field's type, so it leaves the agreement of keys and type
//! to a trait: `Vec<usize>: Fits<len<int>>`. An alias works wherever the type that it stands for does.

#![allow(
    non_camel_case_types,
    reason = "markers are named as the keys they stand for"
)]

use std::marker::PhantomData;

use super::super::domain::{FloatDomain, IntDomain, Scale};
use super::{
    BoolParam, Choice, ChoiceParam, FloatParam, Handle, IntParam, Integer, ListParam, OptionParam,
    Reader, Real, Settle, Tunable, Writer,
};

/// The key `int`.
pub enum int {}
/// The key `float`.
pub enum float {}
/// The key `choice`.
pub enum choice {}
/// No key: the type itself says what it may be.
pub enum bare {}
/// The key `len`, over what the elements have.
pub struct len<K> {
    of: PhantomData<K>,
}
/// The key `optional`, over what the value has.
pub struct optional<K> {
    of: PhantomData<K>,
}

/// What keys say about values whose bounds have the type `L`.
pub trait Key {
    /// Bounds, steps, choices and lengths.
    type Spec<L: Copy + 'static>: Clone;
}

impl Key for int {
    type Spec<L: Copy + 'static> = Int<L>;
}

impl Key for float {
    type Spec<L: Copy + 'static> = Float<L>;
}

impl Key for choice {
    type Spec<L: Copy + 'static> = Choices<L>;
}

impl Key for bare {
    type Spec<L: Copy + 'static> = ();
}

impl<K: Key> Key for len<K> {
    type Spec<L: Copy + 'static> = Len<K::Spec<L>>;
}

impl<K: Key> Key for optional<K> {
    type Spec<L: Copy + 'static> = K::Spec<L>;
}

/// A field's type that agrees with the keys `K`, or with none.
#[diagnostic::on_unimplemented(
    message = "the type `{Self}` does not agree with the keys of its `#[hp(...)]`",
    label = "`len` asks for a `Vec`, `optional` for an `Option`",
    note = "write `Vec<T>` with `len = 1..=3`, `Option<T>` with `optional`, and `T` itself without them"
)]
pub trait Fits<K: Key = bare>: Sized {
    /// The type of bounds and choices.
    type Leaf: Copy + 'static;
    /// The handle of the field.
    type Handle: Handle<Value = Self>;
    /// The handle with all that the keys allow.
    fn handle(spec: K::Spec<Self::Leaf>) -> Self::Handle;
}

// What the macro asks of a type whose spelling shows nothing: it agrees with the kind as it is, or an
// alias hides an array of such.

/// A type that agrees with `int`.
#[diagnostic::on_unimplemented(
    message = "`int` does not fit a field of type `{Self}`",
    label = "not a whole number of at most 64 bits",
    note = "write `float = 0.0..=1.0` for real numbers, `choice = [\"a\", \"b\"]` for texts, `#[hp]` alone for a `bool` or a tunable type, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait IntField: Fits<int> {}

/// A type that agrees with `float`.
#[diagnostic::on_unimplemented(
    message = "`float` does not fit a field of type `{Self}`",
    label = "neither `f64` nor `f32`",
    note = "write `int = 1..=10` for whole numbers, `choice = [\"a\", \"b\"]` for texts, `#[hp]` alone for a `bool` or a tunable type, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait FloatField: Fits<float> {}

/// A type that agrees with `choice`.
#[diagnostic::on_unimplemented(
    message = "`choice` does not fit a field of type `{Self}`",
    label = "neither a number, a `bool`, a `&'static str` nor a `String`",
    note = "write `#[hp]` alone for a tunable type, which an enum becomes by `#[tunable]`, and `fixed = ...` for any other type",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait ChoiceField: Fits<choice> {}

/// A type that is tunable.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a search space",
    label = "not tunable",
    note = "add `#[tunable]` to the type; write a range or choices for a number or a text, and `fixed = ...` to leave the field untuned",
    note = "add `len = 1..=3` for a list and `optional` for an `Option`"
)]
pub trait TunableField: Fits<bare> {}

macro_rules! fields {
    ($($field:ident: $single:ident;)*) => {$(
        impl<T: $single> $field for T {}
        impl<T: $field, const N: usize> $field for [T; N] {}
    )*};
}
fields!(IntField: Integer; FloatField: Real; ChoiceField: Choice; TunableField: Tunable;);

/// The handle with all that the keys allow.
pub fn make<T: Fits<K>, K: Key>(spec: K::Spec<T::Leaf>) -> T::Handle {
    T::handle(spec)
}

/// A handle that the keys alone describe, where the spelling of a field's type shows which it is.
pub trait Made<S> {
    /// The handle with all that the keys allow.
    fn made(spec: S) -> Self;
}

impl<T: Integer> Made<Int<T::Bound>> for IntParam<T> {
    fn made(spec: Int<T::Bound>) -> Self {
        <T as Fits<int>>::handle(spec)
    }
}

impl<T: Real> Made<Float<T::Bound>> for FloatParam<T> {
    fn made(spec: Float<T::Bound>) -> Self {
        <T as Fits<float>>::handle(spec)
    }
}

impl<T: Choice> Made<Choices<T::Listed>> for ChoiceParam<T> {
    fn made(spec: Choices<T::Listed>) -> Self {
        <T as Fits<choice>>::handle(spec)
    }
}

impl Made<()> for BoolParam {
    fn made((): ()) -> Self {
        Self::default()
    }
}

impl<S, H: Handle + Made<S>> Made<Len<S>> for ListParam<H> {
    fn made(spec: Len<S>) -> Self {
        spec.over(H::made)
    }
}

impl<S, H: Handle + Made<S>> Made<S> for OptionParam<H> {
    fn made(spec: S) -> Self {
        Self::new(H::made(spec))
    }
}

/// The handle with all that the keys allow.
pub fn made<S, H: Made<S>>(spec: S) -> H {
    H::made(spec)
}

/// `int = low..=high`
pub fn int<T>(low: T, high: T) -> Int<T> {
    Int::new(low, high)
}

/// `float = low..=high`
pub fn float<T>(low: T, high: T) -> Float<T> {
    Float::new(low, high)
}

/// `choice = [..]`
pub fn choice<T>(listed: &'static [T]) -> Choices<T> {
    Choices {
        listed,
        unordered: false,
        default: None,
    }
}

/// `len = low..=high`
pub fn len<S>(low: usize, high: usize, each: S) -> Len<S> {
    Len { low, high, each }
}

/// `int = low..=high`, with `step`, `log`, `reverse_log` and `default`.
#[derive(Clone)]
pub struct Int<T> {
    low: T,
    high: T,
    step: Option<T>,
    scale: Scale,
    default: Option<T>,
}

/// `float = low..=high`, with `step`, `log`, `reverse_log` and `default`.
#[derive(Clone)]
pub struct Float<T> {
    low: T,
    high: T,
    step: Option<T>,
    scale: Scale,
    default: Option<T>,
}

macro_rules! ranges {
    ($($range:ident),*) => {$(
        impl<T> $range<T> {
            fn new(low: T, high: T) -> Self {
                Self { low, high, step: None, scale: Scale::Linear, default: None }
            }
            /// With a grid.
            pub fn step(mut self, step: T) -> Self {
                self.step = Some(step);
                self
            }
            /// On a log scale.
            pub fn log(mut self) -> Self {
                self.scale = Scale::Log;
                self
            }
            /// On a reversed log scale.
            pub fn reverse_log(mut self) -> Self {
                self.scale = Scale::ReverseLog;
                self
            }
            /// With a default other than the middle.
            pub fn default(mut self, default: T) -> Self {
                self.default = Some(default);
                self
            }
        }
    )*};
}
ranges!(Int, Float);

/// `choice = [..]`, with `unordered` and `default`.
#[derive(Clone)]
pub struct Choices<T: 'static> {
    listed: &'static [T],
    unordered: bool,
    default: Option<T>,
}

impl<T> Choices<T> {
    /// Without an order.
    pub fn unordered(mut self) -> Self {
        self.unordered = true;
        self
    }

    /// With a default other than the first.
    pub fn default(mut self, default: T) -> Self {
        self.default = Some(default);
        self
    }
}

/// `len = low..=high` over the keys of the elements.
#[derive(Clone)]
pub struct Len<S> {
    low: usize,
    high: usize,
    each: S,
}

impl<S> Len<S> {
    fn over<H: Handle>(self, each: impl FnOnce(S) -> H) -> ListParam<H> {
        let domain = IntDomain::new(self.low as i128, self.high as i128);
        let domain = domain.expect("the compiler has checked the length");
        let shortest = self.low;
        ListParam::new(IntParam::new(domain).defaulting(shortest), each(self.each))
    }
}

impl<T: Integer> Fits<int> for T {
    type Leaf = T::Bound;
    type Handle = IntParam<T>;

    fn handle(spec: Int<T::Bound>) -> IntParam<T> {
        let [low, high] = [spec.low, spec.high].map(|bound| T::bound(bound).wide());
        let step = spec.step.map_or(1, |step| T::bound(step).wide() as u64);
        let domain = IntDomain::with(low, high, step, spec.scale);
        let param = IntParam::new(domain.expect("the compiler has checked the range"));
        match spec.default {
            Some(default) => param.defaulting(T::bound(default)),
            None => param,
        }
    }
}

impl<T: Real> Fits<float> for T {
    type Leaf = T::Bound;
    type Handle = FloatParam<T>;

    fn handle(spec: Float<T::Bound>) -> FloatParam<T> {
        let [low, high] = [spec.low, spec.high].map(|bound| T::bound(bound).wide());
        let step = spec.step.map(|step| T::bound(step).wide());
        let domain = match T::SINGLE {
            true => FloatDomain::with_single(low, high, step, spec.scale),
            false => FloatDomain::with(low, high, step, spec.scale),
        };
        let param = FloatParam::new(domain.expect("the compiler has checked the range"));
        match spec.default {
            Some(default) => param.defaulting(T::bound(default)),
            None => param,
        }
    }
}

impl<T: Choice> Fits<choice> for T {
    type Leaf = T::Listed;
    type Handle = ChoiceParam<T>;

    fn handle(spec: Choices<T::Listed>) -> ChoiceParam<T> {
        let param = ChoiceParam::new(spec.listed, T::ORDERED && !spec.unordered);
        match spec.default {
            Some(default) => param.defaulting(default),
            None => param,
        }
    }
}

impl<T: Tunable> Fits<bare> for T {
    type Leaf = ();
    type Handle = T::Space;

    fn handle((): ()) -> T::Space {
        T::space()
    }
}

impl<K: Key, T: Fits<K>> Fits<len<K>> for Vec<T> {
    type Leaf = T::Leaf;
    type Handle = ListParam<T::Handle>;

    fn handle(spec: Len<K::Spec<T::Leaf>>) -> Self::Handle {
        spec.over(T::handle)
    }
}

impl<K: Key, T: Fits<K>> Fits<optional<K>> for Option<T> {
    type Leaf = T::Leaf;
    type Handle = OptionParam<T::Handle>;

    fn handle(spec: K::Spec<T::Leaf>) -> Self::Handle {
        OptionParam::new(T::handle(spec))
    }
}

/// An alias hides whether the list or the option is outside: the macro then puts `len` outside.
impl<K: Key, T: Fits<K>> Fits<len<optional<K>>> for Option<Vec<T>> {
    type Leaf = T::Leaf;
    type Handle = OptionParam<ListParam<T::Handle>>;

    fn handle(spec: Len<K::Spec<T::Leaf>>) -> Self::Handle {
        OptionParam::new(spec.over(T::handle))
    }
}

impl<K: Key, T: Fits<K>, const N: usize> Fits<K> for [T; N] {
    type Leaf = T::Leaf;
    type Handle = [T::Handle; N];

    fn handle(spec: K::Spec<T::Leaf>) -> Self::Handle {
        std::array::from_fn(|_| T::handle(spec.clone()))
    }
}

/// The handle with this value as its default.
pub fn with_default<H: Handle>(mut handle: H, value: H::Value) -> H {
    let values = Writer::raw(&handle, &value);
    let settled = handle.settle(&mut Reader::listed(&values), Settle::Default);
    settled.expect("a handle reads what it has written");
    handle
}

/// A listed choice as a value of the field's type.
pub fn choose<T: Choice>(listed: T::Listed) -> T {
    T::of(listed)
}
