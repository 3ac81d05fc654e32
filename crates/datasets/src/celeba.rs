//! `celeba`: CelebA in torchvision's layout, `celeba/img_align_celeba/*.jpg` or, not unpacked,
//! `celeba/img_align_celeba.zip`, with `celeba/list_eval_partition.txt`.
//!
//! The list has no header; a line is `000001.jpg 0` with 0 train, 1 validation (unused, as in the paper's
//! code) and 2 test. Signals are CenterCrop(178) of the 178 × 218 pictures: rows 20 to 197, every column.
//! Files that the list does not name are ignored. Where both are there, the folder counts; both give the same
//! signals and the same fingerprint.

use crate::crop::{NATIVE_SIDE, centre_crop};
use crate::folder::{check_listed, names, text};
use crate::kinds::kind;
use crate::picture::decode;
use crate::place::{Archive, Place};
use crate::set::{Contents, Entry};
use crate::trouble::Trouble;
use crate::{DataError, Split, area_average};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

const PICTURES: &str = "img_align_celeba";

pub(crate) fn open(root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let how_to_get = kind("celeba")?.how_to_get;
    let list = root.join("list_eval_partition.txt");
    let (train, test) = read_partition(&list, how_to_get, trouble)?;
    let (place, train, test) = present(root, &list, [train, test], how_to_get, trouble)?;
    let path = |split: Split| move |file: &String| (split, format!("{PICTURES}/{file}"));
    let mut files: Vec<(Split, String)> = train.iter().map(path(Split::Train)).collect();
    files.extend(test.iter().map(path(Split::Test)));
    let entries = |files: Vec<String>| files.into_iter().map(|name| Entry { name, stratum: 0 }).collect();
    let paths: Vec<String> = files.iter().map(|(_, file)| file.clone()).collect();
    let (first_test, place) = (train.len(), Arc::new(place));
    let read_from = place.clone();
    let read = move |split: Split, index: usize, side: usize| {
        let file = &paths[if split == Split::Train { index } else { first_test + index }];
        let picture = decode(&read_from.path(file), &read_from.read(file)?)?;
        Ok(area_average(&centre_crop(&picture, NATIVE_SIDE), NATIVE_SIDE, 3, side))
    };
    Ok(Contents {
        train: entries(train),
        test: entries(test),
        place,
        files,
        remarks: Vec::new(),
        read: Box::new(read),
        original: None,
    })
}

/// Where the pictures are, and those of train and of test that are there.
fn present(
    root: &Path,
    list: &Path,
    [train, test]: [Vec<String>; 2],
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<(Place, Vec<String>, Vec<String>), DataError> {
    let (folder, archive) = (root.join(PICTURES), root.join(format!("{PICTURES}.zip")));
    let mut listed: Vec<&str> = train.iter().chain(&test).map(String::as_str).collect();
    listed.sort_unstable();
    if !folder.exists() && archive.is_file() {
        let archive = Archive::open(&archive, how_to_get)?;
        let usable: HashSet<&str> =
            check_listed(list, &listed, |name| archive.has(name), how_to_get, trouble)?.into_iter().collect();
        let [train, test] = [&train, &test].map(|files| kept(files, &usable));
        return Ok((Place::Zip(archive), train, test));
    }
    let found: HashSet<String> = names(&folder, how_to_get, trouble)?.into_iter().collect();
    let usable: HashSet<&str> =
        check_listed(list, &listed, |name| found.contains(name), how_to_get, trouble)?.into_iter().collect();
    let [train, test] = [&train, &test].map(|files| kept(files, &usable));
    Ok((Place::Folder(root.to_path_buf()), train, test))
}

fn kept(files: &[String], usable: &HashSet<&str>) -> Vec<String> {
    files.iter().filter(|file| usable.contains(file.as_str())).cloned().collect()
}

/// The files of train and of test, each sorted.
fn read_partition(
    list: &Path,
    how_to_get: &str,
    trouble: &mut Trouble,
) -> Result<(Vec<String>, Vec<String>), DataError> {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (number, line) in
        text(list, how_to_get)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(file), Some("0"), None) => train.push(file.to_string()),
            (Some(_), Some("1"), None) => {}
            (Some(file), Some("2"), None) => test.push(file.to_string()),
            _ => {
                let problem = format!("line {} is `{line}`, not a file and 0, 1 or 2", number + 1);
                trouble.met(DataError::layout(list, problem, how_to_get))?;
            }
        }
    }
    train.sort_unstable();
    test.sort_unstable();
    Ok((train, test))
}
