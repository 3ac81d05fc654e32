//! An 8-bit picture, and how many pixels one may have.
//!
//! Pictures of more than 178,956,970 px (Pillow's limit against decompression bombs) are refused from the header, before
//! memory is asked for; and, from 2^24 px on, those that have less than a byte for every 32 px: a photograph has a byte
//! for 2 to 20.

use crate::error::DataError;
use std::path::Path;

/// `2 · Image.MAX_IMAGE_PIXELS`, from which on Pillow refuses a picture.
const MOST_PIXELS: u64 = 178_956_970;
/// From here on a file must have a byte for every [`MOST_PIXELS_A_BYTE`].
const FREE_PIXELS: u64 = 1 << 24;
const MOST_PIXELS_A_BYTE: u64 = 32;
pub(crate) const REMEDY: &str =
    "Replace the file by an intact JPEG or PNG (download or export it again), or take it out of the folder";

/// An 8-bit RGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
    /// [height, width, 3], row-major.
    pub rgb: Vec<u8>,
}

/// Refuses a header that promises more pixels than Pillow decodes, or far more than a file of `len` bytes has room for.
pub(crate) fn check_size(path: &Path, width: u64, height: u64, len: usize) -> Result<(), DataError> {
    let pixels = width.saturating_mul(height);
    if pixels <= FREE_PIXELS.max(MOST_PIXELS.min(len as u64 * MOST_PIXELS_A_BYTE)) {
        return Ok(());
    }
    if pixels <= MOST_PIXELS {
        let problem = format!(
            "its header promises {width} × {height} px, its {len} bytes have room for {MOST_PIXELS_A_BYTE} px each \
             at most (above {FREE_PIXELS} px): it is a decompression bomb, or nearly empty"
        );
        return Err(DataError::content(path, problem, "Scale it down first, or take it out of the folder"));
    }
    let problem = format!(
        "its header promises {width} × {height} px; Pillow, and so torchvision, decodes {MOST_PIXELS} px at most"
    );
    Err(DataError::content(path, problem, "Scale it down first, or replace the file if it is damaged"))
}

/// A file that cannot be decoded, with the decoder's reason.
pub(crate) fn refused(path: &Path, why: impl std::fmt::Display) -> DataError {
    DataError::content(path, format!("cannot be decoded, it is damaged or truncated ({why})"), REMEDY)
}
