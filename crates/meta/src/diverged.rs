//! The one error of this crate.

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
