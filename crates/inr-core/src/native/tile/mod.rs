//! The passes over one tile: forward, forward and backward, and forward over reverse.
//!
//! ```text
//! z_l = W_l h_l + b_l,  h_{l+1} = sin(w0 z_l),  f = z_{L−1};   δ_{L−1} = 2/(n·d_out) (f − y)
//! ∂W_l = δ_l h_lᵀ,  ∂b_l = Σ δ_l,  u = W_lᵀ δ_l,  δ_{l−1} = h' ⊙ u,  h' = w0 cos(w0 z_{l−1})
//! along (V, c):   ż = W ḣ + V h + c,  ḣ = h' ż,  δ̇_{L−1} = 2/(n·d_out) ż
//!                 H_W = δ̇ hᵀ + δ ḣᵀ,  H_b = Σ δ̇,  u̇ = Wᵀ δ̇ + Vᵀ δ,  δ̇_{l−1} = h' ⊙ u̇ − w0² h ż ⊙ u
//! ```
//!
//! Several signals t go through a tile together. The network's own values are theirs in common, and of their curvatures
//! only the sum is asked for, which is linear in δ̇: with D = Σ_t δ̇_t
//!
//! ```text
//! H_W = D hᵀ + Σ_t δ_t ḣ_tᵀ,  H_b = Σ D,  D_{l−1} = h' ⊙ (Wᵀ D + Σ_t V_tᵀ δ_t) − Σ_t w0² h ż_t ⊙ u_t
//! ```
//!
//! which is 3 + 5 T products for T signals, where one by one they would take 1 + 7 T. Leaves that are not wanted have no H_W
//! (∂W): 1 + T products less (1 of 3); where no direction moves the weights V_t h and V_tᵀ δ_t are left out: 2 T less. By biases
//! along biases a curvature of one signal is 4 products instead of 8, a gradient 2 instead of 3. Coordinates beyond the last are
//! zeros, and their residual is set to zero.

mod backward;
mod edges;
mod forward;
mod job;
mod run;

pub use job::{Job, Task};
pub use run::run;
