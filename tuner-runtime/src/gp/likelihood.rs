//! The negative logarithm of the posterior density of the hyperparameters, with its gradient.
//!
//! Notation: A = K + (v + extra noise + jitter) I, a = A^-1 (y - m), m = 1'A^-1 y / (1 + 1'A^-1 1), which minimises the whole
//! under the prior N(0, 1) of the mean; W = A^-1 - a a'. The loss is
//! (y - m)' a / 2 + ln det A / 2 + m^2 / 2 - ln prior, and its derivative by a parameter tr(W dA) / 2.
//!
//! Source: C. Rasmussen and C. Williams, "Gaussian processes for machine learning", equations 5.8 and 5.9.

use super::GpError;
use super::data::Data;
use super::factor::Factor;
use super::hyper::Layout;
use super::kernel::{Kernel, LANES, Lane, Points};
use super::sums::PairSums;
use faer::Mat;
use faer::dyn_stack::MemBuffer;

/// Factor, mean and weights of a Gaussian process at fixed hyperparameters.
#[derive(Debug, Clone)]
pub(crate) struct Solved {
    pub(crate) factor: Factor,
    /// L^-1 1.
    pub(crate) ones: Vec<f64>,
    /// L^-1 (y - m).
    pub(crate) half: Vec<f64>,
    /// The mean m.
    pub(crate) mean: f64,
    /// a = A^-1 (y - m).
    pub(crate) alpha: Vec<f64>,
}

impl Solved {
    /// Factors the covariance matrix.
    pub(crate) fn new(data: &Data, kernel: &Kernel, points: &Points) -> Result<Self, GpError> {
        let room = Mat::zeros(data.len(), data.len());
        Self::within(room, data, kernel, points, None)
    }

    /// The same in a matrix that is there already; where `slopes` is given, it receives the kernel's slopes, lower triangle.
    fn within(
        room: Mat<f64>,
        data: &Data,
        kernel: &Kernel,
        points: &Points,
        mut slopes: Option<&mut Mat<f64>>,
    ) -> Result<Self, GpError> {
        let n = data.len();
        let noise = kernel.hyper.noise();
        let factor = Factor::new(room, |lower| {
            gram(kernel, points, lower, slopes.as_deref_mut());
            for (i, extra) in data.extra_noise.iter().enumerate() {
                lower[(i, i)] += noise + extra;
            }
        })?;
        let mut solved = Self {
            factor,
            ones: vec![1.0; n],
            half: Vec::new(),
            mean: 0.0,
            alpha: Vec::new(),
        };
        solved.factor.solve_lower(&mut solved.ones);
        solved.set_values(&data.values);
        Ok(solved)
    }

    /// Takes other values for the same points.
    pub(crate) fn set_values(&mut self, values: &[f64]) {
        let mut half = values.to_vec();
        self.factor.solve_lower(&mut half);
        self.set_half(half);
    }

    /// The same from L^-1 y.
    pub(crate) fn set_half(&mut self, mut half: Vec<f64>) {
        let (mut product, mut square) = (0.0, 1.0);
        for (one, y) in self.ones.iter().zip(&half) {
            product += one * y;
            square += one * one;
        }
        self.mean = product / square;
        for (half, one) in half.iter_mut().zip(&self.ones) {
            *half -= self.mean * one;
        }
        self.alpha = half.clone();
        self.factor.solve_upper(&mut self.alpha);
        self.half = half;
    }

    /// The loss without the prior of the hyperparameters and without constants.
    fn loss(&self) -> f64 {
        let fit: f64 = self.half.iter().map(|x| x * x).sum();
        0.5 * fit + self.factor.half_log_determinant() + 0.5 * self.mean * self.mean
    }
}

/// Writes the kernel matrix, and the slopes where wanted, into the lower triangles.
fn gram(kernel: &Kernel, points: &Points, lower: &mut Mat<f64>, mut slopes: Option<&mut Mat<f64>>) {
    let mut x = Vec::new();
    for column in 0..points.count {
        kernel.gather(points, column, &mut x);
        let first = column / LANES;
        let values = &mut lower.col_as_slice_mut(column)[first * LANES..];
        let slopes = match &mut slopes {
            Some(slopes) => &mut slopes.col_as_slice_mut(column)[first * LANES..],
            None => &mut [],
        };
        kernel.against(points, first, &x, values, slopes);
    }
}

/// The loss as a function of the packed hyperparameters.
pub(crate) struct Loss<'a> {
    data: &'a Data,
    layout: &'a Layout,
    room: Room,
}

/// Matrices that each evaluation uses anew: pages that come fresh from the system at each cost as much as the arithmetic.
struct Room {
    lower: Mat<f64>,
    slopes: Mat<f64>,
    inverse: Mat<f64>,
    memory: MemBuffer,
}

impl<'a> Loss<'a> {
    pub(crate) fn new(data: &'a Data, layout: &'a Layout) -> Self {
        let n = data.len();
        let room = Room {
            lower: Mat::zeros(n, n),
            slopes: Mat::zeros(n, n),
            inverse: Mat::zeros(n, n),
            memory: Factor::memory(n),
        };
        Self { data, layout, room }
    }

