//! Whole numbers between two bounds: every one, every `step`-th, or powers of a factor.

use super::scale::{Scale, settle, tame};
use crate::math::rng::Rng;
use crate::space::error::SpaceError;
use crate::space::value::Value;

/// Whole numbers from `low` to `high`, both included.
///
/// On a linear scale the grid is `low + k * step`. On a log scale a step above 1 is a factor:
/// `low * step^k`. The bounds of a domain always lie on its grid.
#[derive(Debug, Clone, PartialEq)]
pub struct IntDomain {
    low: i128,
    high: i128,
    step: u64,
    scale: Scale,
}

impl IntDomain {
    /// Every whole number from `low` to `high`.
    ///
    /// # Errors
    /// When `low` is above `high`, or a bound has more than 64 bits.
    pub fn new(low: impl Into<i128>, high: impl Into<i128>) -> Result<Self, SpaceError> {
        Self::with(low.into(), high.into(), 1, Scale::Linear)
    }

    /// A range with a step and a scale. A `high` between grid points is lowered to the last one.
    ///
    /// # Errors
    /// When the range is empty, a bound has more than 64 bits, the step is 0, or a log scale starts
    /// below 1.
    pub fn with(low: i128, high: i128, step: u64, scale: Scale) -> Result<Self, SpaceError> {
        let fits = |bound: &i128| (i64::MIN.into()..=u64::MAX.into()).contains(bound);
        if let Some(bound) = [low, high].into_iter().find(|bound| !fits(bound)) {
            return Err(SpaceError::Wide { bound });
        }
        if low > high {
            return Err(SpaceError::Empty {
                low: Value::Int(low),
                high: Value::Int(high),
            });
        }
        if step == 0 {
            return Err(SpaceError::Step {
                step: Value::Int(0),
                limit: 0,
            });
        }
        if scale != Scale::Linear && low < 1 {
            return Err(scale.start(Value::Int(low)));
        }
        let mut domain = Self {
            low,
            high,
            step,
            scale,
        };
        domain.high = domain.value(domain.floor(high));
        Ok(domain)
    }

    /// The smallest value.
    pub fn low(&self) -> i128 {
        self.low
    }

    /// The largest value, on the grid.
    pub fn high(&self) -> i128 {
        self.high
    }

    /// The distance between neighbours, or their ratio where the grid is geometric.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The scale on which values are spread.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How many values there are.
    pub fn count(&self) -> u128 {
        self.floor(self.high) + 1
    }

    /// The value with this index, counted from the smallest; indexes beyond the last give the last.
    pub fn value(&self, index: u128) -> i128 {
        if self.is_geometric() {
            let factor = u32::try_from(index).ok().and_then(|power| {
                i128::from(self.step)
                    .checked_pow(power)?
                    .checked_mul(self.low)
            });
            return factor.unwrap_or(self.high).min(self.high);
        }
        let offset = i128::try_from(index)
            .ok()
            .and_then(|k| k.checked_mul(self.step.into()));
        offset
            .and_then(|offset| self.low.checked_add(offset))
            .unwrap_or(self.high)
            .min(self.high)
    }

    /// The index of `value`, or `None` when the domain does not hold it.
    pub fn index(&self, value: i128) -> Option<u128> {
        if !(self.low..=self.high).contains(&value) {
            return None;
        }
        let index = self.floor(value);
        (self.value(index) == value).then_some(index)
    }

    /// The value of the domain that is nearest to `value`.
    pub fn nearest(&self, value: i128) -> i128 {
        let value = value.clamp(self.low, self.high);
        let below = self.value(self.floor(value));
        let above = self.value(self.floor(value) + 1);
        if value - below <= above - value {
            below
        } else {
            above.min(self.high)
        }
    }

    /// The same grid between narrower bounds; a bound between grid points moves inwards.
    ///
    /// # Errors
    /// When a bound lies outside of this domain, or no grid point is left.
    pub fn narrow(&self, low: i128, high: i128) -> Result<Self, SpaceError> {
        if low > high {
            return Err(SpaceError::Empty {
                low: Value::Int(low),
                high: Value::Int(high),
            });
        }
        for bound in [low, high] {
            if !(self.low..=self.high).contains(&bound) {
                return Err(SpaceError::Outside {
                    value: bound.to_string(),
                    allowed: self.to_string(),
                });
            }
        }
        let first = self.floor(low);
        let first = if self.value(first) < low {
            first + 1
        } else {
            first
        };
        let (low_on_grid, high_on_grid) = (self.value(first), self.value(self.floor(high)));
        if low_on_grid < low || low_on_grid > high_on_grid {
            return Err(SpaceError::Outside {
                value: format!("{low}..={high}, which holds no grid point,"),
                allowed: self.to_string(),
            });
        }
        Ok(Self {
            low: low_on_grid,
            high: high_on_grid,
            ..self.clone()
        })
    }

