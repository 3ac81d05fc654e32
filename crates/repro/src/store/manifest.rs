//! What a run directory says about itself, sealed: a manifest that was changed is none.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a run directory says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Id of the run: the name of its directory.
    #[serde(default)]
    pub id: String,
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
    /// How many sessions worked on it: more than one if some were stopped, killed or failed. 0: not counted.
    #[serde(default)]
    pub sessions: u32,
    /// Unix time of the first start, seconds.
    pub started: u64,
    /// Unix time of the end, or of the failure, seconds.
    pub finished: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Every file of a run that is done.
    #[serde(default)]
    pub files: Vec<KeptFile>,
    /// SHA-256 of the manifest without this entry, hexadecimal.
    #[serde(default)]
    pub(super) seal: String,
}

/// A file of a run that is done, as it was written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its name in the run directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its contents, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of a run that has just begun.
    pub fn new(id: &str, stage: serde_json::Value, fingerprint: &str, numerics: u32) -> Self {
        Self {
            id: id.into(),
            status: Status::Running,
            stage,
            parent: None,
            fingerprint: fingerprint.into(),
            numerics,
            provenance: Vec::new(),
            wall_s: 0.0,
            sessions: 1,
            started: unix_time(),
            finished: None,
            error: None,
            files: Vec::new(),
            seal: String::new(),
        }
    }

    /// The text that is kept, sealed.
    ///
    /// # Errors
    /// If the stage is no JSON.
    pub fn text(&self) -> Result<String> {
        let sealed = Self { seal: self.expected_seal()?, ..self.clone() };
        Ok(serde_json::to_string_pretty(&sealed)?)
    }

    /// Reads the manifest of the run of an id.
    pub(super) fn of_text(text: &str, id: &str) -> Result<Self> {
        let manifest: Self = serde_json::from_str(text).context("no manifest")?;
        ensure!(!manifest.seal.is_empty(), "no seal: an earlier program wrote it");
        ensure!(manifest.seal == manifest.expected_seal()?, "changed since it was written");
        ensure!(manifest.id == id, "the manifest of run {}", manifest.id);
        Ok(manifest)
    }

    fn expected_seal(&self) -> Result<String> {
        let open = Self { seal: String::new(), ..self.clone() };
        Ok(hex(&Sha256::digest(serde_json::to_vec(&open)?)))
    }
}

impl KeptFile {
    /// A file of a run directory as it is.
    pub(super) fn of(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(name);
        let contents = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let sha256 = hex(&Sha256::digest(&contents));
        Ok(Self { name: name.into(), bytes: contents.len() as u64, sha256 })
    }

    /// Refuses a file that is not as it was written.
    pub(super) fn check(&self, dir: &Path) -> Result<()> {
        let found = Self::of(dir, &self.name)?;
        let is_same = found.bytes == self.bytes && found.sha256 == self.sha256;
        ensure!(is_same, "{}: not what was written to it", dir.join(&self.name).display());
        Ok(())
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

/// Seconds since 1970.
pub fn unix_time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_was_written_whatever_the_seconds_and_a_changed_one_is_not() {
        for n in 1..2000 {
            let mut manifest = Manifest::new("id", serde_json::json!({"lr": 1e-4}), "data", 4);
            manifest.wall_s = std::f64::consts::PI * f64::from(n).powi(3) / 7.0;
            let text = manifest.text().unwrap();
            assert_eq!(Manifest::of_text(&text, "id").unwrap().wall_s, manifest.wall_s);
            assert!(Manifest::of_text(&text, "other").is_err());
            assert!(
                Manifest::of_text(&text.replace("1e-4", "2e-4").replace("0.0001", "0.0002"), "id").is_err()
            );
        }
    }
}
