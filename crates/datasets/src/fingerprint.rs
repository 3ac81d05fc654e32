//! What a run was made from: one SHA-256 over the version of the preprocessing and over every file used.
//!
//! fingerprint = sha256(version ‖ for each file: "part path size sha256(content)"), a line each. Files are
//! hashed in parallel and joined in the order of the list. The place of the folder, times and permissions do
//! not enter.

use crate::{DataError, Split};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// `root` is a folder and `files` lie in it, or `root` is itself the one file (its relative path is then its
/// name).
pub(crate) fn of(root: &Path, version: &str, files: &[(Split, String)]) -> Result<String, DataError> {
    let lines: Vec<Result<String, DataError>> =
        files.par_iter().map(|(split, relative)| line(root, *split, relative)).collect();
    let mut all = Sha256::new();
    all.update(format!("{version}\n"));
    for line in lines {
        all.update(line?);
    }
    Ok(hex(all))
}

fn line(root: &Path, split: Split, relative: &str) -> Result<String, DataError> {
    let path = if root.is_file() { root.to_path_buf() } else { root.join(relative) };
    let (size, content) = hash_file(&path)
        .map_err(|why| DataError::unreadable(&path, why, "Restore the file, or check its permissions"))?;
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
