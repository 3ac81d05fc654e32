//! Sparse products: lists of weights against rows of a panel.

use super::matrix::{Affine, Matrix, Pair, Start, height, panel_lens, row_at};
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

/// [`super::layer::push`] of a sparse layer.
pub fn push_sparse<S: Simd, const BLOCK: usize>(
    still: Affine<S::T>,
    moving: &[Affine<S::T>],
    from: (&[S::T], &[S::T]),
    to: (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    S::enabled(
        #[inline(always)]
        || match *moving {
            [a] => push_lists::<S, BLOCK, 1>(still, [a], from, to, panels),
            [a, b] => push_lists::<S, BLOCK, 2>(still, [a, b], from, to, panels),
            [a, b, c] => push_lists::<S, BLOCK, 3>(still, [a, b, c], from, to, panels),
            [a, b, c, d] => push_lists::<S, BLOCK, 4>(still, [a, b, c, d], from, to, panels),
            _ => panic!("{} signals in a tile", moving.len()),
        },
    );
}

#[inline(always)]
fn push_lists<S: Simd, const BLOCK: usize, const T: usize>(
    (a, bias): Affine<S::T>,
    moving: [Affine<S::T>; T],
    (x, x_dot): (&[S::T], &[S::T]),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    let (lanes, lists) = (S::Row::N, a.lists.expect("lists of a sparse layer"));
    let (x_len, y_len) = panel_lens::<S, BLOCK>(a);
    assert!(panels * x_len <= x.len() && T * panels * x_len <= x_dot.len(), "{panels} panels of {x_len}");
    for p in 0..panels {
        for row in 0..a.rows {
            let range = lists.start[row] as usize..lists.start[row + 1] as usize;
            let (weights, index) = (&a.weights[range.clone()], &lists.index[range.clone()]);
            let dots = moving.map(|(dot, _)| &dot.weights[range.clone()]);
            // The two halves of a tangent in sums of their own: more independent chains.
            let mut sum = S::Row::splat(bias[row]);
            let mut moved = moving.map(|(_, bias)| S::Row::splat(bias[row]));
            let mut carried = [S::Row::splat(S::T::default()); T];
            for k in 0..index.len() {
                let (weight, at) = (S::Row::splat(weights[k]), p * x_len + index[k] as usize * lanes);
                // SAFETY: an index of the lists is below `cols`, and x has so many rows in each panel.
                let x = unsafe { row_at::<S>(x, at) };
                sum = weight.mul_add(x, sum);
                for t in 0..T {
                    // SAFETY: as above, in the panels of signal t.
                    let x_dot = unsafe { row_at::<S>(x_dot, t * panels * x_len + at) };
                    carried[t] = weight.mul_add(x_dot, carried[t]);
                    moved[t] = S::Row::splat(dots[t][k]).mul_add(x, moved[t]);
                }
            }
            let at = p * y_len + row * lanes;
            sum.store(&mut y[at..]);
            for t in 0..T {
                carried[t].plus(moved[t]).store(&mut y_dot[t * panels * y_len + at..]);
            }
        }
    }
}

/// [`super::layer::pull`] of a sparse layer.
pub fn pull_sparse<S: Simd, const BLOCK: usize>(
    a: Matrix<S::T>,
    moving: &[Matrix<S::T>],
    from: (&[S::T], &[S::T]),
    to: (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    S::enabled(
        #[inline(always)]
        || match *moving {
            [u] => pull_lists::<S, BLOCK, 1>(a, [u], from, to, panels),
            [u, v] => pull_lists::<S, BLOCK, 2>(a, [u, v], from, to, panels),
            [u, v, w] => pull_lists::<S, BLOCK, 3>(a, [u, v, w], from, to, panels),
            [u, v, w, z] => pull_lists::<S, BLOCK, 4>(a, [u, v, w, z], from, to, panels),
            _ => panic!("{} signals in a tile", moving.len()),
        },
    );
}

#[inline(always)]
fn pull_lists<S: Simd, const BLOCK: usize, const T: usize>(
    a: Matrix<S::T>,
    moving: [Matrix<S::T>; T],
    (x, x_dot): (&[S::T], &[S::T]),
    (y, y_dot): (&mut [S::T], &mut [S::T]),
    panels: usize,
) {
    let (lanes, lists) = (S::Row::N, a.lists.expect("lists of a sparse layer"));
    let (x_len, y_len) = panel_lens::<S, BLOCK>(a);
    assert!(T * panels * x_len <= x.len() && panels * x_len <= x_dot.len(), "{panels} panels of {x_len}");
    let zero = S::Row::splat(S::T::default());
    for p in 0..panels {
        for row in 0..a.rows {
            let range = lists.start[row] as usize..lists.start[row + 1] as usize;
            let (weights, index) = (&a.weights[range.clone()], &lists.index[range.clone()]);
            let dots = moving.map(|dot| &dot.weights[range.clone()]);
            let (mut sums, mut moved, mut carried) = ([zero; T], [zero; T], zero);
            for k in 0..index.len() {
                let (weight, at) = (S::Row::splat(weights[k]), p * x_len + index[k] as usize * lanes);
                // SAFETY: an index of the lists is below `cols`, and ẋ has so many rows in each panel.
                let x_dot = unsafe { row_at::<S>(x_dot, at) };
                carried = weight.mul_add(x_dot, carried);
                for t in 0..T {
                    // SAFETY: as above, in the panels of signal t.
                    let x = unsafe { row_at::<S>(x, t * panels * x_len + at) };
                    sums[t] = weight.mul_add(x, sums[t]);
                    moved[t] = S::Row::splat(dots[t][k]).mul_add(x, moved[t]);
                }
            }
            let at = p * y_len + row * lanes;
            for t in 0..T {
                sums[t].store(&mut y[t * panels * y_len + at..]);
                carried = carried.plus(moved[t]);
            }
            carried.store(&mut y_dot[at..]);
        }
    }
}

/// The sparse weight gradient: `sums[k] += δ[row of k] · x[column of k]`, half a row of partial sums a weight.
///
/// # Shapes
/// `delta: [panel][rows, to whole blocks][lane]`, `x: [panel][cols, to whole blocks][lane]`,
/// `sums: [weights][lanes / 2]`. Pairs of (δ, x) are summed: (δ, h) for a gradient, (D, h) and (δ_t, ḣ_t) for a curvature.
pub fn outer_sparse<S: Simd, const BLOCK: usize, const PAIRS: usize>(
    pairs: [Pair<S::T>; PAIRS],
    rows: usize,
    cols: usize,
    lists: &Lists,
    sums: &mut [S::T],
) {
    S::enabled(
        #[inline(always)]
        || outer_lists::<S, BLOCK, PAIRS>(pairs, rows, cols, lists, sums),
    );
}

#[inline(always)]
fn outer_lists<S: Simd, const BLOCK: usize, const PAIRS: usize>(
    pairs: [Pair<S::T>; PAIRS],
    rows: usize,
    cols: usize,
    lists: &Lists,
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    for (delta, x, panels) in pairs {
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
            dots::<S, BLOCK, PAIRS, 4>(pairs, row, index, rows, cols, sums);
        }
        for (index, sums) in two.iter().zip(sums_two.chunks_exact_mut(lanes)) {
            dots::<S, BLOCK, PAIRS, 2>(pairs, row, index, rows, cols, sums);
        }
        for (&index, sums) in one.iter().zip(sums_one.chunks_exact_mut(lanes / 2)) {
            dots::<S, BLOCK, PAIRS, 1>(pairs, row, &[index], rows, cols, sums);
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
    sums: &mut [S::T],
) {
    let lanes = S::Row::N;
    let (rows, cols) = (height(rows, BLOCK), height(cols, BLOCK));
    debug_assert!(row < rows && index.iter().all(|&i| (i as usize) < cols));
    let mut dots = [S::Row::splat(S::T::default()); Q];
    for (delta, x, panels) in pairs {
        for p in 0..panels {
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
