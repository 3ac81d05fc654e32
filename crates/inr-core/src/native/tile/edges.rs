//! The edges of a tile: coordinates in, values out, and the residuals that the way down begins with.
//!
//! A signal lies coordinate by coordinate, a tile feature by feature. A panel whose coordinates are all within the
//! signal is turned with its number of features known to the compiler (1, 2 or 3), so that the turn becomes
//! shuffles of whole registers; the last panel, and other numbers of features, go the general way. In a network of a few
//! hundred weights this is a fifth of the work.

use super::job::{Job, panel};
use crate::native::lanes::{Lanes, Simd};
use crate::native::scratch::Scratch;
use crate::real::Real;

/// Coordinates from `first` on, feature by feature; zeros beyond the last.
#[inline(always)]
pub fn read_coords<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    first: usize,
    panels: usize,
    input: &mut [S::T],
) {
    let d_in = job.plan.d_in;
    for p in 0..panels {
        let coords = &job.coords[(first + p * S::Row::N) * d_in..];
        features::<S>(coords, d_in, &mut input[panel::<S, BLOCK>(d_in, p)]);
    }
}

/// Writes a tile's outputs to the values of a run, from the place of its first coordinate on.
#[inline(always)]
pub fn write_values<S: Simd, const BLOCK: usize>(
    panels: usize,
    d_out: usize,
    output: &[S::T],
    values: &mut [S::T],
) {
    for (p, values) in values.chunks_mut(S::Row::N * d_out).take(panels).enumerate() {
        let output = &output[panel::<S, BLOCK>(d_out, p)];
        match (values.len() == output.len(), d_out) {
            (true, 1) => values.copy_from_slice(output),
            (true, 3) => joined::<S, 3>(output, values),
            _ => {
                for (t, values) in values.chunks_exact_mut(d_out).enumerate() {
                    for (c, value) in values.iter_mut().enumerate() {
                        *value = output[c * S::Row::N + t];
                    }
                }
            }
        }
    }
}

/// δ_t = 2/(n·d_out) (f − y_t) of a signal, zero beyond the last coordinate; `see` is shown each panel's f − y_t.
#[inline(always)]
pub fn residual<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    signal: usize,
    first: usize,
    panels: usize,
    scratch: &mut Scratch<S::T>,
    mut see: impl FnMut(&[S::T]),
) {
    let (d_out, targets) = (job.d_out(), job.targets[signal]);
    let scale = S::T::from_f64(2.0 / targets.len() as f64);
    let len = panel::<S, BLOCK>(d_out, panels).start;
    let (output, delta) = (&scratch.output, &mut scratch.delta[0][signal * len..][..len]);
    for p in 0..panels {
        let range = panel::<S, BLOCK>(d_out, p);
        let (output, delta) = (&output[range.clone()], &mut delta[range]);
        let targets = &targets[(first + p * S::Row::N) * d_out..];
        features::<S>(targets, d_out, delta);
        delta.iter_mut().zip(output).for_each(|(delta, &value)| *delta = value - *delta);
        clear_beyond::<S>(targets.len() / d_out, delta);
        see(delta);
        delta.iter_mut().for_each(|delta| *delta = scale * *delta);
    }
}

/// D = 2/(n·d_out) Σ_t ḟ_t, zero beyond the last coordinate.
#[inline(always)]
pub fn residual_dot<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    first: usize,
    panels: usize,
    scratch: &mut Scratch<S::T>,
) {
    let (d_out, n) = (job.d_out(), job.coords.len() / job.plan.d_in);
    let scale = S::T::from_f64(2.0 / (n * d_out) as f64);
    for p in 0..panels {
        let delta_dot = &mut scratch.delta_dot[0][panel::<S, BLOCK>(d_out, p)];
        delta_dot.copy_from_slice(&scratch.output_dot[panel::<S, BLOCK>(d_out, p)]);
        for t in 1..job.directions.len() {
            let output_dot = &scratch.output_dot[panel::<S, BLOCK>(d_out, t * panels + p)];
            delta_dot.iter_mut().zip(output_dot).for_each(|(sum, &output_dot)| *sum += output_dot);
        }
        delta_dot.iter_mut().for_each(|sum| *sum = scale * *sum);
        clear_beyond::<S>(n - first - p * S::Row::N, delta_dot);
    }
}

/// The first `N` coordinates' values `[n, d]`, turned to rows `[d][lane]`; zeros if there are fewer.
#[inline(always)]
fn features<S: Simd>(values: &[S::T], d: usize, rows: &mut [S::T]) {
    let values = &values[..values.len().min(rows.len())];
    match (values.len() == rows.len(), d) {
        (true, 1) => rows.copy_from_slice(values),
        (true, 2) => split::<S, 2>(values, rows),
        (true, 3) => split::<S, 3>(values, rows),
        _ => {
            rows.fill(S::T::default());
            for (t, values) in values.chunks_exact(d).enumerate() {
                for (i, &value) in values.iter().enumerate() {
                    rows[i * S::Row::N + t] = value;
                }
            }
        }
    }
}

/// `[lane][D]` → `[D][lane]`.
#[inline(always)]
fn split<S: Simd, const D: usize>(values: &[S::T], rows: &mut [S::T]) {
    let (values, rows) = (&values[..D * S::Row::N], &mut rows[..D * S::Row::N]);
    for t in 0..S::Row::N {
        for i in 0..D {
            rows[i * S::Row::N + t] = values[t * D + i];
        }
    }
}

/// `[D][lane]` → `[lane][D]`.
#[inline(always)]
fn joined<S: Simd, const D: usize>(rows: &[S::T], values: &mut [S::T]) {
    let (rows, values) = (&rows[..D * S::Row::N], &mut values[..D * S::Row::N]);
    for t in 0..S::Row::N {
        for i in 0..D {
            values[t * D + i] = rows[i * S::Row::N + t];
        }
    }
}

/// Zeros in the lanes from `inside` on.
#[inline(always)]
fn clear_beyond<S: Simd>(inside: usize, rows: &mut [S::T]) {
    if inside < S::Row::N {
        rows.chunks_exact_mut(S::Row::N).for_each(|row| row[inside..].fill(S::T::default()));
    }
}
