//! The convolution layer.

use super::{Built, Layer, Run, Site, elements};
use crate::math::rng::Rng;
use crate::train::activation::Activation;
use crate::train::batch::Batch;
use crate::train::error::TrainError;
use crate::train::init::Init;
use crate::train::ops::conv2d::conv2d;
use crate::train::ops::window::{Padding, Window};
use crate::train::parameter::Parameter;

/// A convolution over images `[channels, height, width]`, with a bias.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::train::{Activation, Conv2d, Padding, Sequential};
///
/// let conv = Conv2d::new(32, 3).stride(2).padding(Padding::Same).activation(Activation::Relu);
/// let network = Sequential::input([3, 32, 32]).layer(conv).initialize(1)?;
/// assert_eq!(network.output_shape(), [32, 16, 16]);
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conv2d {
    pub(super) filters: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: Padding,
    pub(super) activation: Activation,
    pub(super) init: Init,
}

impl Conv2d {
    /// `filters` results of a square window of `kernel` by `kernel`, with stride 1, without
    /// padding and without activation unless set.
    pub fn new(filters: usize, kernel: usize) -> Self {
        Self {
            filters,
            kernel,
            stride: 1,
            padding: Padding::Valid,
            activation: Activation::Linear,
            init: Init::default(),
        }
    }

    /// How far the window moves.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// What happens at the border.
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// What is applied to the sums.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// How the weights are drawn.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }
}

impl From<Conv2d> for Layer {
    fn from(conv: Conv2d) -> Self {
        Self::Conv2d(conv)
    }
}

#[derive(Debug)]
struct Running {
    window: Window,
    weights: Parameter,
    bias: Parameter,
    activation: Activation,
}

pub(super) fn build(conv: &Conv2d, site: &mut Site<'_>) -> Result<Built, String> {
    let window = Window::new(site.input, conv.kernel, conv.stride, conv.padding)?;
    conv.activation.check()?;
    if conv.filters == 0 {
        return Err("has 0 filters: give it 1 or more".to_owned());
    }
    let filters = conv.filters;
    let shape = [filters, window.channels, conv.kernel, conv.kernel];
    elements("weights", &shape)?;
    let patch = window.patch();
    elements("columns", &[patch, window.positions()])?;
    let fans = [patch, filters * conv.kernel * conv.kernel];
    let weights = conv.init.draw(site.rng, [filters, patch], fans);
    Ok(Built {
        run: Box::new(Running {
            window,
            weights: Parameter::trained(site.device, &shape, weights),
            bias: Parameter::trained(site.device, &[filters], vec![0.0; filters]),
            activation: conv.activation,
        }),
        output: vec![filters, window.out_height, window.out_width],
    })
}

impl Run for Running {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        Ok(conv2d(
            batch,
            self.window,
            &self.weights,
            &self.bias,
            self.activation,
        ))
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        see("weight", &mut self.weights);
        see("bias", &mut self.bias);
    }
}

#[cfg(test)]
mod tests {
    use crate::train::{Conv2d, Init, Sequential};

    #[test]
    fn orthogonal_filters_are_orthonormal_or_their_taps_are() {
        for (channels, filters) in [(3, 8), (3, 32)] {
            let conv = Conv2d::new(filters, 3).init(Init::Orthogonal);
            let net = Sequential::input([channels, 6, 6]).layer(conv);
            let mut weights = Vec::new();
            net.initialize(1).unwrap().visit(&mut |_, parameter| {
                weights.push(parameter.values().to_vec());
            });
            let patch = channels * 9;
            let at = |filter: usize, tap: usize| weights[0][filter * patch + tap];
            let (shorter, longer) = (filters.min(patch), filters.max(patch));
            for a in 0..shorter {
                for b in 0..shorter {
                    let product = (0..longer).map(|k| match filters < patch {
                        true => at(a, k) * at(b, k),
                        false => at(k, a) * at(k, b),
                    });
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!((product.sum::<f32>() - expected).abs() < 1e-5);
                }
            }
        }
    }
}
