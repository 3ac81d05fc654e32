//! `imagenette`: Imagenette2 as torchvision's ImageFolder reads it: `imagenette2/{train,val}/<class>/*.JPEG`,
//! sorted by class, then by file.
//!
//! Signals are Resize(200) of the short side (Pillow's antialiased bilinear, long side truncated), then
//! CenterCrop(178); `val` is the test part. Which archive the paper used is not stated; pictures of the full
//! one and of the 320 px one differ a little after Resize. The class is the stratum of
//! [`crate::Choice::Stratified`].

use crate::crop::{NATIVE_SIDE, RESIZED_SHORT_SIDE, centre_crop, resize_short_side};
use crate::folder::{is_picture_name, names};
use crate::kinds::kind;
use crate::set::{Contents, Entry};
use crate::{DataError, Split, area_average, load_picture};
use std::path::{Path, PathBuf};

pub(crate) fn open(root: &Path) -> Result<Contents, DataError> {
    let how_to_get = kind("imagenette")?.how_to_get;
    let train = list(root, "train", how_to_get)?;
    let test = list(root, "val", how_to_get)?;
    let mut files: Vec<(Split, String)> =
        train.iter().map(|entry| (Split::Train, format!("train/{}", entry.name))).collect();
    files.extend(test.iter().map(|entry| (Split::Test, format!("val/{}", entry.name))));
    let first_test = train.len();
    let paths: Vec<PathBuf> = files.iter().map(|(_, file)| root.join(file)).collect();
    let read = move |split: Split, index: usize, side: usize| {
        let path = paths[if split == Split::Train { index } else { first_test + index }].as_path();
        let picture = resize_short_side(load_picture(path)?, RESIZED_SHORT_SIDE, path)?;
        let native = centre_crop(&picture, NATIVE_SIDE, path)?;
        Ok(area_average(&native, NATIVE_SIDE, 3, side))
    };
    Ok(Contents { train, test, files, read: Box::new(read) })
}

/// The pictures of a part, named `<class>/<file>`; the stratum is the class's rank.
fn list(root: &Path, part: &str, how_to_get: &str) -> Result<Vec<Entry>, DataError> {
    let folder = root.join(part);
    let mut entries = Vec::new();
    let classes: Vec<String> =
        names(&folder, how_to_get)?.into_iter().filter(|class| folder.join(class).is_dir()).collect();
    for (stratum, class) in classes.iter().enumerate() {
        let pictures: Vec<String> = names(&folder.join(class), how_to_get)?
            .into_iter()
            .filter(|name| is_picture_name(name))
            .collect();
        if pictures.is_empty() {
            return Err(DataError::layout(&folder.join(class), "the class has no picture", how_to_get));
        }
        entries.extend(pictures.iter().map(|name| Entry { name: format!("{class}/{name}"), stratum }));
    }
    Ok(entries)
}
