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
type Bytes = Vec<u8>;

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
    assert!(
        error.contains("the default 9 of `widths[0]` is outside of 1..=3"),
        "{error}"
    );
}

const TENTH: f32 = 0.01 * 10.0;

#[tunable]
struct Computed {
    #[hp(float = 0.0..=TENTH, step = 0.01, default = TENTH)]
    rate: f32,
}

#[test]
fn the_end_of_a_grid_may_be_rounded() {
    assert_ne!(TENTH, 0.1);
    assert_eq!(Computed::space().cardinality(), Some(11));
    let built = Computed::builder().rate(TENTH).build().unwrap();
    assert_eq!((built.rate, Computed::space().first().rate), (TENTH, TENTH));
    let mut space = Computed::space();
    space.rate.narrow(TENTH..=TENTH).unwrap();
    assert_eq!(space.cardinality(), Some(1));
}

const THREE: f32 = 0.3;
const SEVEN: f32 = 0.7;
const THOUSANDTH: f32 = 0.001;

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Singles {
    #[hp(float = 0.0..=0.3, default = THREE)]
    default: f32,
    #[hp(float = SEVEN..=0.9, default = 0.7)]
    low: f32,
    #[hp(optional, float = 0.0..=THREE, default = Some(0.3))]
    high: Option<f32>,
    #[hp(float = 0.0..=1.0, step = THOUSANDTH, default = SEVEN)]
    grid: f32,
}

