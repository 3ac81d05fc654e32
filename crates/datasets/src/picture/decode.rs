//! From a file to pixels: 8-bit RGB, exactly what torchvision's loaders get from Pillow 13's
//! `Image.open(file).convert("RGB")`.
//!
//! Grey is repeated three times, a palette is looked up, alpha and transparent colours are dropped (not
//! blended), EXIF orientation is not applied. How the two formats are decoded stands in `jpeg` and `png`;
//! `data-scripts/parity.py` makes the values both are compared with. Truncated files are refused, as by Pillow,
//! and so are those that promise too many pixels (`pixels`).

use super::pixels::{Picture, REMEDY};
use super::{jpeg, png};
use crate::error::DataError;
use std::path::Path;

/// No picture of these sets is a hundredth of it; a larger file is not worth reading to find out.
const LARGEST_FILE_BYTES: u64 = 1 << 29;

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
        Format::Jpeg => jpeg::decode(path, bytes),
        Format::Png => png::decode(path, bytes),
    }
}

/// (height, width) in pixels, from the header alone.
pub(crate) fn dimensions(path: &Path, bytes: &[u8]) -> Result<(usize, usize), DataError> {
    match format_of(path, bytes)? {
        Format::Jpeg => jpeg::dimensions(path, bytes),
        Format::Png => png::dimensions(path, bytes),
    }
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
