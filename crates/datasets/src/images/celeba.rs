//! `celeba`: CelebA in torchvision's layout, `celeba/img_align_celeba/*.jpg` or, not unpacked,
//! `celeba/img_align_celeba.zip`, with `celeba/list_eval_partition.txt`.
//!
//! The list has no header; a line is `000001.jpg 0` with 0 train, 1 validation (unused, as in the paper's
//! code) and 2 test. Signals are CenterCrop(178) of the 178 × 218 pictures: rows 20 to 197, every column.
//! Files that the list does not name are left out, which is said. Where both are there, the folder counts; both give
//! the same signals and the same fingerprint.

use super::prepare;
use crate::error::DataError;
use crate::files::archive::Archive;
use crate::files::folder::{check_listed, names, text};
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::left_out::left_out;
use crate::picture::decode::decode;
use crate::picture::preparation::Preparation;
use crate::signal::Split;
use crate::trouble::Trouble;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

const PICTURES: &str = "img_align_celeba";

pub(crate) fn open(kind: &Kind, root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    let list = root.join("list_eval_partition.txt");
    let partition = read_partition(&list, how_to_get, trouble)?;
    let Present { place, train, test, remarks } = present(root, &list, &partition, how_to_get, trouble)?;
    let path = |split: Split| move |file: &String| (split, format!("{PICTURES}/{file}"));
    let mut files: Vec<(Split, String)> = train.iter().map(path(Split::Train)).collect();
    files.extend(test.iter().map(path(Split::Test)));
    let entries = |files: Vec<String>| files.into_iter().map(|name| Entry { name, stratum: 0 }).collect();
    let paths: Vec<String> = files.iter().map(|(_, file)| file.clone()).collect();
    let (first_test, place) = (train.len(), Arc::new(place));
    let read_from = place.clone();
    let read = move |split: Split, index: usize, side: usize| {
        let file = &paths[if split == Split::Train { index } else { first_test + index }];
        let path = read_from.path(file);
        prepare::values(Preparation::Cropped, decode(&path, &read_from.read(file)?)?, &path, side)
    };
    Ok(Contents {
        train: entries(train),
        test: entries(test),
        place,
        files,
        remarks,
        read: Box::new(read),
        original: None,
    })
}

/// The files of each part, sorted.
struct Partition {
    train: Vec<String>,
    /// Not used.
    validation: Vec<String>,
    test: Vec<String>,
}

/// Where the pictures are, and those of train and of test that are there.
struct Present {
    place: Place,
    train: Vec<String>,
    test: Vec<String>,
    remarks: Vec<String>,
}

fn present(
    root: &Path,
    list: &Path,
    partition: &Partition,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<Present, DataError> {
    let (folder, zip) = (root.join(PICTURES), root.join(format!("{PICTURES}.zip")));
    let mut remarks = Vec::new();
    let has_folder = folder.symlink_metadata().is_ok();
    let (place, found) = match !has_folder && zip.is_file() {
        true => {
            let archive = Archive::open(&zip, PICTURES, how_to_get)?;
            let found: HashSet<String> = archive.names().map(str::to_string).collect();
            let why = format!("in {PICTURES}.zip that are hidden or not in its folder {PICTURES}");
            remarks.extend(left_out(&archive.outside, &why));
            (Place::zip(archive), found)
        }
        false => {
            if zip.exists() {
                remarks.push(format!("left out: {PICTURES}.zip, for the folder {PICTURES} counts"));
            }
            let names = names(&folder, how_to_get, trouble)?;
            check_case(&folder, &names, trouble)?;
            (Place::folder(root), names.into_iter().collect())
        }
    };
    let mut listed: Vec<&str> = partition.train.iter().chain(&partition.test).map(String::as_str).collect();
    listed.sort_unstable();
    let usable: HashSet<&str> =
        check_listed(list, &listed, |name| found.contains(name), how_to_get, trouble)?.into_iter().collect();
    remarks.extend(unused(partition, &listed, &found));
    let [train, test] = [&partition.train, &partition.test].map(|files| kept(files, &usable));
    Ok(Present { place, train, test, remarks })
}

/// What of the pictures that are there is not used.
fn unused(partition: &Partition, listed: &[&str], found: &HashSet<String>) -> Vec<String> {
    let (mut validation, mut unlisted) = (Vec::new(), Vec::new());
    for name in found.iter().filter(|name| listed.binary_search(&name.as_str()).is_err()) {
        let part =
            if partition.validation.binary_search(name).is_ok() { &mut validation } else { &mut unlisted };
        part.push(name.clone());
    }
    validation.sort_unstable();
    unlisted.sort_unstable();
    let reasons = [
        left_out(&validation, "for validation, as in the paper's code"),
        left_out(&unlisted, "that list_eval_partition.txt does not name"),
    ];
    reasons.into_iter().flatten().collect()
}

/// Two names that differ in the case of letters are one file elsewhere: which of them is meant, none can say.
fn check_case(folder: &Path, names: &[String], trouble: &mut Trouble) -> Result<(), DataError> {
    let mut lower: HashMap<String, &str> = HashMap::with_capacity(names.len());
    for name in names {
        if let Some(other) = lower.insert(name.to_lowercase(), name) {
            let problem =
                format!("a picture is there twice, but for the case of letters: {other} and {name}");
            trouble.met(DataError::layout(folder, problem, "Take one of them out"))?;
        }
    }
    Ok(())
}

fn kept(files: &[String], usable: &HashSet<&str>) -> Vec<String> {
    files.iter().filter(|file| usable.contains(file.as_str())).cloned().collect()
}

fn read_partition(list: &Path, how_to_get: &str, trouble: &mut Trouble) -> Result<Partition, DataError> {
    let (mut train, mut validation, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for (number, line) in
        text(list, how_to_get)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(file), Some("0"), None) => train.push(file.to_string()),
            (Some(file), Some("1"), None) => validation.push(file.to_string()),
            (Some(file), Some("2"), None) => test.push(file.to_string()),
            _ => {
                let problem = format!("line {} is `{line}`, not a file and 0, 1 or 2", number + 1);
                trouble.met(DataError::layout(list, problem, how_to_get))?;
            }
        }
    }
    [&mut train, &mut validation, &mut test].into_iter().for_each(|files| files.sort_unstable());
    Ok(Partition { train, validation, test })
}
