//! What the compiler evaluates: checks of bounds, steps, defaults and choices that are constants.
//!
//! Generated code calls these in `const` items, so they are `const fn`s over the widest types.

/// A bound as it is; a place for the compiler to say that the field's type does not fit.
pub const fn same<T: Copy>(bound: T) -> T {
    bound
}

/// Whether `step` leads from `low` exactly to `high`, or `step` is a factor that does.
pub const fn int_step_fits(low: i128, high: i128, step: i128, factor: bool) -> bool {
    if !int_step_leads(step, factor) || low > high {
        return true; // Another check speaks of that.
    }
    int_on_grid(high, low, step, factor)
}

/// Whether the step leads upwards at all.
pub const fn int_step_leads(step: i128, factor: bool) -> bool {
    step > factor as i128
}

/// Whether `value` is `low + k * step`, or `low * step^k`.
pub const fn int_on_grid(value: i128, low: i128, step: i128, factor: bool) -> bool {
    if !int_step_leads(step, factor) {
        return true;
    }
    if !factor {
        return (value - low) % step == 0;
    }
    if low < 1 {
        return true;
    }
    let mut reached = low;
    while reached < value {
        match reached.checked_mul(step) {
            Some(next) => reached = next,
            None => return false,
        }
    }
    reached == value
}

/// How far from a grid value, in steps, a number still counts as that value.
pub const fn tolerance(bytes: usize) -> f64 {
    if bytes == 4 { 1e-5 } else { 1e-9 }
}

/// What a number of this type is rounded by, as a share of it.
const fn rounding(bytes: usize) -> f64 {
    if bytes == 4 {
        f32::EPSILON as f64
    } else {
        f64::EPSILON
    }
}

/// Whether the smaller end comes first. Of an end that is not finite another check speaks.
pub const fn float_in_order(low: f64, high: f64) -> bool {
    low <= high || !low.is_finite() || !high.is_finite()
}

/// Whether a log scale can start here. Of an end that is not finite another check speaks.
pub const fn float_log_starts(low: f64) -> bool {
    low > 0.0 || !low.is_finite()
}

/// Whether the value lies between ends that are in order.
pub const fn float_inside(value: f64, low: f64, high: f64) -> bool {
    let is_range = low <= high && low.is_finite() && high.is_finite();
    !is_range || (low <= value && value <= high)
}

/// Whether the step parts neighbours: each value of a grid is a number of its own.
pub const fn float_step_parts(low: f64, high: f64, step: f64, factor: bool, bytes: usize) -> bool {
    if !float_step_leads(step, factor) || !low.is_finite() || !high.is_finite() || low >= high {
        return true; // Another check speaks of that.
    }
    if factor {
        return low <= 0.0 || (low >= f64::MIN_POSITIVE && step - 1.0 > 1e-12);
    }
    let steps = (high / 2.0 - low / 2.0) / (step / 2.0);
    steps <= (1u64 << 53) as f64 && parted(low, step, bytes) && parted(high, -step, bytes)
}

/// Whether a number and its neighbour stay apart when they are rounded: half a step is seen, or the neighbour needs no rounding.
const fn parted(number: f64, step: f64, bytes: usize) -> bool {
    let next = number + step;
    let is_exact = next - number == step && (bytes == 8 || next as f32 as f64 == next);
    differ(number, number + step / 2.0, bytes) || (is_exact && differ(number, next, bytes))
}

const fn differ(left: f64, right: f64, bytes: usize) -> bool {
    if bytes == 4 {
        left as f32 != right as f32
    } else {
        left != right
    }
}

/// Whether the step leads upwards at all.
pub const fn float_step_leads(step: f64, factor: bool) -> bool {
    step > factor as u8 as f64 && step.is_finite()
}

/// Whether `value` is `low + k * step`, or `low * step^k`, within the tolerance of its type.
pub const fn float_on_grid(value: f64, low: f64, step: f64, factor: bool, bytes: usize) -> bool {
    if !float_step_leads(step, factor)
        || !low.is_finite()
        || !value.is_finite()
        || low > value
        || (factor && low <= 0.0)
        || !float_step_parts(low, value, step, factor, bytes)
    {
        return true; // Another check speaks of that.
    }
    // Bounds are rounded to their type, and what the step is rounded by counts once a step.
    if !factor {
        let steps = (value / 2.0 - low / 2.0) / (step / 2.0);
        let rounded = rounding(bytes) * (steps + (low.abs() + value.abs()) / step);
        return (steps - steps.round()).abs() <= tolerance(bytes) + rounded.min(0.25);
    }
    let (mut reached, mut rounded) = (low, 2.0);
    loop {
        let slack = tolerance(bytes) * (step - 1.0) + rounding(bytes) * rounded;
        if reached >= value * (1.0 - slack) {
            return reached <= value * (1.0 + slack);
        }
        let next = reached * step;
        if next == reached || !next.is_finite() {
            return false;
        }
        (reached, rounded) = (next, rounded + 1.0);
    }
}

