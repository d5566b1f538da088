//! Dropout (Srivastava et al. 2014): in training each number is zero with a probability, and the
//! others grow so that the mean stays.

use super::{Built, Run, Site};
use crate::math::rng::Rng;
use crate::train::batch::Batch;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;

#[derive(Debug)]
struct Running {
    rate: f64,
}

pub(super) fn build(site: &Site<'_>, rate: f64) -> Result<Built, String> {
    if !(0.0..1.0).contains(&rate) {
        return Err(format!(
            "has a rate of {rate}: it is at least 0 and below 1"
        ));
    }
    Ok(Built {
        run: Box::new(Running { rate }),
        output: site.input.to_vec(),
    })
}

impl Run for Running {
    fn forward(&mut self, batch: Batch, rng: &mut Rng) -> Result<Batch, TrainError> {
        if !batch.training() || self.rate == 0.0 {
            return Ok(batch);
        }
        // Four decisions of 16 bits from each draw; the rate is kept to 1/65536, and below 1.
        let threshold = (self.rate * 65_536.0).round().min(65_535.0) as u64;
        let kept = (1.0 / (1.0 - threshold as f64 / 65_536.0)) as f32;
        let mut mask = Buffer::stale(batch.values.len());
        for four in mask.chunks_mut(4) {
            let bits = rng.next_u64();
            for (index, scale) in four.iter_mut().enumerate() {
                let draw = (bits >> (16 * index)) & 0xffff;
                *scale = if draw < threshold { 0.0 } else { kept };
            }
        }
        let mut values = Buffer::copied(&batch.values);
        multiply(&mut values, &mask);
        Ok(batch.then(values, move |mut gradient, _| {
            multiply(&mut gradient, &mask);
            Ok(Some(gradient))
        }))
    }
}

fn multiply(values: &mut [f32], mask: &[f32]) {
    crate::train::ops::vectorised(|| {
        for (value, scale) in values.iter_mut().zip(mask) {
            *value *= scale;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Layer, Sequential};

    #[test]
    fn the_share_and_the_mean_are_kept_and_evaluation_changes_nothing() {
        let net = Sequential::input([10_000]).layer(Layer::Dropout { rate: 0.3 });
        let mut network = net.initialize(0).unwrap();
        let ones = vec![1.0; 10_000];
        assert_eq!(network.predict(&ones).unwrap(), ones);
        let batch = network
            .forward(Buffer::copied(&ones), 1, true, &mut Rng::new(1))
            .unwrap();
        let zeros = batch.values.iter().filter(|value| **value == 0.0).count();
        assert!((2_850..3_150).contains(&zeros), "{zeros}");
        let mean = batch.values.iter().sum::<f32>() / 1e4;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
    }

    #[test]
    fn the_highest_rate_leaves_something() {
        let net = Sequential::input([1_000_000]).layer(Layer::Dropout { rate: 0.999_999 });
        let mut network = net.initialize(0).unwrap();
        let ones = Buffer::copied(&vec![1.0; 1_000_000]);
        let batch = network.forward(ones, 1, true, &mut Rng::new(1)).unwrap();
        assert!(batch.values.contains(&65_536.0));
    }

    #[test]
    fn gradients_agree_with_differences() {
        let net = Sequential::input([6])
            .dense(20, Activation::Tanh)
            .layer(Layer::Dropout { rate: 0.4 })
            .dense(3, Activation::Linear);
        check_gradients(&net, 6);
        assert!(
            Sequential::input([6])
                .layer(Layer::Dropout { rate: 1.0 })
                .initialize(0)
                .is_err()
        );
    }
}
