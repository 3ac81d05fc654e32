//! Run directories: `runs/<id>/`, where the id is the hash of what was asked.
//!
//! `id = first 12 hex digits of sha256(stage ‖ parent's id ‖ data fingerprint ‖ NUMERICS)`: where,
//! when and on which engine it ran is recorded in `manifest.json`, not hashed. Every file is written
//! under a temporary name and renamed; `status: done` is written last, so that nothing half-written is
//! read as whole. A lock keeps two processes out of one directory and dies with its process.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use inr_core::disk::{sweep, write_atomically};

use super::manifest::{Manifest, Status};

/// Raised by hand when a change moves results on purpose: old runs then stop matching instead of lying.
pub const NUMERICS: u32 = 4;

/// All run directories below one folder.
pub struct Store {
    root: PathBuf,
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
        Ok(Self { root })
    }

    /// The directory of an id.
    pub fn dir(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// The manifest of an id, if there is a readable one.
    pub fn manifest(&self, id: &str) -> Option<Manifest> {
        let text = std::fs::read_to_string(self.dir(id).join("manifest.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Whether the run of an id is whole.
    pub fn is_done(&self, id: &str) -> bool {
        self.manifest(id).is_some_and(|m| m.status == Status::Done)
    }

    /// Takes a run directory for this process, if no other has it; never waits.
    ///
    /// # Errors
    /// If it cannot be made, or its file system has no locks.
    pub fn hold(&self, id: &str) -> Result<Held> {
        let dir = self.dir(id);
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock =
            File::create(dir.join("lock")).with_context(|| format!("cannot lock {}", dir.display()))?;
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

    /// Writes the manifest.
    ///
    /// # Errors
    /// As [`Run::write`].
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<()> {
        self.write("manifest.json", serde_json::to_string_pretty(manifest)?.as_bytes())
    }
}
