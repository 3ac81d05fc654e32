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
    fn linspace_is_antisymmetric() {
        let axis = linspace::<f32>(178);
        for i in 0..178 {
            assert_eq!(axis[i], -axis[177 - i]);
        }
    }
}
