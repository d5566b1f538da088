//! The normal distribution and logEI against values of 60 digits.

use crate::{assert_close, reference, rows};
use tuner_runtime::math::normal::{
    LogTail, cdf, erfcx, inverse_mills, log_cdf, log_expected_improvement, quantile,
};

#[test]
fn log_improvement_is_exact_to_1e13_and_its_gradient_to_1e11() {
    let file = reference("normal");
    for row in rows(&file["tail"]) {
        let (u, tail) = (row[0], LogTail::at(row[0]));
        // ln h is 0 near u = 0.9: there one unit in the last place of h is all that can be asked.
        assert_close(tail.value, row[1], 1e-13, 1e-2, &format!("ln h({u})"));
        assert_close(tail.cdf_ratio, row[2], 1e-11, 0.0, &format!("Phi/h at {u}"));
        // Far above best phi underflows, and so does its ratio.
        assert_close(
            tail.density_ratio,
            row[3],
            1e-11,
            1e-300,
            &format!("phi/h at {u}"),
        );
    }
}

#[test]
fn the_pieces_of_log_improvement_meet() {
    for seam in [-1.0f64, -25.0] {
        let (below, above) = (LogTail::at(seam.next_down()), LogTail::at(seam.next_up()));
        assert_close(below.value, above.value, 1e-14, 0.0, "ln h");
        assert_close(below.cdf_ratio, above.cdf_ratio, 1e-11, 0.0, "Phi/h");
        assert_close(
            below.density_ratio,
            above.density_ratio,
            1e-11,
            0.0,
            "phi/h",
        );
    }
}

#[test]
fn log_improvement_keeps_this_for_any_mean_and_deviation() {
    for row in rows(&reference("normal")["improvement"]) {
        let (mean, sd, best) = (row[0], row[1], row[2]);
        let found = log_expected_improvement(mean, sd, best);
        let what = format!("improvement at {mean}, {sd}, {best}");
        // As above, where the improvement is near 1.
        assert_close(found.value, row[3], 1e-13, 1e-2, &what);
        assert_close(found.by_mean, row[4], 1e-11, 0.0, &what);
        assert_close(found.by_sd, row[5], 1e-11, 1e-300, &what);
    }
}

#[test]
fn the_distribution_function_and_its_logarithm_are_exact() {
    let file = reference("normal");
    for row in rows(&file["log_cdf"]) {
        assert_close(
            log_cdf(row[0]),
            row[1],
            1e-13,
            1e-300,
            &format!("ln Phi({})", row[0]),
        );
    }
    for row in rows(&file["cdf"]) {
        assert_close(cdf(row[0]), row[1], 1e-13, 0.0, &format!("Phi({})", row[0]));
    }
    for row in rows(&file["inverse_mills"]) {
        let what = format!("phi/Phi at {}", row[0]);
        assert_close(inverse_mills(row[0]), row[1], 1e-13, 1e-300, &what);
    }
}

#[test]
fn the_pieces_of_the_distribution_function_meet() {
    for seam in [-1.0f64, 1.0] {
        let (below, above) = (seam.next_down(), seam.next_up());
        assert_close(cdf(below), cdf(above), 1e-14, 0.0, "Phi");
        assert_close(log_cdf(below), log_cdf(above), 1e-14, 0.0, "ln Phi");
        let ratios = (inverse_mills(below), inverse_mills(above));
        assert_close(ratios.0, ratios.1, 1e-14, 0.0, "phi/Phi");
    }
    let seam = 10.0f64;
    let (below, above) = (erfcx(seam.next_down()), erfcx(seam.next_up()));
    assert_close(below, above, 1e-14, 0.0, "erfcx");
}

#[test]
fn erfcx_is_exact() {
    for row in rows(&reference("normal")["erfcx"]) {
        assert_close(
            erfcx(row[0]),
            row[1],
            1e-15,
            0.0,
            &format!("erfcx({})", row[0]),
        );
    }
    assert_eq!(erfcx(f64::INFINITY), 0.0);
    assert_eq!(erfcx(f64::NEG_INFINITY), f64::INFINITY);
    assert_eq!(erfcx(-26.65), f64::INFINITY);
}

#[test]
fn the_quantile_is_exact_and_odd() {
    for row in rows(&reference("normal")["quantile"]) {
        assert_close(
            quantile(row[0]),
            row[1],
            1e-14,
            0.0,
            &format!("quantile({})", row[0]),
        );
    }
    for k in 1..64 {
        let p = f64::from(k) / 128.0;
        assert_eq!(quantile(p), -quantile(1.0 - p));
    }
    assert_eq!(quantile(0.5), 0.0);
    assert_eq!(
        (quantile(0.0), quantile(1.0)),
        (f64::NEG_INFINITY, f64::INFINITY)
    );
    assert!(quantile(-0.1).is_nan() && quantile(1.5).is_nan() && quantile(f64::NAN).is_nan());
}
