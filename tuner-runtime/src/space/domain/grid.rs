//! The grid of a stepped float: decimals at equal distances, or at equal ratios.

use crate::space::decimal::Decimal;

/// `low + k * step`, or `low * step^k`, for `k` from 0 to `last`.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    low: f64,
    pub(super) high: f64,
    pub(super) step: f64,
    geometric: bool,
    /// The index of the last value.
    pub(super) last: u64,
    /// Where the ratios of a narrowed grid count from, and how many steps `low` is away from there: from `low`, which is rounded,
    /// the values would be others by a last digit.
    pub(super) origin: Option<(f64, u64)>,
    /// The number that is counted from and `step` as people write them, where they fit whole numbers.
    decimals: Option<(Decimal, Decimal)>,
    /// How far from a grid value, in steps, a number still counts as that value.
    tolerance: f64,
}

/// Two grids are one when their values are: what else counts as a value, a stored grid does not say.
impl PartialEq for Grid {
    fn eq(&self, other: &Self) -> bool {
        let key = |grid: &Self| (grid.low, grid.high, grid.step, grid.geometric, grid.last);
        key(self) == key(other) && self.origin == other.origin
    }
}

/// More values than this have no whole numbers of their own among `f64`.
const MOST: f64 = (1u64 << 53) as f64;

impl Grid {
    /// The grid from `low` to the last value that does not exceed `high`; `None` when the step is so
    /// fine that neighbours are the same number. `single`: bounds and step were rounded to `f32`.
    pub(super) fn new(
        low: f64,
        high: f64,
        step: f64,
        geometric: bool,
        single: bool,
    ) -> Option<Self> {
        let decimals = Decimal::shortest(low).zip(Decimal::shortest(step));
        let mut grid = Self {
            low,
            high,
            step,
            geometric,
            last: u64::MAX,
            origin: None,
            decimals,
            tolerance: 0.0,
        };
        let position = grid.position(high);
        if position.is_nan() || position > MOST {
            return None;
        }
        grid.tolerance = grid.tolerance_to(position, single);
        let near = position.round() as u64;
        let over = |index: u64| grid.compute(index) - high > grid.tolerance * grid.gap(high);
        grid.last = if near > 0 && over(near) {
            near - 1
        } else {
            near
        };
        let reached = grid.compute(grid.last);
        // A bound that the grid meets stays as it was written.
        if (high - reached).abs() > grid.tolerance * grid.gap(high) {
            grid.high = reached;
        }
        // That of the grid as it is, and not as it was asked for: it is read back from its end.
        let grid = grid.with_tolerance(single);
        let differ = |index: u64| grid.value(index) < grid.value(index + 1);
        let last = grid.last;
        (last == 0 || (differ(0) && differ(last - 1))).then_some(grid)
    }

    /// The part of the grid between two of its values, which holds what counts as one of them still.
    pub(super) fn part(&self, first: u64, last: u64, single: bool) -> Option<Self> {
        let low = self.value(first);
        let with_end = |high: f64| {
            let part = Self::new(low, high, self.step, self.geometric, single)?;
            (part.last == last - first).then_some(part)
        };
        // A rounded end may lie too far off for so few steps: then it is the decimal that it stands for.
        let mut part = with_end(self.value(last)).or_else(|| with_end(self.compute(last)))?;
        part.tolerance = part.tolerance.max(self.tolerance);
        if self.geometric {
            let (origin, before) = self.origin.unwrap_or((self.low, 0));
            let counted = Self {
                origin: Some((origin, before + first)),
                decimals: self.decimals,
                ..part.clone()
            };
            /// Of a longer grid nobody looks at every value.
            const LOOKED_AT: u64 = 4096;
            let differs = |index: u64| counted.value(index) != part.value(index);
            if part.last > LOOKED_AT || (0..part.last).any(differs) {
                return Some(counted);
            }
        }
        Some(part)
    }

