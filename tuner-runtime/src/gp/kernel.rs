//! The Matern-5/2 kernel with one lengthscale a dimension and Hamming terms inside the distance.
//!
//! Notation: r^2 = sum of ((w(u_i) - w(u'_i)) / l_i)^2 over the numeric dimensions + sum of [c_i != c'_i] / l_i^2 over the
//! categorical ones, p = sqrt(5) r; k = s (1 + p + p^2/3) e^-p, and the slope c = (5/3) s (1 + p) e^-p, so that
//! dk/dr^2 = -c/2. A category is a vertex of a simplex with edges 1/l_i: the distance is Euclidean and k positive definite.
//!
//! Source: C. Rasmussen and C. Williams, "Gaussian processes for machine learning", equation 4.17.
//!
//! Points are kept scaled by 1/l, in blocks of eight that lie dimension by dimension: one loop body over a block becomes
//! vector instructions. The body is compiled twice, for any machine and for AVX2 with FMA, and chosen when it runs.

use super::data::Kind;
use super::hyper::Hyper;
use super::warp::Bend;
use crate::math::exp::{exp_of_negative, multiply_add};

/// Points in a block.
pub(crate) const LANES: usize = 8;

/// One number for each point of a block.
pub(crate) type Lane = [f64; LANES];

/// The kernel with its hyperparameters in the form in which they are applied.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    pub(crate) hyper: Hyper,
    pub(crate) signal: f64,
    /// The numeric dimensions, then the categorical ones.
    pub(crate) order: Vec<usize>,
    pub(crate) numeric: usize,
    /// 1/l of the dimensions in `order`.
    pub(crate) inverse_lengths: Vec<f64>,
    /// 1/l^2 of the categorical ones.
    pub(crate) weights: Vec<f64>,
    /// Each dimension's warp; empty without warps.
    pub(crate) bends: Vec<Bend>,
}

/// Points as the kernel wants them: scaled and in blocks, the last one filled up with zeros.
#[derive(Debug, Clone, Default)]
pub(crate) struct Points {
    pub(crate) count: usize,
    /// For each block, for each dimension in the kernel's order, one number a lane.
    pub(crate) blocks: Vec<Lane>,
}

impl Kernel {
    pub(crate) fn new(kinds: &[Kind], hyper: &Hyper) -> Self {
        let categorical = |i: &usize| kinds[*i] == Kind::Categorical;
        let mut order: Vec<usize> = (0..kinds.len()).collect();
        order.sort_by_key(categorical);
        let numeric = order.iter().filter(|i| !categorical(i)).count();
        let inverse_lengths: Vec<f64> = order
            .iter()
            .map(|&i| (-hyper.log_lengths[i]).exp())
            .collect();
        let weights = inverse_lengths[numeric..].iter().map(|l| l * l).collect();
        Self {
            hyper: hyper.clone(),
            signal: hyper.signal(),
            order,
            numeric,
            inverse_lengths,
            weights,
            bends: hyper.warps.iter().map(|warp| Bend::new(*warp)).collect(),
        }
    }

    /// Scales points that are given row by row.
    pub(crate) fn points(&self, rows: &[f64]) -> Points {
        let mut points = Points::default();
        for row in rows.chunks_exact(self.order.len()) {
            self.push(&mut points, row);
        }
        points
    }

    /// Adds one point.
    pub(crate) fn push(&self, points: &mut Points, row: &[f64]) {
        let (dimensions, lane) = (self.order.len(), points.count % LANES);
        if lane == 0 {
            let filled = points.blocks.len() + dimensions;
            points.blocks.resize(filled, [0.0; LANES]);
        }
        let block = points.blocks.len() - dimensions;
        for (place, &dimension) in self.order.iter().enumerate() {
            points.blocks[block + place][lane] = self.scaled(place, row[dimension]);
        }
        points.count += 1;
    }

    /// The coordinate u of the dimension at this place of the order: warped and divided by l, or the category.
    fn scaled(&self, place: usize, u: f64) -> f64 {
        if place >= self.numeric {
            return u;
        }
        let warped = match self.bends.get(self.order[place]) {
            Some(bend) => bend.value(u),
            None => u,
        };
        warped * self.inverse_lengths[place]
    }

    /// A point's coordinates in the order of a block.
    pub(crate) fn gather(&self, points: &Points, index: usize, into: &mut Vec<f64>) {
        let dimensions = self.order.len();
        let block = &points.blocks[index / LANES * dimensions..][..dimensions];
        into.clear();
        into.extend(block.iter().map(|lanes| lanes[index % LANES]));
    }

    /// k and, where `slopes` is not empty, c between the scaled point `x` and the points of the blocks from
    /// `first_block` on. The outputs start at the first point of that block and end with the last point.
    pub(crate) fn against(
        &self,
        points: &Points,
        first_block: usize,
        x: &[f64],
        values: &mut [f64],
        slopes: &mut [f64],
    ) {
        let blocks = &points.blocks[first_block * self.order.len()..];
        let row = Row {
            blocks,
            x,
            weights: &self.weights,
            signal: self.signal,
        };
        if fast() {
            // SAFETY: `fast` has found AVX2 and FMA on this machine.
            #[cfg(target_arch = "x86_64")]
            unsafe {
                row.evaluate_avx2(values, slopes);
            }
        } else {
            row.evaluate::<false>(values, slopes);
        }
    }
}

/// Whether the machine has the instructions that the fast bodies are compiled for.
pub(crate) fn fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// One row of a kernel matrix.
struct Row<'a> {
    blocks: &'a [Lane],
    x: &'a [f64],
    weights: &'a [f64],
    signal: f64,
}

