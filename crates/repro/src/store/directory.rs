//! Run directories: `runs/<id>/`, where the id is the hash of what was asked.
//!
//! `id = first 12 hex digits of sha256(stage ‖ parent's id ‖ data fingerprint ‖ NUMERICS)`: where,
//! when and on which engine it ran is recorded in `manifest.json`, not hashed. Every file is written
//! under a temporary name and renamed; `status: done` is written last, with length and checksum of every file, so that
//! nothing half-written or damaged is read as whole. A lock keeps two processes out of one directory and dies with its
//! process.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use inr_core::disk::{sweep, write_atomically};

use rayon::prelude::*;

use super::manifest::{KeptFile, Manifest, Status};

const MANIFEST: &str = "manifest.json";
const LOCK: &str = "lock";

/// Raised by hand when a change moves results on purpose: old runs then stop matching instead of lying.
pub const NUMERICS: u32 = 4;

/// All run directories below one folder.
pub struct Store {
    root: PathBuf,
    /// Runs that were found whole.
    whole: Mutex<HashSet<String>>,
}

/// A run directory held by this process.
pub struct Run {
    /// The directory.
    pub dir: PathBuf,
    _lock: File,
}

/// Who holds a run directory.
pub enum Held {
    /// This process, from now on.
    Mine(Run),
    /// Another one, until it is through with it or dies.
    Elsewhere,
}

impl Store {
    /// The store of an output folder.
    ///
    /// # Errors
    /// If its `runs` folder cannot be made.
    pub fn open(out: &Path) -> Result<Self> {
        let root = out.join("runs");
        std::fs::create_dir_all(&root)
            .with_context(|| format!("cannot make {}; choose another --out", root.display()))?;
        Ok(Self { root, whole: Mutex::default() })
    }

    /// The directory of an id.
    pub fn dir(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// The manifest of an id, if there is one that is as it was written.
    pub fn manifest(&self, id: &str) -> Option<Manifest> {
        self.read_manifest(id).ok().flatten()
    }

    fn read_manifest(&self, id: &str) -> Result<Option<Manifest>> {
        let path = self.dir(id).join(MANIFEST);
        let place = || path.display().to_string();
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            text => Manifest::of_text(&text.with_context(place)?, id).with_context(place).map(Some),
        }
    }

    /// Whether the run of an id is whole: done, and every file as it was written. Once found whole it is not read again.
    pub fn is_done(&self, id: &str) -> bool {
        self.is_known_whole(id) || self.check(id).unwrap_or(false)
    }

    /// What is not as it was written in those of some runs that say they are done, a line each: they count as not done.
    pub fn damage(&self, ids: &[&str]) -> Vec<String> {
        let unknown = ids.par_iter().filter(|id| !self.is_known_whole(id));
        unknown.filter_map(|id| self.check(id).err()).map(|error| format!("{error:#}")).collect()
    }

    fn is_known_whole(&self, id: &str) -> bool {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn check(&self, id: &str) -> Result<bool> {
        let manifest = self.read_manifest(id)?;
        let Some(manifest) = manifest.filter(|manifest| manifest.status == Status::Done) else {
            return Ok(false);
        };
        let dir = self.dir(id);
        ensure!(!manifest.files.is_empty(), "{}: its manifest names no file", dir.display());
        manifest.files.iter().try_for_each(|file| file.check(&dir))?;
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).insert(id.into());
        Ok(true)
    }

    /// Takes a run directory for this process, if no other has it; never waits.
    ///
    /// # Errors
    /// If it cannot be made, or its file system has no locks.
    pub fn hold(&self, id: &str) -> Result<Held> {
        let dir = self.dir(id);
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let path = dir.join(LOCK);
        ensure!(!path.is_symlink(), "{}: a link, which would lock another file; remove it", path.display());
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let lock = lock.with_context(|| format!("cannot lock {}", dir.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                sweep(&dir);
                Ok(Held::Mine(Run { dir, _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => Ok(Held::Elsewhere),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| {
                format!("cannot lock {}; choose an --out on a file system with locks", dir.display())
            }),
        }
    }
}

impl Run {
    /// A file of the run.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Writes a file as a whole or not at all.
    ///
    /// # Errors
    /// If the disk refuses; the message names the file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        Ok(write_atomically(&self.path(name), bytes)?)
    }

    /// Id of the run.
    pub fn id(&self) -> String {
        self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Its files as they are: all but manifest, lock and those that are being written.
    ///
    /// # Errors
    /// If one cannot be read; the message names it.
    pub fn files(&self) -> Result<Vec<KeptFile>> {
        let place = || self.dir.display().to_string();
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.dir).with_context(place)? {
            let entry = entry.with_context(place)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_kept = entry.file_type().with_context(place)?.is_file() && !name.starts_with('.');
            names.extend(Some(name).filter(|name| is_kept && ![MANIFEST, LOCK].contains(&&name[..])));
        }
        names.sort();
        names.par_iter().map(|name| KeptFile::of(&self.dir, name)).collect()
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// As [`Run::write`].
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<()> {
        self.write(MANIFEST, manifest.text()?.as_bytes())
    }
}
