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

/// Whether the step leads upwards at all.
pub const fn float_step_leads(step: f64, factor: bool) -> bool {
    step > factor as u8 as f64 && step.is_finite()
}

/// Whether `value` is `low + k * step`, or `low * step^k`, within the tolerance of its type.
pub const fn float_on_grid(value: f64, low: f64, step: f64, factor: bool, bytes: usize) -> bool {
    if !float_step_leads(step, factor) || low > value {
        return true; // Another check speaks of that.
    }
    if !factor {
        let steps = (value - low) / step;
        return (steps - steps.round()).abs() <= tolerance(bytes);
    }
    if low <= 0.0 {
        return true;
    }
    let mut reached = low;
    let limit = value * (1.0 - tolerance(bytes));
    while reached < limit {
        reached *= step;
    }
    (reached / value - 1.0).abs() <= tolerance(bytes) * (step - 1.0) + 1e-12
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
