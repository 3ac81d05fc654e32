//! Signed distances of meshes against closed forms, and of the shared meshes by consistency.
//!
//! The shared meshes are licensed and not in the repository: `SPARSE_INR_SHARED` names the folder; where it is not,
//! the test says so and passes.

use super::ball::RADIUS;
use super::mesh::{Mesh, cleaned, normalised};
use super::mesh_solid::MeshSolid;
use super::sets::solid;
use crate::random::Stream;
use parry3d_f64::math::Vector;
use std::f64::consts::TAU;
use std::path::PathBuf;

/// A closed surface over (turn, turn): two triangles a cell.
fn surface(cells: [usize; 2], at: impl Fn(f64, f64) -> Vector) -> Mesh {
    let [rows, columns] = cells;
    let point = |i: usize, j: usize| {
        at(TAU * (i % rows) as f64 / rows as f64, TAU * (j % columns) as f64 / columns as f64)
    };
    let mut soup = Vec::new();
    for i in 0..rows {
        for j in 0..columns {
            let (a, b, c, d) = (point(i, j), point(i + 1, j), point(i + 1, j + 1), point(i, j + 1));
            soup.extend([[a, b, c], [a, c, d]]);
        }
    }
    cleaned(&soup)
}

fn torus(ring: f64, tube: f64) -> Mesh {
    surface([256, 128], |u, v| {
        let across = ring + tube * v.cos();
        Vector::new(across * u.cos(), tube * v.sin(), across * u.sin())
    })
}

/// A sphere as a "torus" whose tube is swept over half a turn only: poles are many equal points, hence dropped
/// triangles.
fn sphere(radius: f64) -> Mesh {
    let rows = 128;
    let point = |i: usize, j: usize| {
        let (polar, turn) = (TAU / 2.0 * i as f64 / rows as f64, TAU * (j % 256) as f64 / 256.0);
        Vector::new(polar.sin() * turn.cos(), polar.cos(), polar.sin() * turn.sin()) * radius
    };
    let mut soup = Vec::new();
    for i in 0..rows {
        for j in 0..256 {
            let (a, b, c, d) = (point(i, j), point(i, j + 1), point(i + 1, j + 1), point(i + 1, j));
            soup.extend([[a, b, c], [a, c, d]]);
        }
    }
    cleaned(&soup)
}

/// A chord of a curve of radius r over an angle φ is off by r (1 − cos φ/2), both ways of curvature.
fn assert_distances(mesh: Mesh, tolerance: f64, exact: impl Fn(Vector) -> f64) {
    let solid = MeshSolid::new(mesh).expect("it has triangles");
    let mut stream = Stream::named(&["closed forms"]);
    for _ in 0..3000 {
        let point = stream.in_cube();
        let (distance, exact) = (solid.distance(point), exact(point));
        assert!((distance - exact).abs() < tolerance, "{distance} instead of {exact} at {point}");
    }
}

#[test]
fn a_sphere_a_torus_and_a_box_have_their_closed_forms() {
    let chord = |radius: f64, parts: f64| radius * (1.0 - (TAU / parts / 2.0).cos());
    assert_distances(sphere(0.8), 2.0 * chord(0.8, 256.0), |p| p.length() - 0.8);
    let tolerance = chord(0.8, 256.0) + chord(0.2, 128.0);
    assert_distances(torus(0.6, 0.2), tolerance, |p| (p.x.hypot(p.z) - 0.6).hypot(p.y) - 0.2);
    let half = Vector::new(0.5, 0.25, 0.7);
    assert_distances(cuboid(half, 6), 1e-12, |p| cuboid_distance(p, half));
}

fn cuboid_distance(point: Vector, half: Vector) -> f64 {
    let beyond = point.abs() - half;
    beyond.max(Vector::ZERO).length() + beyond.max_element().min(0.0)
}

/// The first `faces` of the six faces of a box, the bottom last.
fn cuboid(half: Vector, faces: usize) -> Mesh {
    let corner = |i: usize| {
        let sign = |bit: usize| if i & bit == 0 { -1.0 } else { 1.0 };
        Vector::new(sign(1), sign(2), sign(4)) * half
    };
    let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4]];
    let triangles = quads[..faces].iter().flat_map(|q| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]);
    cleaned(&triangles.map(|t| t.map(corner)).collect::<Vec<[Vector; 3]>>())
}

