//! The way down: gradients of a tile, and curvatures.

use super::job::{Job, panel};
use crate::native::lanes::{Lanes, Simd};
use crate::native::plan::Form;
use crate::native::products::{
    Pair, Start, height, multiply, outer_dense, outer_sparse, pull, pull_unmoved, sum_rows, turn,
};
use crate::native::scratch::{Hidden, Scratch};
use crate::native::sums::Sums;

/// Gradient of each signal: adds to its `sums`.
pub fn backward<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    sums: &mut [Sums<S::T>],
) {
    let Scratch { input, hidden, delta, turned, .. } = scratch;
    let [above, below] = delta;
    for (l, layer) in job.plan.layers.iter().enumerate().skip(job.places.lowest).rev() {
        let (rows, cols, places) = (layer.rows.len(), layer.cols, &job.places.layers[l]);
        let (above_len, below_len) = (tile_len::<S, BLOCK>(rows, panels), tile_len::<S, BLOCK>(cols, panels));
        let x: &[S::T] = if l == 0 { input } else { &hidden[l - 1].value };
        let turned = match (&places.weights, layer.form) {
            (None, _) | (_, Form::Sparse) => None,
            _ => Some(turn_inputs::<S, BLOCK>(x, cols, panels, job.tile, turned)),
        };
        for (signal, sums) in sums.iter_mut().enumerate() {
            let above = &above[signal * above_len..][..above_len];
            sum_rows::<S, BLOCK>(above, rows, panels, &mut sums.values[places.bias.clone()]);
            if let Some(weights) = &places.weights {
                let (begun, sums) = (sums.begun, &mut sums.values[weights.clone()]);
                match turned {
                    None => {
                        outer_sparse::<S, BLOCK, 1>([(above, x, panels)], rows, cols, &layer.by_row, sums)
                    }
                    Some(turned) => outer::<S, BLOCK>(above, rows, turned, panels, job.tile, begun, sums),
                }
            }
            if l > job.places.lowest {
                let matrix = job.params.layers[l].backward(layer);
                let slope = Some(&hidden[l - 1].slope[..]);
                let below = &mut below[signal * below_len..][..below_len];
                multiply::<S, BLOCK>(matrix, Start::Zero, slope, above, below, panels);
            }
        }
        std::mem::swap(above, below);
    }
}

/// Length of so many panels.
fn tile_len<S: Simd, const BLOCK: usize>(features: usize, panels: usize) -> usize {
    panels * height(features, BLOCK) * S::Row::N
}

/// A layer's inputs for [`outer`].
fn turn_inputs<'a, S: Simd, const BLOCK: usize>(
    x: &[S::T],
    cols: usize,
    panels: usize,
    capacity: usize,
    turned: &'a mut [S::T],
) -> &'a [S::T] {
    let turned = &mut turned[..cols.next_multiple_of(S::Row::N) * capacity * S::Row::N];
    S::enabled(
        #[inline(always)]
        || turn::<S, BLOCK>(x, cols, panels, capacity, turned),
    );
    turned
}

fn outer<S: Simd, const BLOCK: usize>(
    delta: &[S::T],
    rows: usize,
    turned: &[S::T],
    panels: usize,
    capacity: usize,
    begun: bool,
    sums: &mut [S::T],
) {
    S::enabled(
        #[inline(always)]
        || outer_dense::<S, BLOCK>(delta, rows, turned, panels, capacity, begun, sums),
    );
}

/// Curvature of all signals, each along its direction: adds to `sums`.
pub fn backward_moving<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    Sums { values: sums, begun, .. }: &mut Sums<S::T>,
) {
    let Scratch { input, hidden, delta, delta_dot, turned, .. } = scratch;
    let ([above, below], [above_dot, below_dot]) = (delta, delta_dot);
    let signals = job.directions.len();
    for (l, layer) in job.plan.layers.iter().enumerate().skip(job.places.lowest).rev() {
        let (rows, cols, places) = (layer.rows.len(), layer.cols, &job.places.layers[l]);
        let (above_len, below_len) = (tile_len::<S, BLOCK>(rows, panels), tile_len::<S, BLOCK>(cols, panels));
        sum_rows::<S, BLOCK>(above_dot, rows, panels, &mut sums[places.bias.clone()]);
        for (place, above) in places.delta.iter().zip(above.chunks_exact(above_len)) {
            sum_rows::<S, BLOCK>(above, rows, panels, &mut sums[place.clone()]);
        }
        let (x, x_dot): (&[S::T], Option<&[S::T]>) = match l {
            0 => (input, None),
            _ => (&hidden[l - 1].value, Some(&hidden[l - 1].value_dot)),
        };
        let pair: Pair<S::T> = (above_dot, x, panels);
        match (places.weights.clone().map(|range| &mut sums[range]), layer.form, x_dot) {
            (None, ..) => {}
            (Some(sums), Form::Sparse, None) => {
                outer_sparse::<S, BLOCK, 1>([pair], rows, cols, &layer.by_row, sums);
            }
            (Some(sums), Form::Sparse, Some(x_dot)) => {
                let pairs = [pair, (above, x_dot, signals * panels)];
                outer_sparse::<S, BLOCK, 2>(pairs, rows, cols, &layer.by_row, sums);
            }
            (Some(sums), _, x_dot) => {
                let moving = x_dot.into_iter().flat_map(|x_dot| x_dot.chunks_exact(below_len));
                let moving = above.chunks_exact(above_len).zip(moving).take(signals);
                for (k, (delta, x)) in std::iter::once((&above_dot[..], x)).chain(moving).enumerate() {
                    let turned = turn_inputs::<S, BLOCK>(x, cols, panels, job.tile, turned);
                    outer::<S, BLOCK>(delta, rows, turned, panels, job.tile, *begun || k > 0, sums);
                }
            }
        }
        if l > job.places.lowest {
            let matrix = job.params.layers[l].backward(layer);
            let (from, to) = ((&above[..], &above_dot[..]), (&mut below[..], &mut below_dot[..]));
            match job.moves[l] {
                true => {
                    let moving: Vec<_> = job.directions.iter().map(|v| v.layers[l].backward(layer)).collect();
                    pull::<S, BLOCK>(matrix, &moving, from, to, panels);
                }
                false => pull_unmoved::<S, BLOCK>(matrix, signals, from, to, panels),
            }
            S::enabled(
                #[inline(always)]
                || bend_back::<S, BLOCK>(&hidden[l - 1], cols, panels, signals, below, below_dot),
            );
            std::mem::swap(above, below);
            std::mem::swap(above_dot, below_dot);
        }
    }
}

/// u_t, u̇ → δ_t, D.
#[inline(always)]
fn bend_back<S: Simd, const BLOCK: usize>(
    hidden: &Hidden<S::T>,
    rows: usize,
    panels: usize,
    signals: usize,
    delta: &mut [S::T],
    delta_dot: &mut [S::T],
) {
    for p in 0..panels {
        let still = panel::<S, BLOCK>(rows, p);
        let (slope, u_dot) = (&hidden.slope[still.clone()], &mut delta_dot[still]);
        u_dot.iter_mut().zip(slope).for_each(|(u_dot, &slope)| *u_dot = slope * *u_dot);
        for t in 0..signals {
            let range = panel::<S, BLOCK>(rows, t * panels + p);
            let moving = delta[range.clone()].iter_mut().zip(&mut *u_dot);
            for ((u, u_dot), (&slope, &bend)) in moving.zip(slope.iter().zip(&hidden.bend[range])) {
                *u_dot = *u_dot - bend * *u;
                *u = slope * *u;
            }
        }
    }
}
