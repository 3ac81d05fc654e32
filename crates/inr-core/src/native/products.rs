//! The products of a layer: forward, backward and weight gradient, dense and sparse.
//!
//! Activations of a tile lie in panels, `[panel][feature][lane]`: a panel is as many coordinates as a row
//! has lanes, and holds all features of a layer (rounded up to a whole block; what lies in the rows beyond
//! is never read for a result). A weight is broadcast and multiplied into whole rows:
//!
//! ```text
//! y[o] = b[o] + Σ_i W[o, i] · x[i]             dense: a block of BLOCK outputs at a time, all in registers
//! ∂W[o, i] += Σ_t δ[o][t] · x[i][t]            dense: x turned to [t][i], then the same kernel with δ for W
//! ```
//!
//! The same functions do Wᵀ when they are given it.

use super::lanes::{Lanes, Simd};
use super::plan::Lists;
use crate::real::Real;

/// Inputs taken at a time by the dense product, so that a panel of them stays in the first-level cache.
const DEPTH: usize = 128;
/// Bytes of inputs that a sparse product may jump about in: what stays in the first-level cache.
const NEAR_BYTES: usize = 40 << 10;

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

/// δ and the x it meets in a weight gradient.
pub type Pair<'a, T> = (&'a [T], &'a [T]);

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

/// The row at a place that has been checked: a check a weight costs a tenth of a sparse gradient
/// and a sixth of a sparse curvature.
///
/// # Safety
/// `at + N` must not exceed the number of values.
#[inline(always)]
unsafe fn row_at<S: Simd>(values: &[S::T], at: usize) -> S::Row {
    debug_assert!(at + S::Row::N <= values.len());
    // SAFETY: the caller's promise.
    S::Row::load(unsafe { values.get_unchecked(at..at + S::Row::N) })
}

/// Lengths of a panel of inputs and of outputs.
#[inline(always)]
fn panel_lens<S: Simd, const BLOCK: usize>(a: Matrix<S::T>) -> (usize, usize) {
    (height(a.cols, BLOCK) * S::Row::N, height(a.rows, BLOCK) * S::Row::N)
}

