//! What a run directory says about itself.

use serde::{Deserialize, Serialize};

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
    /// How many sessions worked on it: more than one if some were stopped, killed or failed. 0: not counted.
    #[serde(default)]
    pub sessions: u32,
    /// Unix time of the first start, seconds.
    pub started: u64,
    /// Unix time of the end, or of the failure, seconds.
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

/// Seconds since 1970.
pub fn unix_time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
