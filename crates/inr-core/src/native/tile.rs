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

use std::ops::Range;

use super::lanes::{Float, Lanes, Simd};
use super::operand::Operand;
use super::plan::{Form, Plan};
use super::products::{
    Pair, Start, height, multiply, multiply_moving, outer_dense, outer_sparse, sum_rows, turn,
};
use super::scratch::{Buffer, Geometry, Hidden, Scratch, SumPlaces};
use super::trigonometry::Trigonometry;
use crate::real::Real;

/// A question about a network at coordinates, packed for the kernels.
pub struct Job<'a, T> {
    /// What is to be computed.
    pub plan: &'a Plan,
    /// The parameters.
    pub params: &'a Operand<T>,
    /// The direction of a curvature.
    pub direction: Option<&'a Operand<T>>,
    /// `[n, d_in]`, row-major.
    pub coords: &'a [T],
    /// `[n, d_out]`, row-major; empty if there is nothing to compare with.
    pub targets: &'a [T],
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
    /// Sums of squared residuals and of the gradient (or the curvature, if the job has a direction).
    Sums(&'a mut f64, &'a mut [T]),
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
    scratch.fit(job.plan, job.geometry, job.tile, job.direction.is_some());
    let first = panels.start * lanes;
    for from in panels.clone().step_by(job.tile) {
        let count = job.tile.min(panels.end - from);
        read_coords::<S>(job, from * lanes, count, &mut scratch.input);
        match (&mut task, job.direction) {
            (Task::Forward(values), _) => {
                forward::<S, BLOCK>(job, count, scratch);
                write_values::<S>(job, from * lanes, first, count, &scratch.delta[0], values);
            }
            (Task::Sums(loss, sums), None) => {
                forward::<S, BLOCK>(job, count, scratch);
                **loss += residual::<S>(job, from * lanes, count, &mut scratch.delta[0]);
                backward::<S, BLOCK>(job, count, scratch, sums);
            }
            (Task::Sums(loss, sums), Some(direction)) => {
                forward_moving::<S, BLOCK>(job, direction, count, scratch);
                **loss += residual::<S>(job, from * lanes, count, &mut scratch.delta[0]);
                scale_residual_dot::<S>(job, from * lanes, count, &mut scratch.delta_dot[0]);
                backward_moving::<S, BLOCK>(job, direction, count, scratch, sums);
            }
        }
    }
}

fn forward_pieces<'a, T: Float>(
    input: &'a Buffer<T>,
    hidden: &'a mut [Hidden<T>],
    l: usize,
) -> (&'a [T], Option<&'a [T]>, Option<&'a mut Hidden<T>>) {
    let (before, from) = hidden.split_at_mut(l);
    match before.last() {
        None => (input, None, from.first_mut()),
        Some(last) => (&last.value, Some(&last.value_dot), from.first_mut()),
    }
}

fn forward<S: Simd, const BLOCK: usize>(job: &Job<S::T>, panels: usize, scratch: &mut Scratch<S::T>) {
    for (l, layer) in job.plan.layers.iter().enumerate() {
        let operand = &job.params.layers[l];
        let (matrix, bias) = (operand.forward(layer), Start::Bias(&operand.bias));
        let (x, _, hidden) = forward_pieces(&scratch.input, &mut scratch.hidden, l);
        match hidden {
            None => multiply::<S, BLOCK>(matrix, bias, x, &mut scratch.delta[0], panels),
            Some(hidden) => {
                multiply::<S, BLOCK>(matrix, bias, x, &mut hidden.value, panels);
                S::enabled(
                    #[inline(always)]
                    || activate::<S, BLOCK>(job.plan.w0, layer.rows.len(), panels, hidden),
                );
            }
        }
    }
}

fn forward_moving<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    direction: &Operand<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
) {
    for (l, layer) in job.plan.layers.iter().enumerate() {
        let (operand, moving) = (&job.params.layers[l], &direction.layers[l]);
        let (matrix, dot) = (operand.forward(layer), moving.forward(layer).weights);
        let starts = [Start::Bias(&operand.bias[..]), Start::Bias(&moving.bias[..])];
        let (x, x_dot, hidden) = forward_pieces(&scratch.input, &mut scratch.hidden, l);
        let (y, y_dot) = match hidden {
            None => (&mut scratch.delta[0], &mut scratch.delta_dot[0]),
            Some(hidden) => {
                let (y, y_dot) = (&mut hidden.value, &mut hidden.value_dot);
                multiply_moving::<S, BLOCK>(matrix, dot, starts, x, x_dot, y, y_dot, panels);
                S::enabled(
                    #[inline(always)]
                    || activate::<S, BLOCK>(job.plan.w0, layer.rows.len(), panels, hidden),
                );
                S::enabled(
                    #[inline(always)]
                    || activate_dot::<S, BLOCK>(job.plan.w0, layer.rows.len(), panels, hidden),
                );
                continue;
            }
        };
        multiply_moving::<S, BLOCK>(matrix, dot, starts, x, x_dot, y, y_dot, panels);
    }
}

