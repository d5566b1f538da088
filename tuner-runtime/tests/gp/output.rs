//! The choice of a transform, and the model of success.

use tuner_runtime::gp::{Data, Feasibility, FitOptions, Hyper, Kind, Output, choose_output};
use tuner_runtime::math::rng::Rng;

fn design(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    (0..2 * n).map(|_| rng.unit()).collect()
}

fn chosen(value: impl Fn(f64) -> f64, seed: u64) -> Output {
    let rows = design(40, seed);
    let smooth = |row: &[f64]| (4.0 * row[0]).sin() + row[1];
    let values: Vec<f64> = rows.chunks(2).map(|row| value(smooth(row))).collect();
    let data = Data::new(&[Kind::Continuous; 2], &rows, &values).expect("valid");
    let starts = [Hyper::prior_mode(2)];
    choose_output(&data, &Output::CANDIDATES, &starts, FitOptions::default())
        .expect("a choice")
        .0
}

#[test]
fn a_skew_that_a_power_undoes_is_undone_by_a_power() {
    for seed in 0..3 {
        assert_eq!(chosen(|t| (4.0 * t).exp(), seed), Output::YeoJohnson);
    }
}

#[test]
fn a_cliff_in_the_worse_half_is_not_left_as_it_is() {
    for seed in 0..3 {
        let cliff = |t: f64| {
            if t < 0.6 {
                -1e4 * (1.0 + 0.1 * (37.0 * t).sin())
            } else {
                t
            }
        };
        assert_eq!(chosen(cliff, seed), Output::HalfRank);
    }
}

#[test]
fn every_transform_keeps_the_order_and_standardises() {
    let mut rng = Rng::new(1);
    for n in [1, 2, 7, 8, 9, 50] {
        for scale in [1.0, 1e-300, 1e300] {
            let values: Vec<f64> = (0..n).map(|_| scale * rng.normal().powi(3)).collect();
            for output in [
                Output::Plain,
                Output::Winsorise,
                Output::HalfRank,
                Output::YeoJohnson,
            ] {
                let seen = output.apply(&values);
                for i in 0..n {
                    for j in 0..n {
                        assert!(values[i] >= values[j] || seen.values[i] <= seen.values[j]);
                    }
                }
                let mean = seen.values.iter().sum::<f64>() / n as f64;
                let variance = seen.values.iter().map(|y| y * y).sum::<f64>() / n as f64;
                assert!(mean.abs() < 1e-9, "{output:?} {n} {scale}: {mean}");
                assert!(
                    n == 1 || (variance - 1.0).abs() < 1e-9,
                    "{output:?} {n} {scale}: {variance}"
                );
            }
        }
    }
    for output in [
        Output::Plain,
        Output::Winsorise,
        Output::HalfRank,
        Output::YeoJohnson,
    ] {
        assert_eq!(output.apply(&[3.5; 20]).values, [0.0; 20]);
        assert_eq!(output.apply(&[]).values, [0.0; 0]);
    }
}

#[test]
fn slopes_are_those_of_the_transform() {
    let mut rng = Rng::new(2);
    let values: Vec<f64> = (0..41).map(|_| rng.normal().exp()).collect();
    let mut order: Vec<usize> = (0..41).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    for output in [
        Output::Plain,
        Output::Winsorise,
        Output::HalfRank,
        Output::YeoJohnson,
    ] {
        let seen = output.apply(&values);
        assert_eq!(
            seen.log_slopes
                .iter()
                .filter(|slope| slope.is_nan())
                .count(),
            20
        );
        // Between two neighbours the mean slope lies between their slopes, but for the common constant.
        let constants: Vec<f64> = order[20..]
            .windows(2)
            .map(|pair| {
                let rise = seen.values[pair[1]] - seen.values[pair[0]];
                let run = values[pair[1]] - values[pair[0]];
                (rise / run).ln() - 0.5 * (seen.log_slopes[pair[0]] + seen.log_slopes[pair[1]])
            })
            .collect();
        let spread = constants
            .iter()
            .map(|c| (c - constants[0]).abs())
            .fold(0.0, f64::max);
        assert!(spread < 0.1, "{output:?}: {constants:?}");
    }
}

#[test]
fn failures_make_their_neighbourhood_unlikely() {
    let rows = design(40, 3);
    let succeeded: Vec<bool> = rows.chunks(2).map(|row| row[0] < 0.6).collect();
    let kinds = [Kind::Continuous; 2];
    let starts = [Hyper::prior_mode(2)];
    let model =
        Feasibility::fit(&kinds, &rows, &succeeded, &starts, FitOptions::default()).expect("a fit");
    let at = model.probability(&[0.1, 0.5, 0.95, 0.5, 0.3, 0.1, 0.85, 0.9]);
    assert!(
        at[0] > 0.9 && at[1] < 0.1 && at[2] > 0.9 && at[3] < 0.2,
        "{at:?}"
    );
    for all in [true, false] {
        let model = Feasibility::fit(&kinds, &rows, &[all; 40], &starts, FitOptions::default())
            .expect("a fit");
        let at = model.probability(&[0.5, 0.5])[0];
        assert!((at > 0.95) == all && (at < 0.05) != all, "{all}: {at}");
    }
}
