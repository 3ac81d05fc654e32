//! Point clouds: the nearest point of a cloud, and how far two clouds are apart.

use parry3d_f64::bounding_volume::Aabb;
use parry3d_f64::math::Vector;
use parry3d_f64::partitioning::{Bvh, BvhBuildStrategy, BvhNode};
use parry3d_f64::query::PointQuery;
use rayon::prelude::*;

/// Points that the nearest one is asked of.
pub struct Cloud {
    points: Vec<Vector>,
    tree: Bvh,
}

impl Cloud {
    /// # Shapes
    /// `points: [n, 3]`, row-major.
    pub fn new(points: &[f32]) -> Self {
        let points: Vec<Vector> = points.chunks_exact(3).map(vector).collect();
        let boxes: Vec<Aabb> = points.iter().map(|&p| Aabb::new(p, p)).collect();
        Self { points, tree: Bvh::from_leaves(BvhBuildStrategy::Binned, &boxes) }
    }

    /// Distance to the nearest point; infinite in an empty cloud.
    pub fn distance(&self, point: Vector) -> f64 {
        let to_box = |node: &BvhNode, _: f64| node.aabb().distance_to_local_point(point, true);
        let to_point = |leaf: u32, _: f64| Some((self.points[leaf as usize] - point).length());
        self.tree.find_best(f64::INFINITY, to_box, to_point).map_or(f64::INFINITY, |(_, distance)| distance)
    }
}

/// Mean squared distance from the points of each cloud to the nearest of the other, both ways added.
///
/// # Shapes
/// `a: [n, 3]`, `b: [m, 3]`, row-major.
pub fn chamfer(a: &[f32], b: &[f32]) -> f64 {
    let one_way = |from: &[f32], to: &Cloud| {
        let squares = from.par_chunks_exact(3).map(|point| to.distance(vector(point)).powi(2));
        let squares: Vec<f64> = squares.collect(); // summed in order, whatever the threads
        inr_core::metrics::mean(&squares)
    };
    one_way(a, &Cloud::new(b)) + one_way(b, &Cloud::new(a))
}

fn vector(p: &[f32]) -> Vector {
    Vector::new(f64::from(p[0]), f64::from(p[1]), f64::from(p[2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Key;

    fn drawn(name: &str, n: usize) -> Vec<f32> {
        let mut uniform = Key::root(1).derive(name).uniform();
        (0..3 * n).map(|_| uniform.next() as f32).collect()
    }

    #[test]
    fn the_nearest_point_is_the_nearest() {
        for n in [1, 2, 3, 200] {
            let points = drawn("cloud", n);
            let cloud = Cloud::new(&points);
            for query in drawn("queries", 50).chunks_exact(3).map(vector) {
                let all = points.chunks_exact(3).map(|p| (vector(p) - query).length());
                assert_eq!(cloud.distance(query), all.fold(f64::INFINITY, f64::min));
            }
        }
    }

    #[test]
    fn chamfer_of_shifted_points_and_of_none_shifted() {
        let lattice: Vec<f32> = (0..27).flat_map(|i| [i % 3, i / 3 % 3, i / 9].map(|x| x as f32)).collect();
        let shifted: Vec<f32> =
            lattice.iter().enumerate().map(|(i, x)| if i % 3 == 0 { x + 0.1 } else { *x }).collect();
        assert_eq!(chamfer(&lattice, &lattice), 0.0);
        assert!((chamfer(&lattice, &shifted) - 0.02).abs() < 1e-8);
    }
}
