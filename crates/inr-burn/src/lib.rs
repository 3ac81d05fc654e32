//! The engine on burn tensors: any device burn knows, `f32` and `f64`, exact second order.
//!
//! The gradient of a SIREN is written by hand in ordinary tensor operations; burn's automatic
//! differentiation (first order only, burn 0.22 `Device::autodiff`) is applied once, to the inner
//! product of that gradient with a direction, which gives the Hessian-vector product:
//!
//! ```text
//! hvp(v) = ∇_θ ⟨∇L(θ), v⟩
//! ```
//!
//! Pruned weights are zeros of a dense matrix here: this engine saves nothing on them, and is the
//! oracle that engines which do are checked against.

pub mod device;
mod engine;
mod expression;

pub use device::{DeviceError, NAMES, open};
pub use engine::BurnEngine;
