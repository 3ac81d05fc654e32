//! Writing to disk: whole files or none, leftovers of killed processes, and what a full disk looks like.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

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

/// No file is written for so long: what is older under a temporary name was left by a process that was killed.
const LEFT: Duration = Duration::from_secs(24 * 3600);

/// Removes what processes that were killed while they wrote left in a folder under temporary names
/// ([`write_atomically`]), a day after. Not sooner: whether the writer still lives cannot be asked of another host
/// that shares the disk.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
        let is_old = age.is_ok_and(|age| age.is_ok_and(|age| age > LEFT));
        if name.starts_with('.') && name.ends_with(".tmp") && is_old {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporaries_of_a_day_ago_go_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, hours: u64| {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        };
        write(".table.csv.17.0.tmp", 25);
        write(".table.csv.17.1.tmp", 23);
        write("table.csv", 1000);
        sweep(dir.path());
        let names =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert_eq!(names, [".table.csv.17.1.tmp", "table.csv"]);
    }
}
