//! Decimal arithmetic for grids, so that the third step from 0 by 0.1 is 0.3.
//!
//! People write bounds and steps as decimals. Binary sums of them drift (`0.1 + 0.2` is
//! `0.30000000000000004`), so grid values are computed on whole mantissas and rounded to binary once.

/// The decimal that an `f32` stands for: `0.1f32` is `0.1`.
///
/// The shortest one is what a person wrote, and grids are made of decimals. A whole number of 25 bits
/// and more is itself: its shortest decimal is another number, and nobody writes the seven digits of
/// that one.
pub(crate) fn decimal_of(number: f32) -> f64 {
    let (own, text) = (f64::from(number), format!("{number:e}"));
    let digits = text.bytes().take_while(|&byte| byte != b'e');
    let is_short = digits.filter(u8::is_ascii_digit).count() <= f32::DIGITS as usize;
    match is_short || own.abs() < f64::from(1 << f32::MANTISSA_DIGITS) {
        true => text.parse().unwrap_or(own),
        false => own,
    }
}

/// `mantissa * 10^-places`, exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decimal {
    mantissa: i128,
    places: u32,
}

impl Decimal {
    /// The shortest decimal that reads back as `number`; `None` when it has too many digits.
    pub(crate) fn shortest(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let fraction = digits.split_once('.').map_or(0, |(_, after)| after.len());
        let mantissa: i128 = digits.replace('.', "").parse().ok()?;
        let places = i32::try_from(fraction).ok()? - exponent;
        if places >= 0 {
            Some(Self {
                mantissa,
                places: places.try_into().ok()?,
            })
        } else {
            let scale = 10i128.checked_pow(places.unsigned_abs())?;
            Some(Self {
                mantissa: mantissa.checked_mul(scale)?,
                places: 0,
            })
        }
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let (left, right, places) = Self::align(self, other)?;
        Some(Self {
            mantissa: left.checked_add(right)?,
            places,
        })
    }

    pub(crate) fn times(self, factor: u64) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(factor.into())?;
        Some(Self { mantissa, ..self })
    }

    /// `self * factor^power`.
    pub(crate) fn scaled(self, factor: Self, power: u64) -> Option<Self> {
        let power = u32::try_from(power).ok()?;
        Some(Self {
            mantissa: self
                .mantissa
                .checked_mul(factor.mantissa.checked_pow(power)?)?,
            places: self.places.checked_add(factor.places.checked_mul(power)?)?,
        })
    }

    /// The nearest `f64`.
    pub(crate) fn to_f64(self) -> f64 {
        // Both operands are exact here, so the quotient is rounded once, to the nearest.
        if self.mantissa.unsigned_abs() < 1 << 53 && self.places <= 22 {
            return self.mantissa as f64 / 10f64.powi(self.places as i32);
        }
        let text = format!("{}e-{}", self.mantissa, self.places);
        text.parse().unwrap_or(f64::NAN)
    }

    fn align(left: Self, right: Self) -> Option<(i128, i128, u32)> {
        let places = left.places.max(right.places);
        let lift = |number: Self| {
            let scale = 10i128.checked_pow(places - number.places)?;
            number.mantissa.checked_mul(scale)
        };
        Some((lift(left)?, lift(right)?, places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::shortest(number).unwrap()
    }

    #[test]
    fn sums_are_the_nearest_to_the_decimal() {
        for (low, step) in [
            (0.0, 0.1),
            (-1.0, 0.01),
            (1e-5, 1e-5),
            (100.0, 2.5),
            (0.1, 1e-3),
        ] {
            for k in 0..1000u64 {
                let sum = decimal(low).add(decimal(step).times(k).unwrap()).unwrap();
                // The same sum by text: digits are what a person would write.
                let shown = format!("{}e-{}", sum.mantissa, sum.places);
                assert_eq!(
                    sum.to_f64(),
                    shown.parse::<f64>().unwrap(),
                    "{low} + {k} * {step}"
                );
            }
        }
        assert_eq!(decimal(0.1).times(3).unwrap().to_f64(), 0.3);
    }

    #[test]
    fn every_number_reads_back() {
        for number in [0.0, -0.25, 1e22, 123_456.789, 1.0 / 3.0, 1e-20] {
            assert_eq!(decimal(number).to_f64(), number);
        }
        assert!(Decimal::shortest(f64::NAN).is_none());
        assert!(Decimal::shortest(1e300).is_none());
    }

    #[test]
    fn single_numbers_are_the_decimals_that_they_stand_for() {
        assert_eq!((decimal_of(0.1), decimal_of(-1e-20)), (0.1, -1e-20));
        assert_eq!(decimal_of(16_777_215.0), 16_777_215.0);
        assert_eq!(decimal_of(134_217_728.0), 134_217_728.0);
        assert_eq!((decimal_of(1e20), decimal_of(2e38)), (1e20, 2e38));
    }

    #[test]
    fn powers_stay_decimal() {
        let value = decimal(1e-5).scaled(decimal(10.0), 4).unwrap();
        assert_eq!(value.to_f64(), 0.1);
    }
}
