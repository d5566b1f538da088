//! Operations on plain arrays and on dfdx's tape: what the layers are made of.

pub(crate) mod conv2d;
pub(crate) mod dense;
pub(crate) mod elementary;
pub(crate) mod gemm;
pub(crate) mod gru;
pub(crate) mod lstm;
pub(crate) mod norm;
pub(crate) mod pool2d;
pub(crate) mod time;
pub(crate) mod window;

/// Runs a loop over plain slices with the widest vector instructions of this machine.
///
/// The loop is compiled once for each; products and sums are never contracted or reordered, so
/// the results do not depend on which one runs.
#[inline(always)]
pub(crate) fn vectorised<R>(run: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(run)
}

/// `sums[j] += sum over the rows of matrix[i][j]`.
pub(crate) fn add_column_sums(matrix: &[f32], sums: &mut [f32]) {
    vectorised(|| {
        for row in matrix.chunks_exact(sums.len().max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    });
}

/// Whether no number is infinite or not a number.
pub(crate) fn all_finite(values: &[f32]) -> bool {
    // A finite number times zero is zero; the others give not-a-number, which a sum keeps.
    let mut sums = [0.0f32; 16];
    vectorised(|| {
        let chunks = values.chunks_exact(16);
        for value in chunks.remainder() {
            sums[0] += value * 0.0;
        }
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value * 0.0;
            }
        }
    });
    sums.iter().all(|sum| *sum == 0.0)
}

/// Whether a setting lies above 0 and still does as an `f32`, as which the loops take it.
pub(crate) fn is_positive_in_32_bits(value: f64) -> bool {
    value > 0.0 && (value as f32).is_normal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_number_is_found_wherever_it_stands() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 7, 15, 16, 31, 36] {
                let mut values = vec![f32::MAX; 37];
                assert!(all_finite(&values));
                values[place] = bad;
                assert!(!all_finite(&values), "{bad} at {place}");
            }
        }
    }

    #[test]
    fn column_sums_are_added() {
        let mut sums = [1.0, 0.0, 0.0];
        add_column_sums(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &mut sums);
        assert_eq!(sums, [6.0, 7.0, 9.0]);
    }
}
