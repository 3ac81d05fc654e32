//! The passes over one tile: forward, forward and backward, and forward over reverse.
//!
//! ```text
//! z_l = W_l h_l + b_l,  h_{l+1} = sin(w0 z_l),  f = z_{L−1};   δ_{L−1} = 2/(n·d_out) (f − y)
//! ∂W_l = δ_l h_lᵀ,  ∂b_l = Σ δ_l,  u = W_lᵀ δ_l,  δ_{l−1} = h' ⊙ u,  h' = w0 cos(w0 z_{l−1})
//! along (V, c):   ż = W ḣ + V h + c,  ḣ = h' ż,  δ̇_{L−1} = 2/(n·d_out) ż
//!                 H_W = δ̇ hᵀ + δ ḣᵀ,  H_b = Σ δ̇,  u̇ = Wᵀ δ̇ + Vᵀ δ,  δ̇_{l−1} = h' ⊙ u̇ − w0² h ż ⊙ u
//! ```
//!
//! Coordinates beyond the last are zeros, and their residual is set to zero.

mod backward;
mod forward;

use std::ops::Range;

use super::lanes::{Lanes, Simd};
use super::operand::Operand;
use super::plan::Plan;
use super::products::height;
use super::scratch::{Geometry, Scratch, SumPlaces};
use crate::real::Real;
use backward::{backward, backward_moving};
use forward::{forward, forward_dot, forward_moving};

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

/// Sums over coordinates for one signal.
pub struct Sums<T> {
    /// Of squared residuals.
    pub loss: f64,
    /// Of the gradient, or of the curvature if the job has directions; see `SumPlaces`.
    pub values: Vec<T>,
}

/// What is done with a run of panels.
pub enum Task<'a, T> {
    /// Values, `[coordinates of the run, d_out]`.
    Forward(&'a mut [T]),
    /// Sums of each signal.
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
    scratch.fit(job.plan, job.geometry, job.tile, !job.directions.is_empty());
    let first = panels.start * lanes;
    for from in panels.clone().step_by(job.tile) {
        let (count, at) = (job.tile.min(panels.end - from), from * lanes);
        read_coords::<S>(job, at, count, &mut scratch.input);
        if job.directions.is_empty() {
            forward::<S, BLOCK>(job, count, scratch);
        }
        match &mut task {
            Task::Forward(values) => write_values::<S>(job, at, first, count, &scratch.output, values),
            Task::Sums(sums) => {
                for (signal, sums) in sums.iter_mut().enumerate() {
                    match job.directions.get(signal) {
                        None => {
                            sums.loss += residual::<S>(job, signal, at, count, scratch);
                            backward::<S, BLOCK>(job, count, scratch, &mut sums.values);
                        }
                        Some(direction) => {
                            // The network itself is the same for every direction.
                            match signal {
                                0 => forward_moving::<S, BLOCK>(job, direction, count, scratch),
                                _ => forward_dot::<S, BLOCK>(job, direction, count, scratch),
                            }
                            sums.loss += residual::<S>(job, signal, at, count, scratch);
                            scale_residual_dot::<S>(job, at, count, &mut scratch.delta_dot[0]);
                            backward_moving::<S, BLOCK>(job, direction, count, scratch, &mut sums.values);
                        }
                    }
                }
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

/// δ = 2/(n·d_out) (f − y) of a signal; returns the sum of the squares of f − y.
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
    let (output, delta) = (&scratch.output, &mut scratch.delta[0]);
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

/// ḟ → 2/(n·d_out) ḟ, zero beyond the last coordinate.
fn scale_residual_dot<S: Simd>(job: &Job<S::T>, first: usize, panels: usize, output: &mut [S::T]) {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let height = height(d_out, job.geometry.block);
    let targets = job.coords.len() / job.plan.d_in * d_out;
    let scale = S::T::from_f64(2.0 / targets as f64);
    for p in 0..panels {
        for c in 0..d_out {
            for t in 0..lanes {
                let value = &mut output[(p * height + c) * lanes + t];
                let inside = (first + p * lanes + t) * d_out < targets;
                *value = if inside { scale * *value } else { S::T::default() };
            }
        }
    }
}
