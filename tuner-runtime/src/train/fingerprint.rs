//! A number that stands for data: what a checkpoint compares to know that it goes on with the same.

/// A hash over 64-bit words that depends on nothing but them: it stays the same in other builds and
/// on other machines.
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Each step is one to one in the word and in what came before, so that a single change never
    /// goes unseen; the shift carries the high bits, which a product cannot, back to the low ones.
    pub(crate) fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        for &byte in rest {
            self.word(u64::from(byte));
        }
    }

    pub(crate) fn floats(&mut self, floats: &[f32]) {
        let (pairs, rest) = floats.as_chunks::<2>();
        for [low, high] in pairs {
            self.word(u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32);
        }
        for float in rest {
            self.word(u64::from(float.to_bits()));
        }
    }

    pub(crate) fn end(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(floats: &[f32]) -> u64 {
        let mut fingerprint = Fingerprint::new();
        fingerprint.floats(floats);
        fingerprint.end()
    }

    #[test]
    fn one_bit_and_two_high_bits_are_seen() {
        let floats = [0.5_f32; 33];
        let whole = of(&floats);
        for i in 0..floats.len() {
            for bit in 0..32 {
                let mut other = floats;
                other[i] = f32::from_bits(other[i].to_bits() ^ (1 << bit));
                assert_ne!(of(&other), whole, "bit {bit} of {i}");
            }
        }
        // The signs of two numbers, which a plain product of 64 bits loses.
        for (i, j) in [(1, 3), (1, 31), (0, 2), (0, 32)] {
            let mut other = floats;
            other[i] = -other[i];
            other[j] = -other[j];
            assert_ne!(of(&other), whole, "the signs of {i} and {j}");
        }
    }
}
