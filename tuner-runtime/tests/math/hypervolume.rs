//! Hypervolumes against inclusion and exclusion over all subsets.

use crate::{assert_close, numbers, reference, rows};
use std::f64::consts::FRAC_PI_2;
use tuner_runtime::math::hypervolume::{hypervolume, non_dominated};
use tuner_runtime::math::rng::Rng;

/// The sum over the subsets of the rows, with alternating sign, of the volume common to their boxes.
fn by_subsets(values: &[f64], reference: &[f64]) -> f64 {
    let rows: Vec<&[f64]> = values.chunks(reference.len()).collect();
    (1u32..1 << rows.len())
        .map(|subset| {
            let common: f64 = (0..reference.len())
                .map(|k| {
                    (0..rows.len())
                        .filter(|i| subset >> i & 1 == 1)
                        .map(|i| (rows[i][k] - reference[k]).max(0.0))
                        .fold(f64::INFINITY, f64::min)
                })
                .product();
            if subset.count_ones() % 2 == 1 {
                common
            } else {
                -common
            }
        })
        .sum()
}

#[test]
fn volumes_are_those_of_inclusion_and_exclusion() {
    let mut rng = Rng::new(11);
    for objectives in 1..=5 {
        for case in 0..40 {
            let count = case % 10;
            // Coarse values, so that many coordinates are equal; some rows are below the reference.
            let values: Vec<f64> = (0..count * objectives)
                .map(|_| rng.below(7) as f64 - 1.0)
                .collect();
            let reference = vec![0.0; objectives];
            let wanted = by_subsets(&values, &reference);
            assert_close(
                hypervolume(&values, &reference),
                wanted,
                1e-12,
                1e-9,
                "volume",
            );
        }
    }
}

#[test]
fn a_front_on_the_sphere_fills_the_known_volume() {
    // 20 x 20 points on the unit sphere: the volume tends to pi / 6 from below.
    let mut values = Vec::new();
    for i in 0..20 {
        for j in 0..20 {
            let (a, b) = (f64::from(i) + 0.5, f64::from(j) + 0.5);
            let (a, b) = (a / 20.0 * FRAC_PI_2, b / 20.0 * FRAC_PI_2);
            values.extend([a.sin() * b.cos(), a.sin() * b.sin(), a.cos()]);
        }
    }
    let volume = hypervolume(&values, &[0.0; 3]);
    let sphere = std::f64::consts::PI / 6.0;
    assert!(volume < sphere && volume > 0.9 * sphere, "{volume}");
}

#[test]
fn the_front_holds_each_best_row_once() {
    let values = [1.0, 1.0, 2.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.5, 0.5, 2.0, -1.0];
    assert_eq!(non_dominated(&values, 2), [0, 1, 2]);
    assert_eq!(non_dominated(&[], 2), [0usize; 0]);
    assert_eq!(non_dominated(&[3.0, 4.0, 4.0], 1), [1]);
}

#[test]
fn volumes_are_those_of_pymoo() {
    for case in reference("hypervolume")["volumes"]
        .as_array()
        .expect("a list")
    {
        let front = rows(&case["front"]).concat();
        let wanted = case["volume"].as_f64().expect("a number");
        let found = hypervolume(&front, &numbers(&case["reference"]));
        assert_close(found, wanted, 1e-12, 1e-12, "volume");
    }
}
