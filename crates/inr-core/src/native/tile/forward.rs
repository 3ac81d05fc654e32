//! The way up: values of a tile, and their tangents.

use super::{Job, panel};
use crate::native::lanes::{Float, Simd};
use crate::native::operand::Operand;
use crate::native::products::{Start, multiply, multiply_moving};
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
                    || activate::<S, BLOCK>(job.plan.w0, layer.rows.len(), panels, hidden),
                );
            }
        }
    }
}

/// Network and tangent.
pub fn forward_moving<S: Simd, const BLOCK: usize>(
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
            None => (&mut scratch.output, &mut scratch.delta_dot[0]),
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

/// The tangent along another direction, where the network's own values are there already.
pub fn forward_dot<S: Simd, const BLOCK: usize>(
    job: &Job<S::T>,
    direction: &Operand<S::T>,
    panels: usize,
    scratch: &mut Scratch<S::T>,
) {
    for (l, layer) in job.plan.layers.iter().enumerate() {
        let (operand, moving) = (&job.params.layers[l], &direction.layers[l]);
        let (x, x_dot, mut hidden) = forward_pieces(&scratch.input, &mut scratch.hidden, l);
        let y_dot: &mut [S::T] = match &mut hidden {
            None => &mut scratch.delta_dot[0],
            Some(hidden) => &mut hidden.value_dot,
        };
        multiply::<S, BLOCK>(moving.forward(layer), Start::Bias(&moving.bias), None, x, y_dot, panels);
        if let Some(x_dot) = x_dot {
            multiply::<S, BLOCK>(operand.forward(layer), Start::Sum, None, x_dot, y_dot, panels);
        }
        if let Some(hidden) = hidden {
            S::enabled(
                #[inline(always)]
                || activate_dot::<S, BLOCK>(job.plan.w0, layer.rows.len(), panels, hidden),
            );
        }
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
