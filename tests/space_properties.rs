//! Properties of every space, over spaces that are made at random: nothing leaves its domain, its
//! grid or its active set, and whatever is written reads back.

use std::collections::HashSet;

use proptest::prelude::*;
use tuner::math::rng::Rng;
use tuner::space::{
    ChoiceDomain, Condition, Domain, FloatDomain, IntDomain, Point, Scale, Space, Value,
};

fn scale() -> impl Strategy<Value = Scale> {
    prop_oneof![
        Just(Scale::Linear),
        Just(Scale::Log),
        Just(Scale::ReverseLog)
    ]
}

fn whole() -> impl Strategy<Value = Domain> {
    let any = (any::<i32>(), 0..1i64 << 40, 1..50u64, scale());
    let small = (-20..20i32, 0..6i64, 1..3u64, scale());
    prop_oneof![any, small].prop_map(|(low, width, step, scale)| {
        let low = match scale {
            Scale::Linear => i128::from(low),
            _ => i128::from(low.unsigned_abs().max(1)),
        };
        let domain = IntDomain::with(low, low + i128::from(width), step, scale);
        Domain::Int(domain.expect("the bounds are in order"))
    })
}

fn real() -> impl Strategy<Value = Domain> {
    let tenths = (-1000..1000i32, 0..500u32, prop::option::of(1..30u32));
    (tenths, scale(), any::<bool>()).prop_map(|((low, width, step), scale, single)| {
        let low = match scale {
            Scale::Linear => low,
            _ => low.abs().max(1),
        };
        let number = |tenths: i64| format!("{tenths}e-1").parse::<f64>().expect("a decimal");
        let (low, high) = (i64::from(low), i64::from(low) + i64::from(width));
        // On a log scale the step is a factor above 1.
        let step = step.map(|step| match scale {
            Scale::Log => number(i64::from(step) + 10),
            _ => number(i64::from(step)),
        });
        let domain = FloatDomain::with(number(low), number(high), step, scale);
        let domain = domain.expect("the bounds are in order");
        Domain::Float(if single { domain.single() } else { domain })
    })
}

fn choice() -> impl Strategy<Value = Domain> {
    let numbers = prop::collection::hash_set(-50..50i32, 1..6);
    let texts = prop::collection::hash_set("[a-z]{1,4}", 1..6);
    let numbers = (numbers, any::<bool>()).prop_map(|(values, ordered)| {
        let domain = ChoiceDomain::new(values.into_iter().map(Value::from));
        let domain = domain.expect("a set has no value twice");
        Domain::Choice(if ordered { domain.ordered() } else { domain })
    });
    let texts = texts.prop_map(|values| {
        let domain = ChoiceDomain::new(values.into_iter().map(Value::from));
        Domain::Choice(domain.expect("a set has no value twice"))
    });
    prop_oneof![numbers, texts]
}

fn domain() -> impl Strategy<Value = Domain> {
    prop_oneof![whole(), real(), choice(), Just(Domain::Bool)]
}

/// A condition on `parent`, if its domain can carry one.
fn condition(place: usize, parent: &Domain, pick: u64) -> Option<Condition> {
    match parent {
        Domain::Int(domain) => {
            let count = domain.value(u128::from(pick) % domain.count());
            Some(Condition::AtLeast {
                parent: place,
                count,
            })
        }
        Domain::Choice(_) | Domain::Bool => {
            let count = parent.count()?;
            let values = vec![parent.value(u128::from(pick) % count)?];
            Some(Condition::Is {
                parent: place,
                values,
            })
        }
        _ => None,
    }
}

fn space() -> impl Strategy<Value = Space> {
    let param = (
        domain(),
        prop::option::of((any::<prop::sample::Index>(), any::<u64>())),
    );
    prop::collection::vec(param, 1..9).prop_map(|params| {
        let mut builder = Space::builder();
        for (place, (domain, parent)) in params.iter().enumerate() {
            let given = parent
                .as_ref()
                .filter(|_| place > 0)
                .and_then(|(index, pick)| {
                    let parent = index.index(place);
                    condition(parent, &params[parent].0, *pick)
                });
            builder.push(format!("p{place}"), domain.clone(), None, given);
        }
        builder
            .build()
            .expect("names differ and parents come first")
    })
}

