//! How a shape is sampled: the signal a network fits, and what a fitted network is measured against.
//!
//! A signal of side s has s³ samples, as many as a grid of that side, drawn as DeepSDF draws its 500,000
//! (PreprocessMesh.cpp; the paper's §5): 47 of 50 are surface points, uniform by area, each moved twice by normal
//! noise, once with variance 0.0025 and once with 0.00025 on every axis; the rest is uniform in [-1, 1]³. MetaSDF
//! draws halves inside and outside from DeepSDF's; where only those are at hand (`deep_sdf`), so does this crate.

use super::solid::Solid;
use crate::random::Stream;
use crate::signal::{Held, HeldSizes, Scattered};
use parry3d_f64::math::Vector;

/// Variances of the noise on surface points, the cube being [-1, 1]³.
const VARIANCES: [f64; 2] = [0.0025, 0.00025];
/// How many of how many samples of a signal are near the surface.
const NEAR: [usize; 2] = [47, 50];

/// The nodes of a grid of the cube [-1, 1]³, end points included, [side³, 3]; the first coordinate runs fastest.
pub fn cube_grid(side: usize) -> Vec<f32> {
    let at = |i: usize| (2.0 * i as f64 / (side - 1) as f64 - 1.0) as f32;
    let node = |n: usize| [at(n % side), at(n / side % side), at(n / side / side)];
    (0..side * side * side).flat_map(node).collect()
}

/// The signal of a shape, [side³, 4]: x, y, z, signed distance.
pub(crate) fn signal(solid: &Solid, name: &str, side: usize) -> Vec<f32> {
    let count = side * side * side;
    let near = count * NEAR[0] / NEAR[1];
    let samples = with_distances(solid, &points(solid, near, count - near, name, "signal"));
    samples.coords.chunks_exact(3).zip(&samples.values).flat_map(|(p, &d)| [p[0], p[1], p[2], d]).collect()
}

/// What a shape is measured against.
pub(crate) fn held(solid: &Solid, name: &str, sizes: HeldSizes) -> Held {
    let on_surface = solid.surface(sizes.surface, &mut Stream::named(&[name, "held surface"]));
    let grid: Vec<Vector> = cube_grid(sizes.grid).chunks_exact(3).map(vector).collect();
    Held {
        near: with_distances(solid, &points(solid, sizes.samples, 0, name, "held near")),
        uniform: with_distances(solid, &points(solid, 0, sizes.samples, name, "held uniform")),
        surface: on_surface.iter().flat_map(|p| p.to_array().map(|x| x as f32)).collect(),
        grid: with_distances(solid, &grid).values,
    }
}

fn vector(p: &[f32]) -> Vector {
    Vector::new(f64::from(p[0]), f64::from(p[1]), f64::from(p[2]))
}

/// `near` points about the surface, then `uniform` ones in the cube.
fn points(solid: &Solid, near: usize, uniform: usize, name: &str, purpose: &str) -> Vec<Vector> {
    let mut stream = Stream::named(&[name, purpose]);
    let surface = solid.surface(near.div_ceil(VARIANCES.len()), &mut stream);
    let mut points: Vec<Vector> = surface
        .iter()
        .flat_map(|&point| VARIANCES.map(|variance| point + stream.normals() * variance.sqrt()))
        .take(near)
        .collect();
    points.extend((0..uniform).map(|_| stream.in_cube()));
    points
}

/// Distances at points rounded to f32, so that coordinates and distances belong together.
fn with_distances(solid: &Solid, points: &[Vector]) -> Scattered {
    use rayon::prelude::*;
    let coords: Vec<f32> = points.iter().flat_map(|p| p.to_array().map(|x| x as f32)).collect();
    let values = coords.par_chunks(3).with_min_len(256).map(|p| solid.distance(vector(p)) as f32).collect();
    Scattered { coords, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::formula::Analytic;

    #[test]
    fn a_signal_is_mostly_near_the_surface_and_repeats() {
        let solid = Solid::Analytic(Analytic::named("sphere/000"));
        let values = signal(&solid, "sphere/000", 16);
        assert_eq!(values.len(), 4096 * 4);
        assert_eq!(values, signal(&solid, "sphere/000", 16));
        let distances: Vec<f32> = values.chunks_exact(4).map(|row| row[3]).collect();
        // Three standard deviations of the wide noise are 0.15; 47 of 50 are 3850.
        assert!(distances[..3850].iter().filter(|d| d.abs() < 0.15).count() > 3800);
        assert!(distances[3850..].iter().filter(|d| d.abs() < 0.15).count() < 120);
        let inside = distances.iter().filter(|&&d| d < 0.0).count();
        assert!((1700..2400).contains(&inside), "{inside}");
    }

    #[test]
    fn the_grid_runs_from_corner_to_corner() {
        let grid = cube_grid(3);
        assert_eq!(grid[..6], [-1.0, -1.0, -1.0, 0.0, -1.0, -1.0]);
        assert_eq!(grid[78..], [1.0, 1.0, 1.0]);
    }

    #[test]
    fn what_is_measured_against_is_not_what_was_fitted() {
        let solid = Solid::Analytic(Analytic::named("torus/001"));
        let sizes = HeldSizes { samples: 64, surface: 32, grid: 9 };
        let held = held(&solid, "torus/001", sizes);
        assert_eq!((held.near.values.len(), held.uniform.coords.len()), (64, 192));
        assert_eq!((held.surface.len(), held.grid.len()), (96, 729));
        let fitted = signal(&solid, "torus/001", 8);
        assert!(fitted.chunks_exact(4).all(|row| row[..3] != held.near.coords[..3]));
    }
}
