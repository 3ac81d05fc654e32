//! The only code of this crate that writes: a file stands under its name as a whole, or is not touched.
//!
//! The bytes go to a temporary name in the same folder, `.NAME.NUMBER.PROCESS.tmp`, which no other write has: two threads that
//! write one file both succeed, and the file is that of the later. Bytes, then the rename are synced, so that a machine
//! that loses power has the old file or the new one. Who sweeps a folder knows by the process whether a write may still be
//! going on.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::FileError;

/// Writes a file as a whole or not at all: a temporary name in the same folder, sync, rename, sync of the folder.
///
/// # Errors
/// If the folder cannot be written or the disk is full; the old file, if any, is then untouched. If only the folder cannot
/// be synced, the new file is there, but may not outlive a loss of power.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::result::Result<(), FileError> {
    let io = |source| FileError::Io { path: path.to_path_buf(), source };
    let (temporary, mut file) = create_temporary(path).map_err(io)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&temporary, path))
        .inspect_err(|_| {
            std::fs::remove_file(&temporary).ok();
        });
    written.and_then(|()| sync_folder(path)).map_err(io)
}

/// A new file beside `path`. A name that is taken was left by a process of the same number, here or on another machine.
fn create_temporary(path: &Path) -> Result<(PathBuf, File)> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let Some(file_name) = path.file_name() else {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a file's name is missing; name a file, not a folder",
        ));
    };
    loop {
        // Not by way of text: two names that are no UTF-8 would share one temporary file.
        let mut name = OsString::from(".");
        name.push(file_name);
        name.push(format!(".{}.{}.tmp", WRITES.fetch_add(1, Ordering::Relaxed), std::process::id()));
        let temporary = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (temporary, file)),
        }
    }
}

/// Makes a rename last. A folder that may be written but not read, and a file system that syncs no folders, are taken as
/// they are.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) else { return Ok(()) };
    match folder.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}
