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
//! which is 3 + 5 T products for T signals, where one by one they would take 1 + 7 T. Coordinates beyond the last are
//! zeros, and their residual is set to zero.

mod backward;
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
use forward::{forward, forward_moving};

/// A question about a network at coordinates, packed for the kernels.
pub struct Job<'a, T> {
    /// What is to be computed.
    pub plan: &'a Plan,
    /// The parameters.
    pub params: &'a Operand<T>,
    /// The direction of each signal's curvature; none for gradients.
    pub directions: &'a [Operand<T>],
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
        read_coords::<S>(job, at, count, &mut scratch.input);
        match moving {
            true => forward_moving::<S, BLOCK>(job, count, scratch),
            false => forward::<S, BLOCK>(job, count, scratch),
        }
        match &mut task {
            Task::Forward(values) => write_values::<S>(job, at, first, count, &scratch.output, values),
            Task::Sums(sums) if moving => {
                (0..job.targets.len()).for_each(|signal| _ = residual::<S>(job, signal, at, count, scratch));
                residual_dot::<S>(job, at, count, scratch);
                backward_moving::<S, BLOCK>(job, count, scratch, &mut sums[0].values);
            }
            Task::Sums(sums) => {
                for (signal, sums) in sums.iter_mut().enumerate() {
                    sums.loss += residual::<S>(job, signal, at, count, scratch);
                }
                backward::<S, BLOCK>(job, count, scratch, sums);
            }
        }
    }
}

/// Where the rows of panel `p` lie, those that count.
#[inline(always)]
fn panel<S: Simd, const BLOCK: usize>(rows: usize, p: usize) -> Range<usize> {
    let from = p * height(rows, BLOCK) * S::Row::N;
    from..from + rows * S::Row::N
}

/// Coordinates from `first` on, feature by feature.
fn read_coords<S: Simd>(job: &Job<S::T>, first: usize, panels: usize, input: &mut [S::T]) {
    let (lanes, d_in) = (S::Row::N, job.plan.d_in);
    let height = height(d_in, job.geometry.block);
    let n = job.coords.len() / d_in;
    for (p, panel) in input.chunks_exact_mut(height * lanes).take(panels).enumerate() {
        for t in 0..lanes {
            let at = first + p * lanes + t;
            for i in 0..d_in {
                panel[i * lanes + t] = if at < n { job.coords[at * d_in + i] } else { S::T::default() };
            }
        }
    }
}

/// Writes a tile's outputs to the values of a run that begins at coordinate `run`.
fn write_values<S: Simd>(
    job: &Job<S::T>,
    first: usize,
    run: usize,
    panels: usize,
    output: &[S::T],
    values: &mut [S::T],
) {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let height = height(d_out, job.geometry.block);
    let values = &mut values[(first - run) * d_out..];
    for (at, values) in values.chunks_exact_mut(d_out).take(panels * lanes).enumerate() {
        for c in 0..d_out {
            values[c] = output[(at / lanes * height + c) * lanes + at % lanes];
        }
    }
}

/// δ_t = 2/(n·d_out) (f − y_t) of a signal; returns the sum of the squares of f − y.
fn residual<S: Simd>(
    job: &Job<S::T>,
    signal: usize,
    first: usize,
    panels: usize,
    scratch: &mut Scratch<S::T>,
) -> f64 {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let (height, targets) = (height(d_out, job.geometry.block), job.targets[signal]);
    let scale = S::T::from_f64(2.0 / targets.len() as f64);
    let len = panels * height * lanes;
    let (output, delta) = (&scratch.output, &mut scratch.delta[0][signal * len..][..len]);
    let mut sum = 0.0;
    for p in 0..panels {
        for c in 0..d_out {
            for t in 0..lanes {
                let place = (p * height + c) * lanes + t;
                let at = (first + p * lanes + t) * d_out + c;
                let difference = targets.get(at).map_or(S::T::default(), |&y| output[place] - y);
                sum += difference.to_f64() * difference.to_f64();
                delta[place] = scale * difference;
            }
        }
    }
    sum
}

/// D = 2/(n·d_out) Σ_t ḟ_t, zero beyond the last coordinate.
fn residual_dot<S: Simd>(job: &Job<S::T>, first: usize, panels: usize, scratch: &mut Scratch<S::T>) {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let height = height(d_out, job.geometry.block);
    let targets = job.coords.len() / job.plan.d_in * d_out;
    let scale = S::T::from_f64(2.0 / targets as f64);
    let (output_dot, delta_dot) = (&scratch.output_dot, &mut scratch.delta_dot[0]);
    for p in 0..panels {
        for c in 0..d_out {
            for t in 0..lanes {
                let place = (p * height + c) * lanes + t;
                let signals = output_dot.chunks_exact(panels * height * lanes).take(job.directions.len());
                let inside = (first + p * lanes + t) * d_out < targets;
                let sum = signals.map(|output_dot| output_dot[place]).sum::<S::T>();
                delta_dot[place] = if inside { scale * sum } else { S::T::default() };
            }
        }
    }
}
