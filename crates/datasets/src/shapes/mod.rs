//! Shapes in three dimensions: signed distance fields that are sampled, sliced and compared.
//!
//! Conventions, the same for every source: a shape lies in the ball of radius 1/1.03 about the origin (the
//! centre of its bounding box, farthest vertex on the sphere: DeepSDF's PreprocessMesh.cpp,
//! `BoundingCubeNormalization`), and distances are in these units: **negative inside**, positive outside
//! (DeepSDF, Park et al., CVPR 2019, §3), never clipped. A shape is a formula, a mesh (`solid`) or,
//! where neither is to be had, DeepSDF's own samples (`deep_sdf`).

pub(crate) mod analytic;
mod ball;
mod deep_sdf;
mod deep_sdf_layout;
mod formula;
mod layout;
mod mesh;
mod mesh_solid;
mod model;
mod obj;
mod polygon;
pub(crate) mod sampling;
pub(crate) mod sets;
mod shrec;
mod solid;
#[cfg(test)]
mod tests;
mod triangle;
mod views;
mod winding;
