//! Numbers that stand in the source as literals, exact: bounds are checked as the decimals they are.

use std::cmp::Ordering;

use syn::{Expr, Lit, UnOp};

/// `mantissa * 10^exponent`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    mantissa: i128,
    exponent: i32,
    /// Whether it is written as a real number: `1.0`, `1e3`.
    pub(crate) is_float: bool,
}

/// What a number of 32 bits is rounded by, as a share of it.
const SINGLE: f64 = f32::EPSILON as f64;

/// How far from a grid value, in steps, a number still counts as that value.
pub(crate) fn tolerance(is_single: bool) -> f64 {
    if is_single { 1e-5 } else { 1e-9 }
}

impl Number {
    /// The number that an expression spells out; `None` for everything else.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Group(group) => Self::of(&group.expr),
            Expr::Paren(paren) => Self::of(&paren.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                let number = Self::of(&unary.expr)?;
                Some(Self {
                    mantissa: -number.mantissa,
                    ..number
                })
            }
            Expr::Lit(lit) => match &lit.lit {
                Lit::Int(int) if matches!(int.suffix(), "f32" | "f64") => {
                    Self::parse(int.base10_digits(), true)
                }
                Lit::Int(int) => Self::parse(int.base10_digits(), false),
                Lit::Float(float) => Self::parse(float.base10_digits(), true),
                _ => None,
            },
            _ => None,
        }
    }

    fn parse(digits: &str, is_float: bool) -> Option<Self> {
        let digits = digits.to_ascii_lowercase();
        let (significand, exponent) = match digits.split_once('e') {
            Some((significand, exponent)) => (significand, exponent.parse().ok()?),
            None => (&*digits, 0),
        };
        let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
        let fraction = fraction.trim_end_matches('0');
        let places = i32::try_from(fraction.len()).ok()?;
        Some(Self {
            mantissa: format!("{whole}{fraction}").parse().ok()?,
            exponent: i32::checked_sub(exponent, places)?,
            is_float,
        })
    }

    pub(crate) fn zero() -> Self {
        Self::whole(0)
    }

    pub(crate) fn one() -> Self {
        Self::whole(1)
    }

    pub(crate) fn whole(number: i128) -> Self {
        Self {
            mantissa: number,
            exponent: 0,
            is_float: false,
        }
    }

    /// The whole number that it is.
    pub(crate) fn to_whole(self) -> Option<i128> {
        self.lifted(0)
    }

    pub(crate) fn to_f64(self) -> f64 {
        let text = format!("{}e{}", self.mantissa, self.exponent);
        text.parse().unwrap_or(f64::NAN)
    }

    /// The number as an `f64` holds it, or an `f32`.
    pub(crate) fn rounded(self, is_single: bool) -> f64 {
        match is_single {
            true => f64::from(self.to_f64() as f32),
            false => self.to_f64(),
        }
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match Self::align(self, other) {
            Some((left, right)) => left.cmp(&right),
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }

    pub(crate) fn is_below(self, other: Self) -> bool {
        self.compare(other) == Ordering::Less
    }

    /// Whether `self` is `low + k * step` for a whole `k`, as numbers of 64 or of 32 bits are.
    pub(crate) fn is_on_grid(self, low: Self, step: Self, is_single: bool) -> bool {
        let near = || {
            let [value, low, step] = [self, low, step].map(|number| number.rounded(is_single));
            let steps = (value - low) / step;
            // What the step is rounded by to 32 bits counts once a step.
            let rounded = match is_single {
                true => SINGLE * (steps + (low.abs() + value.abs()) / step),
                false => 0.0,
            };
            (steps - steps.round()).abs() <= tolerance(is_single) + rounded.min(0.25)
        };
        self.grid_exactly(low, step).unwrap_or(false) || (self.is_float && near())
    }

    fn grid_exactly(self, low: Self, step: Self) -> Option<bool> {
        let exponent = self.exponent.min(low.exponent).min(step.exponent);
        let (value, low) = (self.lifted(exponent)?, low.lifted(exponent)?);
        Some(
            value
                .checked_sub(low)?
                .checked_rem(step.lifted(exponent)?)?
                == 0,
        )
    }

    /// Whether `self` is `low * factor^k` for a whole `k`, as numbers of 64 or of 32 bits are.
    pub(crate) fn is_power(self, low: Self, factor: Self, is_single: bool) -> bool {
        let near = || {
            let [value, low, factor] = [self, low, factor].map(|number| number.rounded(is_single));
            let steps = powers(low, value, factor);
            // What the factor is rounded by counts once a step.
            let rounding = if is_single { SINGLE } else { f64::EPSILON };
            let rounded = rounding * (steps.abs() + 2.0) / factor.ln();
            (steps - steps.round()).abs() <= tolerance(is_single) + rounded
        };
        self.power_exactly(low, factor).unwrap_or(false) || (self.is_float && near())
    }

    fn power_exactly(self, low: Self, factor: Self) -> Option<bool> {
        let (value, mut reached, factor) = (self.lifted(0)?, low.lifted(0)?, factor.lifted(0)?);
        if reached < 1 || factor < 2 {
            return None;
        }
        while reached < value {
            reached = reached.checked_mul(factor)?;
        }
        Some(reached == value)
    }

    fn lifted(self, exponent: i32) -> Option<i128> {
        let power = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.mantissa.checked_mul(10i128.checked_pow(power)?)
    }

    fn align(left: Self, right: Self) -> Option<(i128, i128)> {
        let exponent = left.exponent.min(right.exponent);
        Some((left.lifted(exponent)?, right.lifted(exponent)?))
    }
}

/// How many times `factor` leads from `low` to `high`.
pub(crate) fn powers(low: f64, high: f64, factor: f64) -> f64 {
    let ratio = high / low;
    let distance = match ratio.is_normal() {
        true => ratio.ln(),
        false => high.ln() - low.ln(),
    };
    distance / factor.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::of(&syn::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn powers_are_told_from_what_is_beside_them() {
        let is_power =
            |value, low, factor| number(value).is_power(number(low), number(factor), false);
        assert!(is_power("1024", "16", "2") && !is_power("1025", "16", "2"));
        assert!(is_power("12157665459056928801", "1", "3"));
        assert!(!is_power("12157665459056928800", "1", "3"));
        assert!(is_power("0.1", "1e-5", "10.0") && !is_power("0.2", "1e-5", "10.0"));
        assert!(is_power("1e300", "1e-300", "10.0"));
        // Neither end nor step of these is ever reached by multiplying.
        assert!(!is_power("1.0", "5e-324", "1.1") && !is_power("1e400", "1.0", "10.0"));
    }

    #[test]
    fn numbers_of_32_bits_are_held_against_their_own_tolerance() {
        let on_grid = |value, low, step, is_single| {
            number(value).is_on_grid(number(low), number(step), is_single)
        };
        assert!(on_grid("1.0", "0.0", "0.333333", true));
        assert!(!on_grid("1.0", "0.0", "0.333333", false));
        assert!(!on_grid("1.0", "0.0", "0.3333", true));
        let is_power = |value| number(value).is_power(number("1.0"), number("1.2599"), true);
        assert!(is_power("1.9999") && !is_power("1.9995"));
    }
}
