//! The generalised winding number: how often a surface, closed or not, goes round a point.
//!
//! w(q) = Σ Ω_t(q) / 4π over the triangles, Ω the signed solid angle (Jacobson, Kavan & Sorkine-Hornung, 2013; Ω
//! by van Oosterom & Strackee, 1983): 1 inside a closed surface, 0 outside, and in between it falls smoothly
//! through a hole. Far groups of triangles are replaced by one dipole at their centre of area, as in "Fast
//! Winding Numbers for Soups and Clouds" (Barill et al., 2018) with the first term of their expansion:
//! Ω ≈ N · (c − q) / |c − q|³, N the sum of area vectors, where |c − q| > 3 r, r the group's radius about c.

use super::mesh::Mesh;
use super::triangle::area_vector;
use parry3d_f64::math::Vector;
use std::f64::consts::PI;

const FAR: f64 = 3.0;
const LEAF: usize = 8;

/// A group of triangles: the slice `start .. end` of the order, and two groups that part it, if it is no leaf.
#[derive(Debug)]
struct Group {
    centre: Vector,
    radius: f64,
    area: Vector,
    start: usize,
    end: usize,
    parts: Option<[usize; 2]>,
}

/// The triangles of a mesh in groups of groups.
#[derive(Debug)]
pub(crate) struct WindingTree {
    groups: Vec<Group>,
    triangles: Vec<[Vector; 3]>,
}

impl WindingTree {
    pub fn new(mesh: &Mesh) -> Self {
        let triangles = mesh.triangles.iter().map(|&triangle| mesh.corners(triangle)).collect();
        let mut tree = Self { groups: Vec::new(), triangles };
        let all = tree.triangles.len();
        tree.group(0, all);
        tree
    }

    /// Makes the group of a slice and those below it, returns its place.
    fn group(&mut self, start: usize, end: usize) -> usize {
        let triangles = &mut self.triangles[start..end];
        let weights = || triangles.iter().map(|t| area_vector(*t).length());
        let total: f64 = weights().sum();
        let centre = triangles.iter().map(|t| middle(t) * area_vector(*t).length()).sum::<Vector>() / total;
        let radius = triangles.iter().flatten().map(|v| (*v - centre).length()).fold(0.0, f64::max);
        let area = triangles.iter().map(|t| area_vector(*t) / 2.0).sum();
        let place = self.groups.len();
        self.groups.push(Group { centre, radius, area, start, end, parts: None });
        if end - start > LEAF {
            let low = triangles.iter().map(middle).fold(Vector::INFINITY, Vector::min);
            let high = triangles.iter().map(middle).fold(Vector::NEG_INFINITY, Vector::max);
            let axis = (high - low).max_position();
            let half = (end - start) / 2;
            triangles.select_nth_unstable_by(half, |a, b| middle(a)[axis].total_cmp(&middle(b)[axis]));
            let parts = [self.group(start, start + half), self.group(start + half, end)];
            self.groups[place].parts = Some(parts);
        }
        place
    }

    /// The winding number of a point.
    pub fn number(&self, point: Vector) -> f64 {
        self.solid_angle(0, point) / (4.0 * PI)
    }

    fn solid_angle(&self, place: usize, point: Vector) -> f64 {
        let group = &self.groups[place];
        let to_centre = group.centre - point;
        let distance = to_centre.length();
        if distance > FAR * group.radius {
            return group.area.dot(to_centre) / distance.powi(3);
        }
        match group.parts {
            Some([a, b]) => self.solid_angle(a, point) + self.solid_angle(b, point),
            None => self.triangles[group.start..group.end].iter().map(|t| solid_angle(t, point)).sum(),
        }
    }
}

fn middle(triangle: &[Vector; 3]) -> Vector {
    (triangle[0] + triangle[1] + triangle[2]) / 3.0
}

/// The signed solid angle of a triangle, positive where its normal points away from the point.
fn solid_angle(triangle: &[Vector; 3], point: Vector) -> f64 {
    let [a, b, c] = triangle.map(|corner| corner - point);
    let (la, lb, lc) = (a.length(), b.length(), c.length());
    let volume = a.dot(b.cross(c));
    2.0 * volume.atan2(la * lb * lc + a.dot(b) * lc + b.dot(c) * la + c.dot(a) * lb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::shapes::mesh::cleaned;

    fn exact(tree: &WindingTree, point: Vector) -> f64 {
        tree.triangles.iter().map(|t| solid_angle(t, point)).sum::<f64>() / (4.0 * PI)
    }

    /// A sphere of 2 · 24 · 48 triangles, its cap above `z` left out.
    fn sphere(below: f64) -> Mesh {
        let at = |i: usize, j: usize| {
            let (polar, turn) = (PI * i as f64 / 24.0, 2.0 * PI * (j % 48) as f64 / 48.0);
            Vector::new(polar.sin() * turn.cos(), polar.sin() * turn.sin(), polar.cos())
        };
        let quad =
            |i, j| [[at(i, j), at(i + 1, j), at(i + 1, j + 1)], [at(i, j), at(i + 1, j + 1), at(i, j + 1)]];
        let all = (0..24).flat_map(|i| (0..48).flat_map(move |j| quad(i, j)));
        let soup: Vec<[Vector; 3]> = all.filter(|t| middle(t).z < below).collect();
        cleaned(&soup)
    }

    /// The dipoles of far groups change the number by less than 0.02, so that its distance from 1/2 decides.
    #[test]
    fn groups_change_little() {
        for mesh in [sphere(2.0), sphere(0.6)] {
            let tree = WindingTree::new(&mesh);
            let mut stream = Stream::named(&["winding"]);
            let worst = (0..2000)
                .map(|_| stream.in_cube() * 1.5)
                .map(|p| (tree.number(p) - exact(&tree, p)).abs())
                .fold(0.0, f64::max);
            assert!(worst < 0.02, "{worst}");
        }
    }

    #[test]
    fn one_inside_nothing_outside_and_half_in_a_hole() {
        let closed = WindingTree::new(&sphere(2.0));
        assert!((closed.number(Vector::new(0.3, -0.2, 0.5)) - 1.0).abs() < 1e-2);
        assert!(closed.number(Vector::new(1.3, -0.2, 0.5)).abs() < 1e-2);
        let half = WindingTree::new(&sphere(0.0)); // the lower hemisphere
        assert!((half.number(Vector::new(0.0, 0.0, 0.0)) - 0.5).abs() < 1e-2);
        assert!(
            half.number(Vector::new(0.0, 0.0, -0.5)) > 0.6 && half.number(Vector::new(0.0, 0.0, 0.5)) < 0.4
        );
    }
}
