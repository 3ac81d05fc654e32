//! OBJ files to triangles: read by `tobj`, checked, cleaned and normalised.
//!
//! Polygons become fans, objects and groups one mesh, vertices of equal position one vertex. Two kinds of
//! triangles are dropped and counted: those without area, and those that repeat another's three corners (ShapeNet
//! draws many faces from both sides; kept, the two orientations would cancel in the winding number). What cannot
//! be mended is an error: no faces, corners that are no numbers, indices without a vertex.

use super::RADIUS;
use crate::DataError;
use parry3d_f64::math::Vector;
use std::collections::{HashMap, HashSet};
use std::io::BufReader;
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
    /// Triangles left out because their corners are those of another.
    pub repeated: usize,
}

impl Mesh {
    /// The corners of a triangle.
    pub fn corners(&self, triangle: [u32; 3]) -> [Vector; 3] {
        triangle.map(|vertex| self.vertices[vertex as usize])
    }
}

/// Twice the area of a triangle, along its normal.
pub(crate) fn area_vector([a, b, c]: [Vector; 3]) -> Vector {
    (b - a).cross(c - a)
}

/// Reads a mesh as it stands in its file, cleaned but not normalised.
///
/// # Errors
/// A file that cannot be read, is no OBJ, has no faces of an area, or has corners that are no finite numbers.
pub(crate) fn read_obj(file: &Path) -> Result<Mesh, DataError> {
    let opened = std::fs::File::open(file).map_err(|why| DataError::unreadable(file, why, REMEDY))?;
    let options = tobj::LoadOptions {
        triangulate: true,
        ignore_points: true,
        ignore_lines: true,
        ..tobj::LoadOptions::default()
    };
    // Materials are of no use here: none is opened, whatever the file names.
    let no_materials = |_: &Path| Ok((Vec::new(), Default::default()));
    let (models, _) = tobj::load_obj_buf(&mut BufReader::new(opened), &options, no_materials)
        .map_err(|why| DataError::content(file, format!("it is no OBJ that can be read ({why})"), REMEDY))?;
    let mut soup = Vec::new();
    for model in &models {
        let corner = |&index: &u32| {
            let at = index as usize * 3;
            model.mesh.positions.get(at..at + 3).map(|p| Vector::new(p[0], p[1], p[2]))
        };
        for face in model.mesh.indices.chunks_exact(3) {
            let corners: Option<Vec<Vector>> = face.iter().map(corner).collect();
            match corners.as_deref() {
                Some(&[a, b, c]) => soup.push([a, b, c]),
                _ => return Err(DataError::content(file, "a face names a vertex that is not there", REMEDY)),
            }
        }
    }
    let endless = soup.iter().flatten().filter(|corner| !corner.is_finite()).count();
    if endless > 0 {
        let problem = format!("{endless} corners of its faces are no finite numbers (NaN or infinite)");
        return Err(DataError::content(file, problem, REMEDY));
    }
    let mesh = cleaned(&soup);
    if mesh.triangles.is_empty() {
        let problem = match soup.len() {
            0 => "it has no faces".to_string(),
            n => format!("none of its {n} triangles has an area"),
        };
        return Err(DataError::content(file, problem, REMEDY));
    }
    Ok(mesh)
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
            let bits = corner.to_array().map(|x| (x + 0.0).to_bits()); // −0 becomes 0
            *index_of.entry(bits).or_insert_with(|| {
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
