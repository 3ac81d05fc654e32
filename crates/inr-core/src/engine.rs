//! The only interface to numerics: three questions about a network, its parameters and one signal, and the latter two
//! asked of many networks and signals at once, by the leaves that are wanted.
//!
//! ```text
//! forward(θ, x)          → f_θ(x)
//! value_and_grad(θ, s)   → (L, ∇L)          L = mean over coordinates and channels of (f_θ(x) − y)²
//! hvp(θ, s, v)           → ∇²L · v           exact
//! ```
//!
//! Exact second-order MAML, the fit of a signal and every method built on them are a few lines on
//! top (crate `meta`), the same on every engine.

use rayon::prelude::*;

use crate::layout::{Layout, Leaf};
use crate::params::Params;
use crate::real::Real;
use crate::samples::Samples;

/// A network and the signal it is asked about.
pub type Question<'a, T> = (&'a Params<T>, &'a Samples<T>);

/// A network, the signal it is asked about, and a direction in the space of its parameters, `[len]`.
pub type Along<'a, T> = (&'a Params<T>, &'a Samples<T>, &'a [T]);

/// The leaves by which an answer is wanted: an engine need not compute the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those that are marked, `[leaves]`, in buffer order: weights and biases of the first layer, of the second, ….
    Leaves(Vec<bool>),
}

impl Wanted {
    /// Those leaves of a layout of which a rule says yes.
    pub fn those(layout: &Layout, rule: impl Fn(&Leaf) -> bool) -> Self {
        Self::Leaves(layout.leaves().iter().map(rule).collect())
    }

    /// Whether the leaf of a number, in buffer order, is wanted.
    ///
    /// # Panics
    /// If the network these marks were made for has no such leaf.
    pub fn has(&self, leaf: usize) -> bool {
        match self {
            Self::All => true,
            Self::Leaves(marks) => marks[leaf],
        }
    }

    /// Zeros at the leaves that are not wanted, in a buffer `[layout.len()]`.
    pub fn clear_others<T: Real>(&self, layout: &Layout, values: &mut [T]) {
        let others = layout.leaves().iter().enumerate().filter(|(number, _)| !self.has(*number));
        others.for_each(|(_, leaf)| values[leaf.range()].fill(T::default()));
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

    /// [`Engine::value_and_grad`] of many networks, each on its signal. What is asked of one network of several signals
    /// (the same one in memory) an engine may evaluate once for all.
    ///
    /// # Shapes
    /// → one (scalar, `[len]`) a question; zeros at the leaves that are not wanted.
    fn gradients(&self, questions: &[Question<T>], wanted: &Wanted) -> Vec<(f64, Vec<T>)> {
        let answer = |&(params, samples): &Question<T>| {
            let (loss, mut gradient) = self.value_and_grad(params, samples);
            wanted.clear_others(params.layout(), &mut gradient);
            (loss, gradient)
        };
        questions.par_iter().map(answer).collect()
    }

    /// [`Engine::hvp`] of many networks, each on its signal and along its direction.
    ///
    /// # Shapes
    /// → one `[len]` a question; zeros at the leaves that are not wanted.
    fn curvatures(&self, questions: &[Along<T>], wanted: &Wanted) -> Vec<Vec<T>> {
        let answer = |&(params, samples, direction): &Along<T>| {
            let mut curvature = self.hvp(params, samples, direction);
            wanted.clear_others(params.layout(), &mut curvature);
            curvature
        };
        questions.par_iter().map(answer).collect()
    }

    /// Σ_t ∇²L_t · v_t over several signals at one network; summed in their order.
    ///
    /// # Panics
    /// If there is not one direction a signal.
    fn hvp_sum(&self, params: &Params<T>, signals: &[Samples<T>], directions: &[&[T]]) -> Vec<T> {
        assert_eq!(signals.len(), directions.len(), "one direction a signal");
        let questions: Vec<Along<T>> = signals.iter().zip(directions).map(|(s, &v)| (params, s, v)).collect();
        let mut sum = vec![T::default(); params.layout().len()];
        for hvp in self.curvatures(&questions, &Wanted::All) {
            sum.iter_mut().zip(&hvp).for_each(|(sum, &h)| *sum += h);
        }
        sum
    }
}
