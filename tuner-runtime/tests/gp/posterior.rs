//! Predictions, their gradients, leaving one out and appending.

use crate::{Case, assert_all_close};
use tuner_runtime::gp::{Data, GpError, Hyper, Kind, Posterior};

#[test]
fn predictions_are_those_of_scikit_learn() {
    for case in Case::all() {
        let posterior = Posterior::new(case.data.clone(), &case.hyper).expect("a posterior");
        let queries = case.list("queries");
        let (mean, covariance) = posterior.joint(&queries);
        assert_all_close(&mean, &case.list("mean"), 1e-8, "mean");
        assert_all_close(&covariance, &case.list("covariance"), 1e-8, "covariance");
        let prior_mean = case.file["prior_mean"].as_f64().expect("a number");
        assert_all_close(&[posterior.prior_mean()], &[prior_mean], 1e-8, "prior mean");
        let alone = posterior.predict(&queries);
        assert_all_close(&alone.mean, &mean, 1e-12, "mean alone");
        for (i, sd) in alone.sd.iter().enumerate() {
            let variance = covariance[i * (mean.len() + 1)].max(1e-12);
            assert_all_close(&[sd * sd], &[variance], 1e-12, "variance alone");
        }
    }
}

#[test]
fn means_at_observations_are_predictions_there() {
    for case in Case::all() {
        let posterior = Posterior::new(case.data.clone(), &case.hyper).expect("a posterior");
        let wanted = posterior.predict(posterior.data().rows()).mean;
        assert_all_close(&posterior.at_observations(), &wanted, 1e-8, "mean");
    }
}

#[test]
fn leaving_one_out_is_refitting_without_it() {
    for case in Case::all() {
        let posterior = Posterior::new(case.data.clone(), &case.hyper).expect("a posterior");
        let found = posterior.leave_one_out();
        for (i, wanted) in case.file["left_out"]
            .as_array()
            .expect("a list")
            .iter()
            .enumerate()
        {
            let wanted = crate::numbers(wanted);
            let scale = 1.0 + found.variance[i];
            assert_all_close(
                &[found.mean[i], found.variance[i] / scale],
                &[wanted[0], wanted[1] / scale],
                1e-8,
                "left out",
            );
        }
    }
}

#[test]
fn appending_equals_starting_anew() {
    for case in Case::all() {
        let (rows, values, dimensions) = (
            case.list("rows"),
            case.list("values"),
            case.data.dimensions(),
        );
        let kinds: Vec<Kind> = (0..dimensions).map(|i| kind(&case, i)).collect();
        let data =
            |n: usize| Data::new(&kinds, &rows[..n * dimensions], &values[..n]).expect("valid");
        let mut grown = Posterior::new(data(1), &case.hyper).expect("a posterior");
        for (row, value) in rows.chunks(dimensions).zip(&values).skip(1) {
            grown.append(row, *value).expect("appended");
        }
        let whole = Posterior::new(data(values.len()), &case.hyper).expect("a posterior");
        let queries = case.list("queries");
        let (found, wanted) = (grown.predict(&queries), whole.predict(&queries));
        assert_all_close(&found.mean, &wanted.mean, 1e-10, "mean");
        let squares = |sd: &[f64]| sd.iter().map(|sd| sd * sd).collect::<Vec<f64>>();
        assert_all_close(&squares(&found.sd), &squares(&wanted.sd), 1e-10, "variance");
        // Other values for the same points.
        let doubled: Vec<f64> = values.iter().map(|y| 2.0 * y + 0.1).collect();
        grown.set_values(&doubled).expect("as many values");
        let anew = Data::new(&kinds, &rows, &doubled).expect("valid");
        let anew = Posterior::new(anew, &case.hyper).expect("a posterior");
        assert_all_close(
            &grown.predict(&queries).mean,
            &anew.predict(&queries).mean,
            // Twice the values through a matrix whose condition is 1e6.
            1e-9,
            "new values",
        );
    }
}

fn kind(case: &Case, i: usize) -> Kind {
    match case.file["kinds"][i].as_str() {
        Some("continuous") => Kind::Continuous,
        Some("grid") => Kind::Grid,
        _ => Kind::Categorical,
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for case in Case::all() {
        let posterior = Posterior::new(case.data.clone(), &case.hyper).expect("a posterior");
        let dimensions = case.data.dimensions();
        // The first query is an observation, where the deviation has a kink.
        let queries = &case.list("queries")[dimensions..];
        let found = posterior.differentiate(queries);
        for at in 0..queries.len() {
            let (mean, sd) = if kind(&case, at % dimensions) == Kind::Categorical {
                (0.0, 0.0)
            } else {
                let h = 1e-5;
                let moved = |step: f64| {
                    let mut moved = queries.to_vec();
                    moved[at] += step;
                    let all = posterior.predict(&moved);
                    (all.mean[at / dimensions], all.sd[at / dimensions])
                };
                let (up, down) = (moved(h), moved(-h));
                ((up.0 - down.0) / (2.0 * h), (up.1 - down.1) / (2.0 * h))
            };
            assert_all_close(&[found.mean[at]], &[mean], 1e-6, "mean");
            assert_all_close(&[found.sd[at]], &[sd], 1e-6, "deviation");
        }
    }
}

#[test]
fn the_same_point_many_times_is_no_obstacle() {
    let hyper = Hyper {
        log_noise: -13.8,
        ..Hyper::prior_mode(2)
    };
    let kinds = [Kind::Continuous, Kind::Categorical];
    let mut posterior = Posterior::new(
        Data::new(&kinds, &[0.3, 1.0], &[1.0]).expect("valid"),
        &hyper,
    )
    .expect("one point");
    for _ in 0..60 {
        posterior.append(&[0.3, 1.0], 1.0).expect("appended");
    }
    let at = posterior.predict(&[0.3, 1.0]);
    assert!((at.mean[0] - 1.0).abs() < 1e-3 && at.sd[0] < 1e-3, "{at:?}");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let kinds = [Kind::Continuous; 2];
    assert_eq!(Data::new(&kinds, &[], &[]), Err(GpError::Empty));
    assert_eq!(Data::new(&[], &[], &[1.0]), Err(GpError::Empty));
    let shape = Data::new(&kinds, &[0.0; 3], &[1.0, 2.0]).expect_err("three coordinates");
    assert!(shape.to_string().contains("3 coordinates") && shape.to_string().contains("give 4"));
    let one = Data::new(&kinds, &[0.0], &[1.0]).expect_err("one coordinate");
    assert!(one.to_string().starts_with("1 coordinate cannot"), "{one}");
    let infinite = Data::new(&kinds, &[0.0; 2], &[f64::INFINITY]);
    assert_eq!(infinite, Err(GpError::NotFinite { at: 2 }));
    let data = Data::new(&kinds, &[0.0; 2], &[1.0]).expect("valid");
    assert!(data.clone().with_extra_noise(&[-1.0]).is_err());
    assert!(data.clone().with_extra_noise(&[]).is_err());
    assert!(data.clone().with_shares(&[1.0]).is_err());
    for share in [0.0, 1.5, f64::NAN] {
        let refused = data.clone().with_shares(&[1.0, share]);
        assert_eq!(refused, Err(GpError::Share { at: 1 }));
    }
    let other = Posterior::new(data, &Hyper::prior_mode(3)).map(|_| ());
    assert_eq!(
        other,
        Err(GpError::Count {
            found: 3,
            wanted: 2
        })
    );
}
