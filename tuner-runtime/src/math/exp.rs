//! exp without branches, so that a loop over it becomes vector instructions.
//!
//! Method: x = k ln 2 + r with |r| <= ln 2 / 2, ln 2 in two parts (W. Cody and W. Waite, 1980); exp r by its Taylor
//! polynomial of degree 13, whose remainder is below 1e-17; 2^k by the exponent bits. The polynomial is summed in pairs and
//! pairs of pairs (G. Estrin, 1960): its products do not wait for one another.

use std::f64::consts::LOG2_E;

/// Below this exp is taken as exp of this: 3e-308, the last k with a normal 2^k.
const LEAST: f64 = -708.0;
/// Adding 1.5 * 2^52 rounds to a whole number, which the low bits then hold.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 to 32 bits, so that its product with k is exact, and the rest.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1/k! for k = 0 to 13.
const TAYLOR: [f64; 14] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// a b + c, fused where the instruction is there: elsewhere fusing is a slow library call.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// exp(x) for x <= 0, to two units in the last place.
#[inline(always)]
pub(crate) fn exp_of_negative<const FUSED: bool>(x: f64) -> f64 {
    let x = x.max(LEAST);
    let shifted = multiply_add::<FUSED>(x, LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = multiply_add::<FUSED>(k, -LN_2_HIGH, x);
    let r = multiply_add::<FUSED>(k, -LN_2_LOW, r);
    let pair = |k: usize| multiply_add::<FUSED>(TAYLOR[k + 1], r, TAYLOR[k]);
    let square = r * r;
    let four = |k: usize| multiply_add::<FUSED>(pair(k + 2), square, pair(k));
    let fourth = square * square;
    let low = multiply_add::<FUSED>(four(4), fourth, four(0));
    let high = multiply_add::<FUSED>(pair(12), fourth, four(8));
    let sum = multiply_add::<FUSED>(high, fourth * fourth, low);
    let exponent = (shifted.to_bits() << 52).wrapping_add(1023 << 52);
    sum * f64::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        for i in 0..200_000u32 {
            let x = -708.0 * (f64::from(i) / 200_000.0).powi(3);
            let wanted = x.exp();
            for found in [exp_of_negative::<false>(x), exp_of_negative::<true>(x)] {
                let units = (found - wanted).abs() / (wanted * f64::EPSILON);
                assert!(units <= 2.0, "exp({x}): {found:e} {wanted:e}");
            }
        }
        assert_eq!(exp_of_negative::<false>(0.0), 1.0);
        assert!(exp_of_negative::<false>(-1e9) < 1e-307);
        assert!(exp_of_negative::<true>(f64::NEG_INFINITY) < 1e-307);
    }
}
