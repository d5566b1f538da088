//! Tests of the domain of real numbers.

use super::*;

fn domain(low: f64, high: f64, step: Option<f64>, scale: Scale) -> FloatDomain {
    FloatDomain::with(low, high, step, scale).unwrap()
}

fn domains() -> Vec<FloatDomain> {
    vec![
        domain(0.0, 1.0, None, Scale::Linear),
        domain(-f64::MAX, f64::MAX, None, Scale::Linear),
        domain(1e-6, 1e-2, None, Scale::Log),
        domain(0.9, 0.999, None, Scale::ReverseLog),
        domain(0.0, 0.5, Some(0.1), Scale::Linear),
        domain(-1.0, 1.0, Some(1e-6), Scale::Linear),
        domain(1e9, 1e9 + 10.0, Some(0.1), Scale::Linear),
        domain(1e-5, 1e-1, Some(10.0), Scale::Log),
        domain(1.0, 1e6, Some(1.5), Scale::Log),
        domain(0.1, 0.9, Some(0.05), Scale::ReverseLog),
        domain(0.0, 1.0, Some(1.0 / 3.0), Scale::Linear),
        domain(0.0, 0.5, Some(0.1), Scale::Linear).single(),
        domain(0.0, 0.3, None, Scale::Linear).single(),
    ]
}

