//! What a run was made from: one SHA-256 over the version of the preprocessing and over every file used.
//!
//! fingerprint = sha256(version ‖ for each file: "part path size sha256(content)"), a line each. Files are
//! hashed in parallel, a few thousand at a time, and joined in the order of the list. The place of the folder,
//! times and permissions do not enter; an archive that is not unpacked has the fingerprint of its contents.

use crate::place::Place;
use crate::{DataError, Split};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Lines kept in memory at once.
const CHUNK: usize = 4096;

/// The fingerprint of these files, in this order.
pub(crate) fn of(place: &Place, version: &str, files: &[(Split, String)]) -> Result<String, DataError> {
    let mut all = Sha256::new();
    all.update(format!("{version}\n"));
    for chunk in files.chunks(CHUNK) {
        let lines: Vec<Result<String, DataError>> =
            chunk.par_iter().map(|(split, relative)| line(place, *split, relative)).collect();
        for line in lines {
            all.update(line?);
        }
    }
    Ok(hex(all))
}

fn line(place: &Place, split: Split, relative: &str) -> Result<String, DataError> {
    let (size, content) = match place {
        Place::Folder(_) | Place::File(_) => {
            let path = place.path(relative);
            hash_file(&path).map_err(|why| {
                DataError::unreadable(&path, why, "Restore the file, or check its permissions")
            })?
        }
        Place::Zip(_) => {
            let bytes = place.read(relative)?;
            (bytes.len() as u64, hex(Sha256::new_with_prefix(&bytes)))
        }
    };
    Ok(format!("{split} {relative} {size} {content}\n"))
}

fn hash_file(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, hex(hash)));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}
