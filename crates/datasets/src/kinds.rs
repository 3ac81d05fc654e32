//! The table of data sets. A new one is a file with an `open` function, and a row here; a test opens every
//! row.
//!
//! `places` are the paths tried under each data folder, in order. `preprocessing` goes into the fingerprint:
//! raise its number by hand when a change moves the values of signals, so that older runs stop matching
//! instead of lying.

use crate::set::Contents;
use crate::{DataError, celeba, imagenette, photos, sdf2d, silhouettes};
use std::path::Path;

/// One kind of data set.
#[derive(Debug)]
pub struct Kind {
    /// Its name on the command line and in experiment files.
    pub name: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// What may be done with the data.
    pub licence: &'static str,
    /// What to do when it is not there: a full sentence.
    pub how_to_get: &'static str,
    /// Whether it comes with the repository.
    pub shipped: bool,
    /// The smallest side a signal can have, in pixels.
    pub smallest_side: usize,
    /// The largest side a signal can have, in pixels.
    pub largest_side: usize,
    pub(crate) places: &'static [&'static str],
    pub(crate) preprocessing: &'static str,
    pub(crate) open: fn(&Path) -> Result<Contents, DataError>,
}

/// Every data set there is.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "photos",
        title: "57 free photographs: 16 for test, crops of 41 for training",
        licence: "public domain, CC0 or CC-BY, a row each in data/photos/LICENSES.tsv",
        how_to_get: "It comes with the repository: restore the folder data/photos from there \
                     (git checkout -- data/photos), \
                     or give the data folder that holds it",
        shipped: true,
        smallest_side: 1,
        largest_side: 178,
        places: &["photos"],
        preprocessing: "photos 1: crops of 178 at short sides 178, 200 and 260; test Resize \
                     200, CenterCrop 178",
        open: photos::open,
    },
    Kind {
        name: "silhouettes",
        title: "signed distance fields of 600 silhouettes in 6 categories",
        licence: "public domain (Openclipart, Creative Commons public domain dedication)",
        how_to_get: "It comes with the repository: restore the folder data/silhouettes from \
                     there (git checkout -- data/silhouettes), \
                     or give the data folder that holds it",
        shipped: true,
        smallest_side: 8,
        largest_side: 4096,
        places: &["silhouettes"],
        preprocessing: "silhouettes 1: exact distance at 256, negative inside, clipped at a \
                     quarter of the side",
        open: silhouettes::open,
    },
    Kind {
        name: "celeba",
        title: "CelebA, aligned and cropped faces (the paper's first data set)",
        licence: "non-commercial research only (Liu et al., 2015); neither pictures nor \
                     reconstructions may be shared",
        how_to_get: "Accept CelebA's terms (mmlab.ie.cuhk.edu.hk/projects/CelebA.html), get \
                     img_align_celeba.zip and list_eval_partition.txt there \
                     and unpack them as celeba/img_align_celeba/*.jpg and celeba/list_eval_partition.txt in \
                     a data folder: torchvision's layout",
        shipped: false,
        smallest_side: 1,
        largest_side: 178,
        places: &["celeba"],
        preprocessing: "celeba 1: CenterCrop 178",
        open: celeba::open,
    },
    Kind {
        name: "imagenette",
        title: "Imagenette2, ten classes of ImageNet (the paper's second data set)",
        licence: "ImageNet's terms: non-commercial research only; neither pictures nor \
                     reconstructions may be shared",
        how_to_get: "Get imagenette2.tgz of fast.ai (github.com/fastai/imagenette; \
                     the 160 px archive is too small) \
                     and unpack it as imagenette2/train/n*/*.JPEG and imagenette2/val/n*/*.JPEG in a data \
                     folder",
        shipped: false,
        smallest_side: 1,
        largest_side: 178,
        places: &["imagenette2", "imagenette", "imagenette2-320"],
        preprocessing: "imagenette 1: Resize 200 (Pillow bilinear), CenterCrop 178",
        open: imagenette::open,
    },
    Kind {
        name: "sdf2d",
        title: "2-D signed distance fields of Learnit (the paper's third data set)",
        licence: "not stated by its authors; not to be shared",
        how_to_get: "Get data_2d_sdf.npz from the page of Learnit (Tancik et al., 2021; \
                     www.matthewtancik.com/learnit) \
                     and put it at sdf2d/data_2d_sdf.npz in a data folder; without it, `silhouettes` are \
                     signals of the same family",
        shipped: false,
        smallest_side: 1,
        largest_side: 178,
        places: &["sdf2d/data_2d_sdf.npz", "data_2d_sdf.npz"],
        preprocessing: "sdf2d 1: value / 255",
        open: sdf2d::open,
    },
];

/// The kind of this name.
///
/// # Errors
/// An unknown name; the message has the nearest known one and all of them.
pub fn kind(name: &str) -> Result<&'static Kind, DataError> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let names: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
        let asked = name.to_lowercase();
        let nearest =
            names.iter().copied().min_by_key(|known| edit_distance(&asked, known)).unwrap_or_default();
        DataError::UnknownKind { name: name.to_string(), nearest, known: names.join(", ") }
    })
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let replaced = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances() {
        let distances = [("", "abc"), ("kitten", "sitting"), ("photo", "photos"), ("x", "x")]
            .map(|(a, b)| edit_distance(a, b));
        assert_eq!(distances, [3, 3, 1, 0]);
    }
}
