//! Fitted hyperparameters: that they are optima, and that they find what made the data.

use crate::{Case, assert_all_close};
use tuner_runtime::gp::{
    Data, FitOptions, GpError, Hyper, Kind, Posterior, Warping, around, fit, representative,
};
use tuner_runtime::math::rng::Rng;

const TIGHT: FitOptions = FitOptions {
    max_iterations: 200,
    gradient_tolerance: 1e-5,
    warp: Warping::Never,
};

/// A function of the first coordinate and of a category; the second coordinate does nothing.
fn sample(n: usize, noise: f64, seed: u64) -> Data {
    let mut rng = Rng::new(seed);
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let (u, idle, label) = (rng.unit(), rng.unit(), rng.below(2) as f64);
        rows.extend([u, idle, label]);
        values.push((7.0 * u).sin() + 0.8 * label + noise * rng.normal());
    }
    let kinds = [Kind::Continuous, Kind::Continuous, Kind::Categorical];
    Data::new(&kinds, &rows, &values).expect("valid")
}

#[test]
fn the_loss_is_that_of_scikit_learn_and_the_priors() {
    let options = FitOptions {
        max_iterations: 0,
        ..TIGHT
    };
    for case in Case::all()
        .into_iter()
        .filter(|case| case.hyper.warps.is_empty())
    {
        let found =
            fit(&case.data, std::slice::from_ref(&case.hyper), options).expect("an evaluation");
        let wanted = case.file["loss"].as_f64().expect("a number");
        assert_all_close(&[found.loss], &[wanted], 1e-8, "loss");
    }
}

#[test]
fn a_fit_is_a_minimum_of_its_loss() {
    let data = sample(30, 0.1, 1);
    let found = fit(&data, &[Hyper::prior_mode(3)], TIGHT).expect("a fit");
    let at = |hyper: &Hyper| {
        let options = FitOptions {
            max_iterations: 0,
            ..TIGHT
        };
        fit(&data, std::slice::from_ref(hyper), options)
            .expect("an evaluation")
            .loss
    };
    assert!((at(&found.hyper) - found.loss).abs() < 1e-9);
    let mut rng = Rng::new(2);
    for _ in 0..30 {
        let mut moved = found.hyper.clone();
        moved
            .log_lengths
            .iter_mut()
            .for_each(|l| *l += 0.1 * rng.normal());
        moved.log_signal += 0.1 * rng.normal();
        moved.log_noise += 0.1 * rng.normal();
        assert!(at(&moved) > found.loss);
    }
}

#[test]
fn a_fit_sees_noise_and_which_dimensions_matter() {
    for noise in [0.01, 0.3] {
        let found = fit(&sample(60, noise, 3), &[Hyper::prior_mode(3)], TIGHT)
            .expect("a fit")
            .hyper;
        assert!(
            found.log_lengths[1] > found.log_lengths[0] + 1.0,
            "{found:?}"
        );
        let deviation = found.noise().sqrt();
        assert!(
            deviation < 2.0 * noise + 0.02 && deviation > 0.5 * noise,
            "{noise}: {deviation}"
        );
    }
}

#[test]
fn a_dimension_that_few_observations_know_is_expected_to_matter() {
    let data = sample(20, 0.05, 3);
    let lengths = |shares: &[f64]| {
        let data = data.clone().with_shares(shares).expect("valid");
        let found = fit(&data, &[Hyper::prior_mode(3)], TIGHT);
        found.expect("a fit").hyper.log_lengths
    };
    let (all, few) = (lengths(&[1.0; 3]), lengths(&[1.0, 0.1, 1.0]));
    assert!(few[1] < all[1] - 0.5, "{few:?} {all:?}");
    assert!((few[0] - all[0]).abs() < 0.2, "{few:?} {all:?}");
    // A category's prior is the same everywhere, and no share is shorter than e^-2.
    assert_eq!(lengths(&[1.0, 1.0, 0.1]), all);
    assert_eq!(lengths(&[1.0, 1e-3, 1.0]), lengths(&[1.0, 1e-9, 1.0]));
}

#[test]
fn a_warm_start_ends_where_a_cold_one_does() {
    let data = sample(40, 0.1, 5);
    let cold = fit(&data, &[Hyper::prior_mode(3)], TIGHT).expect("a fit");
    let warm = fit(
        &data,
        std::slice::from_ref(&cold.hyper),
        FitOptions {
            max_iterations: 12,
            ..TIGHT
        },
    )
    .expect("a fit");
    assert!((warm.loss - cold.loss).abs() < 1e-6 && warm.evaluations <= cold.evaluations);
    let again = fit(&data, &[Hyper::prior_mode(3)], TIGHT).expect("a fit");
    assert_eq!(again, cold);
}

