//! The map from a signal's own numbers φ and the shared ones θ to its network N, and its derivatives.
//!
//! ```text
//! φ_0 = start(θ);   N_k = embed(θ, φ_k);   J = ∂N/∂φ,   push(v) = J v,   pull(g) = Jᵀ g
//! φ_{k+1} = φ_k − α ⊙ pull(∇L(N_k))                             k = 0 … K−1
//! v = pull(∇L(N_K));   v ← v − pull(∇²L(N_k) · push(α ⊙ v))     k = K−1 … 0
//! ∂/∂θ = startᵀ v + embedᵀ ∇L(N_K) − Σ_k embedᵀ ∇²L(N_k) · push(α ⊙ v_{k+1})
//! ```
//!
//! where embedᵀ = (∂N/∂θ)ᵀ at (θ, φ_k), and startᵀ likewise. The step sizes stand on the direction, before the curvature:
//! on its result, −α ⊙ pull(H push(v)), they would be right only where they are all the same. A map whose J depends
//! on φ or θ has one more term a step ([`Adapt::pull_step`]).
//!
//! The number of own numbers need not be that of any part of θ: a latent that shifts phases through a linear map (Functa,
//! COIN++) has its length, a gate (MSCN) one number a leaf or an entry. Numbers of a map that are learned but are no
//! entries of the network lie behind those of θ in the shared gradient ([`Adapt::shared_len`]).

use std::borrow::Cow;

use inr_core::{Layout, Params, Real, Wanted};

/// A point at which a map is differentiated.
#[derive(Clone, Copy)]
pub struct At<'a, T> {
    /// θ, the network that all signals share.
    pub shared: &'a Params<T>,
    /// φ, a signal's own numbers, `[own]`.
    pub own: &'a [T],
}

/// Which numbers are a signal's own. All maps keep the layout of the shared network.
pub trait Adapt<T: Real>: Send + Sync {
    /// The leaves whose gradient [`Adapt::pull`] reads: all that an inner step or a step of a fit asks the engine for.
    fn wanted(&self, layout: &Layout) -> Wanted;

    /// Step size of each own number as a multiple of the common rate, `[own]`; none if it is 1 for all.
    fn step_sizes(&self, layout: &Layout) -> Option<Vec<T>>;

    /// Whether the own numbers are the network, and nothing of it is only shared: embed, push and pull are the identity, and
    /// there is nothing to pull to the shared numbers but the start.
    fn is_identity(&self) -> bool {
        false
    }

    /// φ_0, `[own]`.
    fn start(&self, shared: &Params<T>) -> Vec<T>;

    /// The network of a signal, on the layout of the shared one.
    fn embed(&self, at: At<T>) -> Params<T>;

    /// J v: `[own]` → `[layout.len()]`.
    fn push<'a>(&self, at: At<T>, v: &'a [T]) -> Cow<'a, [T]>;

    /// Jᵀ g: `[layout.len()]` → `[own]`.
    fn pull<'a>(&self, at: At<T>, gradient: &'a [T]) -> Cow<'a, [T]>;

    /// Length of the gradient by all that signals share: the entries of θ, and behind them what the map itself has.
    fn shared_len(&self, layout: &Layout) -> usize {
        layout.len()
    }

    /// Adds (∂N/∂θ)ᵀ g to a gradient `[shared_len]`.
    fn pull_shared(&self, at: At<T>, gradient: &[T], sum: &mut [T]);

    /// Adds (∂φ_0/∂θ)ᵀ v to a gradient `[shared_len]`.
    fn pull_start(&self, shared: &Params<T>, v: &[T], sum: &mut [T]);

    /// What a step φ − α ⊙ pull(g) passes back beside the two terms of every map: with g held, adds ∂⟨−α ⊙ v, pull(g)⟩
    /// by φ to `own` and by θ (and the map's own numbers) to `sum`. Nothing for a J that depends on neither.
    fn pull_step(
        &self,
        _at: At<T>,
        _gradient: &[T],
        (_steps, _v): (&Steps<T>, &[T]),
        _own: &mut [T],
        _sum: &mut [T],
    ) {
    }

    /// Which own numbers are left where `narrow` keeps fewer entries than `wide`: their places among those of `wide`.
    ///
    /// # Panics
    /// If `narrow` keeps an entry that `wide` does not have.
    fn surviving(&self, wide: &Layout, narrow: &Layout) -> Vec<usize>;
}

/// −α of a loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Steps<T> {
    /// The same for all own numbers. It commutes with the curvature and is applied to its result, as the authors do: the
    /// recursion then rounds as theirs.
    One(T),
    /// One an own number, `[own]`.
    Each(Vec<T>),
}

impl<T: Real> Steps<T> {
    /// Those of a common rate and of each number's multiple of it.
    pub fn new(rate: f64, multiples: Option<Vec<T>>) -> Self {
        let step = T::from_f64(-rate);
        match multiples {
            None => Self::One(step),
            Some(multiples) => Self::Each(multiples.into_iter().map(|multiple| step * multiple).collect()),
        }
    }

    /// −α ⊙ v.
    pub fn times(&self, v: &[T]) -> Vec<T> {
        match self {
            Self::One(step) => v.iter().map(|&v| *step * v).collect(),
            Self::Each(steps) => steps.iter().zip(v).map(|(&step, &v)| step * v).collect(),
        }
    }

    /// φ − α ⊙ g.
    pub fn from(&self, own: &[T], gradient: &[T]) -> Vec<T> {
        let moves = own.iter().zip(gradient);
        match self {
            Self::One(step) => moves.map(|(&own, &g)| own + *step * g).collect(),
            Self::Each(steps) => moves.zip(steps).map(|((&own, &g), &step)| own + step * g).collect(),
        }
    }

    /// What of −α ⊙ v stands before the curvature.
    pub(crate) fn before<'a>(&self, v: &'a [T]) -> Cow<'a, [T]> {
        match self {
            Self::One(_) => Cow::Borrowed(v),
            Self::Each(_) => Cow::Owned(self.times(v)),
        }
    }

    /// What of it stands behind.
    pub(crate) fn after(&self, curvature: &mut [T]) {
        if let Self::One(step) = self {
            curvature.iter_mut().for_each(|h| *h = *step * *h);
        }
    }
}
