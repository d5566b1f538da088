//! Normalising a row of numbers to mean 0 and variance 1, and its derivative.
//!
//! With `y = (x - mean) / sqrt(variance + eps)` over `n` numbers and the gradient `g` of `y`:
//! `dx = (g - mean(g) - y mean(g y)) / sqrt(variance + eps)`.

/// The mean and the variance (divided by the count) of numbers.
pub(crate) fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let (mut count, mut sum) = (0u32, 0.0f64);
    for value in values.clone() {
        count += 1;
        sum += f64::from(value);
    }
    let mean = sum / f64::from(count);
    let squares: f64 = values.map(|value| (f64::from(value) - mean).powi(2)).sum();
    (mean as f32, (squares / f64::from(count)) as f32)
}

/// The means of `g` and of `g y`.
pub(crate) fn gradient_means(pairs: impl Iterator<Item = (f32, f32)>) -> (f32, f32) {
    let (mut count, mut plain, mut product) = (0u32, 0.0f64, 0.0f64);
    for (gradient, y) in pairs {
        count += 1;
        plain += f64::from(gradient);
        product += f64::from(gradient) * f64::from(y);
    }
    (
        (plain / f64::from(count)) as f32,
        (product / f64::from(count)) as f32,
    )
}
