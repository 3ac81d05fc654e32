//! Where the shapes of a folder are, and which of them are for test.
//!
//! Three layouts. ShapeNetCore v2: `<synset>/<model>/models/model_normalized.obj`, `taxonomy.json` (names of the
//! synsets) and SHREC16's `all.csv` (`shrec`) where they are. DeepSDF's samples: `deep_sdf_layout`. Any folder of OBJ
//! files, at any depth.
//!
//! Where no list parts them, families do: a shape is for test if the first byte of sha256(family) is below 64, one
//! family in four. A family is a model of ShapeNet, or all files of a folder whose names begin with the same word
//! (`cow.obj`, `cow-low-resolution.obj`), so that no shape is on both sides. If that leaves a part empty, it gets
//! the family of the smallest (or largest) hash.

use super::model::{Found, Model};
use super::shrec::{self, Part};
use crate::error::DataError;
use crate::files::folder::{self, not_utf8, text};
use crate::left_out::{NAMED, first_names, left_out};
use crate::trouble::Trouble;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Of a link or folder.
const UNREADABLE: &str = "Mend the link or the permissions, or take it out of the folder";
/// Meshes that are not read.
const OTHER_MESHES: [&str; 8] = [".ply", ".stl", ".off", ".glb", ".gltf", ".fbx", ".obj.gz", ".obj.zip"];

pub(super) fn names(folder: &Path, how_to_get: &str) -> Result<Vec<String>, DataError> {
    folder::names(folder, how_to_get, &mut Trouble::Stop)
}

/// Whether a folder is laid out as ShapeNetCore: it has folders of eight digits.
pub(crate) fn is_shapenet_core(root: &Path, how_to_get: &str) -> Result<bool, DataError> {
    Ok(names(root, how_to_get)?.iter().any(|name| is_synset(root, name)))
}

fn is_synset(root: &Path, name: &str) -> bool {
    name.len() == 8 && name.bytes().all(|b| b.is_ascii_digit()) && root.join(name).is_dir()
}

/// ShapeNetCore v2.
pub(crate) fn shapenet_core(
    root: &Path,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<Found, DataError> {
    let mut models = Vec::new();
    let mut without = Vec::new();
    let synsets: Vec<String> =
        names(root, how_to_get)?.into_iter().filter(|name| is_synset(root, name)).collect();
    for (stratum, synset) in synsets.iter().enumerate() {
        for model in names(&root.join(synset), how_to_get)?.into_iter().filter(|name| !name.starts_with('.'))
        {
            let file = format!("{synset}/{model}/models/model_normalized.obj");
            match is_mesh_there(root, &file) {
                Ok(true) => models.push(Model { file, stratum, family: model }),
                Ok(false) => without.push(format!("{synset}/{model}")),
                Err(why) => trouble.met(why)?,
            }
        }
    }
    let mut remarks = synset_names(root, &synsets, how_to_get)?;
    if !without.is_empty() {
        let (count, first) = (without.len(), first_names(&without, NAMED));
        remarks.push(format!("{count} models have no models/model_normalized.obj and are left out: {first}"));
    }
    let list = root.join("all.csv");
    if !list.is_file() {
        remarks.push(
            "there is no all.csv (SHREC16), so one model in four is for test, by its name's hash".into(),
        );
        return by_family(root, models, remarks, how_to_get);
    }
    let listed = shrec::read(&list)?;
    let of = |part: Part| {
        models.iter().filter(|model| listed.part(&model.family) == Some(part)).cloned().collect()
    };
    let (train, test) = (of(Part::Train), of(Part::Test));
    remarks.extend(listed.not_used(&models));
    remarks.extend(listed.without_mesh(&models, &synsets));
    Ok(Found { train, test, remarks })
}

/// Whether a file is there; an error if it, or a folder it is in, is a link that leads nowhere.
fn is_mesh_there(root: &Path, file: &str) -> Result<bool, DataError> {
    let path = root.join(file);
    let above = path.ancestors().take_while(|part| *part != root);
    for part in above.filter(|part| part.is_symlink()) {
        std::fs::metadata(part).map_err(|why| DataError::unreadable(part, why, UNREADABLE))?;
    }
    Ok(path.is_file())
}

/// A remark that names the synsets, if taxonomy.json is there.
fn synset_names(root: &Path, synsets: &[String], how_to_get: &str) -> Result<Vec<String>, DataError> {
    let file = root.join("taxonomy.json");
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let taxonomy = json(&file, how_to_get)?;
    let name = |synset: &String| {
        let entry = taxonomy.as_array()?.iter().find(|entry| entry["synsetId"] == synset.as_str())?;
        Some(format!("{synset} ({})", entry["name"].as_str()?.split(',').next()?))
    };
    let named: Vec<String> = synsets.iter().map(|synset| name(synset).unwrap_or(synset.clone())).collect();
    Ok(vec![format!("synsets: {}", named.join(", "))])
}

pub(super) fn json(file: &Path, how_to_get: &str) -> Result<serde_json::Value, DataError> {
    serde_json::from_str(&text(file, how_to_get)?)
        .map_err(|why| DataError::content(file, format!("it is no JSON ({why})"), how_to_get))
}

/// A folder of OBJ files, at any depth; the stratum is the folder directly below the root.
pub(crate) fn plain(root: &Path, how_to_get: &str, trouble: &mut Trouble) -> Result<Found, DataError> {
    let below = files_below(root, trouble)?;
    let ends = |file: &&String, endings: &[&str]| {
        let name = file.rsplit('/').next().unwrap_or(file).to_lowercase();
        !name.starts_with('.') && endings.iter().any(|ending| name.ends_with(ending))
    };
    let files: Vec<&String> = below.iter().filter(|file| ends(file, &[".obj"])).collect();
    let others: Vec<String> = below.iter().filter(|file| ends(file, &OTHER_MESHES)).cloned().collect();
    let folder = |file: &str| file.split_once('/').map_or(String::new(), |(first, _)| first.to_string());
    let folders: BTreeSet<String> = files.iter().map(|file| folder(file)).collect();
    let model = |file: &String| {
        let stratum = folders.iter().position(|known| *known == folder(file)).unwrap_or(0);
        Model { family: first_word(file), stratum, file: file.clone() }
    };
    let remarks = left_out(&others, "of meshes in another format than OBJ").into_iter().collect();
    by_family(root, files.into_iter().map(model).collect(), remarks, how_to_get)
}

/// The files below a folder, `/` between parts, sorted; links are followed. A broken link is trouble, and so is one that
/// leads back to a folder it is in.
fn files_below(root: &Path, trouble: &mut Trouble) -> Result<Vec<String>, DataError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) => entry,
            Err(why) => {
                let path = why.path().unwrap_or(root).to_path_buf();
                trouble.met(DataError::unreadable(&path, why.into(), UNREADABLE))?;
                continue;
            }
        };
        let parts = entry.path().strip_prefix(root).unwrap_or(entry.path()).components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        match parts.map(|parts| parts.join("/")) {
            Some(file) if entry.file_type().is_file() => files.push(file),
            Some(_) => {}
            None => trouble.met(not_utf8(entry.path()))?,
        }
    }
    Ok(files)
}