/// The dense product for `Q` panels at once.
#[inline(always)]
fn multiply_dense<S: Simd, const BLOCK: usize, const Q: usize>(
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

/// The sparse product for `Q` panels and `U` weights at once: independent sums in flight, fewer reads of the lists.
#[inline(always)]
fn multiply_sparse<S: Simd, const Q: usize, const U: usize>(
    a: Matrix<S::T>,
    lists: &Lists,
    start: Start<S::T>,
    scale: Option<&[S::T]>,
    x: &[S::T],
    y: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (x_len, y_len) = (x.len() / Q, y.len() / Q);
    assert!(a.cols * lanes <= x_len, "a panel of {x_len} values for {} inputs", a.cols);
    let add = |sums: &mut [S::Row; Q], weight: S::T, index: u32| {
        let weight = S::Row::splat(weight);
        for q in 0..Q {
            // SAFETY: an index of the lists is below `cols` (`Plan` makes no others), and x has Q panels of at
            // least `cols` rows each.
            let x = unsafe { row_at::<S>(x, q * x_len + index as usize * lanes) };
            sums[q] = weight.mul_add(x, sums[q]);
        }
    };
    for row in 0..a.rows {
        let mut sums = [[S::Row::splat(S::T::default()); Q]; U];
        match start {
            Start::Bias(bias) => sums[0] = [S::Row::splat(bias[row]); Q],
            Start::Zero => {}
            Start::Sum => (0..Q).for_each(|q| sums[0][q] = S::Row::load(&y[q * y_len + row * lanes..])),
        }
        let range = lists.start[row] as usize..lists.start[row + 1] as usize;
        let (weights, weights_rest) = a.weights[range.clone()].as_chunks::<U>();
        let (index, index_rest) = lists.index[range].as_chunks::<U>();
        for (weights, index) in weights.iter().zip(index) {
            for u in 0..U {
                add(&mut sums[u], weights[u], index[u]);
            }
        }
        for (&weight, &index) in weights_rest.iter().zip(index_rest) {
            add(&mut sums[0], weight, index);
        }
        for q in 0..Q {
            let mut sum = sums[0][q];
            for u in 1..U {
                sum = sum.plus(sums[u][q]);
            }
            if let Some(scale) = scale {
                sum = sum.times(S::Row::load(&scale[q * y_len + row * lanes..]));
            }
            sum.store(&mut y[q * y_len + row * lanes..]);
        }
    }
}

/// The product and its derivative along a direction: `y = start + A x`, `ẏ = start' + A ẋ + Ȧ x`.
///
/// # Shapes
/// As [`multiply`]; `dot` has the shape and the lists of `a`. Inputs that do not move (coordinates) have no ẋ.
#[allow(clippy::too_many_arguments)] // two of everything: the pair is the point
pub fn multiply_moving<S: Simd, const BLOCK: usize>(
    a: Matrix<S::T>,
    dot: &[S::T],
    [start, start_dot]: [Start<S::T>; 2],
    x: &[S::T],
    x_dot: Option<&[S::T]>,
    y: &mut [S::T],
    y_dot: &mut [S::T],
    panels: usize,
) {
    let moving = Matrix { weights: dot, ..a };
    match (x_dot, a.lists) {
        (Some(x_dot), Some(lists)) => {
            let (x_len, y_len) = panel_lens::<S, BLOCK>(a);
            for p in 0..panels {
                let (x, x_dot) = (&x[p * x_len..][..x_len], &x_dot[p * x_len..][..x_len]);
                let (y, y_dot) = (&mut y[p * y_len..][..y_len], &mut y_dot[p * y_len..][..y_len]);
                let starts = [start, start_dot];
                S::enabled(
                    #[inline(always)]
                    || multiply_sparse_moving::<S>(a, dot, lists, starts, [x, x_dot], [y, y_dot]),
                );
            }
        }
        _ => {
            multiply::<S, BLOCK>(a, start, None, x, y, panels);
            multiply::<S, BLOCK>(moving, start_dot, None, x, y_dot, panels);
            if let Some(x_dot) = x_dot {
                multiply::<S, BLOCK>(a, Start::Sum, None, x_dot, y_dot, panels);
            }
        }
    }
}

#[inline(always)]
fn multiply_sparse_moving<S: Simd>(
    a: Matrix<S::T>,
    dot: &[S::T],
    lists: &Lists,
    starts: [Start<S::T>; 2],
    [x, x_dot]: [&[S::T]; 2],
    [y, y_dot]: [&mut [S::T]; 2],
) {
    let lanes = S::Row::N;
    assert!(a.cols * lanes <= x.len().min(x_dot.len()), "panels of {} for {} inputs", x.len(), a.cols);
    for row in 0..a.rows {
        let zero = S::Row::splat(S::T::default());
        let first = |start: Start<S::T>| match start {
            Start::Bias(bias) => S::Row::splat(bias[row]),
            _ => zero,
        };
        // The two halves of the tangent in sums of their own: three independent chains instead of two.
        let (mut sum, mut sum_dot, mut sum_still) = (first(starts[0]), first(starts[1]), zero);
        let range = lists.start[row] as usize..lists.start[row + 1] as usize;
        let weights = a.weights[range.clone()].iter().zip(&dot[range.clone()]);
        for ((&weight, &dot), &index) in weights.zip(&lists.index[range]) {
            let (weight, dot, at) = (S::Row::splat(weight), S::Row::splat(dot), index as usize * lanes);
            // SAFETY: an index of the lists is below `cols`, and x and ẋ have at least `cols` rows.
            let (x, x_dot) = unsafe { (row_at::<S>(x, at), row_at::<S>(x_dot, at)) };
            sum = weight.mul_add(x, sum);
            sum_dot = weight.mul_add(x_dot, sum_dot);
            sum_still = dot.mul_add(x, sum_still);
        }
        sum.store(&mut y[row * lanes..]);
        sum_dot.plus(sum_still).store(&mut y_dot[row * lanes..]);
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
/// `sums: [group][rows, to whole blocks][lane]`.
#[inline(always)]
pub fn outer_dense<S: Simd, const BLOCK: usize>(
    delta: &[S::T],
    rows: usize,
    turned: &[S::T],
    panels: usize,
    capacity: usize,
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
        outer_groups::<S, BLOCK, 2>(delta, turned, panels, sums);
    }
    for (turned, sums) in turned.chunks_exact(turned_len).zip(sums.chunks_exact_mut(sums_len)) {
        outer_groups::<S, BLOCK, 1>(delta, turned, panels, sums);
    }
}

/// The dense weight gradient of `Q` groups of columns at once.
#[inline(always)]
fn outer_groups<S: Simd, const BLOCK: usize, const Q: usize>(
    delta: &[S::T],
    turned: &[S::T],
    panels: usize,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (turned_len, sums_len) = (turned.len() / Q, sums.len() / Q);
    assert!(panels * lanes * lanes <= turned_len, "{panels} panels in {turned_len} values");
    for number in 0..sums_len / (BLOCK * lanes) {
        let sums = &mut sums[number * BLOCK * lanes..];
        let mut block = load_block::<S, BLOCK, Q>(sums, sums_len);
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

/// The sparse weight gradient: `sums[k] += δ[row of k] · x[column of k]`, half a row of partial sums a weight.
///
/// # Shapes
/// `delta: [panel][rows, to whole blocks][lane]`, `x: [panel][cols, to whole blocks][lane]`,
/// `sums: [weights][lanes / 2]`. Pairs of (δ, x) are summed: one for a gradient, two for a curvature.
pub fn outer_sparse<S: Simd, const BLOCK: usize, const PAIRS: usize>(
    pairs: [Pair<S::T>; PAIRS],
    rows: usize,
    cols: usize,
    lists: &Lists,
    panels: usize,
    sums: &mut [S::T],
) {
    S::enabled(
        #[inline(always)]
        || outer_lists::<S, BLOCK, PAIRS>(pairs, rows, cols, lists, panels, sums),
    );
}

#[inline(always)]
fn outer_lists<S: Simd, const BLOCK: usize, const PAIRS: usize>(
    pairs: [Pair<S::T>; PAIRS],
    rows: usize,
    cols: usize,
    lists: &Lists,
    panels: usize,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    for (delta, x) in pairs {
        assert!(panels * height(rows, BLOCK) * lanes <= delta.len(), "δ: {} values", delta.len());
        assert!(panels * height(cols, BLOCK) * lanes <= x.len(), "x: {} values", x.len());
    }
    for row in 0..rows {
        let range = lists.start[row] as usize..lists.start[row + 1] as usize;
        let index = &lists.index[range.clone()];
        let sums = &mut sums[range.start * (lanes / 2)..range.end * (lanes / 2)];
        let (four, rest) = index.as_chunks::<4>();
        let (two, one) = rest.as_chunks::<2>();
        let (sums_four, sums) = sums.split_at_mut(four.len() * 4 * (lanes / 2));
        let (sums_two, sums_one) = sums.split_at_mut(two.len() * 2 * (lanes / 2));
        for (index, sums) in four.iter().zip(sums_four.chunks_exact_mut(2 * lanes)) {
            dots::<S, BLOCK, PAIRS, 4>(pairs, row, index, rows, cols, panels, sums);
        }
        for (index, sums) in two.iter().zip(sums_two.chunks_exact_mut(lanes)) {
            dots::<S, BLOCK, PAIRS, 2>(pairs, row, index, rows, cols, panels, sums);
        }
        for (&index, sums) in one.iter().zip(sums_one.chunks_exact_mut(lanes / 2)) {
            dots::<S, BLOCK, PAIRS, 1>(pairs, row, &[index], rows, cols, panels, sums);
        }
    }
}

/// `Q` weights of one row at once, which share the loads of δ.
#[inline(always)]
fn dots<S: Simd, const BLOCK: usize, const PAIRS: usize, const Q: usize>(
    pairs: [Pair<S::T>; PAIRS],
    row: usize,
    index: &[u32; Q],
    rows: usize,
    cols: usize,
    panels: usize,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (rows, cols) = (height(rows, BLOCK), height(cols, BLOCK));
    debug_assert!(row < rows && index.iter().all(|&i| (i as usize) < cols));
    let mut dots = [S::Row::splat(S::T::default()); Q];
    for p in 0..panels {
        for (delta, x) in pairs {
            // SAFETY: `outer_lists` has checked that δ and x have this many panels; the row is one of the lists',
            // and an index of the lists is below their number of columns.
            let delta = unsafe { row_at::<S>(delta, (p * rows + row) * lanes) };
            for q in 0..Q {
                // SAFETY: as above.
                let x = unsafe { row_at::<S>(x, (p * cols + index[q] as usize) * lanes) };
                dots[q] = delta.mul_add(x, dots[q]);
            }
        }
    }
    for (dot, sums) in dots.into_iter().zip(sums.chunks_exact_mut(lanes / 2)) {
        dot.fold_into(sums);
    }
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