/// Whether the point holds exactly the active parameters, each with a value of its domain.
fn belongs(space: &Space, point: &Point) -> bool {
    space.params().iter().all(|param| {
        let active = match &param.condition {
            None => true,
            Some(given) => {
                let parent = &space.params()[given.parent()];
                point
                    .get(&parent.name)
                    .is_some_and(|value| given.holds(value))
            }
        };
        match point.get(&param.name) {
            Some(value) => active && param.domain.canonical(value).as_ref() == Some(value),
            None => !active,
        }
    })
}

proptest! {
    // A failure is turned into a test of its own, not into a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_sampled_or_decoded_leaves_the_space(space in space(), seed: u64, units in prop::collection::vec(-0.5..1.5f64, 9)) {
        let mut rng = Rng::new(seed);
        for _ in 0..20 {
            prop_assert!(belongs(&space, &space.sample(&mut rng)));
        }
        prop_assert!(belongs(&space, &space.decode(&units)));
        prop_assert!(belongs(&space, &space.default_point()));
    }

    #[test]
    fn encoding_and_decoding_are_inverse(space in space(), seed: u64) {
        let mut rng = Rng::new(seed);
        for _ in 0..20 {
            let point = space.sample(&mut rng);
            let units = space.encode(&point);
            prop_assert!(units.iter().all(|unit| (0.0..=1.0).contains(unit)));
            let back = space.decode(&units);
            for (place, param) in space.params().iter().enumerate() {
                let (Some(value), Some(read)) = (point.at(place), back.at(place)) else {
                    prop_assert_eq!(point.at(place), back.at(place));
                    continue;
                };
                if param.domain.count().is_some() {
                    prop_assert_eq!(value, read, "{}", param.domain);
                } else {
                    let distance = param.domain.encode(value) - param.domain.encode(read);
                    let single = matches!(&param.domain, Domain::Float(domain) if domain.is_single());
                    let limit = if single { 1e-6 } else { 1e-12 };
                    prop_assert!(distance.abs() <= limit, "{}: {value} and {read}", param.domain);
                }
            }
        }
    }

    #[test]
    fn what_is_written_as_json_reads_back(space in space(), seed: u64) {
        let json = serde_json::to_string(&space).unwrap();
        let read: Space = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &space);
        let mut rng = Rng::new(seed);
        let point = space.sample(&mut rng);
        let text = serde_json::to_string(&point).unwrap();
        let again: Point = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(space.adopt(&again).unwrap(), point);
    }

    #[test]
    fn a_finite_space_is_listed_once_and_counted_right(space in space()) {
        let Some(all) = space.enumeration().filter(|all| all.len() <= 3000) else {
            return Ok(());
        };
        let points: HashSet<Point> = all.iter().collect();
        prop_assert_eq!(points.len() as u128, all.len());
        prop_assert_eq!(space.cardinality(), Some(all.len()));
        prop_assert!(points.iter().all(|point| belongs(&space, point)));
        prop_assert!(all.point(all.len()).is_none());
    }

    #[test]
    fn narrowing_keeps_a_part_of_the_domain(domain in prop_oneof![whole(), real()], units in (0.0..=1.0f64, 0.0..=1.0f64), seed: u64) {
        let (low, high) = (units.0.min(units.1), units.0.max(units.1));
        let (low, high) = (domain.decode(low), domain.decode(high));
        let narrow = match &domain {
            Domain::Int(domain) => Domain::Int(domain.narrow(low.as_int().unwrap(), high.as_int().unwrap()).unwrap()),
            Domain::Float(domain) => Domain::Float(domain.narrow(low.as_f64().unwrap(), high.as_f64().unwrap()).unwrap()),
            _ => unreachable!("only numbers are made"),
        };
        let mut rng = Rng::new(seed);
        for _ in 0..20 {
            let value = narrow.sample(&mut rng);
            prop_assert_eq!(domain.canonical(&value), Some(value.clone()));
            prop_assert!(value.as_f64() >= low.as_f64() && value.as_f64() <= high.as_f64());
        }
        prop_assert_eq!(narrow.canonical(&low), Some(low));
        prop_assert_eq!(narrow.canonical(&high), Some(high));
    }
}
