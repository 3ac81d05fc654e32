//! A user's own picture as a signal: by the rule of a kind (`images/prepare.rs`), or, where none is named, taken as it is
//! if it has the side asked for already, else as `photos` are.

use crate::error::DataError;
use crate::images::prepare;
use crate::kind::Kind;
use crate::kinds::KINDS;
use crate::picture::crop::crop;
use crate::picture::decode::load_picture;
use crate::picture::preparation::Preparation;
use crate::signal::{Places, Signal};
use std::path::Path;

const LARGEST_SIDE: usize = 4096;
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
            prepare::values(preparation, picture, path, side)?,
            prepare::steps(preparation, side),
            prepare::shares(preparation, height, width, side),
        ),
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let signal = Signal { name, side, channels: 3, places: Places::Pixels, values };
    Ok(Prepared { signal, steps, height, width, used_fraction: shares.0, padded_fraction: shares.1 })
}

fn no_pictures(path: &Path, kind: &Kind) -> DataError {
    let made: Vec<&str> = KINDS.iter().filter(|kind| kind.picture.is_some()).map(|kind| kind.name).collect();
    let problem = format!("`{}` is not made of pictures, so that no picture can be taken as its", kind.name);
    DataError::content(path, problem, &format!("Name one of {}", made.join(", ")))
}
