//! The Cholesky factor of a covariance matrix: A = L L^T, with what is solved by it.
//!
//! Everything runs on the calling thread and in the same order each time.

use super::GpError;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::matmul;
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, ColMut, Mat, Par};

/// What is added to the diagonal, in turn, until the factorisation succeeds.
const JITTERS: [f64; 5] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4];

/// A lower triangular factor; what lies above its diagonal has no meaning.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    lower: Mat<f64>,
    pub(crate) jitter: f64,
}

impl Factor {
    /// Factors the matrix whose lower triangle `fill` writes; it is called again for each further jitter. The factor lives
    /// in `lower`, a square matrix of any contents.
    pub(crate) fn new(
        mut lower: Mat<f64>,
        mut fill: impl FnMut(&mut Mat<f64>),
    ) -> Result<Self, GpError> {
        let n = lower.nrows();
        let scratch =
            llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
        let mut memory = MemBuffer::new(scratch);
        for jitter in JITTERS {
            fill(&mut lower);
            for i in 0..n {
                lower[(i, i)] += jitter;
            }
            let factored = llt::factor::cholesky_in_place(
                lower.as_mut(),
                Default::default(),
                Par::Seq,
                MemStack::new(&mut memory),
                Default::default(),
            );
            if factored.is_ok() && (0..n).all(|i| lower[(i, i)].is_finite()) {
                return Ok(Self { lower, jitter });
            }
        }
        Err(GpError::NotPositiveDefinite { rows: n })
    }

    pub(crate) fn len(&self) -> usize {
        self.lower.nrows()
    }

    /// The sum of ln L_ii: half of ln det A.
    pub(crate) fn half_log_determinant(&self) -> f64 {
        (0..self.len()).map(|i| self.lower[(i, i)].ln()).sum()
    }

    /// L^-1 b in place.
    pub(crate) fn solve_lower(&self, b: &mut [f64]) {
        let b = ColMut::from_slice_mut(b).as_mat_mut();
        solve_lower_triangular_in_place(self.lower.as_ref(), b, Par::Seq);
    }

    /// L^-T b in place.
    pub(crate) fn solve_upper(&self, b: &mut [f64]) {
        let b = ColMut::from_slice_mut(b).as_mat_mut();
        solve_upper_triangular_in_place(self.lower.as_ref().transpose(), b, Par::Seq);
    }

    /// L^-1 B in place.
    pub(crate) fn solve_lower_columns(&self, b: &mut Mat<f64>) {
        solve_lower_triangular_in_place(self.lower.as_ref(), b.as_mut(), Par::Seq);
    }

    /// L^-T B in place.
    pub(crate) fn solve_upper_columns(&self, b: &mut Mat<f64>) {
        solve_upper_triangular_in_place(self.lower.as_ref().transpose(), b.as_mut(), Par::Seq);
    }

    /// Writes A^-1 into the lower triangle of `inverse`.
    pub(crate) fn invert(&self, inverse: &mut Mat<f64>, memory: &mut MemBuffer) {
        llt::inverse::inverse(
            inverse.as_mut(),
            self.lower.as_ref(),
            Par::Seq,
            MemStack::new(memory),
        );
    }

    /// What [`Self::invert`] needs besides, for n rows.
    pub(crate) fn memory(n: usize) -> MemBuffer {
        MemBuffer::new(llt::inverse::inverse_scratch::<f64>(n, Par::Seq))
    }

    /// The matrix the factor lives in.
    pub(crate) fn into_matrix(self) -> Mat<f64> {
        self.lower
    }

    /// The diagonal of A^-1: the squared lengths of the columns of L^-1.
    pub(crate) fn inverse_diagonal(&self) -> Vec<f64> {
        let n = self.len();
        let mut inverse = Mat::zeros(n, n);
        invert_lower_triangular(inverse.as_mut(), self.lower.as_ref(), Par::Seq);
        (0..n)
            .map(|j| inverse.col_as_slice(j)[j..].iter().map(|x| x * x).sum())
            .collect()
    }

    /// Row i of L up to its diagonal.
    pub(crate) fn row(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        (0..=i).map(move |j| self.lower[(i, j)])
    }

    /// Extends A by one row and column: the covariances with what is there, and the variance, jitter not included.
    /// `false`, and no change, where rounding left no positive pivot.
    pub(crate) fn append(&mut self, covariances: &[f64], variance: f64) -> bool {
        let n = self.len();
        let mut row = covariances.to_vec();
        self.solve_lower(&mut row);
        let total = variance + self.jitter;
        // Fused and one after another, each rounding is one of what is left, not of the whole.
        let pivot = row.iter().fold(total, |left, x| (-x).mul_add(*x, left));
        // The pivot is a difference: below this it is rounding.
        if pivot.is_nan() || pivot <= 1e-13 * total {
            return false;
        }
        self.lower
            .resize_with(n + 1, n + 1, |i, j| match (i == n, j == n) {
                (true, true) => pivot.sqrt(),
                (true, false) => row[j],
                _ => 0.0,
            });
        true
    }
}

/// A^T B.
pub(crate) fn transposed_product(a: &Mat<f64>, b: &Mat<f64>) -> Mat<f64> {
    let mut product = Mat::zeros(a.ncols(), b.ncols());
    matmul::matmul(
        product.as_mut(),
        Accum::Replace,
        a.as_ref().transpose(),
        b.as_ref(),
        1.0,
        Par::Seq,
    );
    product
}
