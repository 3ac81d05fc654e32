//! Every row of KINDS opens, loads, is chosen from and is fingerprinted: listing a kind is testing it.

mod fixture;

use datasets::{Choice, DataSet, HeldSizes, KINDS, Kind, Places, Signal, Split, open};
use fixture::{assert_says, message};
use std::path::{Path, PathBuf};

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts a small or shipped data set of this kind into a data folder.
fn provide(kind: &Kind, data: &Path) -> PathBuf {
    match kind.name {
        _ if kind.is_generated() => PathBuf::from("generated"),
        _ if kind.shipped => {
            copy_folder(&fixture::shipped().join(kind.name), &data.join(kind.name));
            data.join(kind.name)
        }
        "celeba" => fixture::write_celeba(data),
        "imagenette" => fixture::write_imagenette(data),
        "sdf2d" => fixture::write_sdf2d(data),
        "meshes" => fixture::write_meshes(data),
        "shapenet-sdf" | "shapenet3d" => fixture::write_shapenet(data),
        other => panic!("KINDS lists `{other}`, but this test has no data for it: add a fixture"),
    }
}

fn check_signals(set: &DataSet) {
    let kind = set.kind();
    let sides: &[usize] = if kind.coordinates == 3 { &[4, 13] } else { &[kind.smallest_side, 13, 64, 178] };
    for split in [Split::Train, Split::Test] {
        let indices = set.choose(split, Choice::Stratified { count: set.len(split).min(2) }).unwrap();
        for &side in sides {
            for (signal, &index) in set.load_many(split, &indices, side).unwrap().iter().zip(&indices) {
                match &signal.places {
                    Places::Pixels => check_image(signal, side),
                    Places::Points(points) => check_shape(signal, points, side),
                }
                assert_eq!(signal.name, set.name(split, index));
                assert_eq!(*signal, set.load(split, index, side).unwrap());
            }
        }
    }
}

fn check_image(signal: &Signal, side: usize) {
    assert_eq!((signal.side, signal.channels, signal.values.len()), (side, 3, side * side * 3));
    assert!(signal.values.iter().all(|value| (0.0..=1.0).contains(value)), "{}", signal.name);
}

/// Values are distances: they change no faster than their points, and some are inside.
fn check_shape(signal: &Signal, points: &[f32], side: usize) {
    let count = side * side * side;
    assert_eq!(
        (signal.side, signal.channels, signal.values.len(), points.len()),
        (side, 1, count, 3 * count)
    );
    for (p, d) in points.chunks_exact(6).zip(signal.values.chunks_exact(2)) {
        let apart: f32 = (0..3).map(|i| (p[i] - p[i + 3]).powi(2)).sum::<f32>().sqrt();
        assert!((d[0] - d[1]).abs() <= apart * 1.0001 + 1e-6, "{}: {d:?} at {p:?}", signal.name);
    }
    assert!(signal.values.iter().any(|d| *d < 0.0), "{}: nothing is inside", signal.name);
}

fn check_held(set: &DataSet) {
    let sizes = HeldSizes { samples: 50, surface: 40, grid: 7 };
    let held = set.held(0, sizes).unwrap();
    assert_eq!(held.is_some(), set.kind().coordinates == 3);
    let Some(held) = held else { return };
    assert_eq!((held.near.values.len(), held.uniform.coords.len()), (50, 150));
    assert_eq!((held.surface.len(), held.grid.len()), (120, 343));
    assert_eq!(Some(held), set.held(0, sizes).unwrap());
}

fn check_refusals(set: &DataSet) {
    let root = set.root().display().to_string();
    for side in [0, set.kind().largest_side + 1] {
        let largest = set.kind().largest_side.to_string();
        assert_says(
            &message(set.load(Split::Test, 0, side)),
            &[&root, &format!("side of {side}"), "ask for", &largest],
        );
    }
    let len = set.len(Split::Test);
    assert_says(&message(set.load(Split::Test, len, 32)), &[&root, "test", &len.to_string(), "ask for"]);
    for choice in [Choice::FirstByPath { count: len + 1 }, Choice::Stratified { count: len + 1 }] {
        let said = message(set.choose(Split::Test, choice));
        assert_says(&said, &[&root, &len.to_string(), &(len + 1).to_string(), "at most"]);
    }
}

fn check_fingerprint(kind: &Kind, set: &DataSet) {
    let fingerprint = set.fingerprint().unwrap();
    assert_eq!(fingerprint.len(), 64);
    assert_eq!(fingerprint, set.fingerprint().unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let place = provide(kind, &elsewhere.path().join("another data folder"));
    let moved = open(kind.name, &[elsewhere.path().join("another data folder")]).unwrap();
    if place.is_dir() {
        assert_eq!(
            fingerprint,
            moved.fingerprint().unwrap(),
            "{}: the place of the folder matters",
            kind.name
        );
    }
    if kind.is_generated() {
        return;
    }
    let file = first_picture(&place);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_ne!(fingerprint, moved.fingerprint().unwrap(), "{}: one changed byte does not matter", kind.name);
}

fn first_picture(place: &Path) -> PathBuf {
    if place.is_file() {
        return place.to_path_buf();
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_picture = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| !matches!(extension.to_str(), Some("tsv" | "txt" | "csv" | "json")))
    };
    let file =
        entries.iter().find(|path| path.is_file() && is_picture(path) && path.extension().unwrap() != "md");
    file.cloned().unwrap_or_else(|| first_picture(entries.iter().find(|path| path.is_dir()).unwrap()))
}

#[test]
fn every_kind_opens_loads_and_has_a_fingerprint() {
    for kind in KINDS {
        let data = tempfile::tempdir().unwrap();
        let place = provide(kind, data.path());
        let set = open(kind.name, &["no such folder".into(), data.path().to_path_buf()]).unwrap();
        assert_eq!((set.kind().name, set.root()), (kind.name, place.as_path()));
        check_signals(&set);
        check_held(&set);
        check_refusals(&set);
        check_fingerprint(kind, &set);
    }
}

#[test]
fn every_kind_that_is_nowhere_says_where_it_was_looked_for_and_how_to_get_it() {
    for kind in KINDS.iter().filter(|kind| !kind.is_generated()) {
        let data = tempfile::tempdir().unwrap();
        let roots = [data.path().join("one"), data.path().join("two")];
        let said = message(open(kind.name, &roots));
        let looked: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        assert_says(&said, &[&looked[0], &looked[1], kind.name, kind.how_to_get]);
        assert_says(&message(open(kind.name, &[])), &["no data folder is given", kind.how_to_get]);
    }
}

#[test]
fn an_empty_folder_of_every_kind_says_how_to_get_it() {
    for name in ["photos", "silhouettes", "celeba", "imagenette", "imagenette2-320", "meshes"] {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join(name)).unwrap();
        let kind = datasets::kind(name.trim_end_matches("2-320")).unwrap();
        assert_says(&message(open(kind.name, &[data.path().to_path_buf()])), &[name, kind.how_to_get]);
    }
}

#[test]
fn an_unknown_name_gets_the_nearest_one_and_all_of_them() {
    assert_says(
        &message(datasets::kind("Imagenet")),
        &["`Imagenet`", "did you mean `imagenette`", "celeba", "sdf2d"],
    );
    assert_says(&message(open("photo", &[])), &["did you mean `photos`"]);
}
