//! Run directories: `runs/<id>/`, where the id is the hash of what was asked.
//!
//! `id = first 12 hex digits of sha256(stage ‖ parent's id ‖ data fingerprint ‖ NUMERICS)`: where,
//! when and on which engine it ran is recorded in `manifest.json`, not hashed. Every file is written
//! under a temporary name and renamed; `status: done` is written last, so that nothing half-written is
//! read as whole. A lock keeps two processes out of one directory and dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use inr_core::file::{FileError, write_atomically};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::recipe::Stage;

/// Raised by hand when a change moves results on purpose: old runs then stop matching instead of lying.
pub const NUMERICS: u32 = 3;

/// The id of a stage behind its parent on data of a fingerprint.
pub fn content_id(stage: &Stage, parent: Option<&str>, fingerprint: &str) -> String {
    let asked = serde_json::json!([stage, parent, fingerprint, NUMERICS]);
    let digest = Sha256::digest(asked.to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// What a run directory says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `running`, `done` or `failed`.
    pub status: Status,
    /// The stage as it was hashed.
    pub stage: serde_json::Value,
    /// Id of the run whose network this one starts from.
    pub parent: Option<String>,
    /// Fingerprint of the data set.
    pub fingerprint: String,
    /// [`NUMERICS`] at the time.
    pub numerics: u32,
    /// Where it ran: engine, machine, program.
    pub provenance: Vec<(String, String)>,
    /// Seconds of work in all sessions.
    pub wall_s: f64,
    /// Unix time of the first start, seconds.
    pub started: u64,
    /// Unix time of the end, seconds.
    pub finished: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Begun, not finished; goes on from its last state.
    Running,
    /// Whole.
    Done,
    /// Ended with an error; tried again when asked for again.
    Failed,
}

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

    /// Takes a run directory for this process.
    ///
    /// # Errors
    /// If another process holds it, or it cannot be made.
    pub fn hold(&self, id: &str) -> Result<Run> {
        let dir = self.dir(id);
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock =
            File::create(dir.join("lock")).with_context(|| format!("cannot lock {}", dir.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Run { dir, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "{} is being worked on by another process; wait for it, or choose another --out",
                dir.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", dir.display()))
            }
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

/// A file of a run that grows by whole lines.
pub struct Growing {
    path: PathBuf,
    file: File,
}

impl Growing {
    /// Opens a file that is there.
    ///
    /// # Errors
    /// If it is not, or cannot be written.
    pub fn open(run: &Run, name: &str) -> Result<Self> {
        let path = run.path(name);
        let file = OpenOptions::new().append(true).open(&path);
        Ok(Self { file: file.with_context(|| path.display().to_string())?, path })
    }

    /// Opens a CSV whose first column counts steps, with the whole lines of an earlier session that are of the steps to
    /// keep: what a killed run wrote beyond its saved state goes.
    ///
    /// # Errors
    /// If the disk refuses; the message names the file.
    pub fn resume(run: &Run, name: &str, header: &str, keeps: impl Fn(u64) -> bool) -> Result<Self> {
        let old = std::fs::read_to_string(run.path(name)).unwrap_or_default();
        let kept = old.split_inclusive('\n').skip(1).filter(|line| {
            let step = line.split(',').next().and_then(|s| s.parse().ok());
            line.ends_with('\n') && step.is_some_and(&keeps)
        });
        let text: String = [header, "\n"].into_iter().chain(kept).collect();
        run.write(name, text.as_bytes())?;
        Self::open(run, name)
    }

    /// Adds lines, all or none.
    ///
    /// # Errors
    /// If the disk refuses; the message names the file.
    pub fn add(&mut self, lines: &str) -> Result<()> {
        let before = self.file.metadata().map(|m| m.len());
        let added = before.and_then(|before| {
            self.file.write_all(lines.as_bytes()).inspect_err(|_| {
                self.file.set_len(before).ok();
            })
        });
        Ok(added.map_err(|source| FileError::Io { path: self.path.clone(), source })?)
    }
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

/// Seconds since 1970.
pub fn unix_time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
