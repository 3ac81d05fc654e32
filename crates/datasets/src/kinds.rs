//! The table of data sets. A new one is a file with an `open` function, and a row here; a test opens every
//! row.
//!
//! `places` are the paths tried under each data folder, in order. `preprocessing` goes into the fingerprint:
//! raise its number by hand when a change moves the values of signals, so that older runs stop matching
//! instead of lying.

use crate::error::DataError;
use crate::fields::{sdf2d, silhouettes};
use crate::files::place::Place;
use crate::images::{celeba, check, imagenette, photos};
use crate::kind::Kind;
use crate::picture::preparation::Preparation;
use crate::shapes::{analytic, sets};

/// Training crops of the 41 photographs.
const PHOTO_CROPS: usize = 1_326;

/// torchvision's datasets/celeba.py.
const CELEBA_MD5: &[(&str, &str)] = &[
    ("img_align_celeba.zip", "00d2c5bc6d35e252742224ab0c1e8fcb"),
    ("list_eval_partition.txt", "d32c9cbf5e040fd4025c592c306e6668"),
    ("list_attr_celeba.txt", "75e246fa4810816ffd6ee81facbd244c"),
    ("identity_CelebA.txt", "32bd1bd63d3c78cd57e08160ec5ed1e2"),
    ("list_bbox_celeba.txt", "00566efa6fedff7a56946cd1c10f1c16"),
    ("list_landmarks_align_celeba.txt", "cc24ecafdb5b50baae59b03474781f8c"),
];

