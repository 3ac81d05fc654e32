//! The only code of this crate that writes: a file stands under its name as a whole, or is not touched.
//!
//! The bytes go to a temporary name in the same folder, `.NAME.HOST.PROCESS.NUMBER.tmp`, which no other write has: two
//! threads that write one file both succeed, and the file is that of the later. Bytes, then the rename are synced, so that
//! a machine that loses power has the old file or the new one.
//!
//! A temporary file is locked as long as its writer lives. [`sweep`] removes what killed processes left: temporary files of
//! this host that nobody holds. Those of another host that shares the disk are left to it, since not every shared disk
//! carries locks from host to host.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::FileError;

/// Writes a file as a whole or not at all: a temporary name in the same folder, sync, rename, sync of the folder.
///
/// # Errors
/// If the folder cannot be written or the disk is full; the old file, if any, is then untouched. If only the folder cannot
/// be synced, the new file is there, but may not outlive a loss of power.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::result::Result<(), FileError> {
    let synced = |file: &mut File| file.write_all(bytes).and_then(|()| file.sync_all());
    let written = write_with(path, synced).and_then(|()| sync_folder(path));
    written.map_err(|source| FileError::Io { path: path.to_path_buf(), source })
}

/// The same without the syncs, for what is checked when it is read and can be made again: a machine that loses power may
/// leave a file that is cut off.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_unsynced(path: &Path, bytes: &[u8]) -> std::result::Result<(), FileError> {
    let written = write_with(path, |file| file.write_all(bytes));
    written.map_err(|source| FileError::Io { path: path.to_path_buf(), source })
}

fn write_with(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let (temporary, mut file) = create_temporary(path)?;
    let written = write(&mut file).and_then(|()| std::fs::rename(&temporary, path));
    written.inspect_err(|_| {
        std::fs::remove_file(&temporary).ok();
    })
}

/// A new file beside `path`, locked. A name that is taken was left by a process of the same number.
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
        let (process, number) = (std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
        name.push(format!(".{}.{process}.{number}.tmp", *HOST));
        let temporary = path.with_file_name(name);
        let file = match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        // A sweep may come between the two lines: then it holds the file, or has taken its name away. On a file system
        // without locks nothing is swept.
        let is_swept = matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !temporary.exists();
        if !is_swept {
            return Ok((temporary, file));
        }
    }
}

/// This host's name as a part of a file's: what is no letter, digit or hyphen is a hyphen.
static HOST: LazyLock<String> = LazyLock::new(|| {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    gethostname::gethostname().to_string_lossy().chars().map(plain).collect()
});

/// Removes the temporary files of this host in a folder whose writers are gone.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_of_this_host(&entry.file_name().to_string_lossy()) {
            // Held until it is gone, so that a writer that has just made it sees that.
            if let Ok(file) = OpenOptions::new().write(true).open(entry.path())
                && file.try_lock().is_ok()
            {
                std::fs::remove_file(entry.path()).ok();
            }
        }
    }
}

/// Whether a name is `.NAME.HOST.PROCESS.NUMBER.tmp` with the name of this host.
fn is_of_this_host(name: &str) -> bool {
    let Some(stem) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else { return false };
    let parts: Vec<&str> = stem.rsplitn(4, '.').collect();
    let is_number = |part: &str| part.parse::<u64>().is_ok();
    matches!(parts[..], [number, process, host, _] if is_number(number) && is_number(process) && host == *HOST)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn left(folder: &Path, number: usize) -> PathBuf {
        folder.join(format!(".rows.csv.{}.{}.{number}.tmp", *HOST, std::process::id()))
    }

    #[test]
    fn what_a_killed_process_of_the_same_number_left_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        (0..400).for_each(|number| std::fs::write(left(dir.path(), number), "half").unwrap());
        write_atomically(&path, b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert!((0..400).all(|number| std::fs::read(left(dir.path(), number)).unwrap() == b"half"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 401);
    }

    #[test]
    fn a_sweep_takes_what_the_dead_of_this_host_left_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (temporary, mut file) = create_temporary(&dir.path().join("held.csv")).unwrap();
        let dead = left(dir.path(), 7);
        let others =
            [".rows.csv.another-host.17.0.tmp", ".rows.csv.17.0.tmp", "rows.csv", ".tmp", "notes.tmp"];
        let others = others.map(|name| dir.path().join(name));
        others.iter().chain([&dead]).for_each(|path| std::fs::write(path, "half").unwrap());
        sweep(dir.path());
        assert!(!dead.exists() && temporary.exists() && others.iter().all(|path| path.exists()));
        file.write_all(b"whole").unwrap();
        drop(file);
        sweep(dir.path());
        assert!(!temporary.exists());
    }

    #[test]
    fn a_sweep_takes_no_write_that_is_under_way() {
        let dir = tempfile::tempdir().unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    sweep(dir.path());
                }
            });
            let written: Vec<_> =
                (0..500).map(|n| write_unsynced(&dir.path().join("rows.csv"), &[n as u8])).collect();
            done.store(true, Ordering::Relaxed);
            assert!(written.iter().all(|written| written.is_ok()), "{written:?}");
        });
    }
}
