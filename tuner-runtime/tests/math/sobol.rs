//! Sobol points against scipy, and the balance of scrambled ones.

use crate::{numbers, reference, rows};
use tuner_runtime::math::rng::Rng;
use tuner_runtime::math::sobol::{MAX_DIMENSIONS, Sobol};

#[test]
fn plain_points_equal_scipy_in_all_dimensions() {
    let file = reference("sobol");
    let sequence = Sobol::new(MAX_DIMENSIONS).expect("the largest dimension");
    let points: Vec<Vec<f64>> = (0..600).map(|index| sequence.point(index)).collect();
    for entry in rows(&file["entries"]) {
        assert_eq!(points[entry[0] as usize][entry[1] as usize], entry[2]);
    }
    for (dimension, sum) in numbers(&file["sum_by_dimension"]).into_iter().enumerate() {
        let found: f64 = points.iter().map(|point| point[dimension]).sum();
        assert_eq!(found, sum, "dimension {dimension}");
    }
    for (point, wanted) in points.iter().zip(rows(&file["points"])) {
        assert_eq!(point[..8], wanted);
    }
    assert_eq!(sequence.point(1_000_003)[..5], numbers(&file["late"]));
    // Far along the sequence, so that each bit of each direction number counts.
    for far in file["far"].as_array().expect("a list") {
        let index = far["index"].as_u64().expect("an index");
        assert_eq!(sequence.point(index), numbers(&far["point"]), "{index}");
    }
}

#[test]
fn scrambled_points_stay_balanced_and_differ_by_seed() {
    let dimensions = 40;
    let sequence = Sobol::scrambled(dimensions, &mut Rng::new(5)).expect("few dimensions");
    let count = 256;
    let points: Vec<Vec<f64>> = (0..count).map(|index| sequence.point(index)).collect();
    for dimension in 0..dimensions {
        // Each of the 256 cells holds one of the first 256 points.
        let mut cells = vec![0; count as usize];
        for point in &points {
            assert!((0.0..1.0).contains(&point[dimension]));
            cells[(point[dimension] * count as f64) as usize] += 1;
        }
        assert!(cells.iter().all(|&held| held == 1), "dimension {dimension}");
    }
    let again = Sobol::scrambled(dimensions, &mut Rng::new(5)).expect("few dimensions");
    let other = Sobol::scrambled(dimensions, &mut Rng::new(6)).expect("few dimensions");
    assert_eq!(again.point(77), points[77]);
    assert_ne!(other.point(77), points[77]);
    let few = Sobol::scrambled_for_few(dimensions, &mut Rng::new(5)).expect("few dimensions");
    assert!((0..count).all(|index| few.point(index) == points[index as usize]));
}

#[test]
fn scrambled_points_integrate_better_than_random_ones() {
    let mean_square_error = |scrambled: bool| {
        (0..50)
            .map(|seed| {
                let mut rng = Rng::new(seed);
                let sequence = Sobol::scrambled(5, &mut rng).expect("few dimensions");
                let sum: f64 = (0..512)
                    .map(|index| {
                        let point = match scrambled {
                            true => sequence.point(index),
                            false => (0..5).map(|_| rng.unit()).collect(),
                        };
                        point.iter().map(|u| 2.0 * u).product::<f64>()
                    })
                    .sum();
                (sum / 512.0 - 1.0).powi(2)
            })
            .sum::<f64>()
            / 50.0
    };
    assert!(mean_square_error(true) < mean_square_error(false) / 50.0);
}

#[test]
fn too_many_dimensions_are_refused() {
    let error = Sobol::new(MAX_DIMENSIONS + 1).expect_err("one too many");
    assert!(error.to_string().contains("1025 were asked for"));
    assert_eq!(Sobol::new(0).expect("none").point(3), Vec::<f64>::new());
}
