//! The kinds that are made from files of shapes: `meshes`, `shapenet3d` and `shapenet-sdf`.

use super::layout;
use super::mesh::{normalised, read_obj};
use super::mesh_solid::MeshSolid;
use super::model::{Found, Model};
use super::solid::Solid;
use super::triangle::area_vector;
use super::{deep_sdf, deep_sdf_layout, sampling, views};
use crate::error::DataError;
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::left_out::{NAMED, first_names};
use crate::random::Stream;
use crate::signal::{Held, HeldSizes, Split};
use crate::trouble::Trouble;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

/// DeepSDF's samples are read once on opening, to count what is dropped, if there are at most so many files.
const COUNTED: usize = 64;
/// A mesh has an inside if the winding number this far from its triangles, on either side, is at least so large for
/// half of them. A closed surface has 1, a flat sheet nearly 1/2.
const BELOW: f64 = 0.01;
const GOES_ROUND: f64 = 0.65;

/// `meshes`: 3-D samples of a folder of OBJ files.
pub(crate) fn open_meshes(kind: &Kind, root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let found = layout::plain(root, kind.how_to_get, trouble)?;
    let found = with_inside(root, found, trouble)?;
    Ok(samples_of(root, found))
}

/// `shapenet3d`: 3-D samples of ShapeNetCore's meshes, or DeepSDF's.
pub(crate) fn open_shapenet3d(
    kind: &Kind,
    root: &Path,
    trouble: &mut Trouble,
) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    if !root.join("SdfSamples").is_dir() {
        return Ok(samples_of(root, layout::shapenet_core(root, how_to_get, trouble)?));
    }
    let found = deep_sdf_layout::deep_sdf(root, how_to_get, trouble)?;
    Ok(samples_of(root, looked_through(root, found, trouble)?))
}

/// DeepSDF's samples without the files that cannot be used; what of the others is left out or cannot be measured is
/// said.
fn looked_through(root: &Path, mut found: Found, trouble: &mut Trouble) -> Result<Found, DataError> {
    let files = found.files();
    if files.len() > COUNTED {
        found.remarks.push(format!(
            "its {} files are not read beforehand: rows that are not finite are left out, and sdf_near or sdf_uniform \
             is empty where a shape has no such samples (`data verify` reads them all)",
            files.len()
        ));
        return Ok(found);
    }
    let read: Vec<Result<(usize, Option<&str>), DataError>> = files
        .par_iter()
        .map(|(_, file)| {
            let samples = deep_sdf::read(&root.join(file))?;
            Ok((samples.dropped, deep_sdf::lack(&samples, file)))
        })
        .collect();
    let (mut dropped, mut lacks, mut unusable) = (0, BTreeMap::<&str, Vec<&str>>::new(), BTreeSet::new());
    for ((split, file), read) in files.iter().zip(read) {
        match read {
            Ok((rows, lack)) => {
                dropped += rows;
                lack.filter(|_| *split == Split::Test)
                    .into_iter()
                    .for_each(|lack| lacks.entry(lack).or_default().push(file));
            }
            Err(why) => {
                trouble.met(why)?;
                unusable.insert(file);
            }
        }
    }
    if dropped > 0 {
        found.remarks.push(format!("{dropped} rows of its samples are not finite and are left out"));
    }
    for (lack, files) in lacks {
        let shown = first_names(&files, NAMED);
        found.remarks.push(format!("{} of its test shapes have {lack}: {shown}", files.len()));
    }
    let usable =
        |models: Vec<Model>| models.into_iter().filter(|model| !unusable.contains(&model.file)).collect();
    Ok(Found { train: usable(found.train), test: usable(found.test), remarks: found.remarks })
}

/// `shapenet-sdf`: six images a mesh of ShapeNetCore, or of a folder of OBJ files.
pub(crate) fn open_shapenet_sdf(
    kind: &Kind,
    root: &Path,
    trouble: &mut Trouble,
) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    let found = match layout::is_shapenet_core(root, how_to_get)? {
        true => layout::shapenet_core(root, how_to_get, trouble)?,
        false => {
            let mut found = with_inside(root, layout::plain(root, how_to_get, trouble)?, trouble)?;
            let remark = format!("{} is not ShapeNetCore but a folder of meshes", root.display());
            found.remarks.push(remark);
            found
        }
    };
    let six_views = |models: &[Model]| {
        let of_model = |model: &Model| {
            let entry =
                |view: &str| Entry { name: format!("{}, {view}", model.file), stratum: model.stratum };
            views::VIEWS.map(entry)
        };
        models.iter().flat_map(of_model).collect()
    };
    let folder = root.to_path_buf();
    let (files, remarks) = (found.files(), found.remarks.clone());
    Ok(Contents {
        train: six_views(&found.train),
        test: six_views(&found.test),
        place: Arc::new(Place::folder(root)),
        files,
        remarks,
        read: Box::new(move |split, index, side| {
            let models = if split == Split::Train { &found.train } else { &found.test };
            let model = &models[index / views::VIEWS.len()];
            Ok(views::image(&solid(&folder.join(&model.file))?, index % views::VIEWS.len(), side))
        }),
        original: None,
    })
}