#[test]
fn a_warp_is_kept_where_it_pays() {
    let steep = |u: f64| (25.0 * u.powi(6)).sin();
    let rows: Vec<f64> = (0..50).map(|i| (f64::from(i) + 0.5) / 50.0).collect();
    let fitted = |f: &dyn Fn(f64) -> f64| {
        let values: Vec<f64> = rows.iter().map(|u| f(*u)).collect();
        let data = Data::new(&[Kind::Continuous], &rows, &values).expect("valid");
        let options = FitOptions {
            warp: Warping::Weighed,
            ..TIGHT
        };
        (
            fit(&data, &[Hyper::prior_mode(1)], options)
                .expect("a fit")
                .hyper,
            data,
        )
    };
    let (warped, data) = fitted(&steep);
    assert!(warped.warps[0].log_a > 0.5, "{warped:?}");
    let plain = fit(&data, &[Hyper::prior_mode(1)], TIGHT)
        .expect("a fit")
        .hyper;
    let error = |hyper: &Hyper| {
        let posterior = Posterior::new(data.clone(), hyper).expect("a posterior");
        let queries: Vec<f64> = (0..200).map(|i| f64::from(i) / 200.0).collect();
        let mean = posterior.predict(&queries).mean;
        mean.iter()
            .zip(&queries)
            .map(|(m, u)| (m - steep(*u)).powi(2))
            .sum::<f64>()
    };
    assert!(error(&warped) < error(&plain));
    assert!(fitted(&|u| (6.0 * u).sin()).0.warps.is_empty());
    // Going on with the warp alone neither drops nor spoils it.
    let options = FitOptions {
        warp: Warping::Kept,
        ..TIGHT
    };
    let kept = fit(&data, std::slice::from_ref(&warped), options);
    let kept = kept.expect("a fit").hyper;
    assert_eq!(kept.warps.len(), 1);
    assert!(error(&kept) < error(&plain));
}

#[test]
fn representatives_hold_the_best_and_the_newest() {
    let data = sample(300, 0.1, 7);
    let chosen = representative(&data, 100);
    assert_eq!(chosen.len(), 100);
    assert!(chosen.is_sorted() && chosen.ends_with(&(275..300).collect::<Vec<_>>()));
    assert_eq!(representative(&data, 300).len(), 300);
}

#[test]
fn a_subset_round_a_centre_holds_the_nearest_and_reaches_everywhere() {
    let data = sample(300, 0.1, 8);
    // Only the first coordinate counts.
    let hyper = Hyper {
        log_lengths: vec![0.0, 5.0, 5.0],
        ..Hyper::prior_mode(3)
    };
    let chosen = around(&data, &hyper, 17, 60, 20);
    assert_eq!(chosen.len(), 80);
    assert!(chosen.is_sorted() && chosen.contains(&17));
    let away = |i: usize| (data.row(i)[0] - data.row(17)[0]).abs();
    let mut nearest: Vec<usize> = (0..300).collect();
    nearest.sort_by(|a, b| away(*a).total_cmp(&away(*b)));
    assert!(nearest[..50].iter().all(|i| chosen.contains(i)));
    let far = |i: &&usize| away(**i) > 0.5 * away(nearest[299]);
    assert!(chosen.iter().filter(far).count() >= 5);
    assert_eq!(around(&data, &hyper, 17, 200, 100).len(), 300);
}

#[test]
fn a_fit_wants_a_fitting_start() {
    let data = sample(5, 0.1, 1);
    assert_eq!(fit(&data, &[], TIGHT), Err(GpError::NoStart));
    let wrong = fit(&data, &[Hyper::prior_mode(2)], TIGHT);
    assert_eq!(
        wrong,
        Err(GpError::Count {
            found: 2,
            wanted: 3
        })
    );
}

#[test]
fn degenerate_data_can_be_fitted() {
    let one = Data::new(&[Kind::Continuous], &[0.4], &[0.0]).expect("valid");
    assert!(
        fit(&one, &[Hyper::prior_mode(1)], TIGHT)
            .expect("a fit")
            .loss
            .is_finite()
    );
    let equal = Data::new(&[Kind::Grid], &[0.1, 0.5, 0.5, 0.9], &[0.0; 4]).expect("valid");
    assert!(
        fit(&equal, &[Hyper::prior_mode(1)], TIGHT)
            .expect("a fit")
            .loss
            .is_finite()
    );
    let far =
        Data::new(&[Kind::Grid], &[0.1, 0.5, 0.5, 0.9], &[1e6, -1e6, 1e6, 0.0]).expect("valid");
    assert!(
        fit(&far, &[Hyper::prior_mode(1)], TIGHT)
            .expect("a fit")
            .loss
            .is_finite()
    );
}
