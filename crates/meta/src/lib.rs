//! Meta-learning on top of an engine: exact second-order MAML, the outer loop, the fit of one signal; Reptile.
//!
//! Nothing here knows how gradients are computed: everything is written in the two primitives of [`inr_core::Engine`],
//! gradients and curvatures of a batch of (network, signal). Nor does it assume what adapts: [`adapt`] says it.

pub mod accelerate;
pub mod adapt;
mod descent;
pub mod fit;
pub mod maml;
pub mod reptile;
pub mod train;

/// A computation that left the finite numbers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what} diverged at step {step}: the loss is {loss}; lower the learning rate or the outer rate")]
pub struct Diverged {
    /// What was computed: `meta-training` or `fit`.
    pub what: &'static str,
    /// The step whose loss is not finite.
    pub step: u64,
    /// That loss.
    pub loss: f64,
}
