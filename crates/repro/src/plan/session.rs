//! Everything one invocation knows.

use std::path::PathBuf;

use super::jobs::Plan;
use crate::experiment::Experiment;
use crate::recipe::{Cell, Stage};
use crate::signals::Data;
use crate::store::Store;

/// Everything one invocation knows.
pub struct Session {
    /// The merged experiment.
    pub experiment: Experiment,
    /// Its cells, after `--only`.
    pub cells: Vec<Cell>,
    /// Jobs and chains.
    pub plan: Plan,
    /// The data sets.
    pub data: Data,
    /// The run directories.
    pub store: Store,
    /// Where tables and plots go.
    pub folder: PathBuf,
    /// Engine, program and machine, as they are when the session begins.
    pub provenance: Vec<(String, String)>,
}

impl Session {
    /// Whether the run of a stage is done and has all that this program writes.
    pub fn is_done(&self, stage: &Stage, id: &str) -> bool {
        self.store.is_done(id) && crate::stage::is_whole(stage, &self.store.dir(id))
    }
}
