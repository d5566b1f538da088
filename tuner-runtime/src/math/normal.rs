//! The standard normal distribution, its tail ratios, and the logarithm of the expected improvement.
//!
//! Notation: phi the density, Phi the distribution function, h(u) = phi(u) + u Phi(u), so that the expected
//! improvement over `best` under N(mean, sd^2) is sd h(u) with u = (mean - best) / sd.
//!
//! Sources: M. J. Wichura, Algorithm AS 241 (1988), for the quantile; S. Ament et al., "Unexpected improvements to
//! expected improvement" (2023), for the idea of working with ln h. The asymptotic series are those of Abramowitz
//! and Stegun 7.1.23 and its integral.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, SQRT_2};

/// ln(2 pi) / 2.
pub(crate) const HALF_LN_TAU: f64 = 0.918_938_533_204_672_741_780_329_736_406;
/// 1 / sqrt(2 pi).
const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_677_939_946_059_934;
/// 1 / sqrt(pi).
const INV_SQRT_PI: f64 = 0.564_189_583_547_756_286_948_079_451_561;
/// sqrt(pi / 2).
const SQRT_HALF_PI: f64 = 1.253_314_137_315_500_251_207_882_642_406;

/// The density phi(u).
pub fn density(u: f64) -> f64 {
    INV_SQRT_TAU * (-0.5 * u * u).exp()
}

/// The distribution function Phi(u).
///
/// ```
/// # use tuner_runtime as tuner;
/// assert!((tuner::math::normal::cdf(1.959963984540054) - 0.975).abs() < 1e-15);
/// ```
pub fn cdf(u: f64) -> f64 {
    if u < -1.0 {
        // Through erfcx the rounding of u / sqrt(2) is not multiplied by u^2.
        0.5 * erfcx(-u * FRAC_1_SQRT_2) * (-0.5 * u * u).exp()
    } else {
        0.5 * libm::erfc(-u * FRAC_1_SQRT_2)
    }
}

/// ln Phi(u), accurate in both tails.
pub fn log_cdf(u: f64) -> f64 {
    if u < -1.0 {
        -0.5 * u * u - LN_2 + erfcx(-u * FRAC_1_SQRT_2).ln()
    } else if u < 1.0 {
        cdf(u).ln()
    } else {
        (-cdf(-u)).ln_1p()
    }
}

/// phi(u) / Phi(u), the derivative of [`log_cdf`].
pub fn inverse_mills(u: f64) -> f64 {
    if u < -1.0 {
        1.0 / (SQRT_HALF_PI * erfcx(-u * FRAC_1_SQRT_2))
    } else {
        density(u) / cdf(u)
    }
}

/// The scaled complementary error function exp(x^2) erfc(x); infinite below about -26.6.
pub fn erfcx(x: f64) -> f64 {
    if x < 10.0 {
        // x^2 = square + rest exactly: exp of the rounded square alone would lose x^2 units in the last place.
        let square = x * x;
        let rest = x.mul_add(x, -square);
        let scale = square.exp();
        if scale.is_infinite() {
            return scale;
        }
        return libm::erfc(x) * (scale + scale * rest);
    }
    let step = -0.5 / (x * x);
    INV_SQRT_PI / x * (1.0 + alternating(step, 1.0, 14))
}

/// The quantile function: the u with Phi(u) = p. Infinite at 0 and 1, NaN outside of [0, 1].
///
/// ```
/// # use tuner_runtime as tuner;
/// assert!((tuner::math::normal::quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
pub fn quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180625 - centred * centred;
        return centred * rational(r, &CENTRE);
    }
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return f64::INFINITY.copysign(centred);
    }
    let r = (-tail.ln()).sqrt();
    let size = if r <= 5.0 {
        rational(r - 1.6, &MIDDLE)
    } else {
        rational(r - 5.0, &FAR)
    };
    size.copysign(centred)
}

/// The logarithm of the expected improvement and its derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogImprovement {
    /// ln E[max(y - best, 0)] for y ~ N(mean, sd^2).
    pub value: f64,
    /// Its derivative by the mean.
    pub by_mean: f64,
    /// Its derivative by the standard deviation.
    pub by_sd: f64,
}

/// ln of the expected improvement over `best` under N(mean, sd^2), sd > 0.
///
/// It stays finite and exact to rounding where the expected improvement itself underflows.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::math::normal::log_expected_improvement;
/// let far = log_expected_improvement(-1000.0, 1.0, 0.0);
/// assert!((far.value + 500_014.734).abs() < 1e-3 && far.by_mean > 1000.0);
/// ```
pub fn log_expected_improvement(mean: f64, sd: f64, best: f64) -> LogImprovement {
    let tail = LogTail::at((mean - best) / sd);
    LogImprovement {
        value: tail.value + sd.ln(),
        by_mean: tail.cdf_ratio / sd,
        by_sd: tail.density_ratio / sd,
    }
}

/// ln h(u) with the two ratios that its derivatives are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogTail {
    /// ln h(u).
    pub value: f64,
    /// Phi(u) / h(u), which is the derivative of `value`.
    pub cdf_ratio: f64,
    /// phi(u) / h(u) = 1 - u Phi(u) / h(u).
    pub density_ratio: f64,
}

impl LogTail {
    /// Evaluates at u, in three pieces that meet at -1 and -25.
    pub fn at(u: f64) -> Self {
        if u > -1.0 {
            let (density, cdf) = (density(u), cdf(u));
            let h = density + u * cdf;
            Self {
                value: h.ln(),
                cdf_ratio: cdf / h,
                density_ratio: density / h,
            }
        } else if u > -25.0 {
            // R = Phi / phi and g = h / phi = 1 + u R.
            let ratio = SQRT_HALF_PI * erfcx(-u / SQRT_2);
            let g = 1.0 + u * ratio;
            Self {
                value: -0.5 * u * u - HALF_LN_TAU + g.ln(),
                cdf_ratio: ratio / g,
                density_ratio: 1.0 / g,
            }
        } else {
            // g = u^-2 (1 + S) and R = |u|^-1 (1 + P), where 1 + u R would cancel.
            let step = -1.0 / (u * u);
            let s = alternating(step, 3.0, 10);
            let p = alternating(step, 1.0, 10);
            Self {
                value: -0.5 * u * u - HALF_LN_TAU - 2.0 * (-u).ln() + s.ln_1p(),
                cdf_ratio: -u * (1.0 + p) / (1.0 + s),
                density_ratio: u * u / (1.0 + s),
            }
        }
    }
}

/// The sum over k = 1..=terms of first (first + 2) .. (first + 2k - 2) step^k, smallest terms first.
fn alternating(step: f64, first: f64, terms: u32) -> f64 {
    (0..terms).rev().fold(0.0, |sum, k| {
        step * (first + 2.0 * f64::from(k)) * (1.0 + sum)
    })
}

/// Numerator and denominator of a rational function, by rising powers.
type Rational = ([f64; 8], [f64; 8]);

fn rational(x: f64, (above, below): &Rational) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
    horner(above) / horner(below)
}

/// AS 241 for |p - 1/2| <= 0.425.
const CENTRE: Rational = (
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_66e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
);

/// AS 241 for sqrt(-ln p) up to 5, about 1.6.
const MIDDLE: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

/// AS 241 for sqrt(-ln p) above 5, about 5.
const FAR: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);
