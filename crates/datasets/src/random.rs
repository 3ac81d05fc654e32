//! Random numbers with names: the samples of a shape, and the shapes of `analytic3d`.
//!
//! A stream is SHA-256 in counter mode: block b of the stream `name` is sha256(len ‖ name ‖ b), four
//! integers of 64 bits. No generator is shared and none has a state to save: a name gives the same numbers
//! wherever and whenever it is asked for. (`inr-core` has keys of its own; this crate needs nothing of ours.)

use parry3d_f64::math::Vector;
use sha2::{Digest, Sha256};

/// A stream of random numbers.
pub(crate) struct Stream {
    start: Sha256,
    block: u64,
    words: [u64; 4],
    used: usize,
}

impl Stream {
    /// The stream of a name, given in parts: `["analytic3d", "torus/003", "signal"]`.
    pub fn named(parts: &[&str]) -> Self {
        let mut start = Sha256::new();
        for part in parts {
            start.update((part.len() as u64).to_le_bytes());
            start.update(part.as_bytes());
        }
        Self { start, block: 0, words: [0; 4], used: 4 }
    }

    fn word(&mut self) -> u64 {
        if self.used == self.words.len() {
            let digest = self.start.clone().chain_update(self.block.to_le_bytes()).finalize();
            for (word, bytes) in self.words.iter_mut().zip(digest.chunks_exact(8)) {
                *word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            }
            self.block += 1;
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// Uniform in [0, 1): 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Below `n`, unbiased to within 2⁻⁵³ · n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// A point uniform in [-1, 1]³.
    pub fn in_cube(&mut self) -> Vector {
        Vector::new(self.between(-1.0, 1.0), self.between(-1.0, 1.0), self.between(-1.0, 1.0))
    }

    /// Three independent normal numbers of mean 0 and variance 1 (Box and Muller, 1958).
    pub fn normals(&mut self) -> Vector {
        let mut pair = || {
            let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
            (radius * cos, radius * sin)
        };
        let ((x, y), (z, _)) = (pair(), pair());
        Vector::new(x, y, z)
    }

    /// The numbers 0 … n − 1 in random order (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        (1..n).rev().for_each(|last| order.swap(last, self.below(last + 1)));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_separate_streams_and_repeat() {
        let first = |parts: &[&str]| Stream::named(parts).word();
        assert_eq!(first(&["a", "b"]), first(&["a", "b"]));
        assert_ne!(first(&["a", "b"]), first(&["ab"]));
        assert_ne!(first(&["a", "b"]), first(&["b", "a"]));
    }

    /// Mean and variance of 30,000 numbers, within five standard errors.
    #[test]
    fn numbers_have_their_moments() {
        let mut stream = Stream::named(&["moments"]);
        let n = 10_000;
        let normals: Vec<f64> = (0..n).flat_map(|_| stream.normals().to_array()).collect();
        let mean = normals.iter().sum::<f64>() / normals.len() as f64;
        let square = normals.iter().map(|x| x * x).sum::<f64>() / normals.len() as f64;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
        let cube: Vec<f64> = (0..n).flat_map(|_| stream.in_cube().to_array()).collect();
        let square = cube.iter().map(|x| x * x).sum::<f64>() / cube.len() as f64;
        assert!(
            cube.iter().all(|x| (-1.0..1.0).contains(x)) && (square - 1.0 / 3.0).abs() < 0.01,
            "{square}"
        );
        let mut order = stream.permutation(1000);
        assert_ne!(order[..5], [0, 1, 2, 3, 4]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, &x)| i == x));
    }
}
