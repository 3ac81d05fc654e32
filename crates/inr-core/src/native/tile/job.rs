//! What the passes over a tile are asked, and where a panel lies.

use std::ops::Range;

use crate::native::lanes::{Lanes, Simd};
use crate::native::operand::Operand;
use crate::native::plan::Plan;
use crate::native::products::height;
use crate::native::scratch::Geometry;
use crate::native::sums::{SumPlaces, Sums};

/// A question about a network at coordinates, packed for the kernels.
pub struct Job<'a, T> {
    /// What is to be computed.
    pub plan: &'a Plan,
    /// The parameters.
    pub params: &'a Operand<T>,
    /// The direction of each signal's curvature; none for gradients.
    pub directions: &'a [Operand<T>],
    /// Whether a direction moves the weights of each layer; where none does, nothing is multiplied by their tangents.
    pub moves: Vec<bool>,
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

impl<T> Job<'_, T> {
    /// Number of the network's values at a coordinate.
    pub fn d_out(&self) -> usize {
        self.plan.layers[self.plan.layers.len() - 1].rows.len()
    }
}

/// What is done with a run of panels.
pub enum Task<'a, T> {
    /// Values, `[coordinates of the run, d_out]`.
    Forward(&'a mut [T]),
    /// Sums of each signal, or of the curvature of all.
    Sums(&'a mut [Sums<T>]),
}

/// Where the rows of panel `p` lie, those that count.
#[inline(always)]
pub fn panel<S: Simd, const BLOCK: usize>(rows: usize, p: usize) -> Range<usize> {
    let from = p * height(rows, BLOCK) * S::Row::N;
    from..from + rows * S::Row::N
}
