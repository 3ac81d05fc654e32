//! Sparse products: lists of weights against rows of a panel.

use super::{Matrix, Pair, Start, height, row_at};
use crate::native::lanes::{Lanes, Simd};
use crate::native::plan::Lists;

/// The sparse product for `Q` panels and `U` weights at once: independent sums in flight, fewer reads of the lists.
#[inline(always)]
pub fn multiply_sparse<S: Simd, const Q: usize, const U: usize>(
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

#[inline(always)]
pub fn multiply_sparse_moving<S: Simd>(
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
