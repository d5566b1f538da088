//! Transforms of values against scipy, and their shape.

use crate::{assert_close, numbers, reference};
use tuner_runtime::math::normal::quantile;
use tuner_runtime::math::transform::{
    Scale, YeoJohnson, centre, half_rank, standardise, winsorise,
};

#[test]
fn yeo_johnson_has_the_power_of_scipy() {
    for case in reference("transform").as_array().expect("a list") {
        let values = numbers(&case["values"]);
        let power = case["power"].as_f64().expect("a number");
        assert_close(YeoJohnson::fit(&values).lambda, power, 1e-6, 1.0, "power");
        let warp = YeoJohnson { lambda: power };
        for (y, wanted) in values.iter().zip(numbers(&case["warped"])) {
            assert_close(warp.apply(*y), wanted, 1e-13, 1e-10, "warped");
            let step = 1e-6;
            let slope = (warp.apply(y + step) - warp.apply(y - step)) / (2.0 * step);
            assert_close(warp.log_slope(*y), slope.ln(), 1e-6, 1.0, "slope");
        }
        for (found, wanted) in winsorise(&values).iter().zip(numbers(&case["winsorised"])) {
            assert_close(*found, wanted, 1e-13, 1e-10, "winsorised");
        }
    }
}

#[test]
fn yeo_johnson_is_continuous_in_its_power_and_bounded_by_its_range() {
    for y in [-3.0, -0.5, 0.0, 0.5, 3.0] {
        for power in [0.0, 2.0] {
            let (at, near) = (
                YeoJohnson { lambda: power },
                YeoJohnson {
                    lambda: power + 1e-9,
                },
            );
            assert_close(at.apply(y), near.apply(y), 1e-8, 1e-8, "power");
        }
    }
    let steep: Vec<f64> = (0..30).map(|k| 10f64.powi(k - 15)).collect();
    let (low, high) = YeoJohnson::RANGE;
    assert!((low..=high).contains(&YeoJohnson::fit(&steep).lambda));
    assert!(YeoJohnson::fit(&[2.0; 9]).lambda.is_finite());
    assert!(YeoJohnson::fit(&[]).lambda.is_finite());
}

#[test]
fn half_rank_replaces_the_worse_half_by_quantiles() {
    let values = [5.0, -1e9, 1.0, 3.0, 0.0, 4.0, -2.0, 2.0, -1e9];
    // The median is 1, the better half 1, 2, 3, 4, 5 and the worse levels -1e9, -2, 0.
    let spread = ((0.0 + 1.0 + 4.0 + 9.0 + 16.0) / 5.0f64).sqrt();
    let level = |rank: f64| 1.0 + spread * quantile(0.5 * (rank + 0.5) / 3.5);
    let wanted = [
        5.0,
        level(0.0),
        1.0,
        3.0,
        level(2.0),
        4.0,
        level(1.0),
        2.0,
        level(0.0),
    ];
    for (found, wanted) in half_rank(&values).iter().zip(wanted) {
        assert_close(*found, wanted, 1e-14, 0.0, "half rank");
    }
    assert_eq!(half_rank(&[2.0; 5]), [2.0; 5]);
    assert_eq!(half_rank(&[]), [0.0; 0]);
    // The better half is one plateau: the spread is that of all values.
    let plateau = half_rank(&[0.0, 1.0, 1.0, 1.0]);
    assert!(plateau[0] < 1.0 && plateau[0].is_finite() && plateau[1..] == [1.0; 3]);
}

#[test]
fn standardising_survives_equal_and_huge_values() {
    assert_eq!(standardise(&[7.5; 4]), [0.0; 4]);
    assert_eq!(standardise(&[]), [0.0; 0]);
    for factor in [1.0, 1e300, 1e-300] {
        let found = standardise(&[factor, -factor, factor, -factor]);
        for (found, wanted) in found.iter().zip([1.0, -1.0, 1.0, -1.0]) {
            assert_close(*found, wanted, 1e-14, 0.0, "standardised");
        }
    }
    assert!(
        standardise(&[f64::MAX, f64::MIN])
            .iter()
            .all(|y| y.is_finite())
    );
    // 0.1 + 0.2 differs from 0.3 by rounding alone.
    let rounding = Scale::of(&[0.1 + 0.2, 0.3]);
    assert_eq!(rounding.apply(0.1 + 0.2), 0.0);
    assert_eq!(standardise(&[1e300; 30]), [0.0; 30]);
}

#[test]
fn standardising_tells_apart_what_differs_by_more_than_rounding() {
    for (offset, step) in [(1e12, 5.0), (-1.7e18, 1e8), (1e300, 1e288)] {
        let values = [offset, offset + step, offset + 2.0 * step];
        let found = standardise(&values);
        for (found, wanted) in found.iter().zip([-1.5f64.sqrt(), 0.0, 1.5f64.sqrt()]) {
            assert_close(*found, wanted, 1e-3, 1e-3, "standardised");
        }
    }
}

#[test]
fn a_plateau_of_most_values_is_not_all_that_is_left_of_them() {
    let mut values = vec![1.0; 30];
    values.extend([0.5, 0.2, -1e6]);
    let seen = winsorise(&values);
    assert!(seen[29] == 1.0 && seen[29] > seen[30] && seen[30] > seen[31] && seen[31] > seen[32]);
}

#[test]
fn what_lies_far_off_leaves_the_better_half_as_it_is() {
    let values = [-1e300, 0.0, 1.0, 2.0, 3.0, 4.0];
    let seen = standardise(&half_rank(&centre(&values)));
    let wanted = standardise(&half_rank(&[-10.0, 0.0, 1.0, 2.0, 3.0, 4.0]));
    for (found, wanted) in seen.iter().zip(wanted) {
        assert_close(*found, wanted, 1e-9, 1e-9, "half rank");
    }
}
