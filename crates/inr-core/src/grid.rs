//! Coordinates of an image's pixels.
//!
//! The paper's convention (the authors' `utils.py`, PAPER §1.2): `linspace(-1, 1, side)` on both axes,
//! end points included; the first coordinate is the row, and pixels run row by row.

use crate::real::Real;

/// `torch.linspace(-1, 1, n)`: computed from both ends, so that it is exactly antisymmetric.
///
/// # Shapes
/// → `[n]`. One point lies at −1, as in torch.
pub fn linspace<T: Real>(n: usize) -> Vec<T> {
    let one = T::from_f64(1.0);
    if n == 1 {
        return vec![-one];
    }
    let step = T::from_f64(2.0) / T::from_f64((n - 1) as f64);
    (0..n)
        .map(|i| match i < n / 2 {
            true => -one + step * T::from_f64(i as f64),
            false => one - step * T::from_f64((n - 1 - i) as f64),
        })
        .collect()
}

/// The paper's grid of a `side × side` image.
///
/// # Shapes
/// → `[side * side, 2]`, row-major; coordinate 0 is the row.
pub fn square<T: Real>(side: usize) -> Vec<T> {
    let axis = linspace::<T>(side);
    axis.iter().flat_map(|&row| axis.iter().flat_map(move |&col| [row, col])).collect()
}

/// The pixel centres of an image `factor` times as fine, in the coordinates of the paper's grid of a `side × side` image
/// of the same frame. The paper's grid puts pixel i, whose centre lies at (i + ½)/side of the frame, at
/// −1 + 2i/(side − 1); a finer pixel's centre lies between, and beyond ±1 by less than half a pixel at the border.
///
/// # Shapes
/// → `[(factor · side)², 2]`, row-major; coordinate 0 is the row. With factor 1 it is [`square`] up to rounding.
///
/// # Panics
/// If `side < 2` or the factor is zero.
pub fn finer<T: Real>(side: usize, factor: usize) -> Vec<T> {
    assert!(side >= 2 && factor > 0, "a grid of {side} pixels made {factor} times as fine");
    let at = |j: usize| {
        let pixel = (j as f64 + 0.5) / factor as f64 - 0.5;
        T::from_f64(-1.0 + 2.0 * pixel / (side - 1) as f64)
    };
    let axis: Vec<T> = (0..side * factor).map(at).collect();
    axis.iter().flat_map(|&row| axis.iter().flat_map(move |&col| [row, col])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_runs_row_by_row_from_corner_to_corner() {
        let grid = square::<f64>(3);
        assert_eq!(grid[..6], [-1.0, -1.0, -1.0, 0.0, -1.0, 1.0]);
        assert_eq!(grid[16..], [1.0, 1.0]);
    }

    #[test]
    fn a_finer_grid_has_the_coarse_pixels_as_means_of_its_own() {
        for factor in [1, 2, 4] {
            let (coarse, fine) = (square::<f64>(5), finer::<f64>(5, factor));
            let n = 5 * factor;
            assert_eq!(fine.len(), 2 * n * n);
            for pixel in 0..25 {
                let inside =
                    (0..n * n).filter(|i| i / n / factor == pixel / 5 && i % n / factor == pixel % 5);
                let rows: Vec<f64> = inside.map(|i| fine[2 * i]).collect();
                let mean = rows.iter().sum::<f64>() / rows.len() as f64;
                assert!((mean - coarse[2 * pixel]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn linspace_is_antisymmetric() {
        let axis = linspace::<f32>(178);
        for i in 0..178 {
            assert_eq!(axis[i], -axis[177 - i]);
        }
    }
}
