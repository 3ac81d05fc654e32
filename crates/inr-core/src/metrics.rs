//! Quality of a reconstruction: one definition each, with its averaging rule.
//!
//! The paper's PSNR (authors' `evals/eval.py`, PAPER §1.4): signals in [0, 1], output not clipped,
//! `−10 log10(MSE)` with the MSE over all pixels and channels of one signal; a data set's value is
//! the mean of its signals' PSNRs, never the PSNR of the mean MSE.

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
}
