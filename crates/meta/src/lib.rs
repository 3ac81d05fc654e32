//! Meta-learning on top of an engine: exact second-order MAML, the outer loop, the fit of one signal; Reptile.
//!
//! Nothing here knows how gradients are computed: everything is written in the two primitives of [`inr_core::Engine`],
//! gradients and curvatures of a batch of (network, signal). Nor does it assume what adapts: [`adapt`] says it.

pub mod accelerate;
pub mod adapt;
mod descent;
mod diverged;
pub mod fit;
pub mod maml;
pub mod reptile;
pub mod train;

pub use diverged::Diverged;