    /// The loss at `packed`; its gradient goes into `gradient`. Infinite where the matrix cannot be factored.
    pub(crate) fn evaluate(&mut self, packed: &[f64], gradient: &mut [f64]) -> f64 {
        let hyper = self.layout.unpack(packed);
        let kernel = Kernel::new(&self.data.kinds, &hyper);
        let points = kernel.points(&self.data.rows);
        let lower = std::mem::replace(&mut self.room.lower, Mat::new());
        let slopes = Some(&mut self.room.slopes);
        let Ok(solved) = Solved::within(lower, self.data, &kernel, &points, slopes) else {
            self.room.lower = Mat::zeros(self.data.len(), self.data.len());
            gradient.fill(0.0);
            return f64::INFINITY;
        };
        let room = &mut self.room;
        solved.factor.invert(&mut room.inverse, &mut room.memory);
        self.differentiate(&kernel, &points, &solved, gradient);
        let loss = solved.loss() + self.layout.add_penalty(packed, gradient);
        self.room.lower = solved.factor.into_matrix();
        loss
    }

    fn differentiate(
        &self,
        kernel: &Kernel,
        points: &Points,
        solved: &Solved,
        gradient: &mut [f64],
    ) {
        let (n, dimensions) = (self.data.len(), self.data.dimensions());
        let Room {
            slopes, inverse, ..
        } = &self.room;
        let alpha = &solved.alpha;
        let warps = WarpSlopes::new(self, kernel);
        let mut sums = PairSums::new(kernel, !warps.blocks.is_empty());
        let (mut x, mut own) = (Vec::new(), Vec::new());
        let mut weights = Vec::new();
        for column in 0..n {
            // Pairs below the diagonal: W k's slope, zero elsewhere in the blocks.
            let first = column / LANES;
            weights.clear();
            weights.resize(n.div_ceil(LANES) - first, [0.0; LANES]);
            let (w, c) = (inverse.col_as_slice(column), slopes.col_as_slice(column));
            let flat = weights.as_flattened_mut();
            for row in column + 1..n {
                flat[row - first * LANES] = (w[row] - alpha[row] * alpha[column]) * c[row];
            }
            kernel.gather(points, column, &mut x);
            warps.gather(kernel, column, &mut own);
            sums.add(
                kernel,
                &x,
                &points.blocks[first * dimensions..],
                &weights,
                (&own, warps.after(kernel, first)),
            );
        }
        for (dimension, sum) in kernel.order.iter().zip(sums.squares()) {
            gradient[*dimension] = sum;
        }
        // tr(W A) = n - (y - m)'a, less the part of the diagonal that is not the kernel's.
        let fit: f64 = solved.half.iter().map(|x| x * x).sum();
        let (mut trace, mut other) = (0.0, 0.0);
        for (i, extra) in self.data.extra_noise.iter().enumerate() {
            let w = inverse[(i, i)] - alpha[i] * alpha[i];
            trace += w;
            other += w * (extra + solved.factor.jitter);
        }
        let noise = kernel.hyper.noise();
        gradient[dimensions] = 0.5 * (n as f64 - fit - other - noise * trace);
        gradient[dimensions + 1] = 0.5 * noise * trace;
        let warp_sums = sums.warps();
        for (k, dimension) in self.layout.warped.iter().enumerate() {
            let place = kernel.order.iter().position(|d| d == dimension);
            let place = place.expect("each dimension has a place in the order");
            gradient[dimensions + 2 + 2 * k] = -warp_sums[place];
            gradient[dimensions + 3 + 2 * k] = -warp_sums[kernel.numeric + place];
        }
    }
}

/// Derivatives of the scaled coordinates by ln a and ln b, in blocks like those of the points; empty without warps.
struct WarpSlopes {
    blocks: Vec<Lane>,
}

impl WarpSlopes {
    fn new(loss: &Loss<'_>, kernel: &Kernel) -> Self {
        if loss.layout.warped.is_empty() {
            return Self { blocks: Vec::new() };
        }
        let wide = 2 * kernel.numeric;
        let count = loss.data.len().div_ceil(LANES);
        let mut blocks = vec![[0.0; LANES]; count * wide];
        for row in 0..loss.data.len() {
            let coordinates = loss.data.row(row);
            let block = row / LANES * wide;
            for place in 0..kernel.numeric {
                let dimension = kernel.order[place];
                let slopes = kernel.bends[dimension].by_logarithms(coordinates[dimension]);
                let scale = kernel.inverse_lengths[place];
                blocks[block + place][row % LANES] = slopes.0 * scale;
                blocks[block + kernel.numeric + place][row % LANES] = slopes.1 * scale;
            }
        }
        Self { blocks }
    }

    fn gather(&self, kernel: &Kernel, index: usize, into: &mut Vec<f64>) {
        into.clear();
        if !self.blocks.is_empty() {
            let wide = 2 * kernel.numeric;
            let block = &self.blocks[index / LANES * wide..][..wide];
            into.extend(block.iter().map(|lanes| lanes[index % LANES]));
        }
    }

