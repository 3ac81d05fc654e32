//! The one way from a picture to a signal: for tables, previews, and a user's own picture.
//!
//! | preparation | kinds | what is done |
//! |---|---|---|
//! | `Resized` | `photos` (test), `imagenette` | Resize(200), CenterCrop(178) |
//! | `Cropped` | `celeba` | CenterCrop(178), padded with black where the picture is smaller |
//! | `Mask` | `silhouettes` | exact distance field at 256 px, clipped |
//!
//! then the exact area average to the side asked for (DETAILS.md, items 17, 20 and 21). Above 178 px, where tables have
//! no signals, Resize and CenterCrop keep their ratio: Resize(round(side · 200 / 178)), CenterCrop(side).

use crate::error::DataError;
use crate::fields::mask::{mask_of_picture, values_of_mask};
use crate::picture::area::area_average;
use crate::picture::crop::{NATIVE_SIDE, RESIZED_SHORT_SIDE, centre_crop, resize_short_side, resized_size};
use crate::picture::pixels::Picture;
use crate::picture::preparation::Preparation;
use std::path::Path;

/// The signal of a picture, [side·side, 3] in [0, 1]; `path` is named in messages.
pub(crate) fn values(
    how: Preparation,
    picture: Picture,
    path: &Path,
    side: usize,
) -> Result<Vec<f32>, DataError> {
    let native = match how {
        Preparation::Mask => return Ok(values_of_mask(&mask_of_picture(&picture, path)?, side)),
        Preparation::Cropped => centre_crop(&picture, native_side(side)),
        Preparation::Resized => {
            centre_crop(&resize_short_side(picture, short_side(side), path)?, native_side(side))
        }
    };
    Ok(area_average(&native, native_side(side), 3, side))
}

/// What [`values`] does, in words.
pub(crate) fn steps(how: Preparation, side: usize) -> String {
    let (native, short) = (native_side(side), short_side(side));
    let steps = match how {
        Preparation::Mask => return format!("signed distances of the mask at {side} px"),
        Preparation::Cropped => format!("CenterCrop({native})"),
        Preparation::Resized => format!("Resize({short}), CenterCrop({native})"),
    };
    if side < native { format!("{steps}, exact area average to {side} px") } else { steps }
}

/// The part of the picture that is used, and the part of the signal that is padding.
pub(crate) fn shares(how: Preparation, height: usize, width: usize, side: usize) -> (f64, f64) {
    let native = native_side(side);
    let (height, width) = match how {
        Preparation::Mask => return (1.0, 0.0),
        Preparation::Cropped => (height, width),
        Preparation::Resized => resized_size(height, width, short_side(side)),
    };
    let shown = (height.min(native) * width.min(native)) as f64;
    (shown / (height * width) as f64, 1.0 - shown / (native * native) as f64)
}

/// The side that is cropped before the average.
fn native_side(side: usize) -> usize {
    side.max(NATIVE_SIDE)
}

/// The short side that is resized to before the crop.
fn short_side(side: usize) -> usize {
    ((native_side(side) * RESIZED_SHORT_SIDE) as f64 / NATIVE_SIDE as f64).round() as usize
}
