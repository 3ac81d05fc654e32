//! The products of one layer, whichever of the two kinds of matrix it has.

use super::dense::multiply_dense;
use super::matrix::{Affine, Matrix, Start, height, panel_lens};
use super::sparse::{multiply_sparse, pull_sparse, push_sparse};
use crate::native::lanes::{Lanes, Simd};
use crate::real::Real;

/// Bytes of inputs that a sparse product may jump about in: what stays in the first-level cache.
const NEAR_BYTES: usize = 40 << 10;

/// `y = start + A x` for a number of panels; with a scale, `y = (start + A x) ⊙ scale`.
///
/// # Shapes
/// `x: [panel][cols, to whole blocks][lane]` → `y: [panel][rows, to whole blocks][lane]`; the scale as `y`.
pub fn multiply<S: Simd, const BLOCK: usize>(
    a: Matrix<S::T>,
    start: Start<S::T>,
    scale: Option<&[S::T]>,
    x: &[S::T],
    y: &mut [S::T],
    panels: usize,
) {
    let (x_len, y_len) = panel_lens::<S, BLOCK>(a);
    let pairs = match a.lists {
        None => S::WIDE,
        Some(_) => 2 * x_len * S::T::BYTES <= NEAR_BYTES,
    };
    let mut p = 0;
    while p < panels {
        let count = if pairs && p + 1 < panels { 2 } else { 1 };
        let x = &x[p * x_len..][..count * x_len];
        let y = &mut y[p * y_len..][..count * y_len];
        let scale = scale.map(|scale| &scale[p * y_len..][..count * y_len]);
        S::enabled(
            #[inline(always)]
            || match (a.lists, count) {
                (None, 2) => multiply_dense::<S, BLOCK, 2>(a, start, scale, x, y),
                (None, _) => multiply_dense::<S, BLOCK, 1>(a, start, scale, x, y),
                (Some(lists), 2) => multiply_sparse::<S, 2, 2>(a, lists, start, scale, x, y),
                (Some(lists), _) => multiply_sparse::<S, 1, 4>(a, lists, start, scale, x, y),
            },
        );
        p += count;
    }
}

/// The way up with tangents: `y = b + A x`, `ẏ_t = c_t + A ẋ_t + Ȧ_t x` for each signal t.
///
/// # Shapes
/// As [`multiply`]; ẋ and ẏ signal after signal. Each `(Ȧ_t, c_t)` has the shape and the lists of `(A, b)`. Inputs that
/// do not move (coordinates) have no ẋ.
pub fn push<S: Simd, const BLOCK: usize>(
    (a, bias): Affine<S::T>,
    moving: &[Affine<S::T>],
    (x, x_dot): (&[S::T], Option<&[S::T]>),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    if let (Some(x_dot), Some(_)) = (x_dot, a.lists) {
        return push_sparse::<S, BLOCK>((a, bias), moving, (x, x_dot), (y, y_dot), panels);
    }
    multiply::<S, BLOCK>(a, Start::Bias(bias), None, x, y, panels);
    let (_, y_len) = panel_lens::<S, BLOCK>(a);
    for (&(dot, bias), y_dot) in moving.iter().zip(y_dot.chunks_exact_mut(panels * y_len)) {
        multiply::<S, BLOCK>(dot, Start::Bias(bias), None, x, y_dot, panels);
    }
    if let Some(x_dot) = x_dot {
        multiply::<S, BLOCK>(a, Start::Sum, None, x_dot, y_dot, moving.len() * panels);
    }
}

/// [`push`] where the weights do not move: `ẏ_t = c_t + A ẋ_t`.
///
/// # Shapes
/// As [`push`]; a bias c_t a signal.
pub fn push_unmoved<S: Simd, const BLOCK: usize>(
    (a, bias): Affine<S::T>,
    biases: &[&[S::T]],
    (x, x_dot): (&[S::T], Option<&[S::T]>),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    multiply::<S, BLOCK>(a, Start::Bias(bias), None, x, y, panels);
    let (x_len, y_len) = panel_lens::<S, BLOCK>(a);
    for (t, (bias, y_dot)) in biases.iter().zip(y_dot.chunks_exact_mut(panels * y_len)).enumerate() {
        match x_dot {
            Some(x_dot) => {
                let x_dot = &x_dot[t * panels * x_len..];
                multiply::<S, BLOCK>(a, Start::Bias(bias), None, x_dot, y_dot, panels);
            }
            None => {
                for panel in y_dot.chunks_exact_mut(y_len) {
                    let rows = panel.chunks_exact_mut(S::Row::N).zip(*bias).take(a.rows);
                    rows.for_each(|(row, &bias)| row.fill(bias));
                }
            }
        }
    }
}

/// The way down with the sum of tangents: `y_t = A x_t` for each signal t, `ẏ = A ẋ + Σ_t Ȧ_t x_t`.
///
/// # Shapes
/// As [`multiply`]; x and y signal after signal. Each Ȧ_t has the shape and the lists of A.
pub fn pull<S: Simd, const BLOCK: usize>(
    a: Matrix<S::T>,
    moving: &[Matrix<S::T>],
    (x, x_dot): (&[S::T], &[S::T]),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    if a.lists.is_some() {
        return pull_sparse::<S, BLOCK>(a, moving, (x, x_dot), (y, y_dot), panels);
    }
    multiply::<S, BLOCK>(a, Start::Zero, None, x, y, moving.len() * panels);
    multiply::<S, BLOCK>(a, Start::Zero, None, x_dot, y_dot, panels);
    let (x_len, _) = panel_lens::<S, BLOCK>(a);
    for (&dot, x) in moving.iter().zip(x.chunks_exact(panels * x_len)) {
        multiply::<S, BLOCK>(dot, Start::Sum, None, x, y_dot, panels);
    }
}

/// [`pull`] where the weights do not move: `y_t = A x_t` of so many signals, `ẏ = A ẋ`.
pub fn pull_unmoved<S: Simd, const BLOCK: usize>(
    a: Matrix<S::T>,
    signals: usize,
    (x, x_dot): (&[S::T], &[S::T]),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    multiply::<S, BLOCK>(a, Start::Zero, None, x, y, signals * panels);
    multiply::<S, BLOCK>(a, Start::Zero, None, x_dot, y_dot, panels);
}

/// The bias gradient: `sums[o] += Σ_t δ[o][t]`, half a row of partial sums a neuron.
pub fn sum_rows<S: Simd, const BLOCK: usize>(delta: &[S::T], rows: usize, panels: usize, sums: &mut [S::T]) {
    S::enabled(
        #[inline(always)]
        || add_rows::<S, BLOCK>(delta, rows, panels, sums),
    );
}

#[inline(always)]
fn add_rows<S: Simd, const BLOCK: usize>(delta: &[S::T], rows: usize, panels: usize, sums: &mut [S::T]) {
    let lanes = S::Row::N;
    for panel in delta.chunks_exact(height(rows, BLOCK) * lanes).take(panels) {
        for (delta, sums) in panel.chunks_exact(lanes).zip(sums.chunks_exact_mut(lanes / 2)) {
            S::Row::load(delta).fold_into(sums);
        }
    }
}
