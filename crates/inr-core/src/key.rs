//! Named random numbers: every draw has a key, and there is no global generator.
//!
//! A key is 256 bits; children are SHA-256 of the parent and a name or an index; numbers come from
//! ChaCha12 seeded with the key. The same name gives the same numbers on every machine and thread,
//! whatever was drawn elsewhere: a resumed run draws what the uninterrupted one would have drawn.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A name for a stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a seed.
    pub fn root(seed: u64) -> Self {
        Self(hash(&[b"seed", &seed.to_le_bytes()]))
    }

    /// The child of a name, e.g. `derive("init")`.
    pub fn derive(&self, name: &str) -> Self {
        Self(hash(&[&self.0, b"name", name.as_bytes()]))
    }

    /// The child of an index, e.g. of an outer step.
    pub fn fold(&self, index: u64) -> Self {
        Self(hash(&[&self.0, b"fold", &index.to_le_bytes()]))
    }

    /// Numbers uniform in [0, 1).
    pub fn uniform(&self) -> Uniform {
        Uniform(ChaCha12Rng::from_seed(self.0))
    }

    /// `count` different indices below `n`, in random order: the first of a fresh permutation.
    ///
    /// # Panics
    /// If `count > n`.
    pub fn choose(&self, count: usize, n: usize) -> Vec<usize> {
        assert!(count <= n, "cannot draw {count} different indices from {n}");
        let mut uniform = self.uniform();
        let mut chosen: Vec<usize> = Vec::with_capacity(count);
        // Floyd's algorithm: no permutation of a large set is ever built.
        for upper in n - count..n {
            let draw = uniform.below(upper + 1);
            let index = if chosen.contains(&draw) { upper } else { draw };
            let place = uniform.below(chosen.len() + 1);
            chosen.insert(place, index);
        }
        chosen
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    sha.finalize().into()
}

/// A stream of numbers uniform in [0, 1).
pub struct Uniform(ChaCha12Rng);

impl Uniform {
    /// The next number: 53 random bits.
    #[allow(clippy::should_implement_trait)] // an endless stream, not an iterator that may end
    pub fn next(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The next integer below `n`, unbiased to within 2⁻⁵³ · n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_separate_streams_and_repeat() {
        let key = Key::root(42);
        assert_eq!(key.derive("init").uniform().next(), Key::root(42).derive("init").uniform().next());
        assert_ne!(key.derive("init"), key.derive("tasks"));
        assert_ne!(key.fold(0), key.fold(1));
        assert_ne!(Key::root(0), Key::root(1));
    }

    #[test]
    fn choices_are_different_and_even() {
        let mut counts = [0; 5];
        for step in 0..5000 {
            let chosen = Key::root(7).derive("tasks").fold(step).choose(3, 5);
            assert!(chosen[0] != chosen[1] && chosen[1] != chosen[2] && chosen[0] != chosen[2]);
            counts[chosen[0]] += 1;
        }
        // First places are uniform: 1,000 each, standard deviation 28.
        assert!(counts.iter().all(|&c| (c as i64 - 1000).abs() < 150), "{counts:?}");
        let mut all = Key::root(1).choose(5, 5);
        all.sort();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }
}
