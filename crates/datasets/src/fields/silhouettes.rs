//! `silhouettes`: signed distance fields of 1-bit masks, `silhouettes/<category>/*.png`, 256 × 256, white is
//! inside (`mask`).
//!
//! `SPLIT.tsv` says which mask is for test; masks of one family (similar names, or overlapping by 90 % or more) are
//! on one side.

use super::mask::{mask_of_picture, values_of_mask};
use crate::error::DataError;
use crate::files::folder::{check_listed, columns, unlisted};
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::left_out::left_out;
use crate::picture::decode::decode;
use crate::picture::pixels::Picture;
use crate::signal::Split;
use crate::trouble::Trouble;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn open(kind: &Kind, root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    let list = root.join("SPLIT.tsv");
    let rows = columns(&list, ["file", "split"], how_to_get)?;
    let names: Vec<&str> = rows.iter().map(|[file, _]| file.as_str()).collect();
    let usable: HashSet<String> =
        check_listed(&list, &names, |name| root.join(name).exists(), how_to_get, trouble)?
            .into_iter()
            .map(str::to_string)
            .collect();
    let unused = unlisted(root, &names, &list, trouble)?;
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for [file, split] in rows.into_iter().filter(|[file, _]| usable.contains(file)) {
        match split.as_str() {
            "train" => train.push(file),
            "test" => test.push(file),
            other => {
                let problem = format!("{file} has the split `{other}`");
                trouble.met(DataError::layout(&list, problem, "Write train or test there"))?;
            }
        }
    }
    let mut files: Vec<(Split, String)> = train.iter().map(|file| (Split::Train, file.clone())).collect();
    files.extend(test.iter().map(|file| (Split::Test, file.clone())));
    let place = Arc::new(Place::folder(root));
    let (train_entries, test_entries) = (entries(&train), entries(&test));
    let file = move |split: Split, index: usize| {
        (if split == Split::Train { &train[index] } else { &test[index] }).clone()
    };
    let (masks, pictures, file_of) = (place.clone(), place.clone(), file.clone());
    Ok(Contents {
        train: train_entries,
        test: test_entries,
        place,
        files,
        remarks: left_out(&unused, "that SPLIT.tsv does not name").into_iter().collect(),
        read: Box::new(move |split, index, side| {
            Ok(values_of_mask(&load_mask(&masks, &file(split, index))?, side))
        }),
        original: Some(Box::new(move |split, index| load(&pictures, &file_of(split, index)))),
    })
}

/// The stratum of a mask is the rank of its category among the categories of its part.
fn entries(files: &[String]) -> Vec<Entry> {
    let category = |file: &str| file.split('/').next().unwrap_or_default().to_string();
    let mut categories: Vec<String> = files.iter().map(|file| category(file)).collect();
    categories.dedup(); // files are sorted
    let rank = |file: &str| categories.partition_point(|known| *known < category(file));
    files.iter().map(|file| Entry { name: file.clone(), stratum: rank(file) }).collect()
}

fn load(place: &Place, relative: &str) -> Result<Picture, DataError> {
    decode(&place.path(relative), &place.read(relative)?)
}

/// [256·256], true inside.
fn load_mask(place: &Place, relative: &str) -> Result<Vec<bool>, DataError> {
    mask_of_picture(&load(place, relative)?, &place.path(relative))
}

/// Reads a mask whole; there is nothing to remark on a good one.
pub(crate) fn check(place: &Place, relative: &str) -> Result<Option<String>, DataError> {
    load_mask(place, relative).map(|_| None)
}
