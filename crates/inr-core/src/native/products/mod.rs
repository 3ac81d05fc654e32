//! The products of a layer: forward, backward and weight gradient, dense and sparse.
//!
//! Activations of a tile lie in panels, `[panel][feature][lane]`: a panel is as many coordinates as a row
//! has lanes, and holds all features of a layer (rounded up to a whole block; what lies in the rows beyond
//! is never read for a result). A weight is broadcast and multiplied into whole rows:
//!
//! ```text
//! y[o] = b[o] + Σ_i W[o, i] · x[i]             dense: a block of BLOCK outputs at a time, all in registers
//! ∂W[o, i] += Σ_t δ[o][t] · x[i][t]            dense: x turned to [t][i], then the same kernel with δ for W
//! ```
//!
//! The same functions do Wᵀ when they are given it. What several signals have at one layer lies signal after signal:
//! a product with one matrix takes them as so many more panels.

mod dense;
mod layer;
mod matrix;
mod sparse;

pub use dense::{outer_dense, turn};
pub use layer::{multiply, pull, pull_unmoved, push, push_unmoved, sum_rows};
pub use matrix::{Affine, Matrix, Pair, Start, height};
pub use sparse::outer_sparse;
