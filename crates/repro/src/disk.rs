//! Writing to disk: whole files or none, leftovers of killed processes, and what a full disk looks like.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use inr_core::disk::{sweep, write_atomically};
use inr_core::file::FileError;
use walkdir::WalkDir;

/// Writes a file whole or not at all, in a directory that is made where it is missing.
///
/// # Errors
/// If the directory cannot be made or the file cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    Ok(write_atomically(path, bytes)?)
}

/// Removes what killed processes of this host left in a folder and below ([`inr_core::disk::sweep`]).
pub fn sweep_below(folder: &Path) {
    let folders = WalkDir::new(folder).into_iter().filter_entry(|entry| entry.file_type().is_dir());
    folders.flatten().for_each(|folder| sweep(folder.path()));
}

/// Whether an error comes from a disk that has no room left, or a limit on the size of files.
pub fn is_disk_full(error: &anyhow::Error) -> bool {
    let full = |io: &std::io::Error| {
        matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
    };
    error.chain().any(|cause| {
        let of_file = cause.downcast_ref::<FileError>().and_then(FileError::io);
        of_file.or_else(|| cause.downcast_ref()).is_some_and(full)
    })
}

/// Whether an error is that a file of ours could not be read or written: a disk that is full, broken or may not be
/// written, and not the stage that met it.
pub fn is_of_the_disk(error: &anyhow::Error) -> bool {
    let of_file = error.chain().filter_map(|cause| cause.downcast_ref::<FileError>()?.io());
    is_disk_full(error) || of_file.into_iter().any(|io| io.kind() != ErrorKind::NotFound)
}
