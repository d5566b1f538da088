//! The description of a network: an input shape and a list of layers.

use dfdx::nn::BuildOnDevice;
use dfdx::tensor::Cpu;

use super::activation::Activation;
use super::error::TrainError;
use super::init::Init;
use super::layer::{Conv2d, DfdxModule, Layer, Site, Trainable, elements};
use super::network::Network;
use super::ops::time::Steps;
use super::ops::window::Padding;
use crate::math::rng::{Purpose, Rng};

/// A network as a list of layers, each fed by the one before it.
///
/// It holds no weights: [`Sequential::initialize`] draws them, so that one description serves any
/// number of training runs. Every layer finds the size of its input by itself.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::train::{Activation, Sequential};
///
/// let mut net = Sequential::input([28, 28]).flatten();
/// for units in [512, 64] {
///     net = net.dense(units, Activation::Relu);
/// }
/// let mut network = net.dense(10, Activation::Linear).initialize(42)?;
/// assert_eq!(network.parameter_count(), 784 * 512 + 512 + 512 * 64 + 64 + 64 * 10 + 10);
/// # Ok::<(), tuner::train::TrainError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sequential {
    input: Vec<usize>,
    layers: Vec<Layer>,
    init: Init,
}

impl Sequential {
    /// A network for inputs of `shape`, without the batch axis.
    pub fn input(shape: impl Into<Vec<usize>>) -> Self {
        Self {
            input: shape.into(),
            layers: Vec::new(),
            init: Init::default(),
        }
    }

