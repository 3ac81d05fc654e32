//! Writing to disk: whole files or none, leftovers of killed processes, and what a full disk looks like.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use inr_core::file::{FileError, write_atomically};

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

/// Removes what processes that were killed while they wrote left in a folder under temporary names
/// ([`write_atomically`]); those of living processes stay, and all where there is no /proc to ask.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp"));
        let process = process.and_then(|name| name.rsplit('.').next()?.parse::<u32>().ok());
        let proc = Path::new("/proc");
        if process.is_some_and(|id| proc.join("self").exists() && !proc.join(id.to_string()).exists()) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
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
