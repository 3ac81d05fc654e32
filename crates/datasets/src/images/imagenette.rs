//! `imagenette`: Imagenette2 as torchvision's ImageFolder reads it: `imagenette2/{train,val}/<class>/*.JPEG`,
//! sorted by class, then by file.
//!
//! Signals are Resize(200) of the short side (Pillow's antialiased bilinear, long side truncated), then
//! CenterCrop(178); `val` is the test part. Which archive the paper used is not stated; pictures of the full
//! one and of the 320 px one differ a little after Resize. The 160 px archive would have to be enlarged and is
//! refused, whatever its folder is called. The class is the stratum of [`crate::Choice::Stratified`].

use super::prepare;
use crate::error::DataError;
use crate::files::folder::{is_picture_name, names};
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind};
use crate::left_out::left_out;
use crate::picture::crop::RESIZED_SHORT_SIDE;
use crate::picture::decode::{decode, dimensions};
use crate::picture::preparation::Preparation;
use crate::signal::Split;
use crate::trouble::Trouble;
use std::path::Path;
use std::sync::Arc;

/// The short side of every picture of the archive that is too small.
const TOO_SMALL_SHORT_SIDE: usize = 160;
/// Headers that are looked at to tell which archive it is.
const LOOKED_AT: usize = 24;

pub(crate) fn open(kind: &Kind, root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    let mut unused = Vec::new();
    let train = list(root, "train", how_to_get, trouble, &mut unused)?;
    let test = list(root, "val", how_to_get, trouble, &mut unused)?;
    let mut files: Vec<(Split, String)> =
        train.iter().map(|entry| (Split::Train, format!("train/{}", entry.name))).collect();
    files.extend(test.iter().map(|entry| (Split::Test, format!("val/{}", entry.name))));
    let place = Arc::new(Place::folder(root));
    check_archive(root, &place, &files)?;
    let paths: Vec<String> = files.iter().map(|(_, file)| file.clone()).collect();
    let (first_test, read_from) = (train.len(), place.clone());
    let read = move |split: Split, index: usize, side: usize| {
        let file = &paths[if split == Split::Train { index } else { first_test + index }];
        let path = read_from.path(file);
        prepare::values(Preparation::Resized, decode(&path, &read_from.read(file)?)?, &path, side)
    };
    let why = "that are no pictures of a class (a name that ends in .jpg, .jpeg or .png, not hidden)";
    let remarks = left_out(&unused, why).into_iter().collect();
    Ok(Contents { train, test, place, files, remarks, read: Box::new(read), original: None })
}

/// The pictures of a part, named `<class>/<file>`; the stratum is the class's rank. What else lies there goes to
/// `unused`.
fn list(
    root: &Path,
    part: &str,
    how_to_get: &str,
    trouble: &mut Trouble,
    unused: &mut Vec<String>,
) -> Result<Vec<Entry>, DataError> {
    let folder = root.join(part);
    let mut entries = Vec::new();
    let is_class = |name: &String| !name.starts_with('.') && folder.join(name).is_dir();
    let (classes, rest): (Vec<String>, Vec<String>) =
        names(&folder, how_to_get, trouble)?.into_iter().partition(is_class);
    unused.extend(rest.iter().map(|name| format!("{part}/{name}")));
    for (stratum, class) in classes.iter().enumerate() {
        let (pictures, rest): (Vec<String>, Vec<String>) = names(&folder.join(class), how_to_get, trouble)?
            .into_iter()
            .partition(|name| is_picture_name(name));
        unused.extend(rest.iter().map(|name| format!("{part}/{class}/{name}")));
        if pictures.is_empty() {
            trouble.met(DataError::layout(&folder.join(class), "the class has no picture", how_to_get))?;
        }
        entries.extend(pictures.iter().map(|name| Entry { name: format!("{class}/{name}"), stratum }));
    }
    Ok(entries)
}

/// Refuses the 160 px archive by what its pictures are.
fn check_archive(root: &Path, place: &Place, files: &[(Split, String)]) -> Result<(), DataError> {
    let every = (files.len() / LOOKED_AT).max(1);
    let short_side = |(_, file): &(Split, String)| {
        let (height, width) = dimensions(&place.path(file), &place.read(file).ok()?).ok()?;
        Some(height.min(width))
    };
    let sides: Vec<usize> = files.iter().step_by(every).filter_map(short_side).collect();
    let too_small = sides.iter().filter(|&&side| side <= TOO_SMALL_SHORT_SIDE).count();
    if 2 * too_small <= sides.len() {
        return Ok(());
    }
    let problem = format!(
        "its pictures have a short side of {TOO_SMALL_SHORT_SIDE} px: this is the 160 px archive, and \
         Resize({RESIZED_SHORT_SIDE}) would enlarge them, so that no result could be compared with the paper's"
    );
    let remedy = "Take imagenette2.tgz or imagenette2-320.tgz: data-scripts/imagenette.sh gets either";
    Err(DataError::layout(root, problem, remedy))
}
