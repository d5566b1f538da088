//! Every type that a field can have, with bounds, grids and defaults of every form.
#![allow(missing_docs, unreachable_pub, reason = "the items are examples")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use tuner::space::{Handle, Tunable, Value, tunable};

const LOW: u64 = 2;
const SIZES: [u32; 3] = [1, 2, 4];
const NAMES: &[&str] = &["a", "b"];
const RATE: f64 = 0.1;
const SMALL: f32 = 0.1;
mod limits {
    pub const HIGH: u64 = u64::MAX;
}

type Width = usize;
type Widths = Vec<Width>;
type Maybe = Option<f64>;
type MaybeWidths = Option<Vec<u8>>;
type Pair = [u8; 2];
type Switches = [bool; 2];

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Types {
    #[hp(int = i64::MIN..=i64::MAX)]
    i64: i64,
    #[hp(int = LOW..=limits::HIGH)]
    u64: u64,
    #[hp(int = -128..=127, step = 5)]
    i8: i8,
    #[hp(int = Self::FEW..=Self::MANY, default = Self::FEW + 1)]
    of_self: u8,
    #[hp(float = 0.0..=1.0, step = 0.1, default = 0.3)]
    f32: f32,
    #[hp(float = 0.5..=0.999, reverse_log)]
    reverse: f64,
    #[hp(float = 1e-5..=1e-1, log, step = 10.0, default = 1e-3)]
    decades: f64,
    #[hp(float = RATE..=10.0 * RATE, log)]
    constant: f64,
    #[hp(choice = SIZES, default = 2)]
    sizes: u32,
    #[hp(choice = NAMES, default = "b")]
    names: String,
    #[hp(choice = [0.1, SMALL * 2.0], unordered)]
    rates: f32,
    #[hp(choice = [true, false])]
    flag: bool,
    #[hp(int = 1..=4)]
    width: Width,
    #[hp(len = 1..=2, int = 1..=4, default = [2, 3])]
    widths: Widths,
    #[hp(optional, float = 0.1..=0.5, default = Some(0.2))]
    maybe: Maybe,
    #[hp(optional, len = 1..=2, int = 1..=3)]
    alias_of_both: MaybeWidths,
    #[hp(int = 1..=3, default = [1, 2])]
    array: [u8; 2],
    #[hp(int = 1..=3)]
    pair: Pair,
    #[hp(optional, int = 1..=3)]
    maybe_pair: Option<Pair>,
    #[hp]
    alias_of_switches: Switches,
    #[hp(len = 0..=2, optional, int = 1..=2, default = [Some(1), None])]
    list_of_options: Vec<Option<u8>>,
    #[hp(len = 0..=2, optional, choice = ["x", "y"], default = Some(vec!["y"]))]
    option_of_list: Option<Vec<String>>,
    #[hp(len = 2..=2)]
    switches: Vec<bool>,
    #[hp(default = true)]
    on: bool,
    #[hp(default = Kind::Deep { depth: 3 })]
    kind: Kind,
    #[hp(len = 1..=2, default = vec![Kind::Flat, Kind::Deep { depth: 1 }])]
    kinds: Vec<Kind>,
    #[hp(fixed = "text")]
    text: String,
}

impl Types {
    const FEW: u8 = 3;
    const MANY: u8 = 5;
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Flat,
    Deep {
        #[hp(int = 1..=3)]
        depth: usize,
    },
}

#[test]
fn defaults_are_what_they_say() {
    let value = Types::builder().build().unwrap();
    assert_eq!(value, Types::space().first());
    let (_, faults) = Types::space()
        .flatten()
        .unwrap()
        .mend(&value.to_point().unwrap());
    assert_eq!(faults, []);
    assert_eq!(value.of_self, 4);
    assert_eq!((value.f32, value.decades, value.sizes), (0.3, 1e-3, 2));
    assert_eq!(value.names, "b");
    assert_eq!(value.widths, [2, 3]);
    assert_eq!(
        (value.maybe, value.alias_of_both.as_ref()),
        (Some(0.2), None)
    );
    assert_eq!(value.array, [1, 2]);
    assert_eq!(value.list_of_options, [Some(1), None]);
    assert_eq!(value.option_of_list, Some(vec!["y".to_string()]));
    assert_eq!(
        (value.switches.as_slice(), value.on),
        (&[false, false][..], true)
    );
    assert_eq!(value.kind, Kind::Deep { depth: 3 });
    assert_eq!(value.kinds, [Kind::Flat, Kind::Deep { depth: 1 }]);
    assert_eq!(value.text, "text");
    let flat = Types::space().flatten().unwrap();
    let default = Types::space().decode(&flat.default_point()).unwrap();
    assert_eq!(default, value);
}