#[test]
fn constants_of_f32_are_the_decimals_that_they_stand_for() {
    let value = Singles::builder().build().unwrap();
    assert_eq!((value.default, value.low), (0.3, 0.7));
    assert_eq!((value.high, value.grid), (Some(0.3), 0.7));
    assert_eq!(Singles::space().grid.domain().count(), Some(1_001));
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Hidden {
    #[hp(len = 1..=2, optional, float = 0.1..=0.5)]
    maybes: Vec<Maybe>,
    #[hp(len = 1..=2, optional, int = 1..=2)]
    long_path: Vec<std::option::Option<u8>>,
    #[hp(optional, float = 0.1..=0.5)]
    array_of_maybe: [Maybe; 2],
    #[hp(len = 1..=2, int = 1..=3)]
    array_of_bytes: [Bytes; 2],
    #[hp(optional, len = 1..=2, int = 1..=3, default = Some(vec![2; 2]))]
    option_of_bytes: Option<Bytes>,
    #[hp(len = 1..=3, choice = ["a", "b"], default = ["b".to_string(), String::from("a")])]
    texts: Vec<String>,
}

#[test]
fn an_alias_hides_lists_and_options_anywhere() {
    let space = Hidden::space().flatten().unwrap();
    let names: Vec<&str> = space.params().iter().map(|param| &*param.name).collect();
    for name in [
        "maybes[1].some",
        "long_path[1].some",
        "array_of_maybe[1].some",
        "array_of_bytes[1].len",
        "option_of_bytes.some[1]",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    let value = Hidden::builder().build().unwrap();
    assert_eq!(value.option_of_bytes, Some(vec![2, 2]));
    assert_eq!(value.texts, ["b", "a"]);
}

type Times<const N: usize> = [u8; N];

#[tunable]
#[derive(Debug)]
struct Repeated<const N: usize> {
    #[hp(int = 1..=3)]
    times: Times<N>,
}

#[test]
fn an_alias_may_depend_on_a_parameter() {
    assert_eq!(Repeated::<2>::space().cardinality(), Some(9));
    assert_eq!(Repeated::<2>::space().first().times, [2, 2]);
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Block {
    #[hp(len = 1..=2, int = 32..=64, step = 32)]
    units: Vec<usize>,
}

#[tunable]
#[derive(Debug, Clone, PartialEq)]
struct Blocks {
    #[hp(len = 1..=2, default = vec![Block { units: vec![32] }])]
    blocks: Vec<Block>,
}

#[test]
fn what_is_fixed_in_a_list_of_lists_stays_fixed() {
    let mut space = Blocks::space();
    space.blocks.each.units.fix(vec![64]).unwrap();
    assert_eq!(space.cardinality(), Some(2));
    assert_eq!(space.first().blocks[0].units, [64]);
    let foreign = vec![Block { units: vec![32] }];
    assert!(space.blocks.fix(foreign).is_err());
    space.blocks.fix(vec![Block { units: vec![64] }]).unwrap();
    assert_eq!(space.cardinality(), Some(1));
}

#[test]
fn what_contradicts_a_fixed_list_is_reported_and_nothing_panics() {
    let mut space = Blocks::space();
    space.blocks.fix(vec![Block { units: vec![32] }]).unwrap();
    space.blocks.each.units.fix(vec![64]).unwrap();
    assert_eq!(space.first().blocks[0].units, [64]);
    let error = space.flatten().unwrap_err().to_string();
    assert!(
        error.contains("`blocks[0].units[0]` = 32 is outside of 64..=64"),
        "{error}"
    );
    let mut space = Block::space();
    space.units.fix(vec![64]).unwrap();
    space.units.each.narrow(32..=32).unwrap();
    for error in [
        space.flatten().unwrap_err().to_string(),
        space.builder().build().unwrap_err().to_string(),
    ] {
        assert!(
            error.contains("`units[0]` = 64 is outside of 32..=32"),
            "{error}"
        );
    }
}

#[test]
fn a_default_that_is_no_choice_is_reported_and_nothing_panics() {
    #[tunable]
    #[derive(Debug)]
    struct Inner {
        #[hp(choice = ["a", "b"])]
        init: String,
    }
    #[tunable]
    #[derive(Debug)]
    struct Outer {
        #[hp(default = Inner { init: "zzz".into() })]
        inner: Inner,
    }
    assert_eq!(Outer::space().first().inner.init, "a");
    let error = Outer::builder().build().unwrap_err().to_string();
    assert!(
        error.contains(r#"`inner.init` = zzz is outside of"#),
        "{error}"
    );
}

#[test]
fn a_list_off_the_grid_is_reported() {
    #[tunable]
    #[derive(Debug)]
    struct LateBlocks {
        #[hp(len = 1..=2, default = vec![Block { units: vec![32, 33] }])]
        blocks: Vec<Block>,
    }
    let error = LateBlocks::space().flatten().unwrap_err().to_string();
    assert!(
        error.contains("the default 33 of `blocks[0].units[1]` is outside of 32..=64"),
        "{error}"
    );
    #[tunable]
    #[derive(Debug)]
    struct Late {
        #[hp(len = 1..=2, int = 32..=64, step = 32, default = std::iter::once(33).collect())]
        units: Vec<usize>,
    }
    for error in [
        Late::space().flatten().unwrap_err().to_string(),
        Late::builder().build().unwrap_err().to_string(),
    ] {
        assert!(
            error.contains("33") && error.contains("`units[0]`"),
            "{error}"
        );
    }
}

#[test]
fn what_is_built_is_on_the_grid() {
    #[tunable]
    #[derive(Debug, PartialEq)]
    struct Net {
        #[hp(float = 0.0..=0.5, step = 0.1, default = 0.1 + 0.2)]
        noise: f64,
        #[hp(choice = [1, 2, 4, 8], default = 8)]
        size: u32,
    }
    assert_eq!(Net::space().first().noise, 0.3);
    let value = Net::builder().noise(0.1 + 0.1 + 0.1).build().unwrap();
    assert_eq!(value.noise, 0.3);
    assert_eq!(Net::from_point(&value.to_point().unwrap()).unwrap(), value);
    let mut space = Net::space();
    space.size.only([1, 4]).unwrap();
    assert_eq!(space.first().size, 4);
}
