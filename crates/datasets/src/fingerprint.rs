//! What a run was made from: one SHA-256 over the version of the preprocessing and over every file used.
//!
//! fingerprint = sha256(version ‖ for each file: "part path size sha256(content)"), a line each. Files are
//! hashed in parallel, a few thousand at a time, and joined in the order of the list. The place of the folder,
//! times and permissions do not enter; an archive that is not unpacked has the fingerprint of its contents.
//! Pictures are in memory then, so their sizes are looked at too: all of them, for what a person should know.

use crate::left_out::Sizes;
use crate::picture::dimensions;
use crate::place::{Hash, Place};
use crate::prepare::Preparation;
use crate::{DataError, Split};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Lines kept in memory at once.
const CHUNK: usize = 4096;

/// (height, width) of a picture, or that its header cannot be read; `None`: it is no picture.
type Size = Option<Result<(usize, usize), DataError>>;

/// The fingerprint of these files, in this order, and what is to be said of their sizes, if they are pictures.
pub(crate) fn of(
    place: &Place,
    version: &str,
    files: &[(Split, String)],
    picture: Option<Preparation>,
) -> Result<(String, Vec<String>), DataError> {
    let mut all = Sha256::new();
    let mut sizes = Sizes::default();
    all.update(format!("{version}\n"));
    for chunk in files.chunks(CHUNK) {
        let lines: Vec<Result<(String, Size), DataError>> = chunk
            .par_iter()
            .map(|(split, relative)| line(place, *split, relative, picture.is_some()))
            .collect();
        for (line, (_, file)) in lines.into_iter().zip(chunk) {
            let (line, size) = line?;
            all.update(line);
            if let (Some(size), Some(preparation)) = (size, picture) {
                sizes.see(file, size.ok(), preparation);
            }
        }
    }
    Ok((hex(&all.finalize().into()), sizes.remarks()))
}

fn line(place: &Place, split: Split, relative: &str, is_picture: bool) -> Result<(String, Size), DataError> {
    let (len, hash, size) = match is_picture {
        true => {
            let (bytes, hash) = place.see_picture(relative)?;
            (bytes.len() as u64, hash, Some(dimensions(&place.path(relative), &bytes)))
        }
        false => {
            let (len, hash) = place.see(relative)?;
            (len, hash, None)
        }
    };
    Ok((format!("{split} {relative} {len} {}\n", hex(&hash)), size))
}

fn hex(hash: &Hash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
