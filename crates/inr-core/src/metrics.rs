//! Quality of a reconstruction: one definition each, with its averaging rule.
//!
//! The paper's PSNR (authors' `evals/eval.py`, PAPER §1.4): signals in [0, 1], output not clipped,
//! `−10 log10(MSE)` with the MSE over all pixels and channels of one signal; a data set's value is
//! the mean of its signals' PSNRs, never the PSNR of the mean MSE. SSIM is not in the paper; it stands beside.

use crate::real::Real;

/// Mean squared error over all entries, accumulated in f64.
///
/// # Panics
/// If the lengths differ or are zero.
pub fn mse<T: Real>(values: &[T], targets: &[T]) -> f64 {
    assert!(
        values.len() == targets.len() && !values.is_empty(),
        "values {} against targets {}",
        values.len(),
        targets.len()
    );
    let sum: f64 = values.iter().zip(targets).map(|(&v, &t)| (v.to_f64() - t.to_f64()).powi(2)).sum();
    sum / values.len() as f64
}

/// Peak signal-to-noise ratio of a mean squared error, in dB, for a peak of 1.
pub fn psnr_db(mse: f64) -> f64 {
    -10.0 * mse.log10()
}

/// Side of the Gaussian window of [`ssim`], pixels, and its standard deviation.
const SSIM_WINDOW: (usize, f64) = (11, 1.5);

/// Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004): a Gaussian window of 11 × 11 pixels with σ 1.5,
/// K1 = 0.01, K2 = 0.03, a data range of 1; the mean over all windows that lie inside the picture and over channels.
/// Values are not clipped. A picture of fewer than 11 pixels a side is seen through the largest odd window that fits.
///
/// ```text
/// ssim = (2 μx μy + c1)(2 σxy + c2) / ((μx² + μy² + c1)(σx² + σy² + c2))     c = (K · range)²
/// ```
///
/// # Shapes
/// `values`, `targets`: `[side * side, channels]`, row-major.
///
/// # Panics
/// If the lengths are not `side² · channels`, or zero.
pub fn ssim<T: Real>(values: &[T], targets: &[T], side: usize, channels: usize) -> f64 {
    let expected = side * side * channels;
    assert!(
        expected > 0 && values.len() == expected && targets.len() == expected,
        "values {} against targets {} of {side}² × {channels}",
        values.len(),
        targets.len()
    );
    let window = gaussian(SSIM_WINDOW.0.min(side - (side + 1) % 2), SSIM_WINDOW.1);
    let channel = |all: &[T], c: usize| -> Vec<f64> {
        all.iter().skip(c).step_by(channels).map(|v| v.to_f64()).collect()
    };
    let of_channel = |c| ssim_of_plane(&channel(values, c), &channel(targets, c), side, &window);
    mean(&(0..channels).map(of_channel).collect::<Vec<f64>>())
}

/// [`ssim`] of one channel.
fn ssim_of_plane(x: &[f64], y: &[f64], side: usize, window: &[f64]) -> f64 {
    let (c1, c2) = (0.01f64.powi(2), 0.03f64.powi(2));
    let moment = |f: fn(f64, f64) -> f64| {
        let plane: Vec<f64> = x.iter().zip(y).map(|(&x, &y)| f(x, y)).collect();
        windowed(&plane, side, window)
    };
    let (mx, my) = (moment(|x, _| x), moment(|_, y| y));
    let (xx, yy, xy) = (moment(|x, _| x * x), moment(|_, y| y * y), moment(|x, y| x * y));
    let at = |i: usize| {
        let (vx, vy, vxy) = (xx[i] - mx[i] * mx[i], yy[i] - my[i] * my[i], xy[i] - mx[i] * my[i]);
        (2.0 * mx[i] * my[i] + c1) * (2.0 * vxy + c2)
            / ((mx[i] * mx[i] + my[i] * my[i] + c1) * (vx + vy + c2))
    };
    mean(&(0..mx.len()).map(at).collect::<Vec<f64>>())
}