impl Row<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn evaluate_avx2(&self, values: &mut [f64], slopes: &mut [f64]) {
        self.evaluate::<true>(values, slopes);
    }

    #[inline(always)]
    fn evaluate<const FUSED: bool>(&self, values: &mut [f64], slopes: &mut [f64]) {
        let (values, last_values) = values.as_chunks_mut::<LANES>();
        let (slopes, last_slopes) = slopes.as_chunks_mut::<LANES>();
        let mut slopes = slopes.iter_mut();
        let mut blocks = self.blocks.chunks_exact(self.x.len());
        for (values, block) in values.iter_mut().zip(&mut blocks) {
            let (k, c) = matern::<FUSED>(self.squares::<FUSED>(block), self.signal);
            *values = k;
            if let Some(slopes) = slopes.next() {
                *slopes = c;
            }
        }
        if let Some(block) = blocks.next() {
            let (k, c) = matern::<FUSED>(self.squares::<FUSED>(block), self.signal);
            last_values.copy_from_slice(&k[..last_values.len()]);
            last_slopes.copy_from_slice(&c[..last_slopes.len()]);
        }
    }

    /// r^2 to each point of a block.
    #[inline(always)]
    fn squares<const FUSED: bool>(&self, block: &[Lane]) -> Lane {
        let numeric = self.x.len() - self.weights.len();
        let mut squares = [0.0; LANES];
        for (x, lanes) in self.x[..numeric].iter().zip(block) {
            for (square, z) in squares.iter_mut().zip(lanes) {
                let gap = x - z;
                *square = multiply_add::<FUSED>(gap, gap, *square);
            }
        }
        let categories = self.x[numeric..].iter().zip(&block[numeric..]);
        for ((x, lanes), weight) in categories.zip(self.weights) {
            for (square, z) in squares.iter_mut().zip(lanes) {
                *square += if x == z { 0.0 } else { *weight };
            }
        }
        squares
    }
}

/// (k, c) from r^2.
#[inline(always)]
fn matern<const FUSED: bool>(squares: Lane, signal: f64) -> (Lane, Lane) {
    const THIRD: f64 = 1.0 / 3.0;
    let (mut k, mut c) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let p = (5.0 * squares[lane]).sqrt();
        let decay = signal * exp_of_negative::<FUSED>(-p);
        let linear = 1.0 + p;
        k[lane] = multiply_add::<FUSED>(p * p, THIRD, linear) * decay;
        c[lane] = 5.0 * THIRD * linear * decay;
    }
    (k, c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::rng::Rng;

    #[test]
    fn the_vector_body_equals_the_plain_one_and_the_formula() {
        let mut rng = Rng::new(2);
        let kinds = [
            Kind::Continuous,
            Kind::Categorical,
            Kind::Grid,
            Kind::Categorical,
        ];
        for n in [1, 7, 8, 9, 33] {
            let hyper = Hyper {
                log_lengths: (0..4).map(|_| rng.normal()).collect(),
                log_signal: rng.normal(),
                log_noise: -4.0,
                warps: Vec::new(),
            };
            let kernel = Kernel::new(&kinds, &hyper);
            let rows: Vec<f64> = (0..n)
                .flat_map(|_| {
                    [
                        rng.unit(),
                        rng.below(3) as f64,
                        rng.unit(),
                        rng.below(2) as f64,
                    ]
                })
                .collect();
            let points = kernel.points(&rows);
            let mut x = Vec::new();
            kernel.gather(&points, n / 2, &mut x);
            let (mut fast, mut fast_slopes) = (vec![0.0; n], vec![0.0; n]);
            kernel.against(&points, 0, &x, &mut fast, &mut fast_slopes);
            let (mut plain, mut plain_slopes) = (vec![0.0; n], vec![0.0; n]);
            let row = Row {
                blocks: &points.blocks,
                x: &x,
                weights: &kernel.weights,
                signal: kernel.signal,
            };
            row.evaluate::<false>(&mut plain, &mut plain_slopes);
            let own = &rows[n / 2 * 4..n / 2 * 4 + 4];
            for j in 0..n {
                let other = &rows[j * 4..j * 4 + 4];
                let square: f64 = (0..4)
                    .map(|d| {
                        let gap = match kinds[d] {
                            Kind::Categorical => f64::from(u8::from(own[d] != other[d])),
                            _ => own[d] - other[d],
                        };
                        (gap / hyper.log_lengths[d].exp()).powi(2)
                    })
                    .sum();
                let p = (5.0 * square).sqrt();
                let k = hyper.signal() * (1.0 + p + p * p / 3.0) * (-p).exp();
                let c = hyper.signal() * 5.0 / 3.0 * (1.0 + p) * (-p).exp();
                for (found, wanted) in [
                    (fast[j], plain[j]),
                    (fast_slopes[j], plain_slopes[j]),
                    (plain[j], k),
                    (plain_slopes[j], c),
                ] {
                    // A rounding of p moves exp(-p) by p units in the last place.
                    let units = (found - wanted).abs() / (wanted * f64::EPSILON);
                    assert!(units <= 8.0 + 4.0 * p, "{found:e} {wanted:e}");
                }
            }
        }
    }

    #[test]
    fn points_come_back_as_they_were_pushed() {
        let hyper = Hyper::prior_mode(3);
        let kernel = Kernel::new(&[Kind::Categorical, Kind::Continuous, Kind::Grid], &hyper);
        let rows: Vec<f64> = (0..60).map(f64::from).collect();
        let points = kernel.points(&rows);
        let mut x = Vec::new();
        for i in 0..20 {
            kernel.gather(&points, i, &mut x);
            let scale = kernel.inverse_lengths[0];
            let (row, first) = (&rows[3 * i..], x[0]);
            assert_eq!(first, row[1] * scale);
            assert_eq!((x[1], x[2]), (row[2] * scale, row[0]));
        }
    }
}