/// Without its bottom a box keeps its inside: all of it is seen under at most a third of the sphere from the hole.
#[test]
fn a_box_without_its_bottom_keeps_its_inside() {
    let half = Vector::new(0.5, 0.5, 0.5);
    let solid = MeshSolid::new(cuboid(half, 5)).expect("it has triangles");
    let mut stream = Stream::named(&["open box"]);
    for _ in 0..2000 {
        let point = stream.in_cube();
        let exact = cuboid_distance(point, half);
        if exact.abs() > 0.02 && point.y > -0.48 {
            assert_eq!(solid.distance(point) < 0.0, exact < 0.0, "{point}");
        }
    }
}

#[test]
fn a_mesh_turned_inside_out_or_drawn_twice_is_the_same_shape() {
    let half = Vector::new(0.4, 0.5, 0.6);
    let right = cuboid(half, 6);
    let soup = |turn: bool| -> Vec<[Vector; 3]> {
        let corners = right.triangles.iter().map(|&t| right.corners(t));
        corners.map(|[a, b, c]| if turn { [a, c, b] } else { [a, b, c] }).collect()
    };
    let twice = cleaned(&[soup(false), soup(true)].concat());
    assert_eq!((twice.triangles.len(), twice.repeated), (12, 12));
    for mesh in [cleaned(&soup(true)), twice] {
        assert_distances(mesh, 1e-12, |p| cuboid_distance(p, half));
    }
}

#[test]
fn surface_points_are_uniform_by_area() {
    let half = Vector::new(0.5, 0.25, 0.1);
    let solid = MeshSolid::new(cuboid(half, 6)).expect("it has triangles");
    let points = solid.surface(20_000, &mut Stream::named(&["area"]));
    assert!(points.iter().all(|&p| cuboid_distance(p, half).abs() < 1e-12));
    let areas = [half.y * half.z, half.x * half.z, half.x * half.y];
    let on_top = points.iter().filter(|p| (p.z.abs() - half.z).abs() < 1e-12).count() as f64;
    let expected = 20_000.0 * areas[2] / areas.iter().sum::<f64>();
    assert!((on_top - expected).abs() < 5.0 * expected.sqrt(), "{on_top} instead of {expected}");
}

#[test]
fn normalising_centres_the_box_and_puts_the_farthest_vertex_on_the_sphere() {
    let mut mesh = cuboid(Vector::new(3.0, 4.0, 12.0), 6);
    mesh.vertices.iter_mut().for_each(|v| *v += Vector::new(100.0, -7.0, 3.0));
    let mesh = normalised(mesh);
    assert!(mesh.vertices.iter().all(|v| (v.length() - RADIUS).abs() < 1e-12));
}

// ------------------------------------------------------------------------------------- shared meshes

fn shared(file: &str) -> Option<MeshSolid> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SPARSE_INR_SHARED").map_or_else(beside, PathBuf::from).join("data/meshes");
    let path = folder.join(file);
    if !path.is_file() {
        println!("not there, so not tested: {} (SPARSE_INR_SHARED names another folder)", path.display());
        return None;
    }
    Some(solid(&path).expect("a mesh"))
}

/// How often a ray meets the surface (Möller & Trumbore, 1997).
fn crossings(mesh: &Mesh, from: Vector, along: Vector) -> usize {
    let meets = |&triangle: &[u32; 3]| {
        let [a, b, c] = mesh.corners(triangle);
        let (ab, ac) = (b - a, c - a);
        let across = along.cross(ac);
        let volume = ab.dot(across);
        let (to, scale) = (from - a, 1.0 / volume);
        let (u, v) = (to.dot(across) * scale, along.dot(to.cross(ab)) * scale);
        u >= 0.0 && v >= 0.0 && u + v <= 1.0 && ac.dot(to.cross(ab)) * scale > 0.0
    };
    mesh.triangles.iter().filter(|t| meets(t)).count()
}

fn odd_majority(mesh: &Mesh, point: Vector, stream: &mut Stream) -> bool {
    (0..7).filter(|_| crossings(mesh, point, stream.normals()) % 2 == 1).count() > 3
}

