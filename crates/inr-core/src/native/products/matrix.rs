//! Matrices and panels as the products want them.

use crate::native::lanes::{Lanes, Simd};
use crate::native::plan::Lists;

/// Rows a panel has for a number of features: whole blocks, at least one.
#[inline(always)]
pub fn height(features: usize, block: usize) -> usize {
    features.max(1).next_multiple_of(block)
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub enum Start<'a, T> {
    /// One number a row: the bias.
    Bias(&'a [T]),
    /// Nothing.
    Zero,
    /// What lies in the output.
    Sum,
}

/// δ and the x it meets in a weight gradient, and the number of their panels.
pub type Pair<'a, T> = (&'a [T], &'a [T], usize);

/// A matrix and its bias, or the direction in which they move.
pub type Affine<'a, T> = (Matrix<'a, T>, &'a [T]);

/// A matrix as the products want it.
#[derive(Clone, Copy)]
pub struct Matrix<'a, T> {
    /// Number of outputs.
    pub rows: usize,
    /// Number of inputs.
    pub cols: usize,
    /// The weights: of a dense matrix `[block][cols][BLOCK]`, of a sparse one in the order of the lists.
    pub weights: &'a [T],
    /// Where the weights of a sparse matrix belong, by row.
    pub lists: Option<&'a Lists>,
}

/// The row at a place that has been checked: a check a weight costs a tenth of a sparse gradient
/// and a sixth of a sparse curvature.
///
/// # Safety
/// `at + N` must not exceed the number of values.
#[inline(always)]
pub unsafe fn row_at<S: Simd>(values: &[S::T], at: usize) -> S::Row {
    debug_assert!(at + S::Row::N <= values.len());
    // SAFETY: the caller's promise.
    S::Row::load(unsafe { values.get_unchecked(at..at + S::Row::N) })
}

/// Lengths of a panel of inputs and of outputs.
#[inline(always)]
pub fn panel_lens<S: Simd, const BLOCK: usize>(a: Matrix<S::T>) -> (usize, usize) {
    (height(a.cols, BLOCK) * S::Row::N, height(a.rows, BLOCK) * S::Row::N)
}
