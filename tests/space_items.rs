//! Items as they stand in real programs: generics, `cfg`, raw names, modules, other derives, and
//! names of the user's own that clash with those of the standard library.
#![allow(missing_docs, unreachable_pub, reason = "the items are examples")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(
    clippy::non_minimal_cfg,
    reason = "a condition that holds for everyone"
)]

use tuner::space::{Handle, Tunable, tunable};

fn names<T: Tunable>() -> Vec<String> {
    let space = T::space().flatten().unwrap();
    let params = space.params().iter();
    params.map(|param| param.name.to_string()).collect()
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Pair<T: Tunable, const MOST: usize> {
    #[hp(int = 1..=MOST, default = MOST)]
    count: usize,
    #[hp]
    inner: T,
    #[hp(len = 0..=2)]
    more: Vec<T>,
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Unbound<T> {
    #[hp]
    inner: T,
    #[hp(fixed = std::marker::PhantomData)]
    marker: std::marker::PhantomData<T>,
}

#[test]
fn type_and_const_parameters_pass_through() {
    assert_eq!(
        Pair::<bool, 4>::space().cardinality(),
        Some(4 * 2 * (1 + 2 + 4))
    );
    let value = Pair::<bool, 4>::builder().inner(true).build().unwrap();
    assert_eq!((value.count, value.inner, value.more.len()), (4, true, 0));
    assert_eq!(names::<Unbound<Pair<bool, 2>>>()[0], "inner.count");
    let mut space = Pair::<bool, 4>::space();
    space.count.narrow(1..=2).unwrap();
    assert_eq!(space.clone().cardinality(), Some(2 * 2 * 7));
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
enum Either<L: Tunable, R: Tunable> {
    Left(#[hp] L),
    Right {
        #[hp]
        right: R,
        #[hp(fixed = 7)]
        seven: u8,
    },
    Neither,
}

#[test]
fn enums_take_parameters_and_newtype_variants() {
    type Bools = Either<bool, Either<bool, bool>>;
    assert_eq!(
        names::<Bools>(),
        [
            "either",
            "either.Left",
            "either.Right.right",
            "either.Right.right.Left",
            "either.Right.right.Right.right"
        ]
    );
    assert_eq!(Bools::space().cardinality(), Some(2 + (2 + 2 + 1) + 1));
    let value = Bools::Right {
        right: Either::Left(true),
        seven: 7,
    };
    let point = value.to_point().unwrap();
    assert_eq!(
        point.to_string(),
        "either = Right, either.Right.right = Left, either.Right.right.Left = true"
    );
    assert_eq!(Bools::from_point(&point).unwrap(), value);
}

#[tunable]
struct Conditional {
    #[hp]
    always: bool,
    #[cfg(any())]
    #[hp(int = 1..=2)]
    never: NoSuchType,
    #[cfg(all())]
    #[hp(int = 1..=2)]
    compiled: usize,
}

#[tunable]
enum ConditionalEnum {
    Always,
    #[cfg(any())]
    Never(NoSuchType),
}

#[test]
fn cfg_is_respected() {
    assert_eq!(names::<Conditional>(), ["always", "compiled"]);
    assert_eq!(ConditionalEnum::space().cardinality(), Some(1));
    let value = Conditional::space().first();
    assert!(!value.always && value.compiled >= 1);
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct r#Raw {
    #[hp(int = 1..=3)]
    r#type: usize,
    #[hp(choice = ["a", "b"], name = "kind")]
    r#match: String,
    #[hp]
    r#enum: RawEnum,
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
enum RawEnum {
    r#Loop,
    r#Self_ {
        #[hp]
        r#fn: bool,
    },
}

#[test]
fn raw_names_are_stored_without_their_prefix() {
    assert_eq!(names::<Raw>(), ["type", "kind", "enum", "enum.Self_.fn"]);
    let value = Raw::builder().r#type(2).r#match("b").build().unwrap();
    assert_eq!((value.r#type, &*value.r#match), (2, "b"));
    assert!(matches!(value.r#enum, RawEnum::Loop));
}

/// A module whose names are those of the standard library.
mod hostile {
    use ::tuner::space::{Tunable as _, tunable};

    #[allow(dead_code)]
    pub mod std {}
    #[allow(dead_code)]
    pub mod core {}
    #[allow(dead_code)]
    pub mod tuner {}

    #[allow(unused_macros)]
    macro_rules! assert {
        ($($tokens:tt)*) => {
            compile_error!("generated code used the user's macro")
        };
    }

    #[tunable]
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Option {
        Some,
        None,
        Ok,
        Err,
    }

    #[tunable]
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Vec {
        #[hp]
        pub inner: Option,
    }

    #[tunable]
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct String {
        #[hp]
        pub inner: Vec,
    }

    #[allow(dead_code)]
    pub struct Result;
    #[allow(dead_code)]
    pub trait Clone {}
    #[allow(dead_code)]
    pub trait Handle {}

    const LIMIT: usize = 9;

    #[tunable]
    #[derive(Debug, PartialEq)]
    pub struct All {
        #[hp]
        pub option: Option,
        #[hp]
        pub vec: Vec,
        #[hp]
        pub string: String,
        #[hp(int = 1..=LIMIT, default = LIMIT)]
        pub self_: usize,
        #[hp(optional, int = 1..=2)]
        pub from: ::std::option::Option<u8>,
        #[hp]
        pub to: bool,
        #[hp]
        pub scope: bool,
        #[hp]
        pub build: bool,
    }

    impl All {
        /// The user's own.
        pub fn space() -> &'static str {
            "mine"
        }
        /// The user's own.
        pub fn builder(self) -> Self {
            self
        }
    }

    #[test]
    fn own_names_neither_break_nor_are_broken() {
        let value = <All as super::Tunable>::builder()
            .build_(true)
            .to(true)
            .build();
        let value = value.unwrap().builder();
        ::core::assert_eq!((value.self_, value.build, value.to), (9, true, true));
        ::core::assert_eq!(All::space(), "mine");
        ::core::assert_eq!(value.option, Option::Some);
        ::core::assert_eq!(All::from_point(&value.to_point().unwrap()).unwrap(), value);
    }
}

#[test]
fn items_may_stand_in_functions() {
    const TOP: i8 = 3;
    #[tunable]
    #[derive(Debug, PartialEq)]
    struct Local {
        #[hp(int = -TOP..=TOP)]
        x: i8,
        #[hp]
        inner: Inner,
    }
    #[tunable]
    #[derive(Debug, PartialEq)]
    enum Inner {
        A,
        B {
            #[hp]
            on: bool,
        },
    }
    assert_eq!(Local::space().cardinality(), Some(7 * 3));
    let mut space = Local::space();
    space
        .inner
        .only([InnerVariant::B])
        .unwrap()
        .B
        .on
        .fix(true)
        .unwrap();
    assert_eq!(space.first().inner, Inner::B { on: true });
}

#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[tunable(space = Narrow, builder = Make)]
#[derive(Default)]
pub(crate) struct Renamed {
    #[hp(float = 0.0..=1.0)]
    pub(crate) x: f32,
}

#[test]
fn generated_names_can_be_chosen_and_other_derives_stand_anywhere() {
    let space: Narrow = Renamed::space();
    let builder: Make = space.builder();
    assert_eq!(builder.x(0.25).build().unwrap(), Renamed { x: 0.25 });
    assert_eq!(
        serde_json::to_string(&Renamed::default()).unwrap(),
        r#"{"x":0.0}"#
    );
}

macro_rules! make {
    ($name:ident, $ty:ty, $high:expr) => {
        #[tunable]
        #[derive(Debug)]
        struct $name {
            #[hp(int = 1..=$high)]
            x: $ty,
        }
    };
}
make!(Made, u16, 1 + 2);

#[test]
fn items_may_be_written_by_macros() {
    assert_eq!(Made::space().cardinality(), Some(3));
    assert_eq!(Made::builder().x(3).build().unwrap().x, 3);
}

#[test]
fn an_items_docs_do_not_matter_to_its_space() {
    /// A struct without a parameter.
    #[tunable]
    struct Nothing {
        #[hp(fixed = vec![1, 2])]
        list: Vec<i32>,
    }
    assert_eq!(Nothing::space().cardinality(), Some(1));
    assert_eq!(Nothing::builder().build().unwrap().list, [1, 2]);
}

#[derive(Debug, Tunable)]
#[hp(space = BorrowingHandle)]
struct Borrowing<'a, T = bool>
where
    T: Clone,
{
    #[hp(fixed = "x")]
    text: &'a str,
    #[hp]
    inner: T,
    #[hp(len = 1..=2, int = 1..={ const TOP: usize = 3; TOP })]
    widths: std::vec::Vec<usize>,
    #[hp(optional, choice = [-1, 1])]
    sign: core::option::Option<i8>,
    #[hp(int = (1 + 1)..=(2 * 4),)]
    #[hp(default = 3)]
    twice: usize,
}

#[test]
fn the_derive_alone_will_do_and_expressions_may_be_blocks() {
    let space: BorrowingHandle<'_> = Borrowing::space();
    assert_eq!(space.cardinality(), Some(2 * (3 + 9) * 3 * 7));
    let value = space.builder().inner(true).sign(Some(-1)).build().unwrap();
    assert_eq!((value.text, value.inner, value.twice), ("x", true, 3));
    assert_eq!((value.widths, value.sign), (vec![2], Some(-1)));
}

mod base {
    use ::tuner::space::tunable;

    #[tunable]
    #[derive(Debug)]
    pub struct Config {
        #[hp]
        pub on: bool,
    }
}

/// It holds another type of its name, and lists as long as it says itself.
#[tunable]
#[derive(Debug)]
struct Config {
    #[hp]
    base: base::Config,
    #[hp]
    switches: [bool; Config::LEN],
    #[hp(int = 1..=3)]
    widths: [u8; Self::LEN],
}

impl Config {
    const LEN: usize = 2;
}

#[test]
fn an_item_may_speak_of_its_own_name() {
    let value = Config::builder().switches([true, false]).build().unwrap();
    assert_eq!((value.switches, value.widths), ([true, false], [2, 2]));
    assert!(!value.base.on);
}

#[tunable]
#[derive(Debug, Clone)]
struct Named<'a> {
    #[hp(fixed = "x")]
    text: &'a str,
    #[hp]
    on: bool,
}

#[tunable]
struct Lifetimes<'a, 'b> {
    #[hp]
    own: Named<'a>,
    #[hp(len = 1..=2)]
    others: Vec<Named<'b>>,
    #[hp(default = Named { text: "y", on: true })]
    forever: Named<'static>,
}

#[test]
fn one_type_may_stand_under_several_lifetimes() {
    let value = Lifetimes::builder().build().unwrap();
    assert_eq!((value.own.text, value.others.len()), ("x", 1));
    assert!(value.forever.on && !value.others[0].on);
    assert_eq!(Lifetimes::space().cardinality(), Some(2 * (2 + 4) * 2));
}

/// The argument of another type only names the item, and what is fixed takes no stored name.
#[tunable]
#[derive(Debug)]
struct Speaking {
    #[hp]
    marked: Marked<Speaking>,
    #[hp(fixed = 0.5)]
    rate: f64,
    #[hp(float = 0.0..=1.0, name = "rate")]
    tuned: f64,
}

#[tunable]
#[derive(Debug)]
struct Marked<T> {
    #[hp]
    on: bool,
    #[hp(fixed = std::marker::PhantomData)]
    of: std::marker::PhantomData<fn() -> T>,
}

#[test]
fn an_item_may_be_named_where_it_is_not_held() {
    assert_eq!(names::<Speaking>(), ["marked.on", "rate"]);
    let value = Speaking::builder().tuned(0.25).build().unwrap();
    assert_eq!(
        (value.rate, value.tuned, value.marked.on),
        (0.5, 0.25, false)
    );
    assert_eq!(value.marked.of, std::marker::PhantomData);
}
