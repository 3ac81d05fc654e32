//! Everything one invocation knows.

use std::path::PathBuf;

use super::jobs::{Plan, Planned};
use crate::experiment::Experiment;
use crate::recipe::Cell;
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
    /// The cells, each with the runs of its stages.
    pub fn planned(&self) -> impl Iterator<Item = Planned<'_>> {
        self.cells.iter().zip(&self.plan.ids).map(|(cell, ids)| Planned { cell, ids })
    }
}