/// What the shape of a file is measured against.
pub(crate) fn held(root: &Path, name: &str, sizes: HeldSizes) -> Result<Held, DataError> {
    let file = root.join(name);
    match name.ends_with(".npz") {
        true => Ok(deep_sdf::held(&deep_sdf::read(&file)?, name, sizes)),
        false => Ok(sampling::held(&Solid::Mesh(Box::new(solid(&file)?)), name, sizes)),
    }
}

/// Reads a file whole; what of it is left out is a remark.
pub(crate) fn check(place: &Place, relative: &str) -> Result<Option<String>, DataError> {
    let file = place.path(relative);
    if relative.ends_with(".npz") {
        let samples = deep_sdf::read(&file)?;
        let dropped = samples.dropped;
        let dropped = (dropped > 0).then(|| format!("leave out {dropped} rows that are not finite"));
        let lack = deep_sdf::lack(&samples, relative).map(|lack| format!("have {lack}"));
        let said: Vec<String> = dropped.into_iter().chain(lack).collect();
        return Ok((!said.is_empty()).then(|| said.join(", and ")));
    }
    let mesh = read_obj(&file)?;
    let (flat, twice, bent, lines) = (mesh.without_area, mesh.repeated, mesh.bent, mesh.without_surface);
    let said: Vec<String> = [
        (flat + twice, format!("left out: {flat} triangles without area, {twice} that repeat another")),
        (
            bent,
            format!("{bent} faces are bent by more than 1 % of their width, and cut as the file begins them"),
        ),
        (lines, format!("left out: {lines} points, lines or curves, which have no surface")),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(_, said)| said)
    .collect();
    Ok((!said.is_empty()).then(|| said.join("; ")))
}

/// The normalised mesh of a file.
pub(crate) fn solid(file: &Path) -> Result<MeshSolid, DataError> {
    let mesh = normalised(read_obj(file)?);
    MeshSolid::new(mesh).map_err(|why| {
        DataError::content(file, format!("its triangles cannot be used ({why})"), "Export the mesh again")
    })
}

/// The 3-D samples of what was found.
fn samples_of(root: &Path, found: Found) -> Contents {
    let entries = |models: &[Model]| {
        models.iter().map(|model| Entry { name: model.file.clone(), stratum: model.stratum }).collect()
    };
    let folder = root.to_path_buf();
    let (files, remarks) = (found.files(), found.remarks.clone());
    Contents {
        train: entries(&found.train),
        test: entries(&found.test),
        place: Arc::new(Place::folder(root)),
        files,
        remarks,
        read: Box::new(move |split, index, side| {
            let models = if split == Split::Train { &found.train } else { &found.test };
            let (name, file) = (&models[index].file, folder.join(&models[index].file));
            match name.ends_with(".npz") {
                true => Ok(deep_sdf::signal(&deep_sdf::read(&file)?, name, side)),
                false => Ok(sampling::signal(&Solid::Mesh(Box::new(solid(&file)?)), name, side)),
            }
        }),
        original: None,
    }
}

/// Leaves out meshes without an inside (open sheets), and says which. One that cannot be used is trouble.
fn with_inside(root: &Path, found: Found, trouble: &mut Trouble) -> Result<Found, DataError> {
    let files = found.files();
    let looked_at: Vec<Result<bool, DataError>> =
        files.par_iter().map(|(_, file)| Ok(has_inside(&solid(&root.join(file))?, file))).collect();
    let (mut kept, mut sheets) = (HashSet::new(), Vec::new());
    for ((_, file), inside) in files.into_iter().zip(looked_at) {
        match inside {
            Ok(true) => drop(kept.insert(file)),
            Ok(false) => sheets.push(file),
            Err(why) => trouble.met(why)?,
        }
    }
    let of_kept =
        |models: Vec<Model>| models.into_iter().filter(|model| kept.contains(&model.file)).collect();
    let mut remarks = found.remarks;
    if !sheets.is_empty() {
        remarks.push(format!("left out, for they are open sheets without an inside: {}", sheets.join(", ")));
    }
    Ok(Found { train: of_kept(found.train), test: of_kept(found.test), remarks })
}

/// Whether most triangles have an inside just below or above them.
fn has_inside(solid: &MeshSolid, name: &str) -> bool {
    let mesh = solid.mesh();
    let mut stream = Stream::named(&[name, "inside"]);
    let drawn = 200;
    let with = (0..drawn)
        .filter(|_| {
            let triangle = mesh.triangles[stream.below(mesh.triangles.len())];
            let corners = mesh.corners(triangle);
            let middle = (corners[0] + corners[1] + corners[2]) / 3.0;
            let step = area_vector(corners).normalize() * BELOW;
            let number = |point| solid.winding_number(point);
            number(middle - step).max(number(middle + step)) >= GOES_ROUND
        })
        .count();
    2 * with >= drawn
}
