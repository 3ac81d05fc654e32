//! The way up: values of a tile, and their tangents.

use super::job::{Job, panel};
use crate::native::lanes::{Float, Simd};
use crate::native::products::{Start, multiply, push, push_unmoved};
use crate::native::scratch::{Buffer, Hidden, Scratch};
use crate::native::trigonometry::Trigonometry;
use crate::real::Real;

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

/// The network.
pub fn forward<S: Simd, const BLOCK: usize>(job: &Job<S::T>, panels: usize, scratch: &mut Scratch<S::T>) {
    for (l, layer) in job.plan.layers.iter().enumerate() {
        let operand = &job.params.layers[l];
        let (matrix, bias) = (operand.forward(layer), Start::Bias(&operand.bias));
        let (x, _, hidden) = forward_pieces(&scratch.input, &mut scratch.hidden, l);
        match hidden {
            None => multiply::<S, BLOCK>(matrix, bias, None, x, &mut scratch.output, panels),
            Some(hidden) => {
                multiply::<S, BLOCK>(matrix, bias, None, x, &mut hidden.value, panels);
                S::enabled(
                    #[inline(always)]
                    || {
                        for p in 0..panels {
                            activate::<S, BLOCK>(job.plan.w0, layer.rows.len(), p, hidden);
                        }
                    },
                );
            }
        }
    }
}

/// Network, and its tangent for each signal.
pub fn forward_moving<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
) {
    for (l, layer) in job.plan.layers.iter().enumerate() {
        let still = job.params.layers[l].affine(layer);
        let (x, x_dot, mut hidden) = forward_pieces(&scratch.input, &mut scratch.hidden, l);
        let y: (&mut [S::T], &mut [S::T]) = match &mut hidden {
            None => (&mut scratch.output, &mut scratch.output_dot),
            Some(hidden) => (&mut hidden.value, &mut hidden.value_dot),
        };
        match job.moves[l] {
            true => {
                let moving: Vec<_> = job.directions.iter().map(|v| v.layers[l].affine(layer)).collect();
                push::<S, BLOCK>(still, &moving, (x, x_dot), y, panels);
            }
            false => {
                let biases: Vec<_> = job.directions.iter().map(|v| &v.layers[l].bias[..]).collect();
                push_unmoved::<S, BLOCK>(still, &biases, (x, x_dot), y, panels);
            }
        }
        if let Some(hidden) = hidden {
            S::enabled(
                #[inline(always)]
                || {
                    for p in 0..panels {
                        activate::<S, BLOCK>(job.plan.w0, layer.rows.len(), p, hidden);
                        activate_dot::<S, BLOCK>(job, layer.rows.len(), panels, p, hidden);
                    }
                },
            );
        }
    }
}

/// z → h, h' of panel `p`.
#[inline(always)]
fn activate<S: Simd, const BLOCK: usize>(w0: f64, rows: usize, p: usize, hidden: &mut Hidden<S::T>) {
    let (w0, range) = (S::T::from_f64(w0), panel::<S, BLOCK>(rows, p));
    let (value, slope) = (&mut hidden.value[range.clone()], &mut hidden.slope[range]);
    let wild = value.iter().fold(false, |wild, &z| wild | (w0 * z).is_wild());
    if wild {
        return activate_wild(w0, value, slope);
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

#[cold]
#[inline(never)]
fn activate_wild<T: Float>(w0: T, value: &mut [T], slope: &mut [T]) {
    for (z, slope) in value.iter_mut().zip(slope) {
        let (sin, cos) = (w0 * *z).any_sin_cos();
        (*z, *slope) = (sin, w0 * cos);
    }
}

/// ż_t → ḣ_t, w0² h ż_t of panel `p` of each signal.
#[inline(always)]
fn activate_dot<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    rows: usize,
    panels: usize,
    p: usize,
    hidden: &mut Hidden<S::T>,
) {
    let square = S::T::from_f64(job.plan.w0) * S::T::from_f64(job.plan.w0);
    let still = panel::<S, BLOCK>(rows, p);
    for t in 0..job.directions.len() {
        let range = panel::<S, BLOCK>(rows, t * panels + p);
        let value = hidden.value[still.clone()].iter().zip(&hidden.slope[still.clone()]);
        let moving = hidden.value_dot[range.clone()].iter_mut().zip(&mut hidden.bend[range]);
        for ((&value, &slope), (z_dot, bend)) in value.zip(moving) {
            *bend = square * value * *z_dot;
            *z_dot = slope * *z_dot;
        }
    }
}