/// The letters a file's name begins with, in lower case: `fish` of `odedstein/fish/fish_low_resolution.obj`.
fn first_word(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default().to_lowercase();
    let word: String = name.chars().take_while(|c| c.is_alphabetic()).collect();
    if word.is_empty() { name } else { word }
}

pub(super) fn by_family(
    root: &Path,
    models: Vec<Model>,
    remarks: Vec<String>,
    how_to_get: &str,
) -> Result<Found, DataError> {
    let hashes: BTreeMap<[u8; 32], &str> =
        models.iter().map(|model| (Sha256::digest(&model.family).into(), model.family.as_str())).collect();
    let mut test: BTreeSet<&str> =
        hashes.iter().filter(|(hash, _)| hash[0] < 64).map(|(_, family)| *family).collect();
    match hashes.len() {
        0 => return Err(DataError::layout(root, "there are no shapes in it", how_to_get)),
        1 => {
            let problem = "all its shapes are of one family, so there is nothing to train or to test on";
            return Err(DataError::layout(root, problem, "Add shapes of other names"));
        }
        n if test.len() == n => test.retain(|family| Some(family) != hashes.values().last()),
        _ if test.is_empty() => test.extend(hashes.values().next()),
        _ => {}
    }
    let test: BTreeSet<String> = test.into_iter().map(String::from).collect();
    let (test, train) = models.into_iter().partition(|model| test.contains(&model.family));
    Ok(Found { train, test, remarks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_first_word() {
        let words = ["a/fish.obj", "b/fish_low.obj", "b/Fish2.obj", "cow-low-resolution.obj", "123.obj"]
            .map(first_word);
        assert_eq!(words, ["fish", "fish", "fish", "cow", "123.obj"]);
    }

    #[test]
    fn both_parts_have_a_family_however_few_there_are() {
        let model = |family: &str| Model { file: family.into(), stratum: 0, family: family.into() };
        for families in [vec!["a", "b"], vec!["c", "d", "e"], vec!["f", "f", "g"]] {
            let models = families.iter().map(|family| model(family)).collect();
            let found = by_family(Path::new("x"), models, Vec::new(), "").expect("two families");
            assert!(!found.train.is_empty() && !found.test.is_empty());
            assert!(found.train.iter().all(|a| found.test.iter().all(|b| a.family != b.family)));
        }
        assert!(by_family(Path::new("x"), vec![model("a"), model("a")], Vec::new(), "").is_err());
    }
}