#[test]
fn names_join_what_is_nested() {
    let space = Types::space().flatten().unwrap();
    let names: Vec<&str> = space.params().iter().map(|param| &*param.name).collect();
    for name in [
        "alias_of_both",
        "alias_of_both.some.len",
        "alias_of_both.some[1]",
        "array[1]",
        "pair[1]",
        "maybe_pair.some[1]",
        "alias_of_switches[1]",
        "list_of_options[1].some",
        "option_of_list.some[1]",
        "switches[1]",
        "kinds[1].Deep.depth",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
}

#[test]
fn every_sample_reads_back() {
    let space = Types::space();
    let flat = space.flatten().unwrap();
    let mut rng = tuner::math::rng::Rng::new(3);
    for _ in 0..500 {
        let point = flat.sample(&mut rng);
        let value = space.decode(&point).unwrap();
        space.check(&value).unwrap();
        assert_eq!(space.encode(&value).unwrap(), point);
        let json = serde_json::to_string(&point).unwrap();
        let read = Types::from_point(&serde_json::from_str(&json).unwrap()).unwrap();
        assert_eq!(read, value);
    }
}

#[test]
fn wide_integers_and_small_floats_are_exact() {
    let mut value = Types::space().first();
    (value.u64, value.i64, value.f32) = (u64::MAX, i64::MIN, 0.7);
    let point = value.to_point().unwrap();
    assert_eq!(point.get("u64"), Some(&Value::Int(u64::MAX.into())));
    assert_eq!(point.get("f32"), Some(&Value::Float(0.7)));
    let text = serde_json::to_string(&point).unwrap();
    let read = Types::from_point(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(read, value);
    value.reverse = f64::NAN;
    assert!(
        value
            .to_point()
            .unwrap_err()
            .to_string()
            .contains("`reverse` = NaN")
    );
}

#[test]
fn every_fault_of_a_value_is_named() {
    let mut value = Types::space().first();
    value.of_self = 6;
    value.widths = vec![1, 2, 9];
    value.maybe = Some(0.9);
    value.kinds = vec![Kind::Deep { depth: 9 }];
    let error = Types::space().check(&value).unwrap_err();
    let names: Vec<&str> = error.faults().iter().map(|fault| fault.name()).collect();
    assert_eq!(
        names,
        [
            "of_self",
            "widths.len",
            "widths[2]",
            "maybe.some",
            "kinds[0].Deep.depth"
        ]
    );
}

#[test]
fn an_older_point_says_what_does_not_fit() {
    let point =
        serde_json::from_str(r#"{"flat": 1, "kind": "Deep", "kind.Deep.depth": 7}"#).unwrap();
    let error = Holder::from_point(&point).unwrap_err().to_string();
    for part in [
        "`flat` is no parameter",
        "`kind.Deep.depth` = 7 is outside of 1..=3",
        "`size` is missing",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[tunable]
#[derive(Debug)]
struct Holder {
    #[hp]
    kind: Kind,
    #[hp(choice = [1, 2])]
    size: u8,
}

#[test]
fn a_default_computed_at_run_time_is_checked_when_the_space_is_made() {
    fn depth() -> usize {
        9
    }
    #[tunable]
    struct Late {
        #[hp(default = Kind::Deep { depth: depth() })]
        kind: Kind,
    }
    #[tunable]
    struct LateList {
        #[hp(len = 1..=2, int = 1..=3, default = vec![depth(); 1].into_iter().collect())]
        widths: Vec<usize>,
    }
    let error = Late::space().flatten().unwrap_err().to_string();
    assert!(
        error.contains("the default 9 of `kind.Deep.depth` is outside of 1..=3"),
        "{error}"
    );
    let error = LateList::space().flatten().unwrap_err().to_string();
    assert!(error.contains("9 is outside of 1..=3"), "{error}");
}