/// z → h, h'.
#[inline(always)]
fn activate<S: Simd, const BLOCK: usize>(w0: f64, rows: usize, panels: usize, hidden: &mut Hidden<S::T>) {
    let w0 = S::T::from_f64(w0);
    for p in 0..panels {
        let range = panel::<S, BLOCK>(rows, p);
        let (value, slope) = (&mut hidden.value[range.clone()], &mut hidden.slope[range]);
        let wild = value.iter().fold(false, |wild, &z| wild | (w0 * z).is_wild());
        if wild {
            activate_wild(w0, value, slope);
            continue;
        }
        for (z, slope) in value.iter_mut().zip(slope) {
            let phase = w0 * *z;
            let (sin, cos) = match S::FMA {
                true => phase.tame_sin_cos::<true>(),
                false => phase.tame_sin_cos::<false>(),
            };
            (*z, *slope) = (sin, w0 * cos);
        }
    }
}

#[cold]
#[inline(never)]
fn activate_wild<T: Float>(w0: T, value: &mut [T], slope: &mut [T]) {
    for (z, slope) in value.iter_mut().zip(slope) {
        let (sin, cos) = (w0 * *z).any_sin_cos();
        (*z, *slope) = (sin, w0 * cos);
    }
}

/// ż → ḣ, w0² h ż.
#[inline(always)]
fn activate_dot<S: Simd, const BLOCK: usize>(w0: f64, rows: usize, panels: usize, hidden: &mut Hidden<S::T>) {
    let square = S::T::from_f64(w0) * S::T::from_f64(w0);
    for p in 0..panels {
        let range = panel::<S, BLOCK>(rows, p);
        let value = hidden.value[range.clone()].iter().zip(&hidden.slope[range.clone()]);
        let moving = hidden.value_dot[range.clone()].iter_mut().zip(&mut hidden.bend[range]);
        for ((&value, &slope), (z_dot, bend)) in value.zip(moving) {
            *bend = square * value * *z_dot;
            *z_dot = slope * *z_dot;
        }
    }
}

/// Where the rows of panel `p` lie, those that count.
#[inline(always)]
fn panel<S: Simd, const BLOCK: usize>(rows: usize, p: usize) -> Range<usize> {
    let from = p * height(rows, BLOCK) * S::Row::N;
    from..from + rows * S::Row::N
}

fn backward<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    sums: &mut [S::T],
) {
    let Scratch { input, hidden, delta, turned, .. } = scratch;
    let [above, below] = delta;
    for (l, layer) in job.plan.layers.iter().enumerate().rev() {
        let (rows, cols, places) = (layer.rows.len(), layer.cols, &job.places.layers[l]);
        let x: &[S::T] = if l == 0 { input } else { &hidden[l - 1].value };
        sum_rows::<S, BLOCK>(above, rows, panels, &mut sums[places.bias.clone()]);
        let sums = &mut sums[places.weights.clone()];
        match layer.form {
            Form::Sparse => {
                outer_sparse::<S, BLOCK, 1>([(above, x)], rows, cols, &layer.by_row, panels, sums);
            }
            _ => outer_turned::<S, BLOCK>(above, x, [rows, cols], panels, job.tile, turned, sums),
        }
        if l > 0 {
            let matrix = job.params.layers[l].backward(layer);
            multiply::<S, BLOCK>(matrix, Start::Zero, above, below, panels);
            S::enabled(
                #[inline(always)]
                || pull_back::<S, BLOCK>(&hidden[l - 1], cols, panels, below),
            );
            std::mem::swap(above, below);
        }
    }
}

fn outer_turned<S: Simd, const BLOCK: usize>(
    delta: &[S::T],
    x: &[S::T],
    [rows, cols]: [usize; 2],
    panels: usize,
    capacity: usize,
    turned: &mut [S::T],
    sums: &mut [S::T],
) {
    let turned = &mut turned[..cols.next_multiple_of(S::Row::N) * capacity * S::Row::N];
    S::enabled(
        #[inline(always)]
        || turn::<S, BLOCK>(x, cols, panels, capacity, turned),
    );
    S::enabled(
        #[inline(always)]
        || outer_dense::<S, BLOCK>(delta, rows, turned, panels, capacity, sums),
    );
}