    /// Where `value` lies in `[0, 1]`; each value has the middle of a cell of its own.
    pub fn encode(&self, value: i128) -> f64 {
        if self.is_evenly_indexed() {
            let index = self.floor(value.clamp(self.low, self.high));
            return (index as f64 + 0.5) / self.count() as f64;
        }
        let (low, high) = self.widened();
        self.scale.to_unit(value as f64, low, high)
    }

    /// The part of `[0, 1]` that belongs to `value`, as its lower and upper end.
    pub fn cell(&self, value: i128) -> (f64, f64) {
        if self.is_evenly_indexed() {
            let (index, count) = (self.floor(value.clamp(self.low, self.high)), self.count());
            return (
                index as f64 / count as f64,
                (index + 1) as f64 / count as f64,
            );
        }
        let (low, high) = self.widened();
        let half = self.step as f64 / 2.0;
        let edge = |x: f64| self.scale.to_unit(x.clamp(low, high), low, high);
        (edge(value as f64 - half), edge(value as f64 + half))
    }

    /// The value whose cell holds `unit`. It gives back every value that was encoded as long as
    /// neighbours encode differently: up to 2^52 of them, on a logarithmic scale up to about 2^46.
    pub fn decode(&self, unit: f64) -> i128 {
        let unit = tame(unit);
        if self.is_evenly_indexed() {
            let count = self.count();
            let index = ((unit * count as f64) as u128).min(count - 1);
            return self.value(self.settle(index, unit));
        }
        let (low, high) = self.widened();
        let x = self.scale.at_unit(unit, low, high).round() as i128;
        let index = self.floor(self.nearest(x));
        self.value(self.settle(index, unit))
    }

    /// A random value, uniform on the scale.
    pub fn sample(&self, rng: &mut Rng) -> i128 {
        if self.is_evenly_indexed() {
            return self.value(rng.below(self.count()));
        }
        self.decode(rng.unit())
    }

    /// The value in the middle of the scale.
    pub fn middle(&self) -> i128 {
        self.decode(0.5)
    }

    fn settle(&self, index: u128, unit: f64) -> u128 {
        settle(index, self.count() - 1, unit, |index| {
            self.encode(self.value(index))
        })
    }

    fn is_geometric(&self) -> bool {
        self.scale == Scale::Log && self.step > 1
    }

    fn is_evenly_indexed(&self) -> bool {
        self.scale == Scale::Linear || self.is_geometric()
    }

    /// The index of the largest grid value at or below `value`, for a value that is not below `low`.
    fn floor(&self, value: i128) -> u128 {
        if self.is_geometric() {
            let mut index = 0;
            let mut reached = self.low;
            while reached <= value / i128::from(self.step) {
                reached *= i128::from(self.step);
                index += 1;
            }
            return index;
        }
        (value - self.low).unsigned_abs() / u128::from(self.step)
    }

    /// Bounds widened by half a step, so that each value has a cell; above zero for the logarithm.
    fn widened(&self) -> (f64, f64) {
        let half = self.step as f64 / 2.0;
        let low = self.low as f64;
        (low - half.min(low / 2.0), self.high as f64 + half)
    }
}

