//! Checking one photograph whole: it is read and decoded as a signal would be made from it.
//!
//! An error keeps a signal from being made, or makes one that no one can have meant (a picture of 1 × 1 px). A
//! remark is something a person should know and training can live with, since torchvision does the same.

use crate::error::DataError;
use crate::files::place::Place;
use crate::picture::decode::decode;
use crate::picture::pixels::REMEDY;
use crate::picture::preparation::Preparation;

/// Nothing smaller is a photograph.
const SMALLEST_SIDE: usize = 8;

/// A picture that is cropped at its own size: CelebA's.
pub(crate) fn cropped_picture(place: &Place, relative: &str) -> Result<Option<String>, DataError> {
    photograph(place, relative, Preparation::Cropped)
}

/// A picture that is resized first: Imagenette's, and photographs.
pub(crate) fn resized_picture(place: &Place, relative: &str) -> Result<Option<String>, DataError> {
    photograph(place, relative, Preparation::Resized)
}

fn photograph(place: &Place, relative: &str, preparation: Preparation) -> Result<Option<String>, DataError> {
    let path = place.path(relative);
    let picture = decode(&path, &place.read(relative)?)?;
    if picture.height.min(picture.width) < SMALLEST_SIDE {
        let problem = format!("{} × {} px is no photograph", picture.width, picture.height);
        return Err(DataError::content(&path, problem, REMEDY));
    }
    Ok(preparation.size_remark(picture.height, picture.width).map(str::to_string))
}
