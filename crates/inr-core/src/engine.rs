//! The only interface to numerics: three questions about a network, its parameters and one signal, and two of them
//! asked of several signals at once.
//!
//! ```text
//! forward(θ, x)          → f_θ(x)
//! value_and_grad(θ, s)   → (L, ∇L)          L = mean over coordinates and channels of (f_θ(x) − y)²
//! hvp(θ, s, v)           → ∇²L · v           exact
//! ```
//!
//! Exact second-order MAML, the fit of a signal and every method built on them are a few lines on
//! top (crate `meta`), the same on every engine.

use std::sync::Arc;

use rayon::prelude::*;

use crate::params::Params;
use crate::real::Real;

/// A signal as an engine sees it: values at coordinates.
#[derive(Clone, Debug)]
pub struct Samples<T> {
    /// Coordinates, `[n, d_in]`, row-major; shared by all signals of a size.
    pub coords: Arc<Vec<T>>,
    /// Values, `[n, d_out]`, row-major.
    pub targets: Arc<Vec<T>>,
}

impl<T: Real> Samples<T> {
    /// Samples of a network with `d_in` coordinates and `d_out` values.
    ///
    /// # Panics
    /// If the two lengths do not belong to one number of coordinates, or there is none.
    pub fn new(coords: Arc<Vec<T>>, targets: Vec<T>, d_in: usize, d_out: usize) -> Self {
        assert!(
            !coords.is_empty() && coords.len() / d_in * d_out == targets.len(),
            "coords [{}, {d_in}] against targets [{}, {d_out}]",
            coords.len() / d_in,
            targets.len() / d_out
        );
        Self { coords, targets: Arc::new(targets) }
    }
}

/// Evaluates a SIREN, its gradient and its curvature. Implementations are checked against each other.
pub trait Engine<T: Real>: Send + Sync {
    /// Name as on the command line, e.g. `burn-flex`.
    fn name(&self) -> &str;

    /// Values of the network at coordinates.
    ///
    /// # Shapes
    /// `coords: [n, d_in]` → `[n, d_out]`, both row-major.
    fn forward(&self, params: &Params<T>, coords: &[T]) -> Vec<T>;

    /// Mean squared error over coordinates and channels, and its gradient.
    ///
    /// # Shapes
    /// → (scalar, `[params.layout().len()]`).
    fn value_and_grad(&self, params: &Params<T>, samples: &Samples<T>) -> (f64, Vec<T>);

    /// The Hessian of the mean squared error times a direction, exactly.
    ///
    /// # Shapes
    /// `direction: [params.layout().len()]` → the same.
    fn hvp(&self, params: &Params<T>, samples: &Samples<T>, direction: &[T]) -> Vec<T>;

    /// [`Engine::value_and_grad`] of several signals at one network, which an engine may evaluate once for all.
    fn values_and_grads(&self, params: &Params<T>, signals: &[Samples<T>]) -> Vec<(f64, Vec<T>)> {
        signals.par_iter().map(|samples| self.value_and_grad(params, samples)).collect()
    }

    /// Σ_t ∇²L_t · v_t over several signals at one network; summed in their order.
    ///
    /// # Panics
    /// If there is not one direction a signal.
    fn hvp_sum(&self, params: &Params<T>, signals: &[Samples<T>], directions: &[Vec<T>]) -> Vec<T> {
        assert_eq!(signals.len(), directions.len(), "one direction a signal");
        let pairs = signals.par_iter().zip(directions);
        let all: Vec<Vec<T>> = pairs.map(|(samples, v)| self.hvp(params, samples, v)).collect();
        let mut sum = vec![T::default(); params.layout().len()];
        all.iter().for_each(|hvp| sum.iter_mut().zip(hvp).for_each(|(sum, &h)| *sum += h));
        sum
    }
}
