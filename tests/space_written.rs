//! Grids of computed ends, and defaults in the many ways that people write them.
#![allow(missing_docs, unreachable_pub, reason = "the items are examples")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use tuner::space::{Handle, Tunable, Value, tunable};

type Width = usize;
type Pair = [u8; 2];

const fn sum(low: f32, step: f32, steps: u32) -> f32 {
    let (mut value, mut taken) = (low, 0);
    while taken < steps {
        value += step;
        taken += 1;
    }
    value
}
const LONG: f32 = sum(-2700.0, 98.044, 63);
const SHORT: f32 = sum(0.000_167_665_2, 0.001_065_877_3, 35);

#[tunable]
#[derive(Debug)]
struct Sums {
    #[hp(float = -2700.0..=LONG, step = 98.044)]
    long: f32,
    #[hp(float = 0.000_167_665_2..=SHORT, step = 0.001_065_877_3)]
    short: f32,
    #[hp(float = 0.0..=1.0, step = 0.333333)]
    thirds: f32,
    #[hp(float = 0.0..=134217728.0, step = 16777216.0, default = 134217728.0)]
    wide: f32,
}

#[test]
fn a_grid_of_f32_keeps_the_end_that_was_written() {
    let mut space = Sums::space();
    assert_eq!(space.long.domain().count(), Some(64));
    assert_eq!(space.short.domain().count(), Some(36));
    assert_eq!(space.thirds.domain().count(), Some(4));
    space.long.narrow(437.408..=LONG).unwrap();
    assert_eq!(space.long.domain().count(), Some(32));
    let built = space.builder().long(LONG).short(SHORT).build().unwrap();
    assert_eq!((built.short, built.wide), (SHORT, 134_217_728.0));
    let point = built.to_point().unwrap();
    assert_eq!(point.get("wide"), Some(&Value::Float(134_217_728.0)));
}

const BOTH: usize = 2;
const TEXT: &str = "b";
const MANY: [u64; 1_200] = {
    let (mut many, mut i) = ([0; 1_200], 0);
    while i < many.len() {
        many[i] = 7 * i as u64;
        i += 1;
    }
    many
};

#[tunable]
#[derive(Debug)]
struct Written {
    #[hp(int = 1..=9, default = [2, 3])]
    pair: Pair,
    #[hp(len = 1..=2, int = 1..=9, default = [[2, 3]])]
    pairs: Vec<Pair>,
    #[hp(int = 1..=9, default = ([7; 3]))]
    repeated: [u8; 3],
    #[hp(len = 1..=3, int = 1..=9, default = [5; BOTH])]
    counted: Vec<u8>,
    #[hp(len = 1..=3, choice = ["a", "b"], default = vec![TEXT; BOTH])]
    texts: Vec<String>,
    #[hp(choice = ["a", "b"], default = TEXT.to_string())]
    text: String,
    #[hp(optional, int = 1..=9, default = std::option::Option::Some(3))]
    path: Option<u8>,
    #[hp(choice = MANY)]
    many: u64,
}

#[test]
fn a_default_may_be_written_in_many_ways() {
    let value = Written::builder().build().unwrap();
    assert_eq!((value.pair, value.pairs), ([2, 3], vec![[2, 3]]));
    assert_eq!((value.repeated, value.counted), ([7; 3], vec![5; 2]));
    assert_eq!((value.texts, &*value.text), (vec!["b".into(); 2], "b"));
    assert_eq!((value.path, value.many), (Some(3), 0));
}

#[tunable]
#[derive(Debug)]
struct Counted<const MOST: Width> {
    #[hp(choice = [1, MOST], default = 1)]
    count: Width,
}

#[test]
fn a_default_among_choices_of_a_parameter_is_checked_where_that_is_known() {
    assert_eq!(Counted::<3>::space().first().count, 1);
}

const fn wide(number: u8) -> u16 {
    number as u16 * 100
}

#[tunable]
#[derive(Debug)]
struct Wide {
    #[hp(int = 1u16..=wide(3u8), default = wide(1u8))]
    count: u16,
}

#[test]
fn a_suffix_may_say_what_is_asked_for() {
    assert_eq!(Wide::space().first().count, 100);
    assert_eq!(Wide::space().cardinality(), Some(300));
}
