//! The one way from a picture to a signal: for tables, previews, and a user's own picture.
//!
//! | preparation | kinds | what is done |
//! |---|---|---|
//! | `Resized` | `photos` (test), `imagenette` | Resize(200), CenterCrop(178) |
//! | `Cropped` | `celeba` | CenterCrop(178), padded with black where the picture is smaller |
//! | `Mask` | `silhouettes` | exact distance field at 256 px, clipped |
//!
//! then the exact area average to the side asked for (DETAILS.md, items 17, 20 and 21). A user's own picture for which no
//! kind is named is taken as it is where it has the side asked for already, else as `photos` are; above 178 px, where
//! tables have no signals, Resize and CenterCrop keep their ratio: Resize(round(side · 200 / 178)), CenterCrop(side).

use crate::crop::{NATIVE_SIDE, RESIZED_SHORT_SIDE, centre_crop, crop, resize_short_side, resized_size};
use crate::silhouettes::{mask_of_picture, values_of_mask};
use crate::{DataError, Kind, Picture, Places, Signal, area_average, load_picture};
use std::path::Path;

const LARGEST_SIDE: usize = 4096;
/// Height and width of CelebA's aligned pictures, and of those that are cropped already.
const ALIGNED: [(usize, usize); 2] = [(218, 178), (NATIVE_SIDE, NATIVE_SIDE)];

/// How a picture becomes a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Resize(200), CenterCrop(178).
    Resized,
    /// CenterCrop(178).
    Cropped,
    /// White is inside: signed distances.
    Mask,
}

/// A user's own picture as a signal, and what was done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The signal, named after the file.
    pub signal: Signal,
    /// The steps from the picture to the signal.
    pub steps: String,
    /// Rows of the picture.
    pub height: usize,
    /// Columns of the picture.
    pub width: usize,
    /// The part of the picture's area that the signal shows, in (0, 1].
    pub used_fraction: f64,
    /// The part of the signal that is padding, in [0, 1).
    pub padded_fraction: f64,
}

/// A user's own picture as a signal, by the rule for pictures whose kind is not named: as it is where it is `side` ×
/// `side` px, else as a test signal of `photos`. The signal is named after the file.
///
/// # Errors
/// A side of 0 or above 4096, a file that [`load_picture`] refuses, or a picture too elongated to be resized.
pub fn signal_of_picture(path: &Path, side: usize) -> Result<Signal, DataError> {
    Ok(prepare_picture(path, side, None)?.signal)
}

/// A picture as a signal: exactly a test signal of `kind`, or by the rule of [`signal_of_picture`].
///
/// # Errors
/// As [`signal_of_picture`]; a kind that is not made of pictures; a side that it cannot have.
pub fn prepare_picture(path: &Path, side: usize, kind: Option<&Kind>) -> Result<Prepared, DataError> {
    let (smallest, largest) = kind.map_or((1, LARGEST_SIDE), |kind| (kind.smallest_side, kind.largest_side));
    if side < smallest || side > largest {
        let named = kind.map_or(String::new(), |kind| format!(" as {}", kind.name));
        let what = format!("{}{named}", path.display());
        return Err(DataError::Side { what, side, smallest, largest });
    }
    let preparation = match kind {
        None => Preparation::Resized,
        Some(kind) => kind.picture.ok_or_else(|| no_pictures(path, kind))?,
    };
    let picture = load_picture(path)?;
    let (height, width) = (picture.height, picture.width);
    let is_whole = kind.is_none() && (height, width) == (side, side);
    let (values, steps, shares) = match is_whole {
        true => (crop(&picture, 0, 0, side), "taken as it is".to_string(), (1.0, 0.0)),
        false => (
            preparation.values(picture, path, side)?,
            preparation.steps(side),
            preparation.shares(height, width, side),
        ),
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let signal = Signal { name, side, channels: 3, places: Places::Pixels, values };
    Ok(Prepared { signal, steps, height, width, used_fraction: shares.0, padded_fraction: shares.1 })
}

fn no_pictures(path: &Path, kind: &Kind) -> DataError {
    let made: Vec<&str> =
        crate::KINDS.iter().filter(|kind| kind.picture.is_some()).map(|kind| kind.name).collect();
    let problem = format!("`{}` is not made of pictures, so that no picture can be taken as its", kind.name);
    DataError::content(path, problem, &format!("Name one of {}", made.join(", ")))
}

impl Preparation {
    /// The signal of a picture, [side·side, 3] in [0, 1]; `path` is named in messages.
    pub(crate) fn values(self, picture: Picture, path: &Path, side: usize) -> Result<Vec<f32>, DataError> {
        let native = match self {
            Preparation::Mask => return Ok(values_of_mask(&mask_of_picture(&picture, path)?, side)),
            Preparation::Cropped => centre_crop(&picture, native(side)),
            Preparation::Resized => {
                centre_crop(&resize_short_side(picture, short(side), path)?, native(side))
            }
        };
        Ok(area_average(&native, self::native(side), 3, side))
    }

    /// What [`Preparation::values`] does, in words.
    fn steps(self, side: usize) -> String {
        let (native, short) = (native(side), short(side));
        let steps = match self {
            Preparation::Mask => return format!("signed distances of the mask at {side} px"),
            Preparation::Cropped => format!("CenterCrop({native})"),
            Preparation::Resized => format!("Resize({short}), CenterCrop({native})"),
        };
        if side < native { format!("{steps}, exact area average to {side} px") } else { steps }
    }

    /// The part of the picture that is used, and the part of the signal that is padding.
    fn shares(self, height: usize, width: usize, side: usize) -> (f64, f64) {
        let native = native(side);
        let (height, width) = match self {
            Preparation::Mask => return (1.0, 0.0),
            Preparation::Cropped => (height, width),
            Preparation::Resized => resized_size(height, width, short(side)),
        };
        let shown = (height.min(native) * width.min(native)) as f64;
        (shown / (height * width) as f64, 1.0 - shown / (native * native) as f64)
    }

    /// What should be known of a picture of this size; completes "pictures …".
    pub(crate) fn size_remark(self, height: usize, width: usize) -> Option<&'static str> {
        let short = height.min(width);
        match self {
            Preparation::Cropped if short < NATIVE_SIDE => Some(
                "are smaller than 178 px and padded with black, as by torchvision: \
                 no result with them can be compared with the paper's",
            ),
            Preparation::Cropped if !ALIGNED.contains(&(height, width)) => Some(
                "are not 178 × 218 px, as CelebA's aligned ones are: the crop may show another part of a face",
            ),
            Preparation::Resized if short < RESIZED_SHORT_SIDE => {
                Some("are smaller than 200 px and enlarged, as by torchvision")
            }
            _ => None,
        }
    }
}

/// The side that is cropped before the average.
fn native(side: usize) -> usize {
    side.max(NATIVE_SIDE)
}

/// The short side that is resized to before the crop.
fn short(side: usize) -> usize {
    ((native(side) * RESIZED_SHORT_SIDE) as f64 / NATIVE_SIDE as f64).round() as usize
}
