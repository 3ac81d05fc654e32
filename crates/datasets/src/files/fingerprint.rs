//! What a run was made from: one SHA-256 over the version of the preprocessing and over every file used.
//!
//! fingerprint = sha256(version ‖ for each file: "part path size sha256(content)"), a line each. Files are
//! hashed in parallel, a few thousand at a time, and joined in the order of the list. The place of the folder,
//! times and permissions do not enter; an archive that is not unpacked has the fingerprint of its contents.
//! Pictures are in memory then, so their sizes are looked at too: all of them, for what a person should know.

use super::place::{Hash, Place};
use super::remarks::{Sizes, in_both_parts};
use crate::error::DataError;
use crate::picture::decode::dimensions;
use crate::picture::preparation::Preparation;
use crate::signal::Split;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Lines kept in memory at once.
const CHUNK: usize = 4096;

/// A file's line, and what else was seen of the file.
struct Line {
    text: String,
    hash: Hash,
    /// (height, width) of a picture, or that its header cannot be read; `None`: it is no picture.
    size: Option<Result<(usize, usize), DataError>>,
}

/// The fingerprint of these files, in this order, and what a person should know of them.
pub(crate) fn of(
    place: &Place,
    version: &str,
    files: &[(Split, String)],
    picture: Option<Preparation>,
) -> Result<(String, Vec<String>), DataError> {
    let mut all = Sha256::new();
    let (mut sizes, mut hashes) = (Sizes::default(), Vec::with_capacity(files.len()));
    all.update(format!("{version}\n"));
    for chunk in files.chunks(CHUNK) {
        let lines: Vec<Result<Line, DataError>> =
            chunk.par_iter().map(|(split, relative)| line(place, *split, relative, picture)).collect();
        for (line, (_, file)) in lines.into_iter().zip(chunk) {
            let Line { text, hash, size } = line?;
            all.update(text);
            hashes.push(hash);
            if let (Some(size), Some(preparation)) = (size, picture) {
                sizes.see(file, size.ok(), preparation);
            }
        }
    }
    let remarks = sizes.remarks().into_iter().chain(in_both_parts(files, &hashes)).collect();
    Ok((hex(&all.finalize().into()), remarks))
}

fn line(
    place: &Place,
    split: Split,
    relative: &str,
    picture: Option<Preparation>,
) -> Result<Line, DataError> {
    let (len, hash, size) = match picture {
        Some(_) => {
            let (bytes, hash) = place.see_picture(relative)?;
            (bytes.len() as u64, hash, Some(dimensions(&place.path(relative), &bytes)))
        }
        None => {
            let (len, hash) = place.see(relative)?;
            (len, hash, None)
        }
    };
    Ok(Line { text: format!("{split} {relative} {len} {}\n", hex(&hash)), hash, size })
}

fn hex(hash: &Hash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