    /// The same grid for values that were rounded to `f32`.
    pub(super) fn single(self) -> Self {
        self.with_tolerance(true)
    }

    fn with_tolerance(mut self, single: bool) -> Self {
        self.tolerance = self.tolerance_to(self.last as f64, single);
        self
    }

    /// The value with this index; indexes beyond the last give the last.
    pub(super) fn value(&self, index: u64) -> f64 {
        if index >= self.last {
            self.high
        } else {
            self.compute(index)
        }
    }

    /// The index of the value nearest to `value`.
    pub(super) fn nearest(&self, value: f64) -> u64 {
        let middle = (self.position(value).round().max(0.0) as u64).min(self.last);
        let near = [
            middle,
            middle.saturating_sub(1),
            (middle + 1).min(self.last),
        ];
        let distance = |index: u64| (self.value(index) - value).abs();
        near.into_iter().fold(middle, |best, index| {
            if distance(index) < distance(best) {
                index
            } else {
                best
            }
        })
    }

    /// Whether `value` counts as the grid value with this index.
    pub(super) fn meets(&self, index: u64, value: f64) -> bool {
        let exact = self.value(index);
        (value - exact).abs() <= self.tolerance * self.gap(exact)
    }

    /// The index of the first value that is not below `bound`.
    pub(super) fn first_from(&self, bound: f64) -> u64 {
        let index = self.nearest(bound);
        let below = self.value(index) < bound && !self.meets(index, bound);
        index + u64::from(below)
    }

    /// The index of the last value that is not above `bound`, if there is one.
    pub(super) fn last_to(&self, bound: f64) -> Option<u64> {
        let index = self.nearest(bound);
        let above = self.value(index) > bound && !self.meets(index, bound);
        if above {
            index.checked_sub(1)
        } else {
            Some(index)
        }
    }

    /// The tolerance of a grid of so many steps: bounds are rounded, and what the step is rounded by
    /// counts once a step. What the compiler takes for a value of the grid is one: it compares binary
    /// numbers, which lie half a rounding beside these decimals.
    fn tolerance_to(&self, steps: f64, single: bool) -> f64 {
        let (least, rounding) = match single {
            true => (1e-5, f64::from(f32::EPSILON)),
            false => (1e-9, f64::EPSILON),
        };
        let (least, more) = match self.geometric {
            true => (least * self.step, (steps + 2.0) / (1.0 - 1.0 / self.step)),
            false => {
                let ends = self.low.abs() / self.step + self.high.abs() / self.step;
                (least, steps + ends)
            }
        };
        // Never as far as to the middle between two.
        (least + 1.5 * rounding * more).min(0.25)
    }

    /// The distance between neighbours near `value`.
    fn gap(&self, value: f64) -> f64 {
        if self.geometric {
            value.abs() * (1.0 - 1.0 / self.step)
        } else {
            self.step
        }
    }

    /// How many steps `value` is away from `low`.
    fn position(&self, value: f64) -> f64 {
        if self.geometric {
            (value.ln() - self.low.ln()) / self.step.ln()
        } else {
            // Halves, because the width of the widest range is infinite.
            (value / 2.0 - self.low / 2.0) / (self.step / 2.0)
        }
    }

    fn compute(&self, index: u64) -> f64 {
        let (from, before) = self.origin.unwrap_or((self.low, 0));
        let index = before + index;
        let exact = self.decimals.and_then(|(low, step)| match self.geometric {
            true => low.scaled(step, index),
            false => low.add(step.times(index)?),
        });
        match (exact, self.geometric) {
            (Some(decimal), _) => decimal.to_f64(),
            (None, true) => {
                // Two factors, because the power alone may be beyond all numbers.
                let (some, rest) = (index / 2, index - index / 2);
                from * self.step.powf(some as f64) * self.step.powf(rest as f64)
            }
            (None, false) => self.step.mul_add(index as f64, from),
        }
    }
}
