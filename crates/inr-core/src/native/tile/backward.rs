//! The way down: gradients of a tile, and curvatures.

use super::{Job, panel};
use crate::native::lanes::{Lanes, Simd};
use crate::native::operand::Operand;
use crate::native::plan::Form;
use crate::native::products::{
    Pair, Start, multiply, multiply_moving, outer_dense, outer_sparse, sum_rows, turn,
};
use crate::native::scratch::{Hidden, Scratch};

/// Gradient: adds to `sums`.
pub fn backward<S: Simd, const BLOCK: usize>(
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
            let slope = Some(&hidden[l - 1].slope[..]);
            multiply::<S, BLOCK>(matrix, Start::Zero, slope, above, below, panels);
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

/// Curvature along a direction: adds to `sums`.
pub fn backward_moving<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    direction: &Operand<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    sums: &mut [S::T],
) {
    let Scratch { input, hidden, delta, delta_dot, turned, .. } = scratch;
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
