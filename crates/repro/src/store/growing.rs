//! Files of a run that grow by whole lines.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use inr_core::file::FileError;
use sha2::{Digest, Sha256};

use super::directory::Run;

/// A file of a run that grows by whole lines.
pub struct Growing {
    path: PathBuf,
    file: File,
    bytes: u64,
    sha: Sha256,
}

impl Growing {
    /// Begins a file with a line; what was there goes.
    ///
    /// # Errors
    /// If the disk refuses; the message names the file.
    pub fn begin(run: &Run, name: &str, header: &str) -> Result<Self> {
        let text = format!("{header}\n");
        run.write(name, text.as_bytes())?;
        Self::open(run, name, text.as_bytes())
    }

    /// Goes on with a file as it was when it was marked; what a killed run wrote since goes.
    ///
    /// # Errors
    /// If it does not begin with what it held then, or the disk refuses; the message names the file.
    pub fn resume(run: &Run, name: &str, mark: &str) -> Result<Self> {
        let path = run.path(name);
        let mut held = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let bytes = mark.split(' ').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(usize::MAX);
        held.truncate(bytes);
        let (count, sha) = (held.len() as u64, Sha256::new_with_prefix(&held));
        ensure!(mark_of(count, &sha) == mark, "{}: not what was written to it", path.display());
        let growing = Self::open(run, name, &held)?;
        growing.file.set_len(count).with_context(|| path.display().to_string())?;
        Ok(growing)
    }

    fn open(run: &Run, name: &str, held: &[u8]) -> Result<Self> {
        let path = run.path(name);
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        Ok(Self { path, file, bytes: held.len() as u64, sha: Sha256::new_with_prefix(held) })
    }

    /// Adds lines, all or none.
    ///
    /// # Errors
    /// If the disk refuses; the message names the file.
    pub fn add(&mut self, lines: &str) -> Result<()> {
        let added = self.file.write_all(lines.as_bytes()).inspect_err(|_| {
            self.file.set_len(self.bytes).ok();
        });
        added.map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        self.bytes += lines.len() as u64;
        self.sha.update(lines);
        Ok(())
    }

    /// What it holds, by length and checksum; it is on the disk then.
    ///
    /// # Errors
    /// As [`Growing::add`].
    pub fn mark(&self) -> Result<String> {
        self.file.sync_data().map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        Ok(mark_of(self.bytes, &self.sha))
    }
}

fn mark_of(bytes: u64, sha: &Sha256) -> String {
    format!("{bytes} {}", super::manifest::hex(&sha.clone().finalize()))
}
