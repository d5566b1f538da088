//! Elementary functions of `f32` without branches, so that loops over them are vectorised.
//!
//! Not-a-number stays not-a-number. Accuracy: a few units in the last place for [`exp`] and
//! [`tanh`], 2e-7 absolute for [`sigmoid`] and [`erf`].

/// `e^x` (Cody and Waite's reduction, a polynomial of degree 6); saturates instead of overflowing.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    // ln 2 in two parts, the first exact in few bits.
    let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let series = 1.987_569_1e-4;
    let series = series * r + 1.398_2e-3;
    let series = series * r + 8.333_452e-3;
    let series = series * r + 4.166_579_6e-2;
    let series = series * r + 1.666_666_5e-1;
    let series = series * r + 0.5;
    (series * r * r + r + 1.0) * power
}

/// The hyperbolic tangent: an odd polynomial over an even one.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.9, 7.9);
    let x2 = x * x;
    let above = -2.760_768_5e-16;
    let above = above * x2 + 2.000_188e-13;
    let above = above * x2 - 8.604_672e-11;
    let above = above * x2 + 5.122_297e-8;
    let above = above * x2 + 1.485_722_4e-5;
    let above = above * x2 + 6.372_619_3e-4;
    let above = above * x2 + 4.893_524_6e-3;
    let below = 1.198_258_4e-6;
    let below = below * x2 + 1.185_347_1e-4;
    let below = below * x2 + 2.268_434_6e-3;
    let below = below * x2 + 4.893_525e-3;
    x * above / below
}

/// `1 / (1 + e^-x)`
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    0.5 * tanh(0.5 * x) + 0.5
}

/// The error function (Abramowitz and Stegun 7.1.26).
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let series = 1.061_405_4;
    let series = series * t - 1.453_152;
    let series = series * t + 1.421_413_7;
    let series = series * t - 0.284_496_74;
    let series = series * t + 0.254_829_6;
    (1.0 - series * t * exp(-size * size)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> impl Iterator<Item = f32> {
        (-8_600..=8_600).map(|index| index as f32 * 0.01)
    }

    #[test]
    fn functions_agree_with_double_precision() {
        for x in arguments() {
            let wide = f64::from(x);
            let relative = (f64::from(exp(x)) / wide.exp() - 1.0).abs();
            assert!(relative < 3e-7, "exp({x}): {relative}");
            let error = (f64::from(tanh(x)) - wide.tanh()).abs();
            assert!(error < 4e-7, "tanh({x}): {error}");
            let error = (f64::from(sigmoid(x)) - 1.0 / (1.0 + (-wide).exp())).abs();
            assert!(error < 3e-7, "sigmoid({x}): {error}");
        }
        for x in [1e-6f32, 1e-4, 1e-2] {
            assert!((f64::from(tanh(x)) / f64::from(x).tanh() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn erf_agrees_with_tabled_values() {
        for (x, expected) in [
            (0.0, 0.0),
            (0.25, 0.276_326_4),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (2.0, 0.995_322_3),
            (4.0, 1.0),
        ] {
            assert!((erf(x) - expected).abs() < 5e-7, "{x}");
            assert!((erf(-x) + expected).abs() < 5e-7, "-{x}");
        }
    }

    #[test]
    fn not_a_number_stays_and_extremes_saturate() {
        for function in [exp, tanh, sigmoid, erf] {
            assert!(function(f32::NAN).is_nan());
            assert!(function(f32::MAX).is_finite() && function(f32::MIN).is_finite());
        }
        assert!((tanh(1e30) - 1.0).abs() < 1e-6);
        assert!(exp(f32::MIN) < 1e-37);
    }
}
