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
    /// Saxe et al. (2014): the shorter side of the matrix holds orthonormal vectors, so that a
    /// product neither grows nor shrinks. For recurrent weights. The matrix of a convolution has a
    /// row for each filter.
    Orthogonal,
}

impl Init {
    /// A matrix of weights, row by row, of a layer in which each output sums `fan_in` inputs and
    /// each input feeds `fan_out` outputs.
    pub(crate) fn draw(
        self,
        rng: &mut Rng,
        [rows, columns]: [usize; 2],
        [fan_in, fan_out]: [usize; 2],
    ) -> Vec<f32> {
        let variance = match self {
            Self::Glorot => 2.0 / (fan_in + fan_out).max(1) as f64,
            Self::He => 2.0 / fan_in.max(1) as f64,
            Self::Orthogonal => return orthogonal(rng, rows, columns),
        };
        let limit = (3.0 * variance).sqrt();
        (0..rows * columns)
            .map(|_| ((2.0 * rng.unit() - 1.0) * limit) as f32)
            .collect()
    }
}

/// A matrix by Gram and Schmidt's method, twice for accuracy.
fn orthogonal(rng: &mut Rng, rows: usize, columns: usize) -> Vec<f32> {
    let (vectors, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors);
    while basis.len() < vectors {
        let mut vector: Vec<f64> = (0..length).map(|_| rng.normal()).collect();
        for earlier in basis.iter().chain(basis.iter()) {
            let product: f64 = earlier.iter().zip(&vector).map(|(a, b)| a * b).sum();
            vector
                .iter_mut()
                .zip(earlier)
                .for_each(|(v, e)| *v -= product * e);
        }
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        vector.iter_mut().for_each(|v| *v /= norm);
        basis.push(vector);
    }
    let at = |row: usize, column: usize| match rows <= columns {
        true => basis[row][column],
        false => basis[column][row],
    };
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    places.map(|(row, column)| at(row, column) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_the_stated_variance_and_mean_zero() {
        for (init, expected) in [(Init::Glorot, 2.0 / 400.0), (Init::He, 2.0 / 300.0)] {
            let weights = init.draw(&mut Rng::new(1), [1000, 100], [300, 100]);
            let mean = weights.iter().sum::<f32>() / 1e5;
            let variance = weights.iter().map(|w| w * w).sum::<f32>() / 1e5;
            assert!(mean.abs() < 1e-3, "{mean}");
            assert!((variance / expected - 1.0).abs() < 0.02, "{variance}");
        }
    }

    #[test]
    fn orthogonal_weights_are_orthonormal_along_the_shorter_side() {
        for (rows, columns) in [(8, 20), (20, 8)] {
            let fans = [rows, columns];
            let weights = Init::Orthogonal.draw(&mut Rng::new(2), [rows, columns], fans);
            let at = |row: usize, column: usize| weights[row * columns + column];
            for a in 0..8 {
                for b in 0..8 {
                    let product: f32 = (0..20)
                        .map(|k| match rows < columns {
                            true => at(a, k) * at(b, k),
                            false => at(k, a) * at(k, b),
                        })
                        .sum();
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-5);
                }
            }
        }
    }
}
