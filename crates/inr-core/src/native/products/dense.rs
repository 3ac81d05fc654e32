//! Dense products: blocks of rows that stay in registers over the depth.

use super::matrix::{Matrix, Start, height, row_at};
use crate::native::lanes::{Lanes, Simd};

/// Inputs taken at a time, so that a panel of them stays in the first-level cache.
const DEPTH: usize = 128;

/// Rows of a block of a number of panels (or groups), in registers.
type Block<Row, const BLOCK: usize, const Q: usize> = [[Row; Q]; BLOCK];

/// Sum over the depth of broadcast × row, added to a block; `x` are as many panels.
#[inline(always)]
fn multiply_block<S: Simd, const BLOCK: usize, const Q: usize>(
    a: &[S::T],
    x: [&[S::T]; Q],
    block: &mut Block<S::Row, BLOCK, Q>,
) {
    let lanes = S::Row::N;
    let depth = a.len() / BLOCK;
    let x = x.map(|x| &x[..depth * lanes]);
    for (k, a) in a.chunks_exact(BLOCK).enumerate() {
        // SAFETY: k < depth, and each x has depth rows.
        let x = x.map(|x| unsafe { row_at::<S>(x, k * lanes) });
        for r in 0..BLOCK {
            let a = S::Row::splat(a[r]);
            for q in 0..Q {
                block[r][q] = a.mul_add(x[q], block[r][q]);
            }
        }
    }
}

/// A block that lies in panels of a length.
#[inline(always)]
fn load_block<S: Simd, const BLOCK: usize, const Q: usize>(
    values: &[S::T],
    panel: usize,
) -> Block<S::Row, BLOCK, Q> {
    let mut block = [[S::Row::splat(S::T::default()); Q]; BLOCK];
    for q in 0..Q {
        let rows = values[q * panel..][..BLOCK * S::Row::N].chunks_exact(S::Row::N);
        for (block, row) in block.iter_mut().zip(rows) {
            block[q] = S::Row::load(row);
        }
    }
    block
}

#[inline(always)]
fn store_block<S: Simd, const BLOCK: usize, const Q: usize>(
    block: Block<S::Row, BLOCK, Q>,
    values: &mut [S::T],
    panel: usize,
) {
    for q in 0..Q {
        let rows = values[q * panel..][..BLOCK * S::Row::N].chunks_exact_mut(S::Row::N);
        for (block, row) in block.iter().zip(rows) {
            block[q].store(row);
        }
    }
}

/// The dense product for `Q` panels at once.
#[inline(always)]
pub fn multiply_dense<S: Simd, const BLOCK: usize, const Q: usize>(
    a: Matrix<S::T>,
    start: Start<S::T>,
    scale: Option<&[S::T]>,
    x: &[S::T],
    y: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (x_len, y_len) = (x.len() / Q, y.len() / Q);
    for from in (0..a.cols).step_by(DEPTH) {
        let depth = DEPTH.min(a.cols - from);
        let mut panels = [x; Q];
        for (q, panel) in panels.iter_mut().enumerate() {
            *panel = &x[q * x_len + from * lanes..][..depth * lanes];
        }
        for number in 0..a.rows.div_ceil(BLOCK) {
            let weights = &a.weights[(number * a.cols + from) * BLOCK..][..depth * BLOCK];
            let y = &mut y[number * BLOCK * lanes..];
            let mut block = match start {
                Start::Bias(bias) if from == 0 => {
                    let mut block = [[S::Row::splat(S::T::default()); Q]; BLOCK];
                    let bias = &bias[number * BLOCK..][..BLOCK];
                    for r in 0..BLOCK {
                        block[r] = [S::Row::splat(bias[r]); Q];
                    }
                    block
                }
                Start::Zero if from == 0 => [[S::Row::splat(S::T::default()); Q]; BLOCK],
                _ => load_block::<S, BLOCK, Q>(y, y_len),
            };
            multiply_block::<S, BLOCK, Q>(weights, panels, &mut block);
            if let (Some(scale), true) = (scale, from + depth == a.cols) {
                let scale = load_block::<S, BLOCK, Q>(&scale[number * BLOCK * lanes..], y_len);
                for r in 0..BLOCK {
                    for q in 0..Q {
                        block[r][q] = block[r][q].times(scale[r][q]);
                    }
                }
            }
            store_block::<S, BLOCK, Q>(block, y, y_len);
        }
    }
}

