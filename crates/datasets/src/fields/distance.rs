//! The exact Euclidean signed distance field of a 1-bit mask.
//!
//! d(p) = ± (distance from p's centre to the nearest pixel centre of the other class − 1/2), in pixels:
//! **negative inside**, positive outside, as DeepSDF (Park et al., CVPR 2019, §3) has it. The outline thus
//! lies half a pixel from the centres on either side of it. Nothing is assumed beyond the frame: it is
//! neither inside nor outside. Squared distances by the lower envelope of parabolas (Felzenszwalb &
//! Huttenlocher, "Distance Transforms of Sampled Functions", 2012, algorithm 1), one pass down the columns
//! and one along the rows; they are integers, hence exact in f64.

/// Signed distances in pixels, [side·side], row-major; `inside` has the same shape and holds both classes.
pub(crate) fn signed_distance_px(inside: &[bool], side: usize) -> Vec<f64> {
    let to_inside = squared_distance(inside, side, true);
    let to_outside = squared_distance(inside, side, false);
    let signed =
        |(&to_in, &to_out): (&f64, &f64)| if to_out > 0.0 { 0.5 - to_out.sqrt() } else { to_in.sqrt() - 0.5 };
    to_inside.iter().zip(&to_outside).map(signed).collect()
}

/// Squared distance in px² from every pixel to the nearest one that is `class`; infinite where there is none.
fn squared_distance(inside: &[bool], side: usize, class: bool) -> Vec<f64> {
    let mut field: Vec<f64> =
        inside.iter().map(|&pixel| if pixel == class { 0.0 } else { f64::INFINITY }).collect();
    for column in 0..side {
        let line: Vec<f64> = (0..side).map(|row| field[row * side + column]).collect();
        for (row, value) in lower_envelope(&line).into_iter().enumerate() {
            field[row * side + column] = value;
        }
    }
    for row in field.chunks_exact_mut(side) {
        row.copy_from_slice(&lower_envelope(row));
    }
    field
}

/// min over q of (p − q)² + f(q), for every p of a line.
fn lower_envelope(f: &[f64]) -> Vec<f64> {
    let mut vertices: Vec<usize> = Vec::with_capacity(f.len()); // parabolas of the envelope, left to right
    let mut starts: Vec<f64> = Vec::with_capacity(f.len()); // where each begins to be the lowest
    for (q, &height) in f.iter().enumerate().filter(|(_, height)| height.is_finite()) {
        let crossing = |vertex: usize| {
            let squares = (height + (q * q) as f64) - (f[vertex] + (vertex * vertex) as f64);
            squares / (2 * (q - vertex)) as f64
        };
        while vertices.last().is_some_and(|&vertex| crossing(vertex) <= starts[starts.len() - 1]) {
            vertices.pop();
            starts.pop();
        }
        starts.push(vertices.last().map_or(f64::NEG_INFINITY, |&vertex| crossing(vertex)));
        vertices.push(q);
    }
    if vertices.is_empty() {
        return f.to_vec();
    }
    let mut current = 0;
    let lowest = |p: usize| {
        while current + 1 < vertices.len() && starts[current + 1] < p as f64 {
            current += 1;
        }
        let vertex = vertices[current];
        (p as f64 - vertex as f64).powi(2) + f[vertex]
    };
    (0..f.len()).map(lowest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brute_force(inside: &[bool], side: usize) -> Vec<f64> {
        let distance =
            |p: usize, q: usize| (p / side).abs_diff(q / side).pow(2) + (p % side).abs_diff(q % side).pow(2);
        let nearest =
            |p: usize| (0..side * side).filter(|&q| inside[q] != inside[p]).map(|q| distance(p, q)).min();
        let signed = |p: usize| {
            let px = (nearest(p).expect("both classes are present") as f64).sqrt() - 0.5;
            if inside[p] { -px } else { px }
        };
        (0..side * side).map(signed).collect()
    }

    #[test]
    fn equals_brute_force_on_patterns_dense_and_sparse() {
        for (side, modulus) in [(9, 2), (16, 3), (23, 7), (24, 41), (31, 300), (20, 399)] {
            let mut state = 12345u64;
            let mut next = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                state >> 33
            };
            let mut inside: Vec<bool> = (0..side * side).map(|_| next() % modulus == 0).collect();
            inside[side + 1] = true;
            inside[0] = false;
            assert_eq!(
                signed_distance_px(&inside, side),
                brute_force(&inside, side),
                "side {side}, one in {modulus}"
            );
        }
    }

    #[test]
    fn a_half_plane_has_its_outline_between_the_pixels() {
        let side = 8;
        let inside: Vec<bool> = (0..side * side).map(|p| p % side < 3).collect();
        let field = signed_distance_px(&inside, side);
        assert_eq!(&field[..side], &[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5]);
    }
}
