//! Activation functions, applied in place and differentiated from their own result.

use super::buffer::Buffer;
use super::ops::vectorised;

/// The function that a layer applies to each of its sums.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    #[default]
    Linear,
    /// `max(0, x)`, and not a number stays not a number.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Activation {
    /// Applies the function. For functions whose derivative needs the argument, a copy of the
    /// arguments is returned when `training`.
    pub(crate) fn apply(self, values: &mut [f32], training: bool) -> Option<Buffer> {
        let _ = training;
        match self {
            Self::Linear => {}
            Self::Relu => vectorised(|| {
                for value in values {
                    // `max` would turn not-a-number into 0 and hide a diverged network.
                    *value = if *value < 0.0 { 0.0 } else { *value };
                }
            }),
            Self::Tanh => values.iter_mut().for_each(|value| *value = value.tanh()),
            Self::Sigmoid => values
                .iter_mut()
                .for_each(|value| *value = 1.0 / (1.0 + (-*value).exp())),
        }
        None
    }

    /// Multiplies a gradient of the results by the derivative, given the results.
    pub(crate) fn scale_gradient(
        self,
        gradient: &mut [f32],
        results: &[f32],
        _arguments: Option<&[f32]>,
    ) {
        let pairs = gradient.iter_mut().zip(results);
        match self {
            Self::Linear => {}
            Self::Relu => vectorised(|| {
                for (gradient, &y) in pairs {
                    *gradient = if y > 0.0 { *gradient } else { 0.0 };
                }
            }),
            Self::Tanh => vectorised(|| {
                for (gradient, &y) in pairs {
                    *gradient *= 1.0 - y * y;
                }
            }),
            Self::Sigmoid => vectorised(|| {
                for (gradient, &y) in pairs {
                    *gradient *= y * (1.0 - y);
                }
            }),
        }
    }
}
