//! Activation functions, applied in place and differentiated from their own results.

use super::buffer::Buffer;
use super::ops::elementary::{erf, exp, sigmoid, tanh};
use super::ops::vectorised;

/// The function that a layer applies to each of its sums. Not-a-number stays not-a-number, so
/// that a diverged network cannot hide.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    #[default]
    Linear,
    /// `max(0, x)`
    Relu,
    /// `x` where it is positive, else `slope * x`.
    LeakyRelu {
        /// The slope below zero: 0.01 in PyTorch, 0.3 in Keras.
        slope: f32,
    },
    /// `x` where it is positive, else `e^x - 1`.
    Elu,
    /// `Elu` scaled so that variances are kept (Klambauer et al. 2017).
    Selu,
    /// `x` times the normal distribution function of `x`.
    Gelu,
    /// `x` times the logistic function of `x`, also called swish.
    Silu,
    /// `ln(1 + e^x)`
    Softplus,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e^-x)`
    Sigmoid,
}

const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_SCALE: f32 = 1.050_701;

impl Activation {
    /// What is wrong with the function's own number.
    pub(crate) fn check(self) -> Result<(), String> {
        match self {
            // Below zero the result would not say what side of the bend its argument was on.
            Self::LeakyRelu { slope } if !(slope >= 0.0 && slope.is_finite()) => Err(format!(
                "has a leaky slope of {slope}: it is finite and at least 0"
            )),
            _ => Ok(()),
        }
    }

    /// Applies the function. For a function whose derivative needs the arguments, a copy of them
    /// is returned when `training`.
    pub(crate) fn apply(self, values: &mut [f32], training: bool) -> Option<Buffer> {
        let needs_arguments = matches!(self, Self::Gelu | Self::Silu);
        let saved = (training && needs_arguments).then(|| Buffer::copied(values));
        match self {
            Self::Linear => {}
            // `max` would turn not-a-number into 0.
            Self::Relu => map(values, |x| if x < 0.0 { 0.0 } else { x }),
            Self::LeakyRelu { slope } => map(values, |x| if x < 0.0 { slope * x } else { x }),
            Self::Elu => map(values, |x| if x < 0.0 { exp(x) - 1.0 } else { x }),
            Self::Selu => map(values, |x| {
                SELU_SCALE
                    * if x < 0.0 {
                        SELU_ALPHA * (exp(x) - 1.0)
                    } else {
                        x
                    }
            }),
            Self::Gelu => map(values, |x| x * normal_distribution(x)),
            Self::Silu => map(values, |x| x * sigmoid(x)),
            Self::Softplus => values.iter_mut().for_each(|value| {
                let x = *value;
                *value = x.max(0.0) + (-x.abs()).exp().ln_1p();
            }),
            Self::Tanh => map(values, tanh),
            Self::Sigmoid => map(values, sigmoid),
        }
        saved
    }

    /// Multiplies a gradient of the results by the derivative of the function, given the results
    /// and what [`Activation::apply`] returned.
    pub(crate) fn scale_gradient(
        self,
        gradient: &mut [f32],
        results: &[f32],
        arguments: Option<&[f32]>,
    ) {
        let arguments = arguments.unwrap_or(results);
        match self {
            Self::Linear => {}
            Self::Relu => scale(gradient, results, |g, y| if y > 0.0 { g } else { 0.0 }),
            Self::LeakyRelu { slope } => {
                scale(
                    gradient,
                    results,
                    |g, y| if y > 0.0 { g } else { slope * g },
                );
            }
            Self::Elu => scale(gradient, results, |g, y| {
                g * if y > 0.0 { 1.0 } else { y + 1.0 }
            }),
            Self::Selu => scale(gradient, results, |g, y| {
                let bend = SELU_SCALE * SELU_ALPHA;
                g * if y > 0.0 { SELU_SCALE } else { y + bend }
            }),
            Self::Gelu => scale(gradient, arguments, |g, x| {
                const ROOT: f32 = 0.398_942_3; // 1 / sqrt(2 pi)
                g * (normal_distribution(x) + x * ROOT * exp(-0.5 * x * x))
            }),
            Self::Silu => scale(gradient, arguments, |g, x| {
                let s = sigmoid(x);
                g * s * (1.0 + x * (1.0 - s))
            }),
            Self::Softplus => scale(gradient, results, |g, y| g * (1.0 - exp(-y))),
            Self::Tanh => scale(gradient, results, |g, y| g * (1.0 - y * y)),
            Self::Sigmoid => scale(gradient, results, |g, y| g * y * (1.0 - y)),
        }
    }
}

#[inline(always)]
fn normal_distribution(x: f32) -> f32 {
    0.5 + 0.5 * erf(x * std::f32::consts::FRAC_1_SQRT_2)
}

#[inline(always)]
fn map(values: &mut [f32], function: impl Fn(f32) -> f32) {
    vectorised(
        #[inline(always)]
        || {
            for value in values {
                *value = function(*value);
            }
        },
    );
}

#[inline(always)]
fn scale(gradient: &mut [f32], values: &[f32], product: impl Fn(f32, f32) -> f32) {
    vectorised(
        #[inline(always)]
        || {
            for (gradient, &value) in gradient.iter_mut().zip(values) {
                *gradient = product(*gradient, value);
            }
        },
    );
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ALL: [Activation; 10] = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Softplus,
        Activation::Tanh,
        Activation::Sigmoid,
    ];

    #[test]
    fn derivatives_agree_with_differences() {
        // No argument where a function bends.
        let arguments: Vec<f32> = (-16..16).map(|i| 0.25 * i as f32 + 0.125).collect();
        for activation in ALL {
            let at = |shift: f32| {
                let mut values: Vec<f32> = arguments.iter().map(|x| x + shift).collect();
                activation.apply(&mut values, false);
                values
            };
            let (above, below) = (at(0.01), at(-0.01));
            let mut results = arguments.clone();
            let saved = activation.apply(&mut results, true);
            let mut gradient = vec![2.0; results.len()];
            activation.scale_gradient(&mut gradient, &results, saved.as_deref());
            for (index, gradient) in gradient.iter().enumerate() {
                let slope = (above[index] - below[index]) / 0.02;
                let x = arguments[index];
                assert!(
                    (gradient - 2.0 * slope).abs() < 1e-3,
                    "{activation:?} at {x}"
                );
            }
        }
    }

    #[test]
    fn not_a_number_is_never_hidden() {
        for activation in ALL {
            let mut values = [f32::NAN; 9];
            activation.apply(&mut values, false);
            assert!(values.iter().all(|value| value.is_nan()), "{activation:?}");
        }
    }
}
