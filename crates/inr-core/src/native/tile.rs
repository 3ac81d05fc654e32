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

use std::ops::Range;

use super::lanes::{Lanes, Simd};
use super::operand::Operand;
use super::plan::Plan;
use super::products::height;
use super::scratch::{Geometry, Scratch};
use super::sums::{SumPlaces, Sums};
use crate::real::Real;
use backward::{backward, backward_moving};
use edges::{read_coords, residual, residual_dot, write_values};
use forward::{forward, forward_moving};

/// A question about a network at coordinates, packed for the kernels.
pub struct Job<'a, T> {
    /// What is to be computed.
    pub plan: &'a Plan,
    /// The parameters.
    pub params: &'a Operand<T>,
    /// The direction of each signal's curvature; none for gradients.
    pub directions: &'a [Operand<T>],
    /// Whether a direction moves the weights of each layer; where none does, nothing is multiplied by their tangents.
    pub moves: Vec<bool>,
    /// `[n, d_in]`, row-major.
    pub coords: &'a [T],
    /// Values of each signal, `[n, d_out]`, row-major; no signals if there is nothing to compare with.
    pub targets: Vec<&'a [T]>,
    /// Where sums go.
    pub places: &'a SumPlaces,
    /// Panels of a tile.
    pub tile: usize,
    /// Shape of the kernels.
    pub geometry: Geometry,
}

impl<T> Job<'_, T> {
    /// Number of the network's values at a coordinate.
    fn d_out(&self) -> usize {
        self.plan.layers[self.plan.layers.len() - 1].rows.len()
    }
}

/// What is done with a run of panels.
pub enum Task<'a, T> {
    /// Values, `[coordinates of the run, d_out]`.
    Forward(&'a mut [T]),
    /// Sums of each signal, or of the curvature of all.
    Sums(&'a mut [Sums<T>]),
}

/// Works on a run of panels, tile by tile, in order.
pub fn run<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: Range<usize>,
    scratch: &mut Scratch<S::T>,
    mut task: Task<S::T>,
) {
    let lanes = S::Row::N;
    assert_eq!(job.geometry, Geometry { lanes, block: BLOCK }, "packed for other kernels");
    let moving = !job.directions.is_empty();
    scratch.fit(job.plan, job.geometry, job.tile, job.targets.len(), moving);
    let first = panels.start * lanes;
    for from in panels.clone().step_by(job.tile) {
        let (count, at) = (job.tile.min(panels.end - from), from * lanes);
        S::enabled(
            #[inline(always)]
            || read_coords::<S, BLOCK>(job, at, count, &mut scratch.input),
        );
        match moving {
            true => forward_moving::<S, BLOCK>(job, count, scratch),
            false => forward::<S, BLOCK>(job, count, scratch),
        }
        S::enabled(
            #[inline(always)]
            || match &mut task {
                Task::Forward(values) => {
                    let values = &mut values[(at - first) * job.d_out()..];
                    write_values::<S, BLOCK>(count, job.d_out(), &scratch.output, values);
                }
                Task::Sums(_) if moving => {
                    for signal in 0..job.targets.len() {
                        residual::<S, BLOCK>(job, signal, at, count, scratch, |_| ());
                    }
                    residual_dot::<S, BLOCK>(job, at, count, scratch);
                }
                Task::Sums(sums) => {
                    for (signal, sums) in sums.iter_mut().enumerate() {
                        let mut squares = 0.0;
                        residual::<S, BLOCK>(job, signal, at, count, scratch, |differences| {
                            differences.iter().for_each(|d| squares += d.to_f64() * d.to_f64());
                        });
                        sums.loss += squares;
                    }
                }
            },
        );
        if let Task::Sums(sums) = &mut task {
            match moving {
                true => backward_moving::<S, BLOCK>(job, count, scratch, &mut sums[0]),
                false => backward::<S, BLOCK>(job, count, scratch, sums),
            }
            sums.iter_mut().for_each(|sums| sums.begun = true);
        }
    }
}

/// Where the rows of panel `p` lie, those that count.
#[inline(always)]
fn panel<S: Simd, const BLOCK: usize>(rows: usize, p: usize) -> Range<usize> {
    let from = p * height(rows, BLOCK) * S::Row::N;
    from..from + rows * S::Row::N
}
