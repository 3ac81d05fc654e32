//! Optimisers over flat buffers, arithmetic and order of operations as in PyTorch 2.9.
//!
//! Adam (Kingma & Ba 2015) as `torch.optim._single_tensor_adam`: ε outside the square root, both bias
//! corrections, scalars in f64 rounded once to the buffer's type. Its state can be saved, and narrowed
//! when weights are pruned: the authors create the outer Adam once and keep its moments over all
//! rounds (PAPER §1.3), and a surviving weight's moments do not depend on the pruned ones.

use crate::params::gather;
use crate::real::Real;

/// One step of gradient descent: `θ ← θ − lr · g`.
///
/// # Panics
/// If the lengths of parameters and gradient differ.
pub fn sgd_step<T: Real>(lr: f64, params: &mut [T], grad: &[T]) {
    assert_eq!(params.len(), grad.len(), "params {}, gradient {}", params.len(), grad.len());
    let scale = T::from_f64(-lr);
    for (p, &g) in params.iter_mut().zip(grad) {
        *p += scale * g;
    }
}

/// First and second moments of Adam, and the number of steps taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam<T> {
    /// Learning rate.
    pub lr: f64,
    /// Steps taken so far.
    pub step: u64,
    /// Exponential mean of gradients, one an entry.
    pub exp_avg: Vec<T>,
    /// Exponential mean of squared gradients, one an entry.
    pub exp_avg_sq: Vec<T>,
}

/// Decay of the first moment.
pub const BETA1: f64 = 0.9;
/// Decay of the second moment.
pub const BETA2: f64 = 0.999;
/// Added to the root of the second moment.
pub const EPS: f64 = 1e-8;

impl<T: Real> Adam<T> {
    /// A fresh state for `len` entries; betas 0.9 and 0.999, ε 1e-8.
    pub fn new(lr: f64, len: usize) -> Self {
        Self { lr, step: 0, exp_avg: vec![T::default(); len], exp_avg_sq: vec![T::default(); len] }
    }

    /// One step, in place.
    ///
    /// # Panics
    /// If the lengths of parameters, gradient and state differ.
    pub fn update(&mut self, params: &mut [T], grad: &[T]) {
        assert!(
            params.len() == grad.len() && grad.len() == self.exp_avg.len(),
            "params {}, gradient {}, moments {}",
            params.len(),
            grad.len(),
            self.exp_avg.len()
        );
        self.step += 1;
        let steps = self.step as f64;
        let step_size = T::from_f64(-self.lr / (1.0 - BETA1.powf(steps)));
        let root_correction = T::from_f64((1.0 - BETA2.powf(steps)).sqrt());
        let (one_minus_beta1, beta2) = (T::from_f64(1.0 - BETA1), T::from_f64(BETA2));
        let (one_minus_beta2, eps) = (T::from_f64(1.0 - BETA2), T::from_f64(EPS));
        for (((p, &g), m), v) in params.iter_mut().zip(grad).zip(&mut self.exp_avg).zip(&mut self.exp_avg_sq)
        {
            *m += one_minus_beta1 * (g - *m);
            *v = *v * beta2 + one_minus_beta2 * g * g;
            *p += step_size * *m / (v.sqrt() / root_correction + eps);
        }
    }

    /// The state of the entries at `positions` only.
    pub fn narrowed(&self, positions: &[usize]) -> Self {
        Self {
            lr: self.lr,
            step: self.step,
            exp_avg: gather(&self.exp_avg, positions),
            exp_avg_sq: gather(&self.exp_avg_sq, positions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_is_the_textbook_definition_reordered() {
        let mut adam = Adam::<f64>::new(0.1, 2);
        let mut params = [1.0, -2.0];
        for _ in 0..3 {
            let grad = [params[0], params[1] * 3.0];
            adam.update(&mut params, &grad);
        }
        // Kingma & Ba, Algorithm 1: θ ← θ − lr · m̂ / (√v̂ + ε); PyTorch itself is met by `golden`.
        let mut expected = [1.0f64, -2.0];
        let (mut m, mut v) = ([0.0f64; 2], [0.0f64; 2]);
        for t in 1..=3 {
            for i in 0..2 {
                let g = expected[i] * [1.0, 3.0][i];
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (m_hat, v_hat) = (m[i] / (1.0 - 0.9f64.powi(t)), v[i] / (1.0 - 0.999f64.powi(t)));
                expected[i] -= 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
            }
        }
        for i in 0..2 {
            assert!((params[i] - expected[i]).abs() < 1e-12, "{params:?} {expected:?}");
        }
    }

    #[test]
    fn narrowing_adam_keeps_the_survivors_moments() {
        let mut wide = Adam::<f64>::new(0.1, 3);
        let mut params = [1.0, 2.0, 3.0];
        wide.update(&mut params, &[0.3, 0.2, 0.1]);
        let mut narrow = wide.narrowed(&[0, 2]);
        let mut survivors = [params[0], params[2]];
        wide.update(&mut params, &[1.0, 7.0, -1.0]);
        narrow.update(&mut survivors, &[1.0, -1.0]);
        assert_eq!(survivors, [params[0], params[2]]);
    }
}
