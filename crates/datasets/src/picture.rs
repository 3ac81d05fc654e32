//! From a file to pixels: 8-bit RGB, exactly what torchvision's loaders get from Pillow 13's
//! `Image.open(file).convert("RGB")`.
//!
//! Grey is repeated three times, a palette is looked up, alpha and transparent colours are dropped (not
//! blended), EXIF orientation is not applied. How the two formats are decoded stands in [`crate::decode_jpeg`]
//! and [`crate::decode_png`]; `data-scripts/parity.py` makes the values both are compared with. Truncated files
//! are refused, as by Pillow, and so are pictures of more than 178,956,970 px (Pillow's limit against
//! decompression bombs), from the header, before memory is asked for; and, from 2^24 px on, those that have less than a
//! byte for every 32 px: a photograph has a byte for 2 to 20.

use crate::{DataError, decode_jpeg, decode_png};
use std::path::Path;

/// `2 · Image.MAX_IMAGE_PIXELS`, from which on Pillow refuses a picture.
const MOST_PIXELS: u64 = 178_956_970;
/// From here on a file must have a byte for every [`MOST_PIXELS_A_BYTE`].
const FREE_PIXELS: u64 = 1 << 24;
const MOST_PIXELS_A_BYTE: u64 = 32;
/// No picture of these sets is a hundredth of it; a larger file is not worth reading to find out.
const LARGEST_FILE_BYTES: u64 = 1 << 29;
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

/// What a file turns out to be by its first bytes.
enum Format {
    Jpeg,
    Png,
}

/// Reads a JPEG or PNG file of any colour type as 8-bit RGB; its kind is taken from its content, not from its
/// name.
///
/// # Errors
/// A folder, an empty, truncated or damaged file, another format, or a picture of more than 178,956,970 px
/// (refused from its header, before memory is asked for). The message names the file.
pub fn load_picture(path: &Path) -> Result<Picture, DataError> {
    decode(path, &read_file(path)?)
}

/// The picture in `bytes`; `path` is named in messages.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Picture, DataError> {
    match format_of(path, bytes)? {
        Format::Jpeg => decode_jpeg::decode(path, bytes),
        Format::Png => decode_png::decode(path, bytes),
    }
}

/// (height, width) in pixels, from the header alone.
pub(crate) fn dimensions(path: &Path, bytes: &[u8]) -> Result<(usize, usize), DataError> {
    match format_of(path, bytes)? {
        Format::Jpeg => decode_jpeg::dimensions(path, bytes),
        Format::Png => decode_png::dimensions(path, bytes),
    }
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

/// The bytes of a regular file of a picture's size.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |why| DataError::unreadable(path, why, "Check the path and its permissions");
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err(DataError::content(
            path,
            "is a folder, not a picture",
            "Move it away, or give the path of a JPEG or PNG file",
        ));
    }
    if !about.is_file() {
        return Err(DataError::content(path, "is not a regular file", "Give the path of a JPEG or PNG file"));
    }
    if about.len() > LARGEST_FILE_BYTES {
        let problem = format!("the file has {} bytes, more than any picture of a data set", about.len());
        return Err(DataError::content(path, problem, REMEDY));
    }
    std::fs::read(path).map_err(unreadable)
}

fn format_of(path: &Path, bytes: &[u8]) -> Result<Format, DataError> {
    let problem = match bytes {
        [] => "the file is empty (zero bytes)",
        [0xFF, 0xD8, 0xFF, ..] => return Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => return Ok(Format::Png),
        [b'G', b'I', b'F', b'8', ..] => "is a GIF file; only JPEG and PNG can be read",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            "is a WebP file; only JPEG and PNG can be read"
        }
        _ if bytes.iter().all(|&byte| byte == 0) => "the file holds nothing but zeros",
        _ => "is neither a JPEG nor a PNG file (its first bytes are of neither)",
    };
    Err(DataError::content(path, problem, REMEDY))
}
