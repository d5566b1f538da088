//! The one source of randomness: ChaCha8 streams that are named by what they are for.
//!
//! A stream is keyed by the study's seed, a purpose, a trial number and an execution number. Nothing
//! is hashed and nothing is carried from one stream to the next, so the draws of one trial never
//! depend on how many workers there are or on where a resumed study went on.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng};

/// What a stream is used for. Streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The proposal of a configuration.
    Suggest = 1,
    /// The seed that an execution trains with.
    Execution = 2,
    /// Anything else that a study draws once, such as the scrambling of a sequence.
    Study = 3,
    /// What happens within a training run: weights, the order of the data, dropout.
    Training = 4,
}

/// A portable, seedable generator: the same key gives the same numbers on every machine.
#[derive(Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// A stream from a single seed.
    ///
    /// ```
    /// # use tuner_runtime as tuner;
    /// use tuner::math::rng::Rng;
    /// assert_eq!(Rng::new(7).next_u64(), Rng::new(7).next_u64());
    /// assert_ne!(Rng::new(7).next_u64(), Rng::new(8).next_u64());
    /// ```
    pub fn new(seed: u64) -> Self {
        Self::keyed(seed, Purpose::Study, 0, 0)
    }

    /// The stream of `purpose` for one trial and one execution of the study with this seed.
    pub fn keyed(seed: u64, purpose: Purpose, trial: u64, execution: u64) -> Self {
        let mut key = [0u8; 32];
        let words = [seed, purpose as u64, trial, execution];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * SCALE
    }

    /// A whole number in `[0, count)`, each with the same probability; 0 when `count` is 0.
    pub fn below(&mut self, count: u128) -> u128 {
        if count <= 1 {
            return 0;
        }
        if let Ok(count) = u64::try_from(count) {
            // Lemire's method: multiply, and reject the part that would be uneven.
            let mut product = u128::from(self.next_u64()) * u128::from(count);
            let threshold = count.wrapping_neg() % count;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(count);
            }
            return product >> 64;
        }
        let limit = u128::MAX - u128::MAX % count;
        loop {
            let draw = u128::from(self.next_u64()) << 64 | u128::from(self.next_u64());
            if draw < limit {
                return draw % count;
            }
        }
    }

    /// A draw from the standard normal distribution (Box and Muller's cosine branch).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts the items into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u128 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_keys_differ_and_repeat() {
        let mut seen = std::collections::HashSet::new();
        for seed in 0..4 {
            for purpose in [Purpose::Suggest, Purpose::Execution, Purpose::Study] {
                for trial in 0..4 {
                    let draw = Rng::keyed(seed, purpose, trial, 0).next_u64();
                    assert_eq!(draw, Rng::keyed(seed, purpose, trial, 0).next_u64());
                    assert!(seen.insert(draw));
                }
            }
        }
    }

    #[test]
    fn a_key_gives_the_same_numbers_in_every_version() {
        let mut rng = Rng::keyed(42, Purpose::Training, 7, 1);
        let draws = [rng.next_u64(), rng.next_u64()];
        assert_eq!(
            draws,
            [17_305_532_437_522_402_446, 2_959_394_143_033_671_119]
        );
        // The middle of a later block.
        let later = (0..1000).map(|_| rng.next_u64()).last();
        assert_eq!(later, Some(10_516_289_547_017_557_676));
    }

    #[test]
    fn below_is_even_and_stays_below() {
        let mut rng = Rng::new(1);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[rng.below(7) as usize] += 1;
        }
        assert!(
            counts.iter().all(|&count| (9_500..10_500).contains(&count)),
            "{counts:?}"
        );
        let huge = 1u128 << 100;
        assert!((0..100).all(|_| rng.below(huge) < huge));
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::new(3);
        let draws: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / draws.len() as f64;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }
}
