//! Sums over the pairs of a point with the points of some blocks, for gradients.
//!
//! Notation as in the kernel: t_i is the difference of two scaled coordinates, g a weight that each pair is given.

use super::kernel::{Kernel, LANES, Lane, fast};
use crate::math::exp::multiply_add;

/// What a gradient by the hyperparameters sums up, in the order of the kernel's dimensions.
#[derive(Debug, Clone)]
pub(crate) struct PairSums {
    /// g t^2, or g [c != c'] / l^2.
    squares: Vec<Lane>,
    /// g t (a - a'), where a is the derivative of a scaled coordinate by a parameter of its warp: twice the numeric
    /// dimensions, ln a first; empty without warps.
    warps: Vec<Lane>,
}

impl PairSums {
    pub(crate) fn new(kernel: &Kernel, warped: bool) -> Self {
        Self {
            squares: vec![[0.0; LANES]; kernel.order.len()],
            warps: vec![[0.0; LANES]; if warped { 2 * kernel.numeric } else { 0 }],
        }
    }

    /// Adds the pairs of the scaled point `x` with the blocks. `slopes` holds the derivatives of scaled coordinates by
    /// warp parameters: those of x, and blocks laid out like the points; both empty without warps.
    pub(crate) fn add(
        &mut self,
        kernel: &Kernel,
        x: &[f64],
        blocks: &[Lane],
        weights: &[Lane],
        (own, slopes): (&[f64], &[Lane]),
    ) {
        let pairs = Pairs {
            x,
            blocks,
            weights,
            own,
            slopes,
            hamming: &kernel.weights,
        };
        if fast() {
            // SAFETY: `fast` has found AVX2 and FMA on this machine.
            #[cfg(target_arch = "x86_64")]
            unsafe {
                pairs.add_avx2(self);
            }
        } else {
            pairs.add::<false>(self);
        }
    }

    /// The sums of g t^2, one a dimension.
    pub(crate) fn squares(&self) -> Vec<f64> {
        self.squares
            .iter()
            .map(|lanes| lanes.iter().sum())
            .collect()
    }

    /// The sums of g t (a - a').
    pub(crate) fn warps(&self) -> Vec<f64> {
        self.warps.iter().map(|lanes| lanes.iter().sum()).collect()
    }
}

struct Pairs<'a> {
    x: &'a [f64],
    blocks: &'a [Lane],
    weights: &'a [Lane],
    own: &'a [f64],
    slopes: &'a [Lane],
    hamming: &'a [f64],
}

impl Pairs<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn add_avx2(&self, sums: &mut PairSums) {
        self.add::<true>(sums);
    }

    #[inline(always)]
    fn add<const FUSED: bool>(&self, sums: &mut PairSums) {
        let (dimensions, numeric) = (self.x.len(), self.x.len() - self.hamming.len());
        // Dimension by dimension: a sum then stays in registers.
        for (place, (sum, x)) in sums.squares.iter_mut().zip(self.x).enumerate() {
            let lanes = self.blocks[place..].iter().step_by(dimensions);
            let mut total = [0.0; LANES];
            match place.checked_sub(numeric) {
                None => {
                    for (z, g) in lanes.zip(self.weights) {
                        for lane in 0..LANES {
                            let t = x - z[lane];
                            total[lane] = multiply_add::<FUSED>(g[lane] * t, t, total[lane]);
                        }
                    }
                }
                Some(category) => {
                    let weight = self.hamming[category];
                    for (z, g) in lanes.zip(self.weights) {
                        for lane in 0..LANES {
                            total[lane] += if *x == z[lane] { 0.0 } else { g[lane] * weight };
                        }
                    }
                }
            }
            sum.iter_mut()
                .zip(total)
                .for_each(|(sum, part)| *sum += part);
        }
        if self.own.is_empty() {
            return;
        }
        let slopes = self.slopes.chunks_exact(2 * numeric);
        let blocks = self.blocks.chunks_exact(self.x.len());
        for ((block, slopes), g) in blocks.zip(slopes).zip(self.weights) {
            for (place, sum) in sums.warps.iter_mut().enumerate() {
                let (x, z) = (self.x[place % numeric], &block[place % numeric]);
                for lane in 0..LANES {
                    let gap = g[lane] * (x - z[lane]);
                    let slope = self.own[place] - slopes[place][lane];
                    sum[lane] = multiply_add::<FUSED>(gap, slope, sum[lane]);
                }
            }
        }
    }
}

/// The sums of g t over all points of the blocks, for each numeric dimension: what moves the kernel when x moves.
pub(crate) fn pull(kernel: &Kernel, x: &[f64], blocks: &[Lane], weights: &[Lane]) -> Vec<f64> {
    let mut sums = vec![[0.0; LANES]; kernel.numeric];
    if fast() {
        // SAFETY: `fast` has found AVX2 and FMA on this machine.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            pull_avx2(x, blocks, weights, &mut sums);
        }
    } else {
        pull_into::<false>(x, blocks, weights, &mut sums);
    }
    sums.iter().map(|lanes| lanes.iter().sum()).collect()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn pull_avx2(x: &[f64], blocks: &[Lane], weights: &[Lane], sums: &mut [Lane]) {
    pull_into::<true>(x, blocks, weights, sums);
}

#[inline(always)]
fn pull_into<const FUSED: bool>(x: &[f64], blocks: &[Lane], weights: &[Lane], sums: &mut [Lane]) {
    let dimensions = x.len();
    for (place, (sum, x)) in sums.iter_mut().zip(x).enumerate() {
        for (z, g) in blocks[place..].iter().step_by(dimensions).zip(weights) {
            for lane in 0..LANES {
                sum[lane] = multiply_add::<FUSED>(g[lane], x - z[lane], sum[lane]);
            }
        }
    }
}
