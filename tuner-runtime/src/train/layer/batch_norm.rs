//! Batch normalisation (Ioffe and Szegedy 2015): each channel to mean 0 and variance 1 over the
//! batch, then a trained scale and shift. Outside training the running statistics take the place
//! of the batch's.

use super::{Built, Run, Site};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;
use crate::train::ops::is_positive_in_32_bits;
use crate::train::ops::norm::{gradient_means, moments};
use crate::train::parameter::Parameter;

#[derive(Debug)]
struct BatchNorm {
    channels: usize,
    /// Numbers of a channel that stand side by side.
    inner: usize,
    keep: f32,
    epsilon: f32,
    scale: Parameter,
    shift: Parameter,
    mean: Parameter,
    variance: Parameter,
}

pub(super) fn build(site: &mut Site<'_>, keep: f64, epsilon: f64) -> Result<Built, String> {
    if !((0.0..1.0).contains(&keep) && is_positive_in_32_bits(epsilon)) {
        return Err(format!(
            "keeps {keep} of its running statistics, with an epsilon of {epsilon:?}: the first is \
             at least 0 and below 1, the second from 1.2e-38 to 3.4e38"
        ));
    }
    // Images have their channels first, everything else last.
    let (channels, inner) = match *site.input {
        [channels, height, width] => (channels, height * width),
        [.., channels] => (channels, 1),
        [] => return Err("needs an input with at least one axis".to_owned()),
    };
    let fill = |value: f32| vec![value; channels];
    Ok(Built {
        run: Box::new(BatchNorm {
            channels,
            inner,
            keep: keep as f32,
            epsilon: epsilon as f32,
            scale: Parameter::trained(site.device, &[channels], fill(1.0)),
            shift: Parameter::trained(site.device, &[channels], fill(0.0)),
            mean: Parameter::kept(site.device, &[channels], fill(0.0)),
            variance: Parameter::kept(site.device, &[channels], fill(1.0)),
        }),
        output: site.input.to_vec(),
    })
}

/// The positions of the numbers of one channel.
fn positions(
    channel: usize,
    channels: usize,
    inner: usize,
    len: usize,
) -> impl Iterator<Item = usize> + Clone {
    let starts = (channel * inner..len).step_by(channels * inner);
    starts.flat_map(move |start| start..start + inner)
}

impl Run for BatchNorm {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        let (channels, inner, len) = (self.channels, self.inner, batch.values.len());
        let x = &batch.values;
        let mut normal = Buffer::stale(len);
        let mut values = Buffer::stale(len);
        let mut roots = vec![0.0; channels];
        for (channel, root) in roots.iter_mut().enumerate() {
            let places = positions(channel, channels, inner, len);
            let (mean, variance) = if batch.training() {
                let (mean, variance) = moments(places.clone().map(|place| x[place]));
                let blend =
                    |running: &mut f32, new: f32| *running += (1.0 - self.keep) * (new - *running);
                blend(&mut self.mean.values_mut()[channel], mean);
                blend(&mut self.variance.values_mut()[channel], variance);
                (mean, variance)
            } else {
                (self.mean.values()[channel], self.variance.values()[channel])
            };
            *root = (variance + self.epsilon).sqrt().recip();
            let (scale, shift) = (self.scale.values()[channel], self.shift.values()[channel]);
            for place in places {
                normal[place] = (x[place] - mean) * *root;
                values[place] = scale * normal[place] + shift;
            }
        }
        let scales = self.scale.shared();
        let (scale_key, shift_key) = (self.scale.key().clone(), self.shift.key().clone());
        Ok(batch.then(values, move |mut gradient, grads| {
            let (mut dscale, mut dshift) = (Buffer::zeroed(channels), Buffer::zeroed(channels));
            let count = (len / channels) as f32;
            for channel in 0..channels {
                let places = positions(channel, channels, inner, len);
                let pairs = places.clone().map(|place| (gradient[place], normal[place]));
                let (plain, product) = gradient_means(pairs);
                dshift[channel] = plain * count;
                dscale[channel] = product * count;
                let factor = scales[channel] * roots[channel];
                for place in places {
                    gradient[place] = factor * (gradient[place] - plain - normal[place] * product);
                }
            }
            scale_key.put(grads, dscale)?;
            shift_key.put(grads, dshift)?;
            Ok(Some(gradient))
        }))
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        see("scale", &mut self.scale);
        see("shift", &mut self.shift);
        see("mean", &mut self.mean);
        see("variance", &mut self.variance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Layer, Sequential};

    fn norm() -> Layer {
        Layer::BatchNorm {
            keep: 0.9,
            epsilon: 1e-3,
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let net = Sequential::input([3, 5, 4])
            .conv2d(4, 2, Activation::Tanh)
            .layer(norm())
            .flatten()
            .dense(6, Activation::Tanh)
            .layer(norm())
            .dense(2, Activation::Linear);
        check_gradients(&net, 8);
    }

    #[test]
    fn the_running_statistics_take_over_outside_training() {
        let mut network = Sequential::input([2]).layer(norm()).initialize(0).unwrap();
        let inputs = [1.0, 10.0, 3.0, 30.0];
        for _ in 0..200 {
            let batch = network.forward(Buffer::copied(&inputs), 2, true, &mut Rng::new(0));
            let values = batch.unwrap().values;
            for (value, expected) in values.iter().zip([-1.0, -1.0, 1.0, 1.0]) {
                assert!((value - expected).abs() < 1e-3);
            }
        }
        let values = network.predict(&inputs).unwrap();
        for (value, expected) in values.iter().zip([-1.0, -1.0, 1.0, 1.0]) {
            assert!((value - expected).abs() < 1e-3);
        }
        assert_eq!(network.parameter_count(), 4);
    }
}
