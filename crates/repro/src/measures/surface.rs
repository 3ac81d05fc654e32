//! The zero set of a field on a grid as triangles: naive surface nets (Gibson, 1998), by `fast-surface-nets`.
//!
//! One vertex a cell that the surface crosses, at the mean of its edge crossings: fewer and rounder triangles than
//! marching cubes gives. The grid is framed by layers outside, so that a shape cut off by the cube is closed.

use std::fmt::Write as _;

use datasets::Held;
use fast_surface_nets::ndshape::RuntimeShape;
use fast_surface_nets::{SurfaceNetsBuffer, surface_nets};
use inr_core::Key;

use super::cloud::Cloud;

/// Triangles with a normal a vertex.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Vertices, in the units of the cube.
    pub vertices: Vec<[f32; 3]>,
    /// Unit normals, outwards.
    pub normals: Vec<[f32; 3]>,
    /// Corners of each triangle.
    pub triangles: Vec<[u32; 3]>,
}

impl Surface {
    /// The zero set of a field on [`datasets::cube_grid`].
    ///
    /// # Shapes
    /// `values: [side³]`, negative inside, the first coordinate fastest.
    ///
    /// # Panics
    /// If there are not `side³` values.
    pub fn of_grid(values: &[f32], side: usize) -> Self {
        assert_eq!(values.len(), side.pow(3), "a grid of side {side}");
        let framed = side + 3; // a layer below and two above: the crate leaves out the last one
        let spacing = 2.0 / (side - 1) as f32;
        let mut field = vec![spacing; framed.pow(3)];
        for (row, values) in values.chunks_exact(side).enumerate() {
            let start = ((row / side + 1) * framed + row % side + 1) * framed + 1;
            field[start..start + side].copy_from_slice(values);
        }
        let mut buffer = SurfaceNetsBuffer::default();
        let shape = RuntimeShape::<u32, 3>::new([framed as u32; 3]);
        surface_nets(&field, &shape, [0; 3], [framed as u32 - 1; 3], &mut buffer);
        let place = |p: &[f32; 3]| p.map(|x| (x - 1.0) * spacing - 1.0);
        Self {
            vertices: buffer.positions.iter().map(place).collect(),
            normals: buffer.normals.iter().map(|&n| unit(n)).collect(),
            triangles: buffer.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
        }
    }

    /// The corners of a triangle.
    pub fn corners(&self, triangle: [u32; 3]) -> [[f32; 3]; 3] {
        triangle.map(|vertex| self.vertices[vertex as usize])
    }

    /// `count` points uniform by area, [count, 3]; none without triangles.
    pub fn points(&self, count: usize, key: &Key) -> Vec<f32> {
        let mut sum = 0.0;
        let areas: Vec<f64> = self
            .triangles
            .iter()
            .map(|&t| {
                sum += area(self.corners(t));
                sum
            })
            .collect();
        if sum == 0.0 {
            return Vec::new();
        }
        let mut uniform = key.uniform();
        let mut point = || {
            let drawn = uniform.next() * sum;
            let triangle = areas.partition_point(|&upto| upto <= drawn).min(areas.len() - 1);
            let [a, b, c] = self.corners(self.triangles[triangle]);
            let (root, along) = (uniform.next().sqrt() as f32, uniform.next() as f32);
            [0, 1, 2].map(|i| a[i] * (1.0 - root) + b[i] * root * (1.0 - along) + c[i] * root * along)
        };
        (0..count).flat_map(|_| point()).collect()
    }

    /// Distance of every vertex from the true surface: |d| between the grid's nodes (trilinear), or to the nearest
    /// known surface point where there is no grid.
    pub fn off(&self, held: &Held, side: usize) -> Vec<f32> {
        if held.grid.is_empty() {
            let cloud = Cloud::new(&held.surface);
            let vector = |v: &[f32; 3]| parry3d_f64::math::Vector::from_array(v.map(f64::from));
            return self.vertices.iter().map(|v| cloud.distance(vector(v)) as f32).collect();
        }
        self.vertices.iter().map(|&vertex| trilinear(&held.grid, side, vertex).abs()).collect()
    }