/// Weights of a centred Gaussian, their sum 1.
fn gaussian(taps: usize, sigma: f64) -> Vec<f64> {
    let weight = |i| (-0.5 * ((i as f64 - (taps / 2) as f64) / sigma).powi(2)).exp();
    let sum: f64 = (0..taps).map(weight).sum();
    (0..taps).map(|i| weight(i) / sum).collect()
}

/// Weighted means of a square plane under a separable window, where it lies inside.
fn windowed(plane: &[f64], side: usize, window: &[f64]) -> Vec<f64> {
    let inside = side + 1 - window.len();
    let dot = |at: &dyn Fn(usize) -> f64| window.iter().enumerate().map(|(k, w)| w * at(k)).sum::<f64>();
    let rows: Vec<f64> =
        (0..side * inside).map(|i| dot(&|k| plane[i / inside * side + i % inside + k])).collect();
    (0..inside * inside).map(|i| dot(&|k| rows[(i / inside + k) * inside + i % inside])).collect()
}

/// Arithmetic mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psnr_of_known_errors() {
        assert!((psnr_db(mse(&[0.5f32, 0.5], &[0.4, 0.6])) - 20.0).abs() < 1e-5);
        assert_eq!(psnr_db(0.0), f64::INFINITY);
        assert!((psnr_db(1.0 / (255.0f64 * 255.0) / 12.0) - 58.92).abs() < 0.01);
    }

    /// Smooth waves with a channel of its own phase.
    fn waves(side: usize, phase: f64) -> Vec<f64> {
        let value = |i: usize| {
            let (row, col, channel) = (i / 3 / side, i / 3 % side, i % 3);
            0.5 + 0.4 * (0.7 * row as f64 - 0.4 * col as f64 + phase + channel as f64).sin()
        };
        (0..side * side * 3).map(value).collect()
    }

    #[test]
    fn ssim_of_equal_and_of_constant_pictures() {
        let picture = waves(16, 0.0);
        assert!((ssim(&picture, &picture, 16, 3) - 1.0).abs() < 1e-12);
        // Without variance only the luminance is left: (2ab + c1) / (a² + b² + c1).
        let (a, b) = (vec![0.2; 13 * 13], vec![0.6; 13 * 13]);
        let expected = (2.0 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4);
        assert!((ssim(&a, &b, 13, 1) - expected).abs() < 1e-9);
    }

    #[test]
    fn ssim_is_its_definition_summed_window_by_window() {
        for (side, taps) in [(14, 11), (8, 7), (5, 5)] {
            let (x, y) = (waves(side, 0.0), waves(side, 0.9));
            let weight = |i: usize| (-((i as f64 - (taps / 2) as f64) / 1.5).powi(2) / 2.0).exp();
            let total: f64 = (0..taps * taps).map(|k| weight(k / taps) * weight(k % taps)).sum();
            let mut sum = 0.0;
            let inside = side + 1 - taps;
            for (window, channel) in (0..inside * inside).flat_map(|w| (0..3).map(move |c| (w, c))) {
                let expect = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
                    let at = |k: usize| {
                        let (row, col) = (window / inside + k / taps, window % inside + k % taps);
                        (row * side + col) * 3 + channel
                    };
                    let term = |k: usize| weight(k / taps) * weight(k % taps) * f(x[at(k)], y[at(k)]);
                    (0..taps * taps).map(term).sum::<f64>() / total
                };
                let (mx, my) = (expect(&|x, _| x), expect(&|_, y| y));
                let (vx, vy) = (expect(&|x, _| (x - mx).powi(2)), expect(&|_, y| (y - my).powi(2)));
                let vxy = expect(&|x, y| (x - mx) * (y - my));
                sum += (2.0 * mx * my + 1e-4) * (2.0 * vxy + 9e-4)
                    / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4));
            }
            let expected = sum / (3 * inside * inside) as f64;
            assert!((ssim(&x, &y, side, 3) - expected).abs() < 1e-12, "side {side}");
            assert!(expected < 0.99);
        }
    }
}