/// Signs agree with ray parity, |∇d| = 1 but for points near the medial axis, surface points have distance 0.
fn assert_consistent(file: &str, least_agreement: f64) {
    let Some(solid) = shared(file) else { return };
    let mut stream = Stream::named(&[file]);
    let (drawn, mut agree, mut smooth) = (300, 0, 0);
    for _ in 0..drawn {
        let point = stream.in_cube() * RADIUS;
        agree += usize::from(odd_majority(solid.mesh(), point, &mut stream) == (solid.distance(point) < 0.0));
        let step = 1e-5;
        let slope = |axis| solid.distance(point + axis * step) - solid.distance(point - axis * step);
        let gradient =
            Vector::new(slope(Vector::X), slope(Vector::Y), slope(Vector::Z)).length() / (2.0 * step);
        smooth += usize::from((gradient - 1.0).abs() < 1e-3);
    }
    assert!(agree as f64 >= least_agreement * drawn as f64, "{file}: {agree} of {drawn} signs agree");
    assert!(smooth as f64 >= 0.97 * drawn as f64, "{file}: |∇d| = 1 at {smooth} of {drawn} points");
    let farthest =
        solid.surface(500, &mut stream).iter().map(|&p| solid.distance(p).abs()).fold(0.0, f64::max);
    assert!(farthest < 1e-12, "{file}: a surface point has distance {farthest}");
}

#[test]
fn shared_closed_meshes_are_consistent() {
    for file in ["odedstein/bunny/bunny.obj", "odedstein/spot/spot.obj", "odedstein/cube/cube.obj"] {
        assert_consistent(file, 0.995);
    }
}

#[test]
fn shared_sphere_and_cube_have_their_closed_forms() {
    if let Some(solid) = shared("odedstein/sphere/sphere.obj") {
        let longest = solid.mesh().triangles.iter().flat_map(|&t| {
            let [a, b, c] = solid.mesh().corners(t);
            [(a - b).length(), (b - c).length(), (c - a).length()]
        });
        // A triangle of edge e dips below the sphere by about e² / (6 r).
        let tolerance = longest.fold(0.0, f64::max).powi(2) / (4.0 * RADIUS);
        let mut stream = Stream::named(&["shared sphere"]);
        for _ in 0..2000 {
            let point = stream.in_cube();
            let off = solid.distance(point) - (point.length() - RADIUS);
            assert!(off.abs() < tolerance, "{off} at {point}, tolerance {tolerance}");
        }
    }
    if let Some(solid) = shared("odedstein/cube/cube.obj") {
        let half = Vector::splat(RADIUS / 3f64.sqrt());
        let mut stream = Stream::named(&["shared cube"]);
        for _ in 0..2000 {
            let point = stream.in_cube();
            assert!((solid.distance(point) - cuboid_distance(point, half)).abs() < 1e-6, "{point}");
        }
    }
}

/// The torus of the shared meshes: its ring and tube are read off its vertices.
#[test]
fn the_shared_torus_has_its_closed_form() {
    let Some(solid) = shared("odedstein/torus/torus.obj") else { return };
    let vertices = &solid.mesh().vertices;
    let extent = |axis: Vector| vertices.iter().map(|v| axis.dot(*v).abs()).fold(0.0, f64::max);
    let extents = [Vector::X, Vector::Y, Vector::Z].map(extent);
    let axis = if extents[1] < extents[0] && extents[1] < extents[2] { Vector::Y } else { Vector::Z };
    let (tube, ring) = (extent(axis), RADIUS - extent(axis));
    let exact = |p: Vector| {
        let along = axis.dot(p);
        ((p - axis * along).length() - ring).hypot(along) - tube
    };
    let off = vertices.iter().map(|&v| exact(v).abs()).fold(0.0, f64::max);
    assert!(off < 0.02, "it is no torus of ring {ring} and tube {tube}: {off}");
    let mut stream = Stream::named(&["shared torus"]);
    let worst =
        (0..2000).map(|_| stream.in_cube()).map(|p| (solid.distance(p) - exact(p)).abs()).fold(0.0, f64::max);
    assert!(worst < 0.03, "{worst}");
}

/// Open meshes: the cube without its bottom keeps nearly all of its inside; an aeroplane with holes in its skin agrees
/// with the parity of rays almost everywhere.
#[test]
fn shared_open_meshes_are_what_they_look_like() {
    if let Some(solid) = shared("odedstein/cube/cube_no_bottom.obj") {
        let mut stream = Stream::named(&["no bottom"]);
        let inside = (0..4000).filter(|_| solid.distance(stream.in_cube()) < 0.0).count() as f64 / 4000.0;
        let cube = (2.0 * RADIUS / 3f64.sqrt()).powi(3) / 8.0;
        assert!(inside > 0.8 * cube && inside < 1.1 * cube, "{inside} of the cube's {cube}");
    }
    assert_consistent("odedstein/plane/plane_holes.obj", 0.97);
}
