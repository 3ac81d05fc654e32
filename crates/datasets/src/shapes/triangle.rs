//! A triangle in space.

use parry3d_f64::math::Vector;

/// Twice the area of a triangle, along its normal.
pub(super) fn area_vector([a, b, c]: [Vector; 3]) -> Vector {
    (b - a).cross(c - a)
}