    fn after(&self, kernel: &Kernel, first: usize) -> &[Lane] {
        self.blocks.get(first * 2 * kernel.numeric..).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::Kind;
    use super::super::hyper::Hyper;
    use super::*;
    use crate::math::rng::Rng;

    /// A design over a random tree: each dimension of a random kind and, half of the time, active only where an earlier
    /// category has the label 1. Inactive numbers are 0.5 and inactive labels -1, as samplers encode them. Numbers lie at
    /// their bounds now and then, and every fifth row is one of the earlier ones again.
    fn conditional(n: usize, rng: &mut Rng) -> Data {
        let mut kinds = vec![Kind::Categorical, Kind::Continuous, Kind::Grid];
        for _ in 0..rng.below(5) {
            kinds.push(kinds[rng.below(3) as usize]);
        }
        let mut gates: Vec<Option<usize>> = Vec::new();
        for i in 0..kinds.len() {
            let mut switches = (0..i).filter(|j| kinds[*j] == Kind::Categorical);
            let gate = switches
                .nth(rng.below(2) as usize)
                .filter(|_| rng.below(2) == 1);
            gates.push(gate);
        }
        let mut rows: Vec<f64> = Vec::new();
        for i in 0..n {
            let from = rows.len();
            if i % 5 == 4 {
                let again = i / 2 * kinds.len();
                rows.extend_from_within(again..again + kinds.len());
                continue;
            }
            for (kind, gate) in kinds.iter().zip(&gates) {
                let active = gate.is_none_or(|gate| rows[from + gate] == 1.0);
                rows.push(match kind {
                    Kind::Categorical if active => rng.below(3) as f64,
                    Kind::Categorical => -1.0,
                    _ if !active => 0.5,
                    Kind::Grid => (rng.below(4) as f64 + 0.5) / 4.0,
                    Kind::Continuous => (1.4 * rng.unit() - 0.2).clamp(0.0, 1.0),
                });
            }
        }
        let values: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let extra: Vec<f64> = (0..n).map(|i| if i % 3 == 0 { 0.2 } else { 0.0 }).collect();
        let shares: Vec<f64> = gates
            .iter()
            .map(|gate| gate.map_or(1.0, |_| 1.0 - 0.95 * rng.unit()))
            .collect();
        Data::new(&kinds, &rows, &values)
            .and_then(|data| data.with_extra_noise(&extra)?.with_shares(&shares))
            .expect("a valid design")
    }

    /// Hyperparameters from all over their bounds.
    fn anywhere(layout: &Layout, rng: &mut Rng) -> Vec<f64> {
        let bounds = layout.lower().into_iter().zip(layout.upper());
        bounds
            .map(|(low, high)| low + (high - low) * rng.unit())
            .collect()
    }

    #[test]
    fn the_gradient_is_that_of_central_differences() {
        let mut rng = Rng::new(4);
        for n in [1, 2, 7, 8, 9, 17, 25, 30] {
            for warp in [false, true] {
                let data = conditional(n, &mut rng);
                let layout = Layout::new(&data, warp);
                let mut loss = Loss::new(&data, &layout);
                let mut packed = layout.pack(&Hyper::draw(data.dimensions(), || rng.normal()));
                packed
                    .iter_mut()
                    .for_each(|x| *x = x.clamp(-2.0, 2.0) + 0.3 * rng.normal());
                let mut gradient = vec![0.0; layout.len()];
                let mut ignored = gradient.clone();
                loss.evaluate(&packed, &mut gradient);
                for i in 0..packed.len() {
                    let h = 1e-5;
                    let mut at = |x: f64| {
                        let mut moved = packed.clone();
                        moved[i] = x;
                        loss.evaluate(&moved, &mut ignored)
                    };
                    let x = packed[i];
                    let far = (at(x + 2.0 * h) - at(x - 2.0 * h)) / (4.0 * h);
                    let near = (at(x + h) - at(x - h)) / (2.0 * h);
                    let wanted = (4.0 * near - far) / 3.0;
                    let error = (gradient[i] - wanted).abs();
                    assert!(
                        error <= 1e-6 * (1.0 + wanted.abs()),
                        "n {n}, warp {warp}, parameter {i}: {} {wanted}",
                        gradient[i]
                    );
                }
            }
        }
    }

    #[test]
    fn kernel_matrices_of_conditional_designs_are_positive() {
        let mut rng = Rng::new(8);
        for case in 0..60 {
            let data = conditional(40, &mut rng);
            let layout = Layout::new(&data, case % 2 == 1);
            let packed = anywhere(&layout, &mut rng);
            let kernel = Kernel::new(&data.kinds, &layout.unpack(&packed));
            let mut matrix = Mat::zeros(40, 40);
            gram(&kernel, &kernel.points(&data.rows), &mut matrix, None);
            let eigenvalues = matrix
                .self_adjoint_eigenvalues(faer::Side::Lower)
                .expect("a symmetric matrix has eigenvalues");
            assert!(
                eigenvalues.iter().all(|value| *value > -1e-10),
                "{eigenvalues:?}"
            );
        }
    }
}
