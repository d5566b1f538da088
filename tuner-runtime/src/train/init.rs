//! The random numbers that weights start from.

use crate::math::rng::Rng;

/// How the weights of a layer are drawn; biases start at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Init {
    /// Glorot and Bengio (2010): uniform with variance `2 / (inputs + outputs)`. Keras's default.
    #[default]
    Glorot,
    /// He et al. (2015): uniform with variance `2 / inputs`, for rectified units.
    He,
}

impl Init {
    /// `count` weights of a layer in which each output sums `fan_in` inputs and each input feeds
    /// `fan_out` outputs.
    pub(crate) fn draw(
        self,
        rng: &mut Rng,
        count: usize,
        fan_in: usize,
        fan_out: usize,
    ) -> Vec<f32> {
        let variance = match self {
            Self::Glorot => 2.0 / (fan_in + fan_out).max(1) as f64,
            Self::He => 2.0 / fan_in.max(1) as f64,
        };
        let limit = (3.0 * variance).sqrt();
        (0..count)
            .map(|_| ((2.0 * rng.unit() - 1.0) * limit) as f32)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_the_stated_variance_and_mean_zero() {
        for (init, expected) in [(Init::Glorot, 2.0 / 400.0), (Init::He, 2.0 / 300.0)] {
            let weights = init.draw(&mut Rng::new(1), 100_000, 300, 100);
            let mean = weights.iter().sum::<f32>() / 1e5;
            let variance = weights.iter().map(|w| w * w).sum::<f32>() / 1e5;
            assert!(mean.abs() < 1e-3, "{mean}");
            assert!((variance / expected - 1.0).abs() < 0.02, "{variance}");
        }
    }
}
