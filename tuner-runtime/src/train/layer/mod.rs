//! The layers: what a network is described by, and what runs.

mod activation;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod layer_norm;
mod module;
mod pool2d;
mod recurrent;

pub use conv2d::Conv2d;
pub use module::{DfdxModule, Trainable};

use std::fmt::Debug;

use dfdx::tensor::Cpu;

use super::activation::Activation;
use super::batch::Batch;
use super::error::TrainError;
use super::init::Init;
use super::ops::time::Steps;
use super::ops::window::Padding;
use super::parameter::Parameter;
use crate::math::rng::Rng;
use pool2d::Pool;
use recurrent::Cell;

/// One layer of a [`Sequential`](super::Sequential) network, described by what does not follow
/// from the layer before it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Layer {
    /// Turns an input of any shape into one axis.
    Flatten,
    /// `activation(x w + b)` over the last axis.
    Dense {
        /// The number of outputs.
        units: usize,
        /// What is applied to the sums.
        activation: Activation,
        /// Whether there is a bias.
        bias: bool,
        /// How the weights are drawn.
        init: Init,
    },
    /// A convolution over images.
    Conv2d(Conv2d),
    /// The largest number under a window.
    MaxPool2d {
        /// The window's height and width.
        size: usize,
        /// How far the window moves.
        stride: usize,
        /// What happens at the border.
        padding: Padding,
    },
    /// The mean under a window; zeros of the padding are not counted.
    AveragePool2d {
        /// The window's height and width.
        size: usize,
        /// How far the window moves.
        stride: usize,
        /// What happens at the border.
        padding: Padding,
    },
    /// An activation on its own.
    Activation(Activation),
    /// In training sets numbers to zero at random.
    Dropout {
        /// The share that is set to zero, from 0 to below 1.
        rate: f64,
    },
    /// Each channel of an image, or each number of the last axis, to mean 0 and variance 1 over
    /// the batch.
    BatchNorm {
        /// How much of the running statistics is kept in a step; Keras has 0.99.
        keep: f64,
        /// What is added to the variance; Keras has 0.001.
        epsilon: f64,
    },
    /// The last axis of each example to mean 0 and variance 1.
    LayerNorm {
        /// What is added to the variance; Keras has 0.001.
        epsilon: f64,
    },
    /// A trained row of numbers for each index: the shape gets one axis more.
    Embedding {
        /// How many indices there are, from 0.
        entries: usize,
        /// How many numbers stand for each.
        width: usize,
    },
    /// Long short-term memory over sequences `[steps, values]`.
    Lstm {
        /// The size of the state.
        units: usize,
        /// Which results go on.
        steps: Steps,
    },
    /// A module of dfdx's own `nn`.
    Dfdx(DfdxModule),
    /// Gated recurrent units over sequences `[steps, values]`.
    Gru {
        /// The size of the state.
        units: usize,
        /// Which results go on.
        steps: Steps,
    },
}

impl Layer {
    /// The kind's name, as it stands in messages and parameter names.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flatten => "flatten",
            Self::Dense { .. } => "dense",
            Self::Conv2d(_) => "conv2d",
            Self::MaxPool2d { .. } => "max_pool2d",
            Self::AveragePool2d { .. } => "average_pool2d",
            Self::Activation(_) => "activation",
            Self::Dropout { .. } => "dropout",
            Self::BatchNorm { .. } => "batch_norm",
            Self::LayerNorm { .. } => "layer_norm",
            Self::Embedding { .. } => "embedding",
            Self::Lstm { .. } => "lstm",
            Self::Gru { .. } => "gru",
            Self::Dfdx(_) => "dfdx",
        }
    }

    /// Checks the layer against its input and draws its parameters.
    pub(crate) fn build(&self, site: &mut Site<'_>) -> Result<Built, String> {
        match *self {
            Self::Conv2d(ref conv) => conv2d::build(conv, site),
            Self::MaxPool2d {
                size,
                stride,
                padding,
            } => pool2d::build(site, Pool::Max, size, stride, padding),
            Self::AveragePool2d {
                size,
                stride,
                padding,
            } => pool2d::build(site, Pool::Average, size, stride, padding),
            Self::Activation(activation) => activation::build(site, activation),
            Self::Dropout { rate } => dropout::build(site, rate),
            Self::BatchNorm { keep, epsilon } => batch_norm::build(site, keep, epsilon),
            Self::LayerNorm { epsilon } => layer_norm::build(site, epsilon),
            Self::Embedding { entries, width } => embedding::build(site, entries, width),
            Self::Lstm { units, steps } => recurrent::build(site, Cell::Lstm, units, steps),
            Self::Dfdx(ref module) => module.build(site),
            Self::Gru { units, steps } => recurrent::build(site, Cell::Gru, units, steps),
            Self::Flatten => Ok(flatten::build(site)),
            Self::Dense {
                units,
                activation,
                bias,
                init,
            } => dense::build(site, units, activation, bias, init),
        }
    }
}

/// The most numbers that one array may hold: 4 GiB of them. What is larger is a mistake, and would
/// end the process when the memory is asked for.
const MOST_NUMBERS: usize = 1 << 30;

/// The number of elements of an array with these lengths of its axes, or why it cannot be made.
pub(crate) fn elements(what: &str, sizes: &[usize]) -> Result<usize, String> {
    let product = sizes
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size));
    product
        .filter(|&product| product <= MOST_NUMBERS)
        .ok_or_else(|| {
            format!(
                "has {what} of the shape {sizes:?}, which are more than the {MOST_NUMBERS} numbers \
                 that one array may hold: make it smaller"
            )
        })
}

/// Where a layer is built.
pub(crate) struct Site<'a> {
    /// The shape that arrives, without the batch axis.
    pub(crate) input: &'a [usize],
    pub(crate) device: &'a Cpu,
    pub(crate) rng: &'a mut Rng,
}

/// A layer that runs, and the shape of its result without the batch axis.
pub(crate) struct Built {
    pub(crate) run: Box<dyn Run>,
    pub(crate) output: Vec<usize>,
}

/// A layer with its parameters.
pub(crate) trait Run: Debug + Send {
    /// Applies the layer, and records it when the batch is one of training.
    fn forward(&mut self, batch: Batch, rng: &mut Rng) -> Result<Batch, TrainError>;

    /// The fewest examples that it can learn from at a time.
    fn fewest_rows(&self) -> usize {
        1
    }

    /// Shows every parameter with its name within the layer, always in the same order.
    fn visit(&mut self, _see: &mut dyn FnMut(&str, &mut Parameter)) {}
}
