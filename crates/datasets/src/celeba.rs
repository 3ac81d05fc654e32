//! `celeba`: CelebA in torchvision's layout, `celeba/img_align_celeba/*.jpg` and
//! `celeba/list_eval_partition.txt`.
//!
//! The list has no header; a line is `000001.jpg 0` with 0 train, 1 validation (unused, as in the paper's
//! code) and 2 test. Signals are CenterCrop(178) of the 178 × 218 pictures: rows 20 to 197, every column.
//! Files that the list does not name are ignored.

use crate::crop::{NATIVE_SIDE, centre_crop};
use crate::folder::{check_listed, names, text};
use crate::kinds::kind;
use crate::set::{Contents, Entry};
use crate::{DataError, Split, area_average, load_picture};
use std::collections::HashSet;
use std::path::Path;

const PICTURES: &str = "img_align_celeba";

pub(crate) fn open(root: &Path) -> Result<Contents, DataError> {
    let how_to_get = kind("celeba")?.how_to_get;
    let list = root.join("list_eval_partition.txt");
    let (train, test) = read_partition(&list, how_to_get)?;
    let folder = root.join(PICTURES);
    let present: HashSet<String> = names(&folder, how_to_get)?.into_iter().collect();
    let mut listed: Vec<&str> = train.iter().chain(&test).map(String::as_str).collect();
    listed.sort_unstable();
    check_listed(&list, &listed, |name| present.contains(name), how_to_get)?;
    let entries =
        |files: &[String]| files.iter().map(|file| Entry { name: file.clone(), stratum: 0 }).collect();
    let path = |split: Split| move |file: &String| (split, format!("{PICTURES}/{file}"));
    let mut files: Vec<(Split, String)> = train.iter().map(path(Split::Train)).collect();
    files.extend(test.iter().map(path(Split::Test)));
    Ok(Contents {
        train: entries(&train),
        test: entries(&test),
        files,
        read: Box::new(move |split, index, side| {
            let path = folder.join(if split == Split::Train { &train[index] } else { &test[index] });
            let native = centre_crop(&load_picture(&path)?, NATIVE_SIDE, &path)?;
            Ok(area_average(&native, NATIVE_SIDE, 3, side))
        }),
    })
}

/// The files of train and of test, each sorted.
fn read_partition(list: &Path, how_to_get: &str) -> Result<(Vec<String>, Vec<String>), DataError> {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (number, line) in
        text(list, how_to_get)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [file, "0"] => train.push(file.to_string()),
            [_, "1"] => {}
            [file, "2"] => test.push(file.to_string()),
            _ => {
                let problem = format!("line {} is `{line}`, not a file and 0, 1 or 2", number + 1);
                return Err(DataError::layout(list, problem, how_to_get));
            }
        }
    }
    train.sort_unstable();
    test.sort_unstable();
    Ok((train, test))
}
