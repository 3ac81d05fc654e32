//! OBJ files to triangles: read (`obj.rs`), cut into triangles (`polygon.rs`), cleaned and normalised.
//!
//! Objects and groups become one mesh, vertices of equal position one vertex. Two kinds of triangles are dropped and
//! counted: those without area, and those that repeat another face's corners (ShapeNet draws many faces from both sides;
//! kept, the two orientations would cancel in the winding number). What cannot be mended is an error: no faces, corners
//! that are no numbers, indices without a vertex, faces that cross themselves.

use super::ball::RADIUS;
use super::obj::{Drawn, Face, read_faces};
use super::polygon::cut;
use super::triangle::area_vector;
use crate::error::DataError;
use parry3d_f64::math::Vector;
use std::collections::{HashMap, HashSet};
use std::path::Path;

const REMEDY: &str =
    "Export it again as a Wavefront OBJ with faces (Blender, MeshLab), or take it out of the folder";

/// Triangles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mesh {
    pub vertices: Vec<Vector>,
    pub triangles: Vec<[u32; 3]>,
    /// Triangles without area that were left out.
    pub without_area: usize,
    /// Triangles left out because their corners, or those of the face they are of, are those of another.
    pub repeated: usize,
    /// Faces far from any plane.
    pub bent: usize,
    /// Points, lines and curves of the file, which have no surface.
    pub without_surface: usize,
}

impl Mesh {
    /// The corners of a triangle.
    pub fn corners(&self, triangle: [u32; 3]) -> [Vector; 3] {
        triangle.map(|vertex| self.vertices[vertex as usize])
    }
}

/// Reads a mesh as it stands in its file, cleaned but not normalised.
///
/// # Errors
/// A file that cannot be read, is no OBJ, has no faces of an area or one that crosses itself, has surfaces that are no
/// faces, or corners that are no finite numbers.
pub(crate) fn read_obj(file: &Path) -> Result<Mesh, DataError> {
    let Drawn { faces, without_surface } = read_faces(file, REMEDY)?;
    let endless = faces.iter().flat_map(|face| &face.corners).filter(|corner| !corner.is_finite()).count();
    if endless > 0 {
        let problem = format!("{endless} corners of its faces are no finite numbers (NaN or infinite)");
        return Err(DataError::content(file, problem, REMEDY));
    }
    let drawn: usize = faces.iter().map(|face| face.corners.len().saturating_sub(2)).sum();
    let mut mesh = cut_and_cleaned(&faces).map_err(|problem| DataError::content(file, problem, REMEDY))?;
    if mesh.triangles.is_empty() {
        let problem = match drawn {
            0 => "it has no faces".to_string(),
            n => format!("none of its {n} triangles has an area"),
        };
        return Err(DataError::content(file, problem, REMEDY));
    }
    mesh.without_surface = without_surface;
    Ok(mesh)
}

/// Faces as triangles, those of the same corners once.
fn cut_and_cleaned(faces: &[Face]) -> Result<Mesh, String> {
    let (mut soup, mut known) = (Vec::new(), HashSet::new());
    let (mut lost, mut repeated, mut bent) = (0, 0, 0);
    for face in faces {
        let cut = cut(&face.corners).map_err(|why| format!("its face in line {} {why}", face.line))?;
        lost += face.corners.len().saturating_sub(2) - cut.triangles.len();
        bent += usize::from(cut.bent);
        match cut.triangles.len() < 2 || known.insert(cycle(&face.corners)) {
            true => soup.extend(cut.triangles),
            false => repeated += cut.triangles.len(),
        }
    }
    let mut mesh = cleaned(&soup);
    mesh.without_area += lost;
    mesh.repeated += repeated;
    mesh.bent = bent;
    Ok(mesh)
}

/// The corners of a face from its least one on, the way round on which its lesser neighbour is next: the same for every
/// first corner and both sides.
fn cycle(corners: &[Vector]) -> Vec<[u64; 3]> {
    let mut forwards: Vec<[u64; 3]> = corners.iter().map(position).collect();
    forwards.dedup();
    while forwards.len() > 1 && forwards.first() == forwards.last() {
        forwards.pop();
    }
    let from_least = |mut corners: Vec<[u64; 3]>| {
        let least = corners.iter().min().copied();
        let rotations = (0..corners.len()).filter(|&i| Some(corners[i]) == least);
        let first = rotations.min_by_key(|&i| [&corners[i..], &corners[..i]].concat()).unwrap_or(0);
        corners.rotate_left(first);
        corners
    };
    let backwards = from_least(forwards.iter().rev().copied().collect());
    from_least(forwards).min(backwards)
}

/// The bits of a position.
fn position(corner: &Vector) -> [u64; 3] {
    corner.to_array().map(|x| (x + 0.0).to_bits()) // −0 becomes 0
}

/// Vertices of equal position become one; triangles without area and repeated ones are left out.
pub(crate) fn cleaned(soup: &[[Vector; 3]]) -> Mesh {
    let mut mesh = Mesh::default();
    let mut index_of: HashMap<[u64; 3], u32> = HashMap::new();
    let mut known: HashSet<[u32; 3]> = HashSet::new();
    for corners in soup {
        if area_vector(*corners).length() < f64::MIN_POSITIVE {
            mesh.without_area += 1;
            continue;
        }
        let triangle = corners.map(|corner| {
            *index_of.entry(position(&corner)).or_insert_with(|| {
                mesh.vertices.push(corner);
                mesh.vertices.len() as u32 - 1
            })
        });
        let mut sorted = triangle;
        sorted.sort_unstable();
        match known.insert(sorted) {
            true => mesh.triangles.push(triangle),
            false => mesh.repeated += 1,
        }
    }
    mesh
}

/// Moves the centre of the bounding box to the origin and the farthest vertex to the sphere of [`RADIUS`].
pub(crate) fn normalised(mut mesh: Mesh) -> Mesh {
    let low = mesh.vertices.iter().copied().fold(Vector::INFINITY, Vector::min);
    let high = mesh.vertices.iter().copied().fold(Vector::NEG_INFINITY, Vector::max);
    let centre = low + (high - low) / 2.0;
    let farthest = mesh.vertices.iter().map(|v| (*v - centre).length()).fold(0.0, f64::max);
    mesh.vertices.iter_mut().for_each(|vertex| *vertex = (*vertex - centre) * (RADIUS / farthest));
    mesh
}
