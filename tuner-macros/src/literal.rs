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

/// How far from a grid value, in steps, a number still counts as that value.
const TOLERANCE: f64 = 1e-9;

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

    pub(crate) fn to_f64(self) -> f64 {
        let text = format!("{}e{}", self.mantissa, self.exponent);
        text.parse().unwrap_or(f64::NAN)
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

    /// Whether `self` is `low + k * step` for a whole `k`.
    pub(crate) fn is_on_grid(self, low: Self, step: Self) -> bool {
        let near = || {
            let steps = (self.to_f64() - low.to_f64()) / step.to_f64();
            (steps - steps.round()).abs() <= TOLERANCE
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

    /// Whether `self` is `low * factor^k` for a whole `k`.
    pub(crate) fn is_power(self, low: Self, factor: Self) -> bool {
        let (value, factor) = (self.to_f64(), factor.to_f64());
        let mut reached = low.to_f64();
        while reached < value * (1.0 - TOLERANCE) {
            reached *= factor;
        }
        (reached / value - 1.0).abs() <= TOLERANCE * (factor - 1.0)
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