#[test]
fn grid_values_are_the_decimals() {
    let noise = domain(0.0, 0.5, Some(0.1), Scale::Linear);
    let values: Vec<f64> = (0..6).map(|k| noise.value(k)).collect();
    assert_eq!(values, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    let rates = domain(1e-5, 1e-1, Some(10.0), Scale::Log);
    let values: Vec<f64> = (0..5).map(|k| rates.value(k)).collect();
    assert_eq!(values, [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
    let thirds = domain(0.0, 1.0, Some(1.0 / 3.0), Scale::Linear);
    assert_eq!((thirds.count(), thirds.value(3)), (Some(4), 1.0));
}

#[test]
fn encode_and_decode_are_inverse() {
    let mut rng = Rng::new(4);
    for domain in domains() {
        for _ in 0..500 {
            let value = domain.sample(&mut rng);
            assert_eq!(domain.canonical(value), Some(value), "{domain}");
            let back = domain.decode(domain.encode(value));
            if domain.count().is_some() {
                assert_eq!(back, value, "{domain}");
            } else {
                let error = domain.encode(back) - domain.encode(value);
                assert!(
                    error.abs() < 1e-12 || domain.is_single(),
                    "{domain}: {value}"
                );
            }
        }
    }
}

#[test]
fn every_value_of_a_grid_has_its_index() {
    for domain in domains() {
        for index in 0..domain.count().unwrap_or(0).min(2_000) {
            assert_eq!(domain.index(domain.value(index)), Some(index), "{domain}");
        }
    }
}

#[test]
fn the_ends_of_a_scale_are_the_bounds() {
    for scale in [Scale::Linear, Scale::Log, Scale::ReverseLog] {
        let domain = domain(1e-6, 0.1, None, scale);
        assert_eq!((domain.decode(0.0), domain.decode(1.0)), (1e-6, 0.1));
    }
}

#[test]
fn the_widest_ranges_have_grids() {
    let linear = domain(-1.7e308, 1.7e308, Some(1e307), Scale::Linear);
    assert_eq!((linear.count(), linear.high()), (Some(35), 1.7e308));
    let powers = domain(1e-300, 1e300, Some(10.0), Scale::Log);
    assert_eq!((powers.count(), powers.high()), (Some(601), 1e300));
    for domain in [linear, powers] {
        for index in 0..domain.count().unwrap() {
            let value = domain.value(index);
            assert_eq!(domain.index(value), Some(index), "{domain}");
            assert_eq!(domain.decode(domain.encode(value)), value, "{domain}");
        }
    }
}

#[test]
fn decoded_values_stay_inside() {
    for domain in domains() {
        for unit in [
            f64::NAN,
            -1.0,
            0.0,
            1e-300,
            0.3,
            1.0,
            7.0,
            f64::NEG_INFINITY,
        ] {
            let value = domain.decode(unit);
            assert_eq!(domain.canonical(value), Some(value), "{domain} at {unit}");
        }
    }
}

#[test]
fn near_misses_count_as_grid_values_and_others_do_not() {
    let noise = domain(0.0, 0.5, Some(0.1), Scale::Linear);
    assert_eq!(noise.canonical(0.1 + 0.2), Some(0.3));
    assert_eq!(noise.canonical(0.25), None);
    assert_eq!(noise.canonical(0.6), None);
    assert_eq!(noise.canonical(f64::NAN), None);
    let single = noise.single();
    assert_eq!(single.canonical(f64::from(0.3f32)), Some(0.3));
}

#[test]
fn narrowing_moves_bounds_inwards_and_never_widens() {
    let noise = domain(0.0, 0.5, Some(0.1), Scale::Linear);
    let narrow = noise.narrow(0.15, 0.4).unwrap();
    assert_eq!(
        (narrow.low(), narrow.high(), narrow.count()),
        (0.2, 0.4, Some(3))
    );
    assert!(noise.narrow(0.11, 0.19).is_err());
    assert!(noise.narrow(-0.1, 0.2).is_err());
    assert!(noise.narrow(0.1, f64::NAN).is_err());
    let rate = domain(1e-6, 1e-2, None, Scale::Log)
        .narrow(1e-5, 1e-3)
        .unwrap();
    assert_eq!((rate.low(), rate.high()), (1e-5, 1e-3));
}

#[test]
fn the_end_of_a_grid_that_was_rounded_to_f32_is_kept() {
    let end = |high: f32, step: f64, scale| {
        let high = f64::from(high);
        let domain = FloatDomain::with_single(0.1, high, Some(step), scale).unwrap();
        assert_eq!((domain.high(), domain.canonical(high)), (high, Some(high)));
        let top = domain.narrow(high, high).unwrap();
        assert_eq!((top.count(), top.high()), (Some(1), high));
        domain.count()
    };
    for steps in 1..60u8 {
        let high = 0.1 + 0.01 * f32::from(steps);
        assert_eq!(end(high, 0.01, Scale::Linear), Some(u128::from(steps) + 1));
    }
    let top = (0..16).fold(0.1f32, |value, _| value * 1.5);
    assert_eq!(end(top, 1.5, Scale::Log), Some(17));
    let between = FloatDomain::with_single(0.0, 0.0999, Some(0.01), Scale::Linear).unwrap();
    assert_eq!(between.high(), 0.09);
}

#[test]
fn a_part_of_a_grid_holds_the_end_that_was_rounded() {
    let (low, step) = (-2700.0f32, 98.044f32);
    let high = (0..63).fold(low, |value, _| value + step);
    let high = high.to_string().parse().unwrap();
    let whole = FloatDomain::with_single(-2700.0, high, Some(98.044), Scale::Linear).unwrap();
    let upper = whole.narrow(437.0, high).unwrap();
    assert_eq!((whole.count(), upper.count()), (Some(64), Some(32)));
    assert_eq!(upper.canonical(high), Some(upper.high()));
    // Read from where it was stored, it is the same.
    let (step, scale) = (upper.step(), upper.scale());
    let read = FloatDomain::with_single(upper.low(), upper.high(), step, scale).unwrap();
    assert_eq!(read, upper);
}

#[test]
fn an_f32_meets_its_own_bounds() {
    let single = domain(0.1, 1.1, None, Scale::Linear).single();
    let top = f64::from(1.1f32);
    assert_eq!(single.narrow(top, top).unwrap().high(), 1.1);
    let one = domain(0.1, 0.1, None, Scale::Log).single();
    assert_eq!(one.canonical(one.value(0)), Some(one.value(0)));
}

#[test]
fn faults_are_refused() {
    let refused = |low, high, step, scale| FloatDomain::with(low, high, step, scale).is_err();
    assert!(refused(1.0, 0.0, None, Scale::Linear));
    assert!(refused(0.0, f64::INFINITY, None, Scale::Linear));
    assert!(refused(0.0, 1.0, Some(0.0), Scale::Linear));
    assert!(refused(0.0, 1.0, None, Scale::Log));
    assert!(refused(0.1, 1.0, Some(0.5), Scale::Log));
    // Grids whose neighbours are the same number.
    assert!(refused(0.0, 1.0, Some(1e-20), Scale::Linear));
    assert!(refused(0.0, 1e20, Some(1.0), Scale::Linear));
    assert!(refused(1e9, 1e9 + 1e-5, Some(1e-8), Scale::Linear));
    assert!(refused(5e-324, 1.0, Some(1.1), Scale::Log));
    assert!(refused(1e-300, 1.0, Some(1.0 + f64::EPSILON), Scale::Log));
    assert!(refused(0.0, 1.0, Some(5e-324), Scale::ReverseLog));
}

#[test]
fn a_scale_that_starts_at_0_is_named() {
    let fault = |scale| FloatDomain::with(0.0, 1.0, None, scale).unwrap_err();
    let [log, reversed] = [Scale::Log, Scale::ReverseLog].map(|scale| fault(scale).to_string());
    assert!(log.starts_with("a log scale cannot start at 0"), "{log}");
    let words = "`reverse_log` cannot start at 0";
    assert!(reversed.starts_with(words), "{reversed}");
}
