//! The engine on this CPU: exact gradients and curvatures of SIRENs, dense and sparse, in tiles.
//!
//! A tile of some coordinates runs forward and backward through all layers before the next begins, so
//! that no activation of a whole signal is ever stored. Every kernel is one Rust source over rows of lanes
//! (`lanes.rs`: registers on x86-64, arrays elsewhere), compiled for AVX-512, for AVX2 with FMA and for whatever
//! the target has, and chosen when the engine is made. Sine's argument is w0 · (W h + b), rounded in the order of the
//! authors' program: w0 is not folded into the weights.
//!
//! - `engine.rs`: the questions of [`crate::Engine`], answered.
//! - `runs.rs`: how a signal is cut, and the kernels its runs go to.
//! - `plan.rs`: what a mask leaves to be computed; once per layout.
//! - `constants.rs`: neurons no coordinate reaches; once per call.
//! - `operand.rs`: parameters packed for the kernels; once per call.
//! - `tile/`, `products/`, `trigonometry.rs`: the work on a tile, for several signals at one network.
//! - `sums.rs`: what tiles add to, and how it is read; once per call.
//!
//! The signal is cut into runs of coordinates whose number depends on the shape alone; each run sums its
//! tiles in order, and the runs' sums are added pairwise in a fixed tree. The result is therefore the same
//! bits on any number of threads; it is not the same bits on another instruction set.

mod constants;
mod engine;
mod instructions;
mod lanes;
mod open;
mod operand;
mod peak;
mod plan;
mod products;
mod runs;
mod scratch;
mod sums;
mod tile;
mod trigonometry;

pub use engine::NativeEngine;
pub use instructions::Instructions;
pub use open::{double, single};
pub use peak::fma_gflops;
pub use trigonometry::Trigonometry;
