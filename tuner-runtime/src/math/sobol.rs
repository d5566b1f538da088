//! Sobol's low-discrepancy sequence, plain or scrambled, with random access to its points.
//!
//! Notation: v_j is the j-th direction number of a dimension as a 53-bit fraction; point i is the exclusive or of the
//! v_j over the bits j that are set in the Gray code of i.
//!
//! Sources: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), whose
//! direction numbers `joe_kuo.bin` holds; J. Matousek, "On the L2-discrepancy for anchored boxes" (1998), for the
//! scrambling by random lower triangular matrices and a digital shift. Scrambling keeps the sequence's balance and makes
//! each point uniform.

use super::rng::Rng;
use thiserror::Error;

/// Binary digits of a coordinate: as many as a double in [0, 1) has.
const BITS: usize = 53;

/// For each dimension from the second on: the primitive polynomial, then its initial numbers m_1 .. m_s, in 16 bits each.
const TABLE: &[u8] = include_bytes!("joe_kuo.bin");

/// The number of dimensions that direction numbers are stored for.
pub const MAX_DIMENSIONS: usize = 1024;

/// More dimensions were asked for than there are direction numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a Sobol sequence has at most {MAX_DIMENSIONS} dimensions, {dimensions} were asked for: sample at random instead"
)]
pub struct TooManyDimensions {
    /// What was asked for.
    pub dimensions: usize,
}

/// A Sobol sequence in [0, 1)^D.
///
/// ```
/// # use tuner_runtime as tuner;
/// use tuner::math::sobol::Sobol;
/// let sequence = Sobol::new(2)?;
/// assert_eq!(sequence.point(1), [0.5, 0.5]);
/// assert_eq!(sequence.point(2), [0.75, 0.25]);
/// # Ok::<(), tuner::math::sobol::TooManyDimensions>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sobol {
    directions: Vec<[u64; BITS]>,
    /// The matrices that are still to be applied to each point; none when the directions are scrambled.
    matrices: Vec<Matrix>,
    shift: Vec<u64>,
}

/// A lower triangular matrix of binary digits, a row a word.
type Matrix = [u64; BITS];

impl Sobol {
    /// The plain sequence, whose point 0 is the origin.
    ///
    /// # Errors
    /// More than [`MAX_DIMENSIONS`] dimensions.
    pub fn new(dimensions: usize) -> Result<Self, TooManyDimensions> {
        if dimensions > MAX_DIMENSIONS {
            return Err(TooManyDimensions { dimensions });
        }
        let directions = std::iter::once(first_dimension())
            .chain(Table(TABLE).map(|row| row.directions()))
            .take(dimensions)
            .collect();
        Ok(Self {
            directions,
            matrices: Vec::new(),
            shift: vec![0; dimensions],
        })
    }

    /// A sequence scrambled by draws from `rng`.
    ///
    /// # Errors
    /// More than [`MAX_DIMENSIONS`] dimensions.
    pub fn scrambled(dimensions: usize, rng: &mut Rng) -> Result<Self, TooManyDimensions> {
        let mut sequence = Self::scrambled_for_few(dimensions, rng)?;
        let matrices = std::mem::take(&mut sequence.matrices);
        for (directions, matrix) in sequence.directions.iter_mut().zip(&matrices) {
            for direction in directions.iter_mut() {
                *direction = apply(matrix, *direction);
            }
        }
        Ok(sequence)
    }

    /// The same sequence, made quickly and with slower points: for a few of them.
    ///
    /// # Errors
    /// More than [`MAX_DIMENSIONS`] dimensions.
    pub fn scrambled_for_few(dimensions: usize, rng: &mut Rng) -> Result<Self, TooManyDimensions> {
        let mut sequence = Self::new(dimensions)?;
        for shift in &mut sequence.shift {
            // Digit r of the result is a random sum of the digits above it, plus itself.
            sequence.matrices.push(std::array::from_fn(|r| {
                let own = 1u64 << (BITS - 1 - r);
                let above = ((1u64 << BITS) - 1) & !((own << 1) - 1);
                own | (rng.next_u64() & above)
            }));
            *shift = rng.next_u64() >> (64 - BITS);
        }
        Ok(sequence)
    }

    /// The number of coordinates of a point.
    pub fn dimensions(&self) -> usize {
        self.directions.len()
    }

    /// Point `index` of the sequence; it repeats after 2^53 points.
    pub fn point(&self, index: u64) -> Vec<f64> {
        let mut point = vec![0.0; self.dimensions()];
        self.write(index, &mut point);
        point
    }

    /// Writes point `index` into a slice of [`Self::dimensions`] numbers.
    pub fn write(&self, index: u64, point: &mut [f64]) {
        const SCALE: f64 = 1.0 / (1u64 << BITS) as f64;
        let gray = (index ^ (index >> 1)) & ((1 << BITS) - 1);
        for (place, coordinate) in point.iter_mut().enumerate() {
            let (mut digits, mut left) = (0, gray);
            while left != 0 {
                digits ^= self.directions[place][left.trailing_zeros() as usize];
                left &= left - 1;
            }
            if let Some(matrix) = self.matrices.get(place) {
                digits = apply(matrix, digits);
            }
            *coordinate = (digits ^ self.shift[place]) as f64 * SCALE;
        }
    }
}

/// The product of a matrix and a column of digits.
fn apply(matrix: &Matrix, digits: u64) -> u64 {
    matrix.iter().fold(0, |product, row| {
        product << 1 | u64::from((row & digits).count_ones() & 1)
    })
}

/// The van der Corput sequence.
fn first_dimension() -> [u64; BITS] {
    std::array::from_fn(|j| 1 << (BITS - 1 - j))
}

/// Reads the table row by row.
struct Table(&'static [u8]);

/// One dimension's polynomial and initial numbers.
struct Row {
    polynomial: u16,
    initial: Vec<u16>,
}

impl Iterator for Table {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let polynomial = self.word()?;
        let degree = polynomial.ilog2();
        let initial = (0..degree)
            .map(|_| self.word())
            .collect::<Option<Vec<u16>>>()?;
        Some(Row {
            polynomial,
            initial,
        })
    }
}

impl Table {
    fn word(&mut self) -> Option<u16> {
        let (word, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*word))
    }
}

impl Row {
    /// v_j = v_{j-s} ^ (v_{j-s} >> s) ^ the v_{j-k} whose coefficient a_k is set (Joe and Kuo, equation 2).
    fn directions(&self) -> [u64; BITS] {
        let degree = self.initial.len();
        let mut v = [0u64; BITS];
        for j in 0..BITS {
            v[j] = if j < degree {
                u64::from(self.initial[j]) << (BITS - 1 - j)
            } else {
                (1..degree)
                    .filter(|k| self.polynomial >> (degree - k) & 1 == 1)
                    .fold(v[j - degree] ^ (v[j - degree] >> degree), |sum, k| {
                        sum ^ v[j - k]
                    })
            };
        }
        v
    }
}