/// Turns panels of features into panels of coordinates: `[panel][feature][lane]` → `[group][coordinate][lane]`,
/// where a group is as many features as a row has lanes. Lanes beyond the last feature keep what they had.
#[inline(always)]
pub fn turn<S: Simd, const BLOCK: usize>(
    x: &[S::T],
    features: usize,
    panels: usize,
    capacity: usize,
    turned: &mut [S::T],
) {
    let lanes = S::Row::N;
    let x_len = height(features, BLOCK) * lanes;
    for (group, turned) in turned.chunks_mut(capacity * lanes * lanes).enumerate() {
        let from = group * lanes;
        if from >= features {
            break;
        }
        for p in 0..panels {
            let x = &x[p * x_len + from * lanes..(p + 1) * x_len];
            let turned = &mut turned[p * lanes * lanes..][..lanes * lanes];
            match x.len() >= lanes * lanes {
                true => S::Row::transpose(&x[..lanes * lanes], turned),
                false => {
                    for (i, row) in x.chunks_exact(lanes).enumerate() {
                        for t in 0..lanes {
                            turned[t * lanes + i] = row[t];
                        }
                    }
                }
            }
        }
    }
}

/// The dense weight gradient: `sums[o, i] += Σ_t δ[o][t] x[i][t]`.
///
/// # Shapes
/// `delta: [panel][rows, to whole blocks][lane]`, `turned: [group][capacity · lanes][lane]` from [`turn`],
/// `sums: [group][rows, to whole blocks][lane]`; what they hold is not read if they are not `begun`.
#[inline(always)]
pub fn outer_dense<S: Simd, const BLOCK: usize>(
    delta: &[S::T],
    rows: usize,
    turned: &[S::T],
    panels: usize,
    capacity: usize,
    begun: bool,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (turned_len, sums_len) = (capacity * lanes * lanes, height(rows, BLOCK) * lanes);
    let groups = sums.len() / sums_len;
    let pairs = if S::WIDE { groups / 2 * 2 } else { 0 };
    let (turned_pairs, turned) = turned.split_at(pairs * turned_len);
    let (sums_pairs, sums) = sums.split_at_mut(pairs * sums_len);
    for (turned, sums) in
        turned_pairs.chunks_exact(2 * turned_len).zip(sums_pairs.chunks_exact_mut(2 * sums_len))
    {
        outer_groups::<S, BLOCK, 2>(delta, turned, panels, begun, sums);
    }
    for (turned, sums) in turned.chunks_exact(turned_len).zip(sums.chunks_exact_mut(sums_len)) {
        outer_groups::<S, BLOCK, 1>(delta, turned, panels, begun, sums);
    }
}

/// The dense weight gradient of `Q` groups of columns at once.
#[inline(always)]
fn outer_groups<S: Simd, const BLOCK: usize, const Q: usize>(
    delta: &[S::T],
    turned: &[S::T],
    panels: usize,
    begun: bool,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (turned_len, sums_len) = (turned.len() / Q, sums.len() / Q);
    assert!(panels * lanes * lanes <= turned_len, "{panels} panels in {turned_len} values");
    for number in 0..sums_len / (BLOCK * lanes) {
        let sums = &mut sums[number * BLOCK * lanes..];
        let mut block = match begun {
            true => load_block::<S, BLOCK, Q>(sums, sums_len),
            false => [[S::Row::splat(S::T::default()); Q]; BLOCK],
        };
        for p in 0..panels {
            let delta = &delta[p * sums_len + number * BLOCK * lanes..][..BLOCK * lanes];
            for t in 0..lanes {
                let mut x = [S::Row::splat(S::T::default()); Q];
                for q in 0..Q {
                    // SAFETY: p < panels and t < lanes: within a group, as checked above.
                    x[q] = unsafe { row_at::<S>(turned, q * turned_len + (p * lanes + t) * lanes) };
                }
                for r in 0..BLOCK {
                    let delta = S::Row::splat(delta[r * lanes + t]);
                    for q in 0..Q {
                        block[r][q] = delta.mul_add(x[q], block[r][q]);
                    }
                }
            }
        }
        store_block::<S, BLOCK, Q>(block, sums, sums_len);
    }
}
