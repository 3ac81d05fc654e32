//! Bicubic interpolation of a picture: what an image without a network is enlarged by.
//!
//! Keys 1981 with a = −½ (the kernel of Pillow and of most programs that say "bicubic"), separable, pixel centres at
//! (i + ½)/side of the frame, the border continued by its nearest pixel.

/// A square picture `factor` times as large.
///
/// # Shapes
/// `values: [side², channels]` → `[(factor · side)², channels]`, row-major.
///
/// # Panics
/// If the number of values is not `side² · channels`.
pub fn bicubic(values: &[f32], side: usize, channels: usize, factor: usize) -> Vec<f32> {
    assert_eq!(values.len(), side * side * channels, "{side}² × {channels}");
    let large = side * factor;
    let taps: Vec<[(usize, f64); 4]> = (0..large).map(|j| taps(j, side, factor)).collect();
    let at = |row: usize, col: usize, c: usize| f64::from(values[(row * side + col) * channels + c]);
    let mut rows = vec![0.0f64; side * large * channels]; // widened, not yet heightened
    for row in 0..side {
        for (col, taps) in taps.iter().enumerate() {
            for c in 0..channels {
                rows[(row * large + col) * channels + c] = taps.iter().map(|&(i, w)| w * at(row, i, c)).sum();
            }
        }
    }
    let mut out = Vec::with_capacity(large * large * channels);
    for taps in &taps {
        for i in 0..large * channels {
            let sum: f64 = taps.iter().map(|&(row, w)| w * rows[row * large * channels + i]).sum();
            out.push(sum as f32);
        }
    }
    out
}

/// The four pixels that the j-th fine pixel is made of, and their weights.
fn taps(j: usize, side: usize, factor: usize) -> [(usize, f64); 4] {
    let centre = (j as f64 + 0.5) / factor as f64 - 0.5;
    let first = centre.floor() as i64 - 1;
    [0, 1, 2, 3].map(|k| {
        let pixel = first + k;
        (pixel.clamp(0, side as i64 - 1) as usize, kernel(centre - pixel as f64))
    })
}

/// Keys' cubic kernel, a = −½.
fn kernel(x: f64) -> f64 {
    let (x, a) = (x.abs(), -0.5);
    match x {
        _ if x < 1.0 => (a + 2.0) * x.powi(3) - (a + 3.0) * x.powi(2) + 1.0,
        _ if x < 2.0 => a * (x.powi(3) - 5.0 * x.powi(2) + 8.0 * x - 4.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_at_factor_one_and_constants_stay() {
        let picture: Vec<f32> = (0..5 * 5 * 3).map(|i| (i as f32 * 0.37).sin()).collect();
        let same = bicubic(&picture, 5, 3, 1);
        assert!(same.iter().zip(&picture).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(bicubic(&[0.3; 16], 4, 1, 4).iter().all(|v| (v - 0.3).abs() < 1e-6));
    }

    #[test]
    fn a_ramp_stays_a_ramp_inside() {
        let (side, factor) = (8, 2);
        let ramp: Vec<f32> = (0..side * side).map(|i| (i / side) as f32).collect();
        let large = bicubic(&ramp, side, 1, factor);
        for row in 4..12 {
            let expected = (row as f32 + 0.5) / 2.0 - 0.5;
            assert!((large[row * 16 + 7] - expected).abs() < 1e-5, "row {row}: {}", large[row * 16 + 7]);
        }
    }
}