fn backward_moving<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    direction: &Operand<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    sums: &mut [S::T],
) {
    let Scratch { input, hidden, delta, delta_dot, turned } = scratch;
    let ([above, below], [above_dot, below_dot]) = (delta, delta_dot);
    for (l, layer) in job.plan.layers.iter().enumerate().rev() {
        let (rows, cols, places) = (layer.rows.len(), layer.cols, &job.places.layers[l]);
        sum_rows::<S, BLOCK>(above, rows, panels, &mut sums[places.delta.clone()]);
        sum_rows::<S, BLOCK>(above_dot, rows, panels, &mut sums[places.bias.clone()]);
        let sums = &mut sums[places.weights.clone()];
        let (x, x_dot): (&[S::T], Option<&[S::T]>) = match l {
            0 => (input, None),
            _ => (&hidden[l - 1].value, Some(&hidden[l - 1].value_dot)),
        };
        match (layer.form, x_dot) {
            (Form::Sparse, None) => {
                outer_sparse::<S, BLOCK, 1>([(above_dot, x)], rows, cols, &layer.by_row, panels, sums);
            }
            (Form::Sparse, Some(x_dot)) => {
                let pairs: [Pair<S::T>; 2] = [(above_dot, x), (above, x_dot)];
                outer_sparse::<S, BLOCK, 2>(pairs, rows, cols, &layer.by_row, panels, sums);
            }
            (_, x_dot) => {
                outer_turned::<S, BLOCK>(above_dot, x, [rows, cols], panels, job.tile, turned, sums);
                if let Some(x_dot) = x_dot {
                    outer_turned::<S, BLOCK>(above, x_dot, [rows, cols], panels, job.tile, turned, sums);
                }
            }
        }
        if l > 0 {
            let matrix = job.params.layers[l].backward(layer);
            let dot = direction.layers[l].backward(layer).weights;
            let starts = [Start::Zero; 2];
            multiply_moving::<S, BLOCK>(
                matrix,
                dot,
                starts,
                above,
                Some(above_dot),
                below,
                below_dot,
                panels,
            );
            S::enabled(
                #[inline(always)]
                || pull_back_moving::<S, BLOCK>(&hidden[l - 1], cols, panels, below, below_dot),
            );
            std::mem::swap(above, below);
            std::mem::swap(above_dot, below_dot);
        }
    }
}

/// u → δ.
#[inline(always)]
fn pull_back<S: Simd, const BLOCK: usize>(
    hidden: &Hidden<S::T>,
    rows: usize,
    panels: usize,
    delta: &mut [S::T],
) {
    for p in 0..panels {
        let range = panel::<S, BLOCK>(rows, p);
        for (u, &slope) in delta[range.clone()].iter_mut().zip(&hidden.slope[range]) {
            *u = *u * slope;
        }
    }
}

/// u, u̇ → δ, δ̇.
#[inline(always)]
fn pull_back_moving<S: Simd, const BLOCK: usize>(
    hidden: &Hidden<S::T>,
    rows: usize,
    panels: usize,
    delta: &mut [S::T],
    delta_dot: &mut [S::T],
) {
    for p in 0..panels {
        let range = panel::<S, BLOCK>(rows, p);
        let moving = delta[range.clone()].iter_mut().zip(&mut delta_dot[range.clone()]);
        let still = hidden.slope[range.clone()].iter().zip(&hidden.bend[range]);
        for ((u, u_dot), (&slope, &bend)) in moving.zip(still) {
            *u_dot = slope * *u_dot - bend * *u;
            *u = slope * *u;
        }
    }
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

/// f → 2/(n·d_out) (f − y); returns the sum of the squares of f − y.
fn residual<S: Simd>(job: &Job<S::T>, first: usize, panels: usize, output: &mut [S::T]) -> f64 {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let height = height(d_out, job.geometry.block);
    let scale = S::T::from_f64(2.0 / job.targets.len() as f64);
    let mut sum = 0.0;
    for p in 0..panels {
        for c in 0..d_out {
            for t in 0..lanes {
                let value = &mut output[(p * height + c) * lanes + t];
                let at = (first + p * lanes + t) * d_out + c;
                let difference = job.targets.get(at).map_or(S::T::default(), |&y| *value - y);
                sum += difference.to_f64() * difference.to_f64();
                *value = scale * difference;
            }
        }
    }
    sum
}

/// ḟ → 2/(n·d_out) ḟ, zero beyond the last coordinate.
fn scale_residual_dot<S: Simd>(job: &Job<S::T>, first: usize, panels: usize, output: &mut [S::T]) {
    let (lanes, d_out) = (S::Row::N, job.plan.layers[job.plan.layers.len() - 1].rows.len());
    let height = height(d_out, job.geometry.block);
    let scale = S::T::from_f64(2.0 / job.targets.len() as f64);
    for p in 0..panels {
        for c in 0..d_out {
            for t in 0..lanes {
                let value = &mut output[(p * height + c) * lanes + t];
                let inside = (first + p * lanes + t) * d_out < job.targets.len();
                *value = if inside { scale * *value } else { S::T::default() };
            }
        }
    }
}
