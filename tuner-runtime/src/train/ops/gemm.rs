//! Matrix products on one thread: `c = scale * c + a b`.

use gemm::Parallelism;

/// A matrix inside a slice: `rows` by `columns`, row after row, or the transpose of such a one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row after row. Panics when `values` is too short, which is a mistake in a layer.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert!(
            values.len() >= rows * columns,
            "matrix larger than its array"
        );
        Self {
            values,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The same numbers with rows and columns swapped.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// What happens to the numbers that stand in the result already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// They are overwritten.
    Overwrite,
    /// The product is added to them.
    Add,
}

/// Writes the product of `a` and `b` into `c`, row after row.
///
/// Panics when the sizes do not match, which is a mistake in a layer.
pub(crate) fn multiply(a: Matrix<'_>, b: Matrix<'_>, c: &mut [f32], into: Into) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner sizes of a product differ");
    assert!(c.len() >= m * n, "result smaller than the product");
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if into == Into::Overwrite {
            c[..m * n].fill(0.0);
        }
        return;
    }
    // SAFETY: `a`, `b` and `c` hold m*k, k*n and m*n numbers (checked here and in
    // `Matrix::new`), and their strides address exactly those. `c` is borrowed mutably, so it
    // overlaps neither `a` nor `b`. With `read_dst` false, `c` is only written.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            into == Into::Add,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;

    fn naive(a: Matrix<'_>, b: Matrix<'_>) -> Vec<f32> {
        let at = |matrix: Matrix<'_>, row: usize, column: usize| {
            f64::from(matrix.values[row * matrix.row_stride + column * matrix.column_stride])
        };
        let mut product = Vec::new();
        for i in 0..a.rows {
            for j in 0..b.columns {
                let sum: f64 = (0..a.columns).map(|k| at(a, i, k) * at(b, k, j)).sum();
                product.push(sum as f32);
            }
        }
        product
    }

    #[test]
    fn products_agree_with_the_definition_for_every_orientation() {
        let mut rng = Rng::new(1);
        for (m, k, n) in [(1, 1, 1), (3, 5, 2), (17, 33, 9), (32, 100, 70), (4, 0, 3)] {
            let mut draw =
                |count: usize| -> Vec<f32> { (0..count).map(|_| rng.normal() as f32).collect() };
            let (a, at) = (draw(m * k), draw(m * k));
            let (b, bt) = (draw(k * n), draw(k * n));
            for left in [Matrix::new(&a, m, k), Matrix::new(&at, k, m).transposed()] {
                for right in [Matrix::new(&b, k, n), Matrix::new(&bt, n, k).transposed()] {
                    let expected = naive(left, right);
                    let mut c = vec![7.0; m * n];
                    multiply(left, right, &mut c, Into::Overwrite);
                    let mut added = vec![7.0; m * n];
                    multiply(left, right, &mut added, Into::Add);
                    for ((c, added), expected) in c.iter().zip(&added).zip(&expected) {
                        assert!((c - expected).abs() < 1e-4, "{c} {expected}");
                        assert!((added - expected - 7.0).abs() < 1e-4);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_overwritten_is_never_read() {
        let mut c = vec![f32::NAN; 4];
        let ones = [1.0; 4];
        let matrix = Matrix::new(&ones, 2, 2);
        multiply(matrix, matrix, &mut c, Into::Overwrite);
        assert_eq!(c, [2.0; 4]);
    }

    #[test]
    #[should_panic(expected = "result smaller")]
    fn a_short_result_is_refused() {
        let ones = [1.0; 4];
        let matrix = Matrix::new(&ones, 2, 2);
        multiply(matrix, matrix, &mut [0.0; 3], Into::Overwrite);
    }
}
