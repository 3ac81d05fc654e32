//! Files of a run that grow by whole lines.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use inr_core::file::FileError;

use super::directory::Run;

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