/// A list of constant choices, to be asked whether it is in order.
pub struct Listed<'a, T>(pub &'a [T]);

impl<T> Listed<'_, T> {
    /// Whether there is nothing to choose from.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

macro_rules! comparable {
    ($($number:ty: $($finite:ident)?;)*) => {$(
        impl Listed<'_, $number> {
            /// Whether no value stands twice.
            pub const fn are_unique(&self) -> bool {
                let mut i = 0;
                while i < self.0.len() {
                    let mut j = 0;
                    while j < i {
                        if self.0[i] == self.0[j] {
                            return false;
                        }
                        j += 1;
                    }
                    i += 1;
                }
                true
            }
            /// Whether the value is listed.
            pub const fn hold(&self, value: $number) -> bool {
                let mut i = 0;
                while i < self.0.len() {
                    if self.0[i] == value {
                        return true;
                    }
                    i += 1;
                }
                false
            }
            /// Whether every value is a finite number.
            pub const fn are_finite(&self) -> bool {
                $(
                    let mut i = 0;
                    while i < self.0.len() {
                        if !self.0[i].$finite() {
                            return false;
                        }
                        i += 1;
                    }
                )?
                true
            }
        }
    )*};
}
comparable! {
    i8:; i16:; i32:; i64:; isize:; u8:; u16:; u32:; u64:; usize:; bool:;
    f32: is_finite; f64: is_finite;
}

impl Listed<'_, &'static str> {
    /// Whether no text stands twice.
    pub const fn are_unique(&self) -> bool {
        let mut i = 0;
        while i < self.0.len() {
            let mut j = 0;
            while j < i {
                if equal(self.0[i], self.0[j]) {
                    return false;
                }
                j += 1;
            }
            i += 1;
        }
        true
    }

    /// Whether the text is listed.
    pub const fn hold(&self, text: &str) -> bool {
        let mut i = 0;
        while i < self.0.len() {
            if equal(self.0[i], text) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Texts always are fit to be chosen.
    pub const fn are_finite(&self) -> bool {
        true
    }
}

const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut i = 0;
    while i < left.len() {
        if left[i] != right[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_f32_meet_their_grids() {
        let wide = |number: f32| f64::from(number);
        assert!(float_on_grid(1.0, 0.0, wide(0.001), false, 4));
        assert!(float_on_grid(wide(0.7), 0.0, wide(0.001), false, 4));
        assert!(!float_on_grid(wide(0.7005), 0.0, wide(0.001), false, 4));
        let top = wide(0.1f32 * 1.1f32.powi(60));
        assert!(float_on_grid(top, wide(0.1), wide(1.1), true, 4));
        assert!(!float_on_grid(top * 1.05, wide(0.1), wide(1.1), true, 4));
        assert!(float_on_grid(1e6, 0.1, 1e-3, false, 8));
    }

    #[test]
    fn a_step_that_parts_nothing_ends_every_check() {
        for (low, high, step, factor) in [
            (5e-324, 1.0, 1.1, true),
            (1.0, 2.0, 1.0 + f64::EPSILON, true),
            (0.0, 1.0, 1e-20, false),
            (0.0, 1e20, 1.0, false),
        ] {
            assert!(!float_step_parts(low, high, step, factor, 8));
            assert!(float_on_grid(high, low, step, factor, 8));
        }
        let (low, high) = (49_850_000.0, 49_850_000.000_011_76);
        assert!(!float_step_parts(low, high, 6e-9, false, 8));
        assert!(float_step_parts(0.0, 1.0, 1e-9, false, 8));
        assert!(!float_step_parts(0.0, 1.0, 1e-9, false, 4));
        assert!(float_step_parts(0.0, 16_777_216.0, 1.0, false, 4));
        assert!(!float_step_parts(0.0, 33_554_432.0, 1.0, false, 4));
    }

    #[test]
    fn a_bound_that_is_not_finite_is_one_mistake() {
        for low in [f64::NAN, f64::NEG_INFINITY, f64::INFINITY] {
            assert!(float_in_order(low, 1.0) && float_log_starts(low));
            assert!(float_inside(0.5, low, 1.0));
            assert!(float_step_parts(low, 1.0, 0.1, false, 8));
            assert!(float_on_grid(1.0, low, 10.0, true, 8));
        }
        assert!(!float_inside(f64::NAN, 0.0, 1.0));
    }
}
