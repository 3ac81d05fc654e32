//! A face of any number of corners as triangles that cover it, whichever corner it begins with.
//!
//! A face that its first corner sees whole, within half a turn, is a fan: a convex one, as OBJ readers cut it. Others
//! are projected along Newell's normal (half the sum of the corners' cross products) and cut by `earcut`; corners that
//! occur again (a bridge to a hole) are right there. A flat face that crosses itself bounds no area that could be meant:
//! refused. One far from any plane may cross itself in the projection only: it stays the fan it is drawn as, and counts
//! as bent.

use super::triangle::area_vector;
use earcut::Earcut;
use parry3d_f64::math::Vector;

/// Rounding, in parts of the square of a face's extent.
const ROUNDING: f64 = 1e-12;
/// How far the area of the triangles may be from the face's, in parts of the square of its extent.
const UNCOVERED: f64 = 1e-9;
/// A corner so far from the plane, in parts of the width (twice the area through the extent), makes a face bent: its
/// surface depends on how it is cut.
const BENT: f64 = 0.01;

/// A face as triangles, turned as it is turned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cut {
    pub triangles: Vec<[Vector; 3]>,
    /// Whether it is far from any plane.
    pub bent: bool,
}

/// Cuts a face. None of its triangles if all corners are on a line.
///
/// # Errors
/// What is wrong with a face that crosses itself.
pub(super) fn cut(corners: &[Vector]) -> Result<Cut, &'static str> {
    let corners = without_repeats(corners);
    match corners[..] {
        [] | [_] | [_, _] => return Ok(Cut::default()),
        [a, b, c] => return Ok(Cut { triangles: vec![[a, b, c]], bent: false }),
        _ => {}
    }
    let from_first: Vec<Vector> = corners.iter().map(|corner| *corner - corners[0]).collect();
    let extent = from_first.iter().map(|v| v.length()).fold(0.0, f64::max);
    let area: Vector = fan(&corners).map(area_vector).sum();
    if area.length() <= ROUNDING * extent * extent {
        let on_a_line = fan(&corners).all(|t| area_vector(t).length() <= ROUNDING * extent * extent);
        return if on_a_line { Ok(Cut::default()) } else { Err("crosses itself and has no area") };
    }
    let normal = area.normalize();
    let bent = from_first.iter().any(|v| v.dot(normal).abs() * extent > BENT * area.length());
    let flat = projected(&from_first, normal);
    if is_seen_from_first(&flat, extent) {
        return Ok(Cut { triangles: fan(&corners).collect(), bent });
    }
    match ears(&flat, extent) {
        Ok(ears) => {
            Ok(Cut { triangles: ears.iter().map(|t| t.map(|corner| corners[corner])).collect(), bent })
        }
        Err(_) if bent => Ok(Cut { triangles: fan(&corners).collect(), bent }),
        Err(why) => Err(why),
    }
}

/// Corners that follow one of the same position left out.
fn without_repeats(corners: &[Vector]) -> Vec<Vector> {
    let mut corners = corners.to_vec();
    corners.dedup();
    while corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

/// The triangles of the first corner and each edge it is not on.
fn fan(corners: &[Vector]) -> impl Iterator<Item = [Vector; 3]> + '_ {
    corners[1..].windows(2).map(|edge| [corners[0], edge[0], edge[1]])
}

/// In the plane of the normal, counter-clockwise.
fn projected(points: &[Vector], normal: Vector) -> Vec<[f64; 2]> {
    let least = if normal.x.abs() < 0.6 { Vector::X } else { Vector::Y };
    let across = least.cross(normal).normalize();
    let up = normal.cross(across);
    points.iter().map(|point| [point.dot(across), point.dot(up)]).collect()
}

/// Twice the signed area of a triangle.
fn turn(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether all edges turn the same way about the first corner, within half a turn: then the fan covers the face once.
fn is_seen_from_first(flat: &[[f64; 2]], extent: f64) -> bool {
    let rounding = -ROUNDING * extent * extent;
    flat[1..].windows(2).all(|edge| turn(flat[0], edge[0], edge[1]) >= rounding)
        && flat[2..].iter().all(|corner| turn(flat[0], flat[1], *corner) >= rounding)
}

/// Ear clipping, held to the face's area.
fn ears(flat: &[[f64; 2]], extent: f64) -> Result<Vec<[usize; 3]>, &'static str> {
    if crosses_itself(flat, extent) {
        return Err("crosses itself");
    }
    let mut indices: Vec<usize> = Vec::new();
    Earcut::new().earcut(flat.iter().copied(), &[], &mut indices);
    let area = |t: &[usize; 3]| turn(flat[t[0]], flat[t[1]], flat[t[2]]);
    let counter_clockwise = |t: &[usize]| match [t[0], t[1], t[2]] {
        triangle if area(&triangle) < 0.0 => [t[0], t[2], t[1]],
        triangle => triangle,
    };
    let triangles: Vec<[usize; 3]> = indices.chunks_exact(3).map(counter_clockwise).collect();
    let whole: f64 = flat[1..].windows(2).map(|edge| turn(flat[0], edge[0], edge[1])).sum();
    let covered: f64 = triangles.iter().map(area).sum();
    if (covered - whole).abs() > UNCOVERED * extent * extent {
        return Err("cannot be cut into triangles that cover it (it may touch or overlap itself)");
    }
    Ok(triangles)
}

