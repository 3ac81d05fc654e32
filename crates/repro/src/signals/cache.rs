//! Preprocessed signals on disk, so that a picture is decoded, resized and averaged once and not once a run.
//!
//! A signal's file is `<out>/cache/<fingerprint>/<side>/<split>/<thousand>/<index>.signal`; the fingerprint holds
//! the files' contents and the version of the preprocessing, so nothing here ever has to be invalidated. A file is
//! a letter, the values, and 8 bytes of the SHA-256 of both and of what the signal is (fingerprint, side, split, index:
//! a file in another's place is none): `B`, one byte a value where every value is exactly byte / 255 (so at the native
//! side of pictures), or `F`, f32 little-endian. What is read is what was written, to the bit, or it is not used. Files appear by renaming, so two processes may share a cache. A cache that cannot
//! be written (a full disk) is said once, and the work goes on without.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use datasets::Split;
use inr_core::disk::write_unsynced;
use inr_core::file::FileError;
use sha2::{Digest, Sha256};

/// One process writes no more than this.
const MOST_BYTES: u64 = 16 << 30;
const CHECK_LEN: usize = 8;

/// The cache of one data set.
pub struct Cache {
    folder: PathBuf,
    fingerprint: String,
    written: AtomicU64,
    given_up: AtomicBool,
}

impl Cache {
    /// The cache of the data set with this fingerprint, below `folder`.
    pub fn new(folder: &Path, fingerprint: &str) -> Self {
        let name = fingerprint.get(..16).unwrap_or(fingerprint);
        Self {
            folder: folder.join(name),
            fingerprint: fingerprint.to_string(),
            written: AtomicU64::new(0),
            given_up: AtomicBool::new(false),
        }
    }

    /// The values of a signal, if they are there and whole.
    pub fn read(&self, split: Split, index: usize, side: usize) -> Option<Vec<f32>> {
        decoded(&std::fs::read(self.path(split, index, side)).ok()?, &self.key(split, index, side))
    }

    /// Keeps the values of a signal. Failing is not an error: it is said once, and nothing is written any more.
    pub fn write(&self, split: Split, index: usize, side: usize, values: &[f32]) {
        if self.given_up.load(Ordering::Relaxed) {
            return;
        }
        let bytes = encoded(values, &self.key(split, index, side));
        if self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed) > MOST_BYTES {
            return;
        }
        let path = self.path(split, index, side);
        if let Err(why) = place(&path, &bytes)
            && !self.given_up.swap(true, Ordering::Relaxed)
        {
            crate::screen::note(&format!(
                "preprocessed signals cannot be kept ({why}); going on without. Make room, or give --out a folder \
                 with room, and later runs start faster"
            ));
        }
    }

    /// What the signal is.
    fn key(&self, split: Split, index: usize, side: usize) -> String {
        format!("{} {side} {split} {index}\n", self.fingerprint)
    }

    fn path(&self, split: Split, index: usize, side: usize) -> PathBuf {
        let part = self.folder.join(side.to_string()).join(split.to_string());
        part.join((index / 1000).to_string()).join(format!("{index}.signal"))
    }
}

/// Not synced: a file that a crash cut off does not pass its check.
fn place(path: &Path, bytes: &[u8]) -> std::result::Result<(), FileError> {
    if let Some(folder) = path.parent() {
        let io = |source| FileError::Io { path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    write_unsynced(path, bytes)
}

fn encoded(values: &[f32], key: &str) -> Vec<u8> {
    let byte = |&value: &f32| {
        let byte = (value * 255.0).round() as u8;
        (f32::from(byte) / 255.0 == value).then_some(byte)
    };
    let mut bytes = match values.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(all) => [b"B", all.as_slice()].concat(),
        None => std::iter::once(b'F').chain(values.iter().flat_map(|value| value.to_le_bytes())).collect(),
    };
    let check = check(&bytes, key);
    bytes.extend(check);
    bytes
}

fn check(content: &[u8], key: &str) -> [u8; CHECK_LEN] {
    let hash = Sha256::new_with_prefix(key).chain_update(content).finalize();
    std::array::from_fn(|at| hash[at])
}

fn decoded(bytes: &[u8], key: &str) -> Option<Vec<f32>> {
    let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_LEN)?)?;
    if self::check(content, key) != *check {
        return None;
    }
    match content.split_first()? {
        (b'B', values) => Some(values.iter().map(|&byte| f32::from(byte) / 255.0).collect()),
        (b'F', values) => {
            Some(values.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path(), "0123456789abcdef0123");
        let bytes: Vec<f32> = (0..=255).map(|byte| byte as f32 / 255.0).collect();
        let others = vec![0.1, -0.0, f32::MIN_POSITIVE, -3.5, 1e9];
        for (index, values) in [(7, &bytes), (1007, &others)] {
            assert_eq!(cache.read(Split::Test, index, 178), None);
            cache.write(Split::Test, index, 178, values);
            let read = cache.read(Split::Test, index, 178).unwrap();
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&read), bits(values));
        }
        assert_eq!(encoded(&bytes, "").len(), 1 + 256 + CHECK_LEN);
        assert_eq!(cache.read(Split::Train, 7, 178), None);
        assert_eq!(cache.read(Split::Test, 7, 32), None);
    }

    #[test]
    fn a_file_in_anothers_place_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path(), "0123456789abcdef, and on");
        cache.write(Split::Test, 3, 8, &[0.5; 192]);
        let copy_to = |other: PathBuf| {
            std::fs::create_dir_all(other.parent().unwrap()).unwrap();
            std::fs::copy(cache.path(Split::Test, 3, 8), other).unwrap();
        };
        copy_to(cache.path(Split::Test, 4, 8));
        copy_to(cache.path(Split::Train, 3, 8));
        copy_to(cache.path(Split::Test, 3, 16));
        assert_eq!(cache.read(Split::Test, 4, 8), None, "another index");
        assert_eq!(cache.read(Split::Train, 3, 8), None, "another part");
        assert_eq!(cache.read(Split::Test, 3, 16), None, "another side");
        let other = Cache::new(dir.path(), "0123456789abcdef, and otherwise");
        assert_eq!(other.read(Split::Test, 3, 8), None, "another fingerprint that begins alike");
        assert!(cache.read(Split::Test, 3, 8).is_some());
    }

    #[test]
    fn a_file_that_is_cut_or_changed_is_not_used() {
        let whole = encoded(&[0.5, 0.25], "key");
        assert!(decoded(&whole, "key").is_some());
        assert_eq!(decoded(&whole, "kez"), None);
        for len in 0..whole.len() {
            assert_eq!(decoded(&whole[..len], "key"), None);
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            assert_eq!(decoded(&changed, "key"), None);
        }
        assert_eq!(decoded(&vec![0; whole.len()], "key"), None, "a crash may leave zeros");
    }
}