    /// The mesh as a PLY file, in text.
    pub fn ply(&self) -> Vec<u8> {
        let mut text = format!(
            "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n\
             property float nx\nproperty float ny\nproperty float nz\nelement face {}\n\
             property list uchar int vertex_indices\nend_header\n",
            self.vertices.len(),
            self.triangles.len()
        );
        for (v, n) in self.vertices.iter().zip(&self.normals) {
            let _ = writeln!(text, "{:.6} {:.6} {:.6} {:.4} {:.4} {:.4}", v[0], v[1], v[2], n[0], n[1], n[2]);
        }
        for t in &self.triangles {
            let _ = writeln!(text, "3 {} {} {}", t[0], t[1], t[2]); // writing to a String cannot fail
        }
        text.into_bytes()
    }
}

/// A field on the grid at a point of the cube.
fn trilinear(grid: &[f32], side: usize, point: [f32; 3]) -> f32 {
    let at = point.map(|x| ((x + 1.0) / 2.0 * (side - 1) as f32).clamp(0.0, (side - 1) as f32));
    let low = at.map(|x| (x as usize).min(side - 2));
    let part = [0, 1, 2].map(|i| at[i] - low[i] as f32);
    let node = |corner: usize| {
        let bit = |i: usize| corner >> i & 1;
        let weight = |i: usize| if bit(i) == 1 { part[i] } else { 1.0 - part[i] };
        let index = ((low[2] + bit(2)) * side + low[1] + bit(1)) * side + low[0] + bit(0);
        weight(0) * weight(1) * weight(2) * grid[index]
    };
    (0..8).map(node).sum()
}

fn area([a, b, c]: [[f32; 3]; 3]) -> f64 {
    let edge = |p: [f32; 3]| [0, 1, 2].map(|i| f64::from(p[i]) - f64::from(a[i]));
    let (u, v) = (edge(b), edge(c));
    let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    cross.iter().map(|x| x * x).sum::<f64>().sqrt() / 2.0
}

fn unit(n: [f32; 3]) -> [f32; 3] {
    let length = n.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    n.map(|x| x / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball(radius: f32, side: usize) -> (Vec<f32>, Surface) {
        let grid = datasets::cube_grid(side);
        let values: Vec<f32> =
            grid.chunks_exact(3).map(|p| p.iter().map(|x| x * x).sum::<f32>().sqrt() - radius).collect();
        let surface = Surface::of_grid(&values, side);
        (values, surface)
    }

    /// Vertices lie on the sphere to within a part of a cell squared, its area comes out, normals point outwards.
    #[test]
    fn a_ball_has_its_sphere() {
        let (values, surface) = ball(0.6, 48);
        let cell = 2.0 / 47.0;
        for (v, n) in surface.vertices.iter().zip(&surface.normals) {
            let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length - 0.6).abs() < cell * cell, "{length}");
            assert!(v.iter().zip(n).map(|(a, b)| a * b).sum::<f32>() > 0.55);
        }
        let total: f64 = surface.triangles.iter().map(|&t| area(surface.corners(t))).sum();
        assert!((total / (4.0 * std::f64::consts::PI * 0.36) - 1.0).abs() < 0.01, "{total}");
        let held = Held { grid: values, ..Held::default() };
        assert!(surface.off(&held, 48).iter().all(|&off| off < 1e-3));
    }

    /// Every edge belongs to two triangles: a ball cut off by the cube is closed by the frame.
    #[test]
    fn a_shape_beyond_the_cube_is_closed() {
        let (_, surface) = ball(1.2, 16);
        let mut edges = std::collections::HashMap::new();
        for t in &surface.triangles {
            for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                *edges.entry((a.min(b), a.max(b))).or_insert(0) += 1;
            }
        }
        assert!(!edges.is_empty() && edges.values().all(|&count| count == 2));
    }

    #[test]
    fn a_field_without_an_inside_has_no_surface_and_no_points() {
        let surface = Surface::of_grid(&[1.0; 27], 3);
        assert!(surface.triangles.is_empty() && surface.points(10, &Key::root(0)).is_empty());
        assert!(surface.ply().starts_with(b"ply\nformat ascii 1.0\nelement vertex 0\n"));
    }

    #[test]
    fn points_are_on_the_surface() {
        let (_, surface) = ball(0.5, 32);
        for p in surface.points(500, &Key::root(0)).chunks_exact(3) {
            assert!((p.iter().map(|x| x * x).sum::<f32>().sqrt() - 0.5).abs() < 0.01);
        }
    }
}