/// Whether two edges meet within both of them.
fn crosses_itself(flat: &[[f64; 2]], extent: f64) -> bool {
    let rounding = ROUNDING * extent * extent;
    let edges: Vec<[[f64; 2]; 2]> = (0..flat.len()).map(|i| [flat[i], flat[(i + 1) % flat.len()]]).collect();
    let parted = |[a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]| {
        let (left, right) = (turn(a, b, c), turn(a, b, d));
        left.abs().min(right.abs()) > rounding && (left > 0.0) != (right > 0.0)
    };
    edges
        .iter()
        .enumerate()
        .any(|(i, &one)| edges[i + 1..].iter().any(|&other| parted(one, other) && parted(other, one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a tilted plane, scaled by 1.
    fn tilted(points: &[[f64; 2]]) -> Vec<Vector> {
        let (across, up) = (Vector::new(0.6, 0.0, 0.8), Vector::new(0.64, 0.6, -0.48));
        points.iter().map(|[x, y]| across * *x + up * *y + Vector::new(3.0, -2.0, 1.0)).collect()
    }

    fn shoelace(points: &[[f64; 2]]) -> f64 {
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum::<f64>() / 2.0
    }

    /// Twelve corners of a star, a comb of three teeth, a dart, a spiral, and a square ring cut open by a bridge.
    fn concave() -> Vec<Vec<[f64; 2]>> {
        let ray = |i: usize| {
            let (turn, radius) =
                (std::f64::consts::TAU * i as f64 / 12.0, if i.is_multiple_of(2) { 1.0 } else { 0.3 });
            [radius * turn.cos(), radius * turn.sin()]
        };
        let comb = "0 0 5 0 5 3 4 3 4 1 3 1 3 3 2 3 2 1 1 1 1 3 0 3";
        let spiral = "0 0 5 0 5 5 1 5 1 2 3 2 3 3 2 3 2 4 4 4 4 1 0 1";
        let ring = "0 0 4 0 4 4 0 4 0 0 1 1 1 3 3 3 3 1 1 1";
        let read = |text: &str| {
            let numbers: Vec<f64> = text.split(' ').map(|word| word.parse().expect("a number")).collect();
            numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<[f64; 2]>>()
        };
        vec![(0..12).map(ray).collect(), read(comb), read("0 0 2 -1 0 3 -2 -1"), read(spiral), read(ring)]
    }

    #[test]
    fn concave_faces_are_covered_from_every_first_corner_and_both_sides() {
        for points in concave() {
            for first in 0..points.len() {
                for backwards in [false, true] {
                    let mut turned = points.clone();
                    turned.rotate_left(first);
                    if backwards {
                        turned.reverse();
                    }
                    let corners = tilted(&turned);
                    let triangles = cut(&corners).expect("it does not cross itself").triangles;
                    let summed: f64 = triangles.iter().map(|t| area_vector(*t).length() / 2.0).sum();
                    let vector: Vector = triangles.iter().map(|t| area_vector(*t) / 2.0).sum();
                    let exact = shoelace(&turned);
                    let normal = Vector::new(-0.48, 0.8, 0.36);
                    assert!((summed - exact.abs()).abs() < 1e-9, "{turned:?}: {summed} instead of {exact}");
                    assert!((vector - normal * exact).length() < 1e-9, "{turned:?}: {vector}");
                }
            }
        }
    }

    #[test]
    fn a_convex_face_is_the_fan_of_its_first_corner() {
        let corners = tilted(&[[0.0, 0.0], [2.0, 0.0], [3.0, 1.0], [1.0, 3.0], [0.0, 2.0]]);
        let cut = cut(&corners).expect("it is convex");
        assert_eq!(cut.triangles, fan(&corners).collect::<Vec<[Vector; 3]>>());
        assert!(!cut.bent);
    }

    #[test]
    fn repeated_corners_change_nothing() {
        let l = tilted(&[[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 3.0]]);
        let repeated: Vec<Vector> = [0, 0, 1, 2, 3, 3, 3, 4, 5, 0].map(|corner| l[corner]).to_vec();
        assert_eq!(cut(&repeated), cut(&l));
        assert_eq!(cut(&[l[0], l[1], l[1], l[0]]), Ok(Cut::default()));
    }

    #[test]
    fn a_face_that_crosses_itself_is_refused_and_a_line_is_nothing() {
        let bow = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
        let uneven = [[0.0, 0.0], [3.0, 3.0], [3.0, 0.0], [0.0, 1.0]];
        let pentagram: Vec<[f64; 2]> =
            (0..5).map(|i| (i as f64 * 0.8 * std::f64::consts::PI).sin_cos()).map(|(s, c)| [c, s]).collect();
        for points in [bow.as_slice(), &uneven, &pentagram] {
            for first in 0..points.len() {
                let mut turned = points.to_vec();
                turned.rotate_left(first);
                assert!(cut(&tilted(&turned)).is_err(), "{turned:?}");
            }
        }
        assert_eq!(cut(&tilted(&[[0.0, 0.0], [1.0, 1.0], [3.0, 3.0], [2.0, 2.0]])), Ok(Cut::default()));
    }

    #[test]
    fn a_twisted_quad_is_bent() {
        let mut corners = tilted(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
        corners[2] += Vector::new(-0.48, 0.8, 0.36) * 0.2;
        assert!(cut(&corners).is_ok_and(|cut| cut.bent));
    }

    /// Five corners in space whose projection crosses itself: a fan, as the file begins it.
    #[test]
    fn a_bent_face_that_crosses_itself_in_projection_only_is_a_fan() {
        let mut corners = tilted(&[[0.0, 0.0], [3.0, 3.0], [3.0, 0.0], [0.0, 1.0]]);
        corners[1] += Vector::new(-0.48, 0.8, 0.36) * 0.5;
        corners.push(corners[0] + Vector::new(-0.48, 0.8, 0.36) * 0.1);
        let cut = cut(&corners).expect("it is bent");
        assert!(cut.bent && cut.triangles.len() == 3);
    }
}
