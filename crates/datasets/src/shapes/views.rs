//! `shapenet-sdf`: meshes as 2-D signed distance fields, images for Table 1's third column.
//!
//! Six views a mesh. A **slice** is the 3-D distance on the central plane across an axis (through the centre of the
//! bounding box); a **silhouette** is the exact 2-D distance of the mesh's shadow along an axis, from a mask of 256
//! px, by the code of the kind `silhouettes`. The image spans ±1.2 of the normalised units (a shape has radius
//! 1/1.03, so it stays within 208 of 256 px, as the shipped masks do), y up, or −z up seen from above. Values are
//! those of `silhouettes`: distances in sides of the image, clipped to ± 1/4, 1/2 + 2d, three equal channels. A
//! slice is made at 178 px and area-averaged to the side asked for.

use super::mesh_solid::MeshSolid;
use crate::fields::mask::{MASK_SIDE, value_of_distance, values_of_mask};
use crate::picture::area::area_average;
use crate::picture::crop::NATIVE_SIDE;
use parry3d_f64::math::Vector;

/// The images of a mesh.
pub(crate) const VIEWS: [&str; 6] =
    ["slice x", "slice y", "slice z", "silhouette x", "silhouette y", "silhouette z"];
/// Half the width of the image in normalised units.
const HALF: f64 = 1.2;

/// What is to the right and what is up, looking along −x, −y and −z.
const FRAMES: [[Vector; 2]; 3] =
    [[Vector::NEG_Z, Vector::Y], [Vector::X, Vector::NEG_Z], [Vector::X, Vector::Y]];

/// A view of a mesh, [side·side, 3] in [0, 1].
pub(crate) fn image(solid: &MeshSolid, view: usize, side: usize) -> Vec<f32> {
    let frame = FRAMES[view % 3];
    if view < 3 { slice(solid, frame, side) } else { values_of_mask(&shadow(solid, frame), side) }
}

fn slice(solid: &MeshSolid, [right, up]: [Vector; 2], side: usize) -> Vec<f32> {
    let at = |pixel: usize| ((pixel as f64 + 0.5) / NATIVE_SIDE as f64 * 2.0 - 1.0) * HALF;
    let distance = |n: usize| {
        let point = right * at(n % NATIVE_SIDE) - up * at(n / NATIVE_SIDE);
        (solid.distance(point) / (2.0 * HALF)) as f32
    };
    let native: Vec<f32> = (0..NATIVE_SIDE * NATIVE_SIDE).map(distance).collect();
    area_average(&native, NATIVE_SIDE, 1, side).iter().flat_map(|&d| [value_of_distance(d); 3]).collect()
}

/// The pixels of a mask whose centres the mesh covers, [256·256]; of a mesh seen on edge, those of its vertices.
fn shadow(solid: &MeshSolid, [right, up]: [Vector; 2]) -> Vec<bool> {
    let pixels = MASK_SIDE as f64 / (2.0 * HALF);
    let middle = MASK_SIDE as f64 / 2.0;
    let project = |p: Vector| [right.dot(p) * pixels + middle, middle - up.dot(p) * pixels];
    let mesh = solid.mesh();
    let mut mask = vec![false; MASK_SIDE * MASK_SIDE];
    for &triangle in &mesh.triangles {
        cover(mesh.corners(triangle).map(project), &mut mask);
    }
    if !mask.contains(&true) {
        for [x, y] in mesh.vertices.iter().map(|&vertex| project(vertex)) {
            mask[y as usize * MASK_SIDE + x as usize] = true;
        }
    }
    mask
}

/// Marks the pixels whose centres lie in a triangle, of either orientation, its edges included.
fn cover(corners: [[f64; 2]; 3], mask: &mut [bool]) {
    let range = |axis: usize| {
        let of = corners.map(|corner| corner[axis] - 0.5);
        let low = of.iter().copied().fold(f64::INFINITY, f64::min).ceil().max(0.0) as usize;
        let high = of.iter().copied().fold(f64::NEG_INFINITY, f64::max).floor();
        low..(high + 1.0).clamp(0.0, MASK_SIDE as f64) as usize
    };
    for row in range(1) {
        for column in range(0) {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            let side = |a: [f64; 2], b: [f64; 2]| (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
            let sides =
                [side(corners[0], corners[1]), side(corners[1], corners[2]), side(corners[2], corners[0])];
            if sides.iter().all(|&s| s >= 0.0) || sides.iter().all(|&s| s <= 0.0) {
                mask[row * MASK_SIDE + column] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::mesh::cleaned;

    /// A box of half sides 0.5, 0.25, 0.125.
    fn cuboid() -> MeshSolid {
        let half = Vector::new(0.5, 0.25, 0.125);
        let corner = |i: usize| {
            let sign = |bit: usize| if i & bit == 0 { -1.0 } else { 1.0 };
            Vector::new(sign(1), sign(2), sign(4)) * half
        };
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let soup: Vec<[Vector; 3]> = quads
            .iter()
            .flat_map(|q| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]])
            .map(|t| t.map(corner))
            .collect();
        MeshSolid::new(cleaned(&soup)).expect("it has triangles")
    }

    /// At the centre of the image: the distance to the nearest face of the box, of the shadow's outline.
    #[test]
    fn slices_and_silhouettes_of_a_box() {
        let solid = cuboid();
        let value = |distance: f64| 0.5 + 2.0 * (distance / 2.4).max(-0.25);
        let centres =
            [value(-0.125), value(-0.125), value(-0.125), value(-0.125), value(-0.125), value(-0.25)];
        for (view, expected) in centres.into_iter().enumerate() {
            let image = image(&solid, view, 178);
            assert_eq!(image.len(), 178 * 178 * 3);
            let centre = f64::from(image[(89 * 178 + 89) * 3]);
            assert!((centre - expected).abs() < 0.01, "{}: {centre} instead of {expected}", VIEWS[view]);
            assert_eq!(image[0], 1.0, "{}: a corner is far outside", VIEWS[view]);
        }
    }

    #[test]
    fn right_and_up_are_where_they_are_said_to_be() {
        let solid = cuboid();
        // Along the row through the centre of the slice across z, the box ends at x = ±0.5.
        let image = image(&solid, 2, 178);
        let column = |x: f64| (((x / HALF + 1.0) / 2.0) * 178.0) as usize;
        let at = |x: f64| image[(89 * 178 + column(x)) * 3];
        assert!(at(0.45) < 0.5 && at(-0.45) < 0.5 && at(0.55) > 0.5 && at(-0.55) > 0.5);
        let along_y = |y: f64| image[(column(-y) * 178 + 89) * 3];
        assert!(along_y(0.2) < 0.5 && along_y(0.3) > 0.5);
    }
}