impl std::fmt::Display for IntDomain {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}..={}", self.low, self.high)?;
        match (self.scale, self.step) {
            (Scale::Linear, 1) => Ok(()),
            (Scale::Linear, step) => write!(out, " in steps of {step}"),
            (Scale::Log, 1) => write!(out, ", log"),
            (Scale::Log, factor) => write!(out, ", each {factor} times the one before"),
            (Scale::ReverseLog, 1) => write!(out, ", reverse log"),
            (Scale::ReverseLog, step) => write!(out, " in steps of {step}, reverse log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grids() -> Vec<IntDomain> {
        let top = i128::from(u64::MAX);
        let bottom = i128::from(i64::MIN);
        [
            (0, 0, 1, Scale::Linear),
            (32, 512, 32, Scale::Linear),
            (-7, 9, 3, Scale::Linear),
            (0, 1 << 52, 1, Scale::Linear),
            (3, (1 << 52) + 1, 1, Scale::Linear),
            (bottom, 0, 1 << 40, Scale::Linear),
            (1, 1000, 1, Scale::Log),
            (1, 1 << 40, 1, Scale::Log),
            (16, 1024, 2, Scale::Log),
            (1, top, 10, Scale::Log),
            (1, 100, 1, Scale::ReverseLog),
            (5, 500, 5, Scale::ReverseLog),
        ]
        .map(|(low, high, step, scale)| IntDomain::with(low, high, step, scale).unwrap())
        .into()
    }

    #[test]
    fn encode_and_decode_are_inverse_on_every_grid() {
        for domain in grids() {
            let count = domain.count();
            let mut rng = Rng::new(5);
            let ends = (0..count.min(50)).chain(count.saturating_sub(50)..count);
            let inner = (0..500).map(|_| rng.below(count)).collect::<Vec<_>>();
            for index in ends.chain(inner) {
                let value = domain.value(index);
                assert_eq!(domain.index(value), Some(index), "{domain}");
                let unit = domain.encode(value);
                assert!((0.0..=1.0).contains(&unit));
                assert_eq!(domain.decode(unit), value, "{domain} at {index}");
            }
        }
    }

    #[test]
    fn samples_and_decoded_values_stay_inside() {
        let mut rng = Rng::new(2);
        for domain in grids() {
            for unit in [f64::NAN, -1.0, 0.0, 1e-300, 0.5, 1.0, 2.0, f64::INFINITY] {
                assert!(
                    domain.index(domain.decode(unit)).is_some(),
                    "{domain} at {unit}"
                );
            }
            for _ in 0..200 {
                assert!(domain.index(domain.sample(&mut rng)).is_some(), "{domain}");
            }
        }
    }

    #[test]
    fn cells_part_the_unit_interval() {
        for domain in grids().into_iter().filter(|domain| domain.count() < 2_000) {
            let mut reached = 0.0;
            for index in 0..domain.count() {
                let value = domain.value(index);
                let (low, high) = domain.cell(value);
                assert!(
                    (low - reached).abs() < 1e-12 && low < high,
                    "{domain} at {index}"
                );
                assert!(
                    (low..high).contains(&domain.encode(value)),
                    "{domain} at {index}"
                );
                reached = high;
            }
            assert!((reached - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_geometric_grid_multiplies() {
        let domain = IntDomain::with(16, 1024, 2, Scale::Log).unwrap();
        let values: Vec<i128> = (0..domain.count())
            .map(|index| domain.value(index))
            .collect();
        assert_eq!(values, [16, 32, 64, 128, 256, 512, 1024]);
        assert_eq!(domain.middle(), 128);
        assert_eq!(domain.nearest(100), 128);
    }

    #[test]
    fn the_upper_bound_is_lowered_to_the_grid() {
        assert_eq!(IntDomain::with(0, 10, 4, Scale::Linear).unwrap().high(), 8);
        assert_eq!(IntDomain::with(1, 100, 3, Scale::Log).unwrap().high(), 81);
    }

    #[test]
    fn narrowing_moves_bounds_inwards_and_never_widens() {
        let domain = IntDomain::with(32, 512, 32, Scale::Linear).unwrap();
        let narrow = domain.narrow(100, 300).unwrap();
        assert_eq!((narrow.low(), narrow.high(), narrow.count()), (128, 288, 6));
        assert!(domain.narrow(0, 64).is_err());
        assert!(domain.narrow(33, 63).is_err());
        assert!(domain.narrow(64, 32).is_err());
        assert_eq!(domain.narrow(64, 64).unwrap().count(), 1);
    }

    #[test]
    fn every_value_of_a_long_log_scale_is_decoded() {
        for scale in [Scale::Log, Scale::ReverseLog] {
            for bits in [40, 42, 44, 46] {
                let high = 1i128 << bits;
                let domain = IntDomain::with(1, high, 1, scale).unwrap();
                let mut rng = Rng::new(bits);
                let sampled = (0..2_000).map(|_| domain.sample(&mut rng));
                let ends = (0..1_000).flat_map(|k| [1 + 7 * k, high - 7 * k]);
                for value in sampled.chain(ends).collect::<Vec<_>>() {
                    assert_eq!(domain.decode(domain.encode(value)), value, "{domain}");
                }
            }
        }
    }

    #[test]
    fn faults_are_refused() {
        for (low, high) in [(i128::MIN, i128::MAX), (0, 1 << 70), (i128::MIN, 0)] {
            let fault = IntDomain::new(low, high).unwrap_err().to_string();
            assert!(fault.contains("64 bits"), "{fault}");
        }
        assert!(IntDomain::new(i64::MIN, u64::MAX).is_ok());
        assert!(IntDomain::new(2, 1).is_err());
        assert!(IntDomain::with(0, 5, 0, Scale::Linear).is_err());
        assert!(IntDomain::with(0, 5, 1, Scale::Log).is_err());
        let reversed = IntDomain::with(0, 5, 1, Scale::ReverseLog).unwrap_err();
        assert!(reversed.to_string().starts_with("`reverse_log` cannot"));
    }

    #[test]
    fn a_log_scale_is_sampled_evenly_by_ratio() {
        let domain = IntDomain::with(1, 10_000, 1, Scale::Log).unwrap();
        let mut rng = Rng::new(9);
        let below = (0..10_000)
            .filter(|_| domain.sample(&mut rng) < 100)
            .count();
        // ln(99.5 / 0.5) / ln(10000.5 / 0.5) of the draws lie below 100.
        assert!((5_150..5_550).contains(&below), "{below}");
    }
}
