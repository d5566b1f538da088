//! Boxes above a front against hypervolumes with and without a further row.

use crate::assert_close;
use tuner_runtime::math::hypervolume::hypervolume;
use tuner_runtime::math::partition::Partition;
use tuner_runtime::math::rng::Rng;

#[test]
fn improvements_are_differences_of_hypervolumes() {
    let mut rng = Rng::new(3);
    for objectives in 1..=4 {
        for case in 0..60 {
            let count = case % 12;
            // Coarse values, so that many coordinates are equal; some rows are below the reference.
            let front: Vec<f64> = (0..count * objectives)
                .map(|_| rng.below(8) as f64 - 1.0)
                .collect();
            let reference = vec![0.0; objectives];
            let partition = Partition::new(&front, &reference);
            let before = hypervolume(&front, &reference);
            for _ in 0..10 {
                let row: Vec<f64> = (0..objectives).map(|_| 9.0 * rng.unit() - 1.0).collect();
                let after = hypervolume(&[front.clone(), row.clone()].concat(), &reference);
                let found = partition.improvement(&row);
                assert_close(found, after - before, 1e-10, 1e-9, "improvement");
            }
        }
    }
}

#[test]
fn the_boxes_are_few() {
    let mut rng = Rng::new(7);
    for (objectives, most) in [(2, 41), (3, 90), (4, 1200)] {
        // A front of 40 rows on a sphere.
        let mut front = Vec::new();
        for _ in 0..40 {
            let row: Vec<f64> = (0..objectives).map(|_| rng.normal().abs()).collect();
            let length = row.iter().map(|y| y * y).sum::<f64>().sqrt();
            front.extend(row.iter().map(|y| y / length));
        }
        let partition = Partition::new(&front, &vec![0.0; objectives]);
        let count = partition.boxes().len();
        assert!(count <= most, "{objectives} objectives: {count} boxes");
    }
}
