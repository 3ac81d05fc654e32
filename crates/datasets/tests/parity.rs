//! Signals are torchvision's, to the bit: compared with values that `data-scripts/parity.py` computed with Pillow
//! and torchvision (`tests/parity/versions.txt`). `-- --nocapture` prints the table of DETAILS.md, item 18.

mod fixture;

use datasets::{DataError, Picture, Signal, Split, load_picture, open, signal_of_picture};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}

/// The pictures that have values `<picture>.<preparation>.png`, and these values as bytes.
fn cases(preparation: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let suffix = format!(".{preparation}.png");
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(&suffix))
        .collect();
    names.sort();
    let case = |name: String| {
        let values = image::open(folder().join(&name)).unwrap().into_rgb8().into_raw();
        (folder().join(name.trim_end_matches(&suffix)), values)
    };
    names.into_iter().map(case).collect()
}

/// The largest difference of two signals of equal size, in 1/255.
fn difference(ours: &[u8], theirs: &[u8]) -> u8 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// The bytes of a native signal: its values are exactly these over 255.
fn bytes(signal: &Signal) -> Vec<u8> {
    let byte = |&value: &f32| {
        let byte = (value * 255.0).round() as u8;
        assert_eq!(value, f32::from(byte) / 255.0, "{}: not a byte over 255", signal.name);
        byte
    };
    signal.values.iter().map(byte).collect()
}

#[test]
fn every_colour_type_and_sampling_is_decoded_to_pillows_bytes() {
    let cases = cases("rgb");
    let mut largest: BTreeMap<&str, (usize, u8)> = BTreeMap::new();
    for (path, theirs) in &cases {
        let Picture { rgb, .. } = load_picture(path).unwrap();
        let difference = difference(&rgb, theirs);
        assert_eq!(difference, 0, "{}", path.display());
        let kind = if path.extension().unwrap() == "png" { "PNG" } else { "JPEG" };
        let entry = largest.entry(kind).or_default();
        *entry = (entry.0 + 1, entry.1.max(difference));
    }
    assert_eq!((largest["PNG"].0, largest["JPEG"].0), (20, 25));
    for (kind, (count, difference)) in largest {
        println!("decoding, {kind}: {count} made pictures, largest difference {difference} / 255");
    }
}

#[test]
fn crops_and_sizes_are_torchvisions() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("celeba");
    std::fs::create_dir_all(root.join("img_align_celeba")).unwrap();
    let cases = [cases("celeba"), cases("imagenette")];
    let mut list = String::new();
    for (path, _) in &cases[0] {
        let name = path.file_name().unwrap().to_str().unwrap();
        std::fs::copy(path, root.join("img_align_celeba").join(name)).unwrap();
        list += &format!("{name} 0\n{name}.jpg 2\n");
        std::fs::copy(path, root.join("img_align_celeba").join(format!("{name}.jpg"))).unwrap();
    }
    std::fs::write(root.join("list_eval_partition.txt"), list).unwrap();
    let celeba = open("celeba", &[data.path().to_path_buf()]).unwrap();
    assert_eq!((cases[0].len(), cases[1].len()), (7, 7));
    for (index, (path, theirs)) in cases[0].iter().enumerate() {
        let signal = celeba.load(Split::Train, index, 178).unwrap();
        assert_eq!(signal.name, path.file_name().unwrap().to_str().unwrap());
        assert_eq!(difference(&bytes(&signal), theirs), 0, "CenterCrop of {}", path.display());
    }
    for (path, theirs) in &cases[1] {
        let signal = signal_of_picture(path, 178).unwrap();
        assert_eq!(difference(&bytes(&signal), theirs), 0, "Resize, CenterCrop of {}", path.display());
    }
    println!(
        "Resize and CenterCrop: 2 × 7 pictures smaller and larger than the crop, largest difference 0 / 255"
    );
}

/// Every row of `shared.tsv`: 16 digits of SHA-256 of a signal's bytes.
#[test]
fn signals_of_real_photographs_are_torchvisions() {
    let Some(data) = fixture::licensed() else { return };
    let text = std::fs::read_to_string(folder().join("shared.tsv")).unwrap();
    let mut groups: BTreeMap<String, Vec<[String; 3]>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let row: Vec<String> = line.split('\t').map(str::to_string).collect();
        let group = row[1].split('/').next().unwrap().to_string();
        groups.entry(group).or_default().push(row.try_into().unwrap());
    }
    for (group, rows) in groups {
        if !data.join(&group).is_dir() {
            println!("not there, so not tested: {}", data.join(&group).display());
            continue;
        }
        let theirs: BTreeMap<&str, &str> =
            rows.iter().map(|[_, file, hash]| (file.as_str(), hash.as_str())).collect();
        let ours = hashes(&data, &group, &rows);
        let different: Vec<&String> = ours
            .iter()
            .filter(|(file, hash)| theirs[file.as_str()] != hash.as_str())
            .map(|(file, _)| file)
            .collect();
        assert!(different.is_empty(), "{} of {} differ: {different:?}", different.len(), ours.len());
        assert_eq!(ours.len(), rows.len(), "{group}: signals without values, or values without signals");
        println!("{group}: {} signals, every byte equal", ours.len());
    }
}

/// Path below the data folder and hash of each signal: read as the kind reads them, where there is one.
fn hashes(data: &Path, group: &str, rows: &[[String; 3]]) -> Vec<(String, String)> {
    let hash = |signal: Result<Signal, DataError>| {
        let digest = Sha256::digest(bytes(&signal.unwrap()));
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let (kind, parts) = match group {
        "celeba" => ("celeba", ["celeba/img_align_celeba", "celeba/img_align_celeba"]),
        "imagenette2" => ("imagenette", ["imagenette2/train", "imagenette2/val"]),
        _ => {
            let own =
                |[_, file, _]: &[String; 3]| (file.clone(), hash(signal_of_picture(&data.join(file), 178)));
            return rows.par_iter().map(own).collect();
        }
    };
    let set = open(kind, &[data.to_path_buf()]).unwrap();
    let mut all = Vec::new();
    for (split, part) in [Split::Train, Split::Test].into_iter().zip(parts) {
        let one = |index| (format!("{part}/{}", set.name(split, index)), hash(set.load(split, index, 178)));
        all.extend((0..set.len(split)).into_par_iter().map(one).collect::<Vec<_>>());
    }
    all
}
