//! `photos`: the free photographs that come with the repository. `photos/LICENSES.tsv` has a row a
//! photograph: file, split, licence, author, source.
//!
//! Whole photographs are either for test or for training; the `split` column says which. A test signal is
//! prepared as the paper prepares Imagenette: Resize(200), CenterCrop(178). Training signals are many crops
//! of 178 px of each training photograph: at short sides 178, 200 and min(260, native), the last only from
//! 220 px on, since nothing is enlarged beyond the rule Resize(200); along each side one to three evenly
//! spaced positions ([`positions`]); each plain and mirrored. A signal is named after its crop:
//! `xyz.jpg@200+12+40m` is short side 200, top 12, left 40, mirrored.

use super::prepare;
use crate::error::DataError;
use crate::files::folder::{check_listed, columns, unlisted};
use crate::files::place::Place;
use crate::kind::{Contents, Entry, Kind, Read};
use crate::left_out::left_out;
use crate::picture::area::area_average;
use crate::picture::crop::{NATIVE_SIDE, RESIZED_SHORT_SIDE, crop, resize_short_side, resized_size};
use crate::picture::decode::{decode, dimensions};
use crate::picture::preparation::Preparation;
use crate::signal::Split;
use crate::trouble::Trouble;
use std::path::Path;
use std::sync::Arc;

const LARGEST_SHORT_SIDE: usize = 260;
const SMALLEST_THIRD_SCALE: usize = 220;

/// One training signal.
#[derive(Clone)]
struct Crop {
    file: String,
    /// Height and width of the photograph, for which the crops were laid out.
    of: (usize, usize),
    short: usize,
    top: usize,
    left: usize,
    mirrored: bool,
}

pub(crate) fn open(kind: &Kind, root: &Path, trouble: &mut Trouble) -> Result<Contents, DataError> {
    let how_to_get = kind.how_to_get;
    let list = root.join("LICENSES.tsv");
    let rows = columns(&list, ["file", "split"], how_to_get)?;
    let names: Vec<&str> = rows.iter().map(|[file, _]| file.as_str()).collect();
    let usable = check_listed(&list, &names, |name| root.join(name).exists(), how_to_get, trouble)?;
    let mut files = Vec::new();
    for [file, split] in rows.iter().filter(|[file, _]| usable.binary_search(&file.as_str()).is_ok()) {
        match split_of(&list, file, split) {
            Ok(split) => files.push((split, file.clone())),
            Err(why) => trouble.met(why)?,
        }
    }
    let unused = unlisted(root, &names, &list, trouble)?;
    let place = Arc::new(Place::folder(root));
    let of =
        |wanted: Split| files.iter().filter(move |(split, _)| *split == wanted).map(|(_, file)| file.clone());
    let mut crops = Vec::new();
    for file in of(Split::Train) {
        match place.read(&file).and_then(|bytes| dimensions(&root.join(&file), &bytes)) {
            Ok((height, width)) => crops.extend(crops_of(&file, height, width)),
            Err(why) => trouble.met(why)?,
        }
    }
    let test: Vec<String> = of(Split::Test).collect();
    Ok(Contents {
        train: crops.iter().map(|crop| Entry { name: name_of(crop), stratum: 0 }).collect(),
        test: test.iter().map(|file| Entry { name: file.clone(), stratum: 0 }).collect(),
        place: place.clone(),
        files,
        remarks: left_out(&unused, "that LICENSES.tsv does not name").into_iter().collect(),
        read: reader(place, crops, test),
        original: None,
    })
}

fn reader(place: Arc<Place>, crops: Vec<Crop>, test: Vec<String>) -> Read {
    Box::new(move |split, index, side| {
        if split == Split::Train {
            return Ok(area_average(&read_crop(&place, &crops[index])?, NATIVE_SIDE, 3, side));
        }
        let path = place.path(&test[index]);
        prepare::values(Preparation::Resized, decode(&path, &place.read(&test[index])?)?, &path, side)
    })
}

fn read_crop(place: &Place, wanted: &Crop) -> Result<Vec<f32>, DataError> {
    let path = place.path(&wanted.file);
    let picture = decode(&path, &place.read(&wanted.file)?)?;
    if (picture.height, picture.width) != wanted.of {
        return Err(DataError::content(
            &path,
            "its size has changed since the data set was opened",
            "Open the data set again",
        ));
    }
    let picture = resize_short_side(picture, wanted.short, &path)?;
    let mut values = crop(&picture, wanted.top, wanted.left, NATIVE_SIDE);
    if wanted.mirrored {
        values.chunks_exact_mut(NATIVE_SIDE * 3).for_each(mirror_row);
    }
    Ok(values)
}

fn mirror_row(row: &mut [f32]) {
    row.reverse(); // pixels and channels
    row.chunks_exact_mut(3).for_each(<[f32]>::reverse); // channels back
}

fn crops_of(file: &str, height: usize, width: usize) -> Vec<Crop> {
    let third = height.min(width).min(LARGEST_SHORT_SIDE);
    let shorts = [NATIVE_SIDE, RESIZED_SHORT_SIDE, third];
    let used = if third >= SMALLEST_THIRD_SCALE { 3 } else { 2 };
    let of = (height, width);
    let mut crops = Vec::new();
    for &short in &shorts[..used] {
        let (height, width) = resized_size(height, width, short);
        for &top in &positions(height - NATIVE_SIDE) {
            for &left in &positions(width - NATIVE_SIDE) {
                let crop = |mirrored| Crop { file: file.to_string(), of, short, top, left, mirrored };
                crops.extend([crop(false), crop(true)]);
            }
        }
    }
    crops
}

/// Where crops begin along a side that is `excess` px longer than they are: three positions from end to end,
/// two if they would be less than 16 px apart, one in the middle if even these would.
fn positions(excess: usize) -> Vec<usize> {
    match excess {
        0..16 => vec![excess / 2],
        16..32 => vec![0, excess],
        _ => vec![0, excess / 2, excess],
    }
}

fn name_of(crop: &Crop) -> String {
    let Crop { file, short, top, left, mirrored, .. } = crop;
    format!("{file}@{short}+{top}+{left}{}", if *mirrored { "m" } else { "" })
}

fn split_of(list: &Path, file: &str, split: &str) -> Result<Split, DataError> {
    match split {
        "train" => Ok(Split::Train),
        "test" => Ok(Split::Test),
        other => Err(DataError::layout(
            list,
            format!("{file} has the split `{other}`"),
            "Write train or test there",
        )),
    }
}
