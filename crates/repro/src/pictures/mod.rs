//! Values as pictures: PNG files, and drawings of surfaces and points.

pub mod png;
pub mod render;
