//! Where the files of a data set lie: in a folder, inside a zip archive that is not unpacked, or it is one
//! file.
//!
//! A place remembers what the fingerprint saw. A file that changes afterwards is refused when it is read: else its
//! values would be kept, and reported, under the fingerprint of other contents. A picture is held to the hash of the
//! very bytes that are decoded; other files to their hash, or (the one large file of `sdf2d`) to size and times.

use super::archive::Archive;
use crate::error::DataError;
use crate::picture::decode::read_file;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

const CHANGED: &str = "has changed since the data set was opened, so that its values would stand under another's \
                       fingerprint";
const REMEDY: &str = "Let the files of a data set alone while it is in use, and run the command again";

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// Where the files of a data set lie, and what the fingerprint saw there.
pub(crate) struct Place {
    at: At,
    seen: RwLock<HashMap<String, Seen>>,
}

enum At {
    /// Below this folder.
    Folder(PathBuf),
    /// In this one file: a relative path is then its name.
    File(PathBuf),
    /// Members of this archive.
    Zip(Archive),
}

/// A file as the fingerprint saw it.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    hash: Hash,
    /// Of a set that is one file, which is too large to be hashed for each signal.
    state: Option<State>,
}

/// What the system says of a file and changes with its content.
type State = (u64, Option<SystemTime>, i64, i64);

impl Place {
    /// Files below a folder.
    pub(crate) fn folder(folder: &Path) -> Self {
        Place { at: At::Folder(folder.to_path_buf()), seen: RwLock::default() }
    }

    /// One file that holds everything.
    pub(crate) fn file(file: &Path) -> Self {
        Place { at: At::File(file.to_path_buf()), seen: RwLock::default() }
    }

    /// Members of an archive.
    pub(crate) fn zip(archive: Archive) -> Self {
        Place { at: At::Zip(archive), seen: RwLock::default() }
    }

    /// A file's path for messages; inside an archive it is one in thought only.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        match &self.at {
            At::Folder(folder) => folder.join(relative),
            At::File(file) => file.clone(),
            At::Zip(archive) => archive.path_of(relative),
        }
    }

    /// A picture's file, whole; the one the fingerprint saw, if there is a fingerprint.
    ///
    /// # Errors
    /// What keeps it from being read, or that it has changed.
    pub(crate) fn read(&self, relative: &str) -> Result<Vec<u8>, DataError> {
        let bytes = self.bytes(relative)?;
        match self.seen(relative) {
            Some(seen) if seen.hash != hash_of(&bytes) => Err(self.changed(relative)),
            _ => Ok(bytes),
        }
    }

    /// A picture's file for the fingerprint: its content and hash, which it is held to from now on.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub(crate) fn see_picture(&self, relative: &str) -> Result<(Vec<u8>, Hash), DataError> {
        let bytes = self.bytes(relative)?;
        let hash = hash_of(&bytes);
        self.remember(relative, Seen { hash, state: None });
        Ok((bytes, hash))
    }

    /// Any file for the fingerprint: its size and hash, which it is held to from now on.
    ///
    /// # Errors
    /// What keeps it from being read, or that it changes meanwhile.
    pub(crate) fn see(&self, relative: &str) -> Result<(u64, Hash), DataError> {
        let path = self.path(relative);
        let unreadable =
            |why| DataError::unreadable(&path, why, "Restore the file, or check its permissions");
        let before = state(&path).map_err(unreadable)?;
        let (size, hash) = hash_file(&path).map_err(unreadable)?;
        if state(&path).map_err(unreadable)? != before {
            return Err(self.changed(relative));
        }
        let state = matches!(self.at, At::File(_)).then_some(before);
        self.remember(relative, Seen { hash, state });
        Ok((size, hash))
    }

    /// Refuses a file that is not what the fingerprint saw; one it did not see is not judged.
    ///
    /// # Errors
    /// That it has changed, or cannot be read any more.
    pub(crate) fn check_unchanged(&self, relative: &str) -> Result<(), DataError> {
        let Some(seen) = self.seen(relative) else { return Ok(()) };
        let path = self.path(relative);
        let unreadable = |why| DataError::unreadable(&path, why, REMEDY);
        let same = match seen.state {
            Some(before) => state(&path).map_err(unreadable)? == before,
            None => hash_file(&path).map_err(unreadable)?.1 == seen.hash,
        };
        if same { Ok(()) } else { Err(self.changed(relative)) }
    }

    fn bytes(&self, relative: &str) -> Result<Vec<u8>, DataError> {
        match &self.at {
            At::Folder(_) | At::File(_) => read_file(&self.path(relative)),
            At::Zip(archive) => archive.read(relative),
        }
    }

    fn seen(&self, relative: &str) -> Option<Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).get(relative).copied()
    }

    fn remember(&self, relative: &str, seen: Seen) {
        self.seen.write().unwrap_or_else(PoisonError::into_inner).insert(relative.to_string(), seen);
    }

    fn changed(&self, relative: &str) -> DataError {
        DataError::content(&self.path(relative), CHANGED, REMEDY)
    }
}

fn hash_of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn hash_file(path: &Path) -> std::io::Result<(u64, Hash)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((size, hash.finalize().into())),
            read => {
                hash.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}

#[cfg(unix)]
fn state(path: &Path) -> std::io::Result<State> {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(path)?;
    Ok((about.len(), about.modified().ok(), about.ctime(), about.ctime_nsec()))
}

#[cfg(not(unix))]
fn state(path: &Path) -> std::io::Result<State> {
    let about = std::fs::metadata(path)?;
    Ok((about.len(), about.modified().ok(), 0, 0))
}