    /// How the weights of the layers that follow are drawn.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Adds any layer.
    #[must_use]
    pub fn layer(mut self, layer: impl Into<Layer>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Turns the input into one axis.
    #[must_use]
    pub fn flatten(self) -> Self {
        self.layer(Layer::Flatten)
    }

    /// A fully connected layer of `units` outputs with a bias.
    #[must_use]
    pub fn dense(self, units: usize, activation: Activation) -> Self {
        let init = self.init;
        self.layer(Layer::Dense {
            units,
            activation,
            bias: true,
            init,
        })
    }

    /// A convolution of `filters` windows of `kernel` by `kernel`, stride 1, without padding.
    /// [`Conv2d`] has more settings.
    #[must_use]
    pub fn conv2d(self, filters: usize, kernel: usize, activation: Activation) -> Self {
        let conv = Conv2d::new(filters, kernel).init(self.init);
        self.layer(conv.activation(activation))
    }

    /// The largest number of each square of `size` by `size`.
    #[must_use]
    pub fn max_pool2d(self, size: usize) -> Self {
        self.layer(Layer::MaxPool2d {
            size,
            stride: size,
            padding: Padding::Valid,
        })
    }

    /// The mean of each square of `size` by `size`.
    #[must_use]
    pub fn average_pool2d(self, size: usize) -> Self {
        self.layer(Layer::AveragePool2d {
            size,
            stride: size,
            padding: Padding::Valid,
        })
    }

    /// In training sets each number to zero with the probability `rate`.
    #[must_use]
    pub fn dropout(self, rate: f64) -> Self {
        self.layer(Layer::Dropout { rate })
    }

    /// Batch normalisation with the settings of Keras: 0.99 of the running statistics is kept.
    #[must_use]
    pub fn batch_norm(self) -> Self {
        let (keep, epsilon) = (0.99, 1e-3);
        self.layer(Layer::BatchNorm { keep, epsilon })
    }

    /// Layer normalisation over the last axis.
    #[must_use]
    pub fn layer_norm(self) -> Self {
        self.layer(Layer::LayerNorm { epsilon: 1e-3 })
    }

    /// A trained row of `width` numbers for each index below `entries`.
    #[must_use]
    pub fn embedding(self, entries: usize, width: usize) -> Self {
        self.layer(Layer::Embedding { entries, width })
    }

    /// Long short-term memory over sequences `[steps, values]`.
    #[must_use]
    pub fn lstm(self, units: usize, steps: Steps) -> Self {
        self.layer(Layer::Lstm { units, steps })
    }

    /// Gated recurrent units over sequences `[steps, values]`.
    #[must_use]
    pub fn gru(self, units: usize, steps: Steps) -> Self {
        self.layer(Layer::Gru { units, steps })
    }

    /// A module of dfdx's own `nn`, named by its builder type, from `IN` numbers to `OUT`.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::train::Sequential;
    /// use tuner::train::dfdx::nn::builders::{Linear, ReLU};
    ///
    /// type Mlp = (Linear<784, 64>, ReLU, Linear<64, 10>);
    /// let mut network = Sequential::input([784]).module::<Mlp, 784, 10>().initialize(1)?;
    /// assert_eq!(network.parameter_count(), 784 * 64 + 64 + 64 * 10 + 10);
    /// # Ok::<(), tuner::train::TrainError>(())
    /// ```
    #[must_use]
    pub fn module<B, const IN: usize, const OUT: usize>(self) -> Self
    where
        B: BuildOnDevice<Cpu, f32>,
        B::Built: Trainable<IN, OUT>,
    {
        self.layer(DfdxModule::new::<B, IN, OUT>())
    }

    /// An activation on its own.
    #[must_use]
    pub fn activation(self, activation: Activation) -> Self {
        self.layer(Layer::Activation(activation))
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Checks that the layers fit together and draws their weights: the same seed, the same bits.
    ///
    /// # Errors
    /// When a layer cannot take what the one before it gives; the error names the layer.
    pub fn initialize(&self, seed: u64) -> Result<Network, TrainError> {
        if self.input.is_empty() || self.input.contains(&0) {
            return Err(TrainError::setting(
                "the network's input shape",
                &self.input,
                "give one axis or more, each of at least 1",
            ));
        }
        elements("inputs", &self.input)
            .map_err(|problem| TrainError::Data(format!("the network {problem}")))?;
        let mut network = Network::new(self.input.clone());
        let mut rng = Rng::keyed(seed, Purpose::Training, 0, 1);
        for (index, layer) in self.layers.iter().enumerate() {
            let (input, device) = (network.output_shape().to_vec(), network.device().clone());
            let mut site = Site {
                input: &input,
                device: &device,
                rng: &mut rng,
            };
            let built = layer.build(&mut site).and_then(|built| {
                elements("results", &built.output)?;
                Ok(built)
            });
            let built = built.map_err(|problem| TrainError::Layer {
                number: index + 1,
                layer: layer.kind(),
                problem,
            })?;
            network.push(layer.kind(), built);
        }
        Ok(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_at_fault_is_named() {
        let error = Sequential::input([4])
            .dense(3, Activation::Relu)
            .dense(0, Activation::Relu)
            .initialize(0)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer 2 (dense) has 0 units: give it 1 or more"
        );
        assert!(Sequential::input([4, 0]).flatten().initialize(0).is_err());
    }

    #[test]
    fn sizes_beyond_memory_are_refused_before_it_is_asked_for() {
        let most = usize::MAX;
        let images = || Sequential::input([3, 8, 8]);
        let same = |kernel| Conv2d::new(2, kernel).padding(Padding::Same);
        for net in [
            Sequential::input([most, 2]).flatten(),
            Sequential::input([6]).dense(most, Activation::Relu),
            Sequential::input([6]).dense(1 << 40, Activation::Relu),
            Sequential::input([6]).embedding(1 << 40, 1 << 40),
            Sequential::input([1 << 28]).embedding(1, 8),
            Sequential::input([6, 1]).lstm(most, Steps::Last),
            Sequential::input([6, 1]).gru(1 << 20, Steps::Last),
            images().conv2d(most, 3, Activation::Relu),
            images().layer(same(most)),
            images().layer(Layer::MaxPool2d {
                size: most,
                stride: 1,
                padding: Padding::Same,
            }),
            images().max_pool2d(most),
        ] {
            let error = net.initialize(0).unwrap_err().to_string();
            let says_what = error.contains("numbers that one array may hold")
                || error.contains("use a smaller window");
            assert!(says_what, "{error}");
        }
        assert!(images().layer(same(16)).initialize(0).is_ok());
        let far = Conv2d::new(2, 3).stride(most).padding(Padding::Same);
        let network = images().layer(far).initialize(0).unwrap();
        assert_eq!(network.output_shape(), [2, 1, 1]);
    }

    #[test]
    fn the_same_seed_draws_the_same_weights() {
        let weights = |seed| {
            let net = Sequential::input([5]).dense(4, Activation::Tanh);
            let mut all = Vec::new();
            let mut network = net.initialize(seed).unwrap();
            network.visit(&mut |_, parameter| all.extend_from_slice(parameter.values()));
            all
        };
        assert_eq!(weights(3), weights(3));
        assert_ne!(weights(3), weights(4));
    }
}
