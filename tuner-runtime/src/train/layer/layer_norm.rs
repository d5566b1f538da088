//! Layer normalisation (Ba et al. 2016): the last axis of each example to mean 0 and variance 1,
//! then a trained scale and shift.

use super::{Built, Run, Site};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;
use crate::train::ops::is_positive_in_32_bits;
use crate::train::ops::norm::{gradient_means, moments};
use crate::train::parameter::Parameter;

#[derive(Debug)]
struct LayerNorm {
    epsilon: f32,
    scale: Parameter,
    shift: Parameter,
}

pub(super) fn build(site: &mut Site<'_>, epsilon: f64) -> Result<Built, String> {
    let Some(&width) = site.input.last() else {
        return Err("needs an input with at least one axis".to_owned());
    };
    if !is_positive_in_32_bits(epsilon) {
        return Err(format!(
            "has an epsilon of {epsilon:?}: it lies from 1.2e-38 to 3.4e38"
        ));
    }
    Ok(Built {
        run: Box::new(LayerNorm {
            epsilon: epsilon as f32,
            scale: Parameter::trained(site.device, &[width], vec![1.0; width]),
            shift: Parameter::trained(site.device, &[width], vec![0.0; width]),
        }),
        output: site.input.to_vec(),
    })
}

impl Run for LayerNorm {
    fn forward(&mut self, batch: Batch, _rng: &mut Rng) -> Result<Batch, TrainError> {
        let width = self.scale.values().len();
        let mut normal = Buffer::copied(&batch.values);
        let mut values = Buffer::stale(batch.values.len());
        let mut roots = Vec::with_capacity(batch.values.len() / width);
        for (normal, to) in normal
            .chunks_exact_mut(width)
            .zip(values.chunks_exact_mut(width))
        {
            let (mean, variance) = moments(normal.iter().copied());
            let root = (variance + self.epsilon).sqrt().recip();
            roots.push(root);
            let trained = self.scale.values().iter().zip(self.shift.values());
            for ((normal, to), (scale, shift)) in normal.iter_mut().zip(to).zip(trained) {
                *normal = (*normal - mean) * root;
                *to = scale * *normal + shift;
            }
        }
        let scales = self.scale.shared();
        let (scale_key, shift_key) = (self.scale.key().clone(), self.shift.key().clone());
        Ok(batch.then(values, move |mut gradient, grads| {
            let (mut dscale, mut dshift) = (Buffer::zeroed(width), Buffer::zeroed(width));
            let rows = gradient
                .chunks_exact_mut(width)
                .zip(normal.chunks_exact(width));
            for ((gradient, normal), root) in rows.zip(&roots) {
                let sums = dscale.iter_mut().zip(dshift.iter_mut());
                for ((g, y), (dscale, dshift)) in gradient.iter().zip(normal).zip(sums) {
                    *dscale += g * y;
                    *dshift += g;
                }
                gradient
                    .iter_mut()
                    .zip(&scales[..])
                    .for_each(|(g, scale)| *g *= scale);
                let pairs = gradient.iter().copied().zip(normal.iter().copied());
                let (plain, product) = gradient_means(pairs);
                for (g, y) in gradient.iter_mut().zip(normal) {
                    *g = root * (*g - plain - y * product);
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
    }
}

#[cfg(test)]
mod tests {
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Layer, Sequential};

    #[test]
    fn gradients_agree_with_differences() {
        let net = Sequential::input([4, 3])
            .dense(6, Activation::Tanh)
            .layer(Layer::LayerNorm { epsilon: 1e-3 })
            .flatten()
            .dense(2, Activation::Linear);
        check_gradients(&net, 6);
    }

    #[test]
    fn an_epsilon_that_is_zero_in_32_bits_is_refused() {
        for epsilon in [0.0, 1e-50, f64::NAN] {
            let net = Sequential::input([4]).layer(Layer::LayerNorm { epsilon });
            let error = net.initialize(0).unwrap_err().to_string();
            assert!(error.contains("from 1.2e-38"), "{error}");
            let keep = 0.9;
            let net = Sequential::input([4]).layer(Layer::BatchNorm { keep, epsilon });
            let error = net.initialize(0).unwrap_err().to_string();
            assert!(error.contains("from 1.2e-38"), "{error}");
        }
    }

    #[test]
    fn each_row_has_mean_zero_and_variance_one() {
        let net = Sequential::input([4]).layer(Layer::LayerNorm { epsilon: 1e-6 });
        let rows = [1.0, 2.0, 3.0, 4.0, -5.0, 5.0, -5.0, 5.0];
        let values = net.initialize(0).unwrap().predict(&rows).unwrap();
        for row in values.chunks(4) {
            assert!(row.iter().sum::<f32>().abs() < 1e-5);
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 4.0).abs() < 1e-3);
        }
    }
}
