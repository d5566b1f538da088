//! Limits to the gradients of a step.

use super::check_positive;
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;

/// How the gradients of a step are limited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Clip {
    /// All of them are scaled so that their common Euclidean norm is at most this.
    Norm(f64),
    /// Each number is kept within plus and minus this.
    Value(f64),
}

impl Clip {
    pub(crate) fn check(self) -> Result<(), TrainError> {
        let (Self::Norm(limit) | Self::Value(limit)) = self;
        check_positive("the limit of the gradients", limit)
    }

    pub(super) fn apply(self, gradients: &mut [Buffer]) {
        match self {
            Self::Value(limit) => {
                let limit = limit as f32;
                for value in gradients
                    .iter_mut()
                    .flat_map(|gradient| gradient.iter_mut())
                {
                    *value = value.clamp(-limit, limit);
                }
            }
            Self::Norm(limit) => {
                let squares = gradients.iter().flat_map(|gradient| gradient.iter());
                let norm = squares.map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
                if norm > limit {
                    let scale = (limit / norm) as f32;
                    for value in gradients
                        .iter_mut()
                        .flat_map(|gradient| gradient.iter_mut())
                    {
                        *value *= scale;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clipped(clip: Clip) -> Vec<f32> {
        let mut gradients = vec![Buffer::from(vec![3.0, 0.0]), Buffer::from(vec![-4.0])];
        clip.apply(&mut gradients);
        gradients
            .iter()
            .flat_map(|gradient| gradient.to_vec())
            .collect()
    }

    #[test]
    fn the_common_norm_or_each_number_is_limited() {
        assert_eq!(clipped(Clip::Norm(2.5)), [1.5, 0.0, -2.0]);
        assert_eq!(clipped(Clip::Norm(6.0)), [3.0, 0.0, -4.0]);
        assert_eq!(clipped(Clip::Value(3.5)), [3.0, 0.0, -3.5]);
        assert!(Clip::Norm(0.0).check().is_err() && Clip::Value(f64::NAN).check().is_err());
        assert!(Clip::Value(1e-50).check().is_err());
    }
}
