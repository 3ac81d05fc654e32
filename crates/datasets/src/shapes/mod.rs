//! Shapes in three dimensions: signed distance fields that are sampled, sliced and compared.
//!
//! Conventions, the same for every source: a shape lies in the ball of radius 1/1.03 about the origin (the
//! centre of its bounding box, farthest vertex on the sphere: DeepSDF's PreprocessMesh.cpp,
//! `BoundingCubeNormalization`), and distances are in these units: **negative inside**, positive outside
//! (DeepSDF, Park et al., CVPR 2019, §3), never clipped. A shape is a formula (`analytic`), a mesh (`solid`) or,
//! where neither is to be had, DeepSDF's own samples (`deep_sdf`).

pub(crate) mod analytic;
pub(crate) mod deep_sdf;
pub(crate) mod deep_sdf_layout;
pub(crate) mod images;
pub(crate) mod layout;
pub(crate) mod mesh;
pub(crate) mod sampling;
pub(crate) mod sets;
pub(crate) mod solid;
#[cfg(test)]
mod tests;
pub(crate) mod winding;

use parry3d_f64::math::Vector;

/// Radius of the ball that holds a shape: the farthest vertex lies on it (DeepSDF's margin of 1.03).
pub(crate) const RADIUS: f64 = 1.0 / 1.03;

/// A shape whose signed distance is known everywhere.
pub(crate) enum Solid {
    /// A formula.
    Analytic(analytic::Analytic),
    /// Triangles.
    Mesh(Box<solid::MeshSolid>),
}

impl Solid {
    /// Signed distance of a point, negative inside.
    pub fn distance(&self, point: Vector) -> f64 {
        match self {
            Solid::Analytic(shape) => shape.distance(point),
            Solid::Mesh(mesh) => mesh.distance(point),
        }
    }

    /// Points on the surface, uniform by area.
    pub fn surface(&self, count: usize, stream: &mut crate::random::Stream) -> Vec<Vector> {
        match self {
            Solid::Analytic(shape) => shape.surface(count, stream),
            Solid::Mesh(mesh) => mesh.surface(count, stream),
        }
    }
}
