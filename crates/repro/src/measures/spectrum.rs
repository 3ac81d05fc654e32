//! Power spectra of pictures: in which frequencies the power of a signal, or of an error, lies.
//!
//! For one channel f of n × n pixels,
//!
//! ```text
//! F(k) = Σ_x f(x) · exp(−2πi k·x / n),   k ∈ {−⌊n/2⌋ … ⌈n/2⌉ − 1}²,   power(k) = |F(k)|² / n⁴
//! ```
//!
//! so that Σ_k power(k) is the mean square of f (Parseval): the powers of an error sum to its mean squared error. Ring r
//! holds the k with |k| nearest to r, in cycles per image; [`radial_power`] is the mean power of a frequency of each
//! ring, averaged over the channels, and Σ_r [`ring_sizes`]`[r]` · `radial_power[r]` is again the mean square. Ring 0 is the mean
//! value; rings beyond n/2 lie in the corners of the square of frequencies and are not whole.
//!
//! No window and nothing subtracted, so that Parseval is exact. The price: where opposite edges of a picture do not match,
//! the jump adds power that falls as 1/k² along the axes; it lifts the targets' spectra at high frequencies, those of
//! errors hardly, unless the fit fails. The transform is direct, along rows and then columns: 6 million complex products a
//! channel at n = 178.

/// Sines and cosines of the n-th roots of unity.
struct Roots(Vec<(f64, f64)>);

impl Roots {
    fn new(n: usize) -> Self {
        let angle = |j: usize| std::f64::consts::TAU * j as f64 / n as f64;
        Self((0..n).map(|j| (angle(j).cos(), angle(j).sin())).collect())
    }

    /// exp(−2πi · kx / n) as (real, imaginary).
    fn at(&self, k: usize, x: usize) -> (f64, f64) {
        let (cos, sin) = self.0[k * x % self.0.len()];
        (cos, -sin)
    }
}

/// Mean power of a frequency in each ring, averaged over the channels.
///
/// # Shapes
/// `values: [side, side, channels]`, row-major; the result has a ring for every whole number up to √2 · side / 2.
///
/// # Panics
/// If the values are not a whole number of channels, or none.
pub fn radial_power(values: &[f32], side: usize) -> Vec<f64> {
    let channels = values.len() / (side * side);
    assert!(channels > 0 && channels * side * side == values.len(), "{} values, side {side}", values.len());
    let roots = Roots::new(side);
    let mut rings = vec![0.0; ring_sizes(side).len()];
    for channel in 0..channels {
        let plane: Vec<f64> = values[channel..].iter().step_by(channels).map(|&v| f64::from(v)).collect();
        add_channel(&plane, &roots, &mut rings);
    }
    let scale = (side as f64).powi(4) * channels as f64;
    let sizes = ring_sizes(side);
    rings.iter().zip(sizes).map(|(sum, size)| sum / (scale * size.max(1) as f64)).collect()
}

/// Number of frequencies in each ring.
pub fn ring_sizes(side: usize) -> Vec<usize> {
    let corner = ring(side / 2, side / 2, side);
    let mut sizes = vec![0; corner + 1];
    (0..side * side).for_each(|i| sizes[ring(i / side, i % side, side)] += 1);
    sizes
}

/// The ring of a frequency given by indices from 0; those above n/2 stand for negative ones.
fn ring(ky: usize, kx: usize, side: usize) -> usize {
    let cycles = |k: usize| k.min(side - k) as f64;
    cycles(ky).hypot(cycles(kx)).round() as usize
}

/// Adds |F(k)|² of one channel to the rings. F of a real signal repeats itself at −k: columns of kx ≤ n/2 are computed.
fn add_channel(plane: &[f64], roots: &Roots, rings: &mut [f64]) {
    let side = roots.0.len();
    for kx in 0..=side / 2 {
        let of_row = |row: &[f64]| sum(row.iter().enumerate().map(|(x, v)| (roots.at(kx, x), (*v, 0.0))));
        let column: Vec<(f64, f64)> = plane.chunks_exact(side).map(of_row).collect();
        let twice = if kx == 0 || 2 * kx == side { 1.0 } else { 2.0 };
        for ky in 0..side {
            let (re, im) = sum(column.iter().enumerate().map(|(y, v)| (roots.at(ky, y), *v)));
            rings[ring(ky, kx, side)] += twice * (re * re + im * im);
        }
    }
}

/// Σ a·b of complex numbers.
fn sum(products: impl Iterator<Item = ((f64, f64), (f64, f64))>) -> (f64, f64) {
    products.fold((0.0, 0.0), |(re, im), (a, b)| (re + a.0 * b.0 - a.1 * b.1, im + a.0 * b.1 + a.1 * b.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Key;

    fn picture(side: usize, channels: usize, of: impl Fn(usize, usize, usize) -> f64) -> Vec<f32> {
        let n = side * side * channels;
        (0..n).map(|i| of(i / channels / side, i / channels % side, i % channels) as f32).collect()
    }

    #[test]
    fn a_pure_sine_has_half_its_square_in_its_own_ring() {
        // Amplitude ½ in one of two channels: mean square 1/8, half of it after the mean over channels.
        for (side, ky, kx) in [(16, 3.0, 4.0), (15, 0.0, 5.0), (16, -3.0, 4.0)] {
            let angle = |y: usize, x: usize| (ky * y as f64 + kx * x as f64) / side as f64;
            let sine = picture(side, 2, |y, x, c| {
                if c == 0 { 0.5 * (std::f64::consts::TAU * angle(y, x)).sin() } else { 0.0 }
            });
            let (power, sizes) = (radial_power(&sine, side), ring_sizes(side));
            for (r, (power, size)) in power.iter().zip(sizes).enumerate() {
                let expected = if r == 5 { 1.0 / 16.0 } else { 0.0 };
                assert!((power * size as f64 - expected).abs() < 1e-8, "side {side}, ring {r}: {power}");
            }
        }
    }

    #[test]
    fn the_powers_of_all_frequencies_sum_to_the_mean_square() {
        for (side, channels) in [(2, 1), (7, 3), (12, 3)] {
            let mut uniform = Key::root(1).derive("noise").uniform();
            let noise: Vec<f32> = (0..side * side * channels).map(|_| uniform.next() as f32 - 0.3).collect();
            let mean_square = noise.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / noise.len() as f64;
            let sizes = ring_sizes(side);
            assert_eq!(sizes.iter().sum::<usize>(), side * side);
            let total: f64 = radial_power(&noise, side).iter().zip(sizes).map(|(p, n)| p * n as f64).sum();
            assert!((total / mean_square - 1.0).abs() < 1e-12, "side {side}: {total} and {mean_square}");
        }
    }

    #[test]
    fn white_noise_is_flat_and_a_constant_is_in_ring_zero() {
        let mut uniform = Key::root(2).derive("noise").uniform();
        let noise: Vec<f32> = (0..64 * 64 * 3).map(|_| uniform.next() as f32 - 0.5).collect();
        let power = radial_power(&noise, 64);
        for r in [8, 16, 24, 32] {
            let expected = 1.0 / 12.0 / 4096.0; // variance over frequencies
            assert!((power[r] / expected - 1.0).abs() < 0.25, "ring {r}: {}", power[r] / expected);
        }
        let power = radial_power(&[0.5; 5 * 5], 5);
        assert!((power[0] - 0.25).abs() < 1e-12 && power[1..].iter().all(|p| *p < 1e-12));
    }
}