/// Every data set there is.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "photos",
        picture: Some(Preparation::Resized),
        title: "57 free photographs: 16 for test, crops of 41 for training",
        licence: "public domain, CC0 or CC-BY, a row each in data/photos/LICENSES.tsv",
        how_to_get: "It comes with the repository: restore the folder data/photos from there \
                     (git checkout -- data/photos), \
                     or give the data folder that holds it",
        script: None,
        expected: Some([PHOTO_CROPS, 16]),
        official_md5: &[],
        shipped: true,
        coordinates: 2,
        channels: 3,
        smallest_side: 1,
        largest_side: 178,
        places: &["photos"],
        preprocessing: "photos 2: crops of 178 at short sides 178, 200 and 260; test Resize \
                     200, CenterCrop 178, libjpeg-turbo's decoding",
        open: photos::open,
        check: check::resized_picture,
        held: None,
    },
    Kind {
        name: "silhouettes",
        picture: Some(Preparation::Mask),
        title: "signed distance fields of 600 silhouettes in 6 categories",
        licence: "public domain (Openclipart, Creative Commons public domain dedication)",
        how_to_get: "It comes with the repository: restore the folder data/silhouettes from \
                     there (git checkout -- data/silhouettes), \
                     or give the data folder that holds it",
        script: None,
        expected: Some([500, 100]),
        official_md5: &[],
        shipped: true,
        coordinates: 2,
        channels: 3,
        smallest_side: 8,
        largest_side: 4096,
        places: &["silhouettes"],
        preprocessing: "silhouettes 1: exact distance at 256, negative inside, clipped at a \
                     quarter of the side",
        open: silhouettes::open,
        check: silhouettes::check,
        held: None,
    },
    Kind {
        name: "celeba",
        picture: Some(Preparation::Cropped),
        title: "CelebA, aligned and cropped faces (the paper's first data set)",
        licence: "non-commercial research only (Liu et al., 2015); neither pictures nor \
                     reconstructions may be shared",
        how_to_get: "Accept CelebA's terms (mmlab.ie.cuhk.edu.hk/projects/CelebA.html), get \
                     img_align_celeba.zip and list_eval_partition.txt there \
                     and put them at celeba/img_align_celeba.zip (or unpacked, celeba/img_align_celeba/*.jpg) \
                     and celeba/list_eval_partition.txt in a data folder: torchvision's layout; \
                     data-scripts/celeba.sh does it",
        script: Some("data-scripts/celeba.sh"),
        expected: Some([162_770, 19_962]),
        official_md5: CELEBA_MD5,
        shipped: false,
        coordinates: 2,
        channels: 3,
        smallest_side: 1,
        largest_side: 178,
        places: &["celeba"],
        preprocessing: "celeba 2: CenterCrop 178, libjpeg-turbo's decoding",
        open: celeba::open,
        check: check::cropped_picture,
        held: None,
    },
    Kind {
        name: "imagenette",
        picture: Some(Preparation::Resized),
        title: "Imagenette2, ten classes of ImageNet (the paper's second data set)",
        licence: "ImageNet's terms: non-commercial research only; neither pictures nor \
                     reconstructions may be shared",
        how_to_get: "Get imagenette2.tgz of fast.ai (github.com/fastai/imagenette; \
                     the 160 px archive is too small) \
                     and unpack it as imagenette2/train/n*/*.JPEG and imagenette2/val/n*/*.JPEG in a data \
                     folder; data-scripts/imagenette.sh does it",
        script: Some("data-scripts/imagenette.sh"),
        expected: Some([9_469, 3_925]),
        official_md5: &[],
        shipped: false,
        coordinates: 2,
        channels: 3,
        smallest_side: 1,
        largest_side: 178,
        places: &["imagenette2", "imagenette", "imagenette2-320", "imagenette2-160"],
        preprocessing: "imagenette 2: Resize 200 (Pillow bilinear), CenterCrop 178, libjpeg-turbo's decoding",
        open: imagenette::open,
        check: check::resized_picture,
        held: None,
    },
    Kind {
        name: "sdf2d",
        picture: None,
        title: "2-D signed distance fields of Learnit (the paper's third data set)",
        licence: "not stated by its authors; not to be shared",
        how_to_get: "Get data_2d_sdf.npz from the page of Learnit (Tancik et al., 2021; \
                     www.matthewtancik.com/learnit) \
                     and put it at sdf2d/data_2d_sdf.npz in a data folder (data-scripts/learnit-sdf.sh checks it and puts it there); \
                     without it, `silhouettes` are signals of the same family",
        script: Some("data-scripts/learnit-sdf.sh"),
        expected: None,
        official_md5: &[],
        shipped: false,
        coordinates: 2,
        channels: 3,
        smallest_side: 1,
        largest_side: 178,
        places: &["sdf2d/data_2d_sdf.npz", "data_2d_sdf.npz"],
        preprocessing: "sdf2d 1: value / 255",
        open: sdf2d::open,
        check: checked_on_opening,
        held: None,
    },
    Kind {
        name: "shapenet-sdf",
        picture: None,
        title: "ShapeNetCore's meshes as 2-D signed distance fields: central slices and silhouettes",
        licence: "ShapeNet's terms: non-commercial research and education only; meshes may not be shared. \
                     A folder of other meshes: their own",
        how_to_get: "Ask for ShapeNetCore v2 (shapenet.org) and unpack it as \
                     ShapeNetCore.v2/<synset>/<model>/models/model_normalized.obj \
                     in a data folder, with SHREC16's all.csv beside the synsets (data-scripts/shapenet.sh does it); or put OBJ files into \
                     a folder meshes there",
        script: Some("data-scripts/shapenet.sh"),
        expected: None,
        official_md5: &[],
        shipped: false,
        coordinates: 2,
        channels: 3,
        smallest_side: 8,
        largest_side: 178,
        places: &["ShapeNetCore.v2", "shapenet", "meshes"],
        preprocessing: "shapenet-sdf 2: radius 1/1.03, frame 1.2, three slices at 178 and three shadows at 256, \
                     clipped at a quarter of the side",
        open: sets::open_shapenet_sdf,
        check: sets::check,
        held: None,
    },
    Kind {
        name: "analytic3d",
        picture: None,
        title: "512 and 64 shapes in space that are formulas, in 8 families",
        licence: "part of this program",
        how_to_get: "It needs no files",
        script: None,
        expected: Some([512, 64]),
        official_md5: &[],
        shipped: true,
        coordinates: 3,
        channels: 1,
        smallest_side: 4,
        largest_side: 64,
        places: &[],
        preprocessing: "analytic3d 2: 47 of 50 near the surface, variances 0.0025 and 0.00025",
        open: analytic::open,
        check: checked_on_opening,
        held: Some(analytic::held),
    },
    Kind {
        name: "meshes",
        picture: None,
        title: "any folder of OBJ meshes, as signed distances at points in space",
        licence: "that of its meshes",
        how_to_get: "Put OBJ files, at any depth, into a folder meshes in a data folder",
        script: None,
        expected: None,
        official_md5: &[],
        shipped: false,
        coordinates: 3,
        channels: 1,
        smallest_side: 4,
        largest_side: 64,
        places: &["meshes"],
        preprocessing: "meshes 3: radius 1/1.03, 47 of 50 near the surface, variances 0.0025 and 0.00025",
        open: sets::open_meshes,
        check: sets::check,
        held: Some(sets::held),
    },
    Kind {
        name: "shapenet3d",
        picture: None,
        title: "ShapeNet's meshes, or DeepSDF's samples of them, as signed distances at points in space",
        licence: "ShapeNet's terms: non-commercial research and education only; meshes and samples may not be shared",
        how_to_get: "Ask for ShapeNetCore v2 (shapenet.org) and unpack it as \
                     ShapeNetCore.v2/<synset>/<model>/models/model_normalized.obj in a data folder \
                     (data-scripts/shapenet.sh does it), or put DeepSDF's samples into shapenet3d/SdfSamples/ShapeNetV2/<synset>/*.npz there",
        script: Some("data-scripts/shapenet.sh"),
        expected: None,
        official_md5: &[],
        shipped: false,
        coordinates: 3,
        channels: 1,
        smallest_side: 4,
        largest_side: 64,
        places: &["shapenet3d", "ShapeNetCore.v2", "shapenet", "shapenet_planes"],
        preprocessing: "shapenet3d 3: meshes as in `meshes`; DeepSDF's samples half outside, half inside",
        open: sets::open_shapenet3d,
        check: sets::check,
        held: Some(sets::held),
    },
];

/// Everything was checked when the data set was opened.
fn checked_on_opening(_: &Place, _: &str) -> Result<Option<String>, DataError> {
    Ok(None)
}

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
