//! A mesh as a shape: signed distances and points on its surface.
//!
//! |d| is the exact distance to the nearest triangle (parry3d's bounding volume hierarchy, f64). The sign is the
//! winding number's: inside where |w| ≥ 1/2. parry's own sign, from pseudo-normals, asks for a closed, manifold,
//! consistently oriented mesh; the winding number does with holes, with overlapping parts (w = 2) and, by its
//! absolute value, with a mesh turned inside out. An open sheet has no inside: every distance is positive.

use super::mesh::Mesh;
use super::triangle::area_vector;
use super::winding::WindingTree;
use crate::random::Stream;
use parry3d_f64::math::Vector;
use parry3d_f64::query::PointQuery;
use parry3d_f64::shape::{TriMesh, TriMeshBuilderError};

/// A mesh that distances are asked of.
pub(crate) struct MeshSolid {
    mesh: Mesh,
    nearest: TriMesh,
    winding: WindingTree,
    /// Twice the area of all triangles up to and with each.
    areas: Vec<f64>,
}

impl MeshSolid {
    /// # Errors
    /// If there is no triangle.
    pub fn new(mesh: Mesh) -> Result<Self, TriMeshBuilderError> {
        let nearest = TriMesh::new(mesh.vertices.clone(), mesh.triangles.clone())?;
        let mut sum = 0.0;
        let mut upto = |&triangle: &[u32; 3]| {
            sum += area_vector(mesh.corners(triangle)).length();
            sum
        };
        let areas = mesh.triangles.iter().map(&mut upto).collect();
        Ok(Self { nearest, winding: WindingTree::new(&mesh), areas, mesh })
    }

    /// Signed distance, negative inside.
    pub fn distance(&self, point: Vector) -> f64 {
        let distance = (self.nearest.project_local_point(point, false).point - point).length();
        if self.inside(point) { -distance } else { distance }
    }

    /// Whether the surface goes round a point at least half a time.
    fn inside(&self, point: Vector) -> bool {
        self.winding_number(point) >= 0.5
    }

    /// How often the surface goes round a point, whichever way it is turned.
    pub fn winding_number(&self, point: Vector) -> f64 {
        self.winding.number(point).abs()
    }

    /// The triangles.
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Points uniform by area (square-root rule in a triangle; Osada et al., 2002).
    pub fn surface(&self, count: usize, stream: &mut Stream) -> Vec<Vector> {
        let total = self.areas.last().copied().unwrap_or(0.0);
        let mut draw = || {
            let drawn = stream.unit() * total;
            let triangle = self.areas.partition_point(|&upto| upto <= drawn).min(self.areas.len() - 1);
            let [a, b, c] = self.mesh.corners(self.mesh.triangles[triangle]);
            let (root, along) = (stream.unit().sqrt(), stream.unit());
            a * (1.0 - root) + b * (root * (1.0 - along)) + c * (root * along)
        };
        (0..count).map(|_| draw()).collect()
    }
}
