//! A shape whose signed distance is known everywhere: a formula, or a mesh.

use super::formula::Analytic;
use super::mesh_solid::MeshSolid;
use crate::random::Stream;
use parry3d_f64::math::Vector;

/// A shape whose signed distance is known everywhere.
pub(crate) enum Solid {
    /// A formula.
    Analytic(Analytic),
    /// Triangles.
    Mesh(Box<MeshSolid>),
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
    pub fn surface(&self, count: usize, stream: &mut Stream) -> Vec<Vector> {
        match self {
            Solid::Analytic(shape) => shape.surface(count, stream),
            Solid::Mesh(mesh) => mesh.surface(count, stream),
        }
    }
}
