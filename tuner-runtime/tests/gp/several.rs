//! Expected improvements of the hypervolume against quasi-Monte Carlo, and their gradients.

use crate::assert_all_close;
use serde_json::Value;
use tuner_runtime::gp::{
    Acquisition, Data, Hyper, HypervolumeImprovement, Kind, Posterior, Utility,
};
use tuner_runtime::math::partition::Partition;
use tuner_runtime::math::rng::Rng;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list").iter();
    list.map(|x| x.as_f64().expect("a number")).collect()
}

fn file() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/reference/hypervolume.json"
    );
    let text = std::fs::read_to_string(path).expect("the reference file is in the repository");
    serde_json::from_str(&text).expect("JSON")
}

/// What is above the front of a case, with the means and the deviations.
fn read(case: &Value) -> (Partition, Vec<f64>, Vec<f64>) {
    let front = case["front"].as_array().expect("a list").iter();
    let front: Vec<f64> = front.flat_map(numbers).collect();
    let partition = Partition::new(&front, &numbers(&case["reference"]));
    let (means, deviations) = (numbers(&case["means"]), numbers(&case["deviations"]));
    (partition, means, deviations)
}

fn cases() -> Vec<(Partition, Vec<f64>, Vec<f64>, f64)> {
    let file = file();
    let cases = file["expected"].as_array().expect("a list").iter();
    cases
        .map(|case| {
            let (partition, means, deviations) = read(case);
            let wanted = case["improvement"].as_f64().expect("a number");
            (partition, means, deviations, wanted)
        })
        .collect()
}

#[test]
fn expectations_are_those_of_quasi_monte_carlo() {
    for (partition, means, deviations, wanted) in cases() {
        let (found, _) = HypervolumeImprovement::expected(&partition, &means, &deviations);
        // The reference has a standard error of some 1e-6 of 0.1 to 1.
        assert_all_close(&[found.exp()], &[wanted], 2e-5, "improvement");
    }
}

#[test]
fn logarithms_and_slopes_are_exact_however_far_below_the_front() {
    let file = file();
    for (i, case) in file["exact"].as_array().expect("a list").iter().enumerate() {
        let (partition, means, deviations) = read(case);
        let (found, slopes) = HypervolumeImprovement::expected(&partition, &means, &deviations);
        let close = |found: f64, wanted: f64, tolerance: f64| {
            let error = (found - wanted).abs() / wanted.abs().max(1.0);
            assert!(error < tolerance, "case {i}: {found} is not {wanted}");
        };
        close(found, case["value"].as_f64().expect("a number"), 1e-13);
        let pairs = case["slopes"].as_array().expect("pairs");
        for ((by_mean, by_sd), wanted) in slopes.into_iter().zip(pairs) {
            let wanted = numbers(wanted);
            close(by_mean, wanted[0], 1e-11);
            close(by_sd, wanted[1], 1e-11);
        }
    }
}

#[test]
fn slopes_are_those_of_central_differences_near_and_far() {
    for (partition, means, deviations, _) in cases() {
        // Far below the front the expectation itself underflows.
        for (shift, scale) in [(0.0, 1.0), (-1.0, 0.5), (-3.0, 0.1), (-30.0, 0.1)] {
            let means: Vec<f64> = means.iter().map(|m| m + shift).collect();
            let deviations: Vec<f64> = deviations.iter().map(|s| s * scale).collect();
            let value = |means: &[f64], deviations: &[f64]| {
                HypervolumeImprovement::expected(&partition, means, deviations)
            };
            let (_, slopes) = value(&means, &deviations);
            for k in 0..means.len() {
                for (which, slope) in [slopes[k].0, slopes[k].1].into_iter().enumerate() {
                    let h = 1e-6;
                    let moved = |step: f64| {
                        let (mut means, mut deviations) = (means.clone(), deviations.clone());
                        if which == 0 {
                            means[k] += step;
                        } else {
                            deviations[k] += step;
                        }
                        value(&means, &deviations).0
                    };
                    let wanted = (moved(h) - moved(-h)) / (2.0 * h);
                    let error = (slope - wanted).abs() / wanted.abs().max(1.0);
                    assert!(error < 1e-4, "{shift} {which}: {slope} is not {wanted}");
                }
            }
        }
    }
}

fn posterior(seed: u64) -> Posterior {
    let mut rng = Rng::new(seed);
    let kinds = [Kind::Continuous, Kind::Categorical];
    let rows: Vec<f64> = (0..12)
        .flat_map(|_| [rng.unit(), rng.below(2) as f64])
        .collect();
    let values: Vec<f64> = (0..12).map(|_| rng.normal()).collect();
    let data = Data::new(&kinds, &rows, &values).expect("valid");
    Posterior::new(data, &Hyper::prior_mode(2)).expect("a posterior")
}

#[test]
fn as_a_term_it_is_added_with_its_gradient() {
    let posteriors = vec![posterior(1), posterior(2), posterior(3)];
    let front = [0.5, 0.0, 0.2, 0.0, 0.5, 0.1];
    let term = HypervolumeImprovement::new(posteriors, &front, &[-1.0; 3]);
    let acquisition = Acquisition::new(&term.posteriors()[0], Utility::Feasible).plus(&term);
    let mut rng = Rng::new(5);
    let rows: Vec<f64> = (0..300)
        .flat_map(|_| [0.01 + 0.98 * rng.unit(), rng.below(2) as f64])
        .collect();
    let (values, gradient) = acquisition.differentiate(&rows);
    assert_all_close(&values, &acquisition.evaluate(&rows), 1e-12, "value");
    for i in (0..300).step_by(17) {
        let moved = |step: f64| {
            let row = [rows[2 * i] + step, rows[2 * i + 1]];
            acquisition.evaluate(&row)[0]
        };
        let wanted = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        let error = (gradient[2 * i] - wanted).abs() / wanted.abs().max(1.0);
        assert!(error < 1e-5, "{} is not {wanted}", gradient[2 * i]);
        assert_eq!(gradient[2 * i + 1], 0.0);
    }
}
