//! Cells → jobs: every chain of stages gets its ids, and stages that chains share become one job.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::cost::cost;
use crate::recipe::{Behind, Cell, Stage, View};
use crate::signals::Data;
use crate::store::NUMERICS;

/// A stage to carry out once.
#[derive(Clone, Debug)]
pub struct Job {
    /// Content id: the name of its run directory.
    pub id: String,
    /// Id of the stage before it.
    pub parent: Option<String>,
    /// What to do.
    pub stage: Stage,
    /// A readable name, e.g. `photos seed 42, meta-sparse-inr round 3`.
    pub name: String,
    /// Fingerprint of its data.
    pub fingerprint: String,
    /// Multiply-adds it will take, roughly: for the ETA only.
    pub cost: f64,
}

/// All jobs, parents first, and the ids of each cell's stages.
pub struct Plan {
    /// Jobs, parents before children, in the order of the table.
    pub jobs: Vec<Job>,
    /// For each cell, the ids of its stages, in their order.
    pub ids: Vec<Vec<String>>,
}

/// A cell and the runs of its stages.
#[derive(Clone, Copy)]
pub struct Planned<'a> {
    /// The cell.
    pub cell: &'a Cell,
    /// Ids of its stages, in their order.
    pub ids: &'a [String],
}

impl<'a> Planned<'a> {
    /// Its stages, each with its id.
    pub fn stages(self) -> impl Iterator<Item = (&'a Stage, &'a str)> {
        self.cell.stages.iter().zip(self.ids.iter().map(String::as_str))
    }

    /// The id of the first stage of a kind; none if it has none.
    pub fn id(self, is_asked: impl Fn(&Stage) -> bool) -> Option<&'a str> {
        self.stages().find(|(stage, _)| is_asked(stage)).map(|(_, id)| id)
    }

    /// The id of the stage of a kind behind the reconstructions; none if it has none.
    pub fn derived(self, kind: &str) -> Option<&'a str> {
        self.id(|stage| stage.derived().is_some_and(|derived| derived.kind == kind))
    }

    /// The stages of training, first to last.
    pub fn trainings(self) -> impl Iterator<Item = (&'a Stage, &'a str)> {
        self.stages().filter(|(stage, _)| stage.is_training())
    }
}

/// Lays out the jobs of cells on data.
///
/// `sparse` says whether the engine's cost falls with the surviving weights.
///
/// # Errors
/// If a data set cannot be opened: found out before anything is computed.
pub fn plan(cells: &[Cell], data: &Data, sparse: bool) -> Result<Plan> {
    let mut plan = Plan { jobs: Vec::new(), ids: Vec::new() };
    let mut known = HashSet::new();
    let mut fingerprints = BTreeMap::new();
    for cell in cells {
        let (mut ids, mut trained, mut reconstructed) = (Vec::new(), None, None);
        for stage in &cell.stages {
            let dataset = stage.dataset();
            if !fingerprints.contains_key(dataset) {
                fingerprints.insert(dataset.to_string(), data.open(dataset)?.fingerprint.clone());
            }
            let fingerprint = fingerprints[dataset].clone();
            let parent: Option<String> = match stage.behind() {
                Behind::Nothing => None,
                Behind::Training => trained.clone(),
                Behind::Reconstructions => reconstructed.clone(),
            };
            let id = content_id(stage, parent.as_deref(), &fingerprint);
            if known.insert(id.clone()) {
                let (name, cost) = (name(cell, stage), cost(cell, stage, sparse)?);
                plan.jobs.push(Job { id: id.clone(), parent, stage: stage.clone(), name, fingerprint, cost });
            }
            if stage.is_training() {
                trained = Some(id.clone());
            } else if stage.reconstructs() {
                reconstructed = Some(id.clone());
            }
            ids.push(id);
        }
        plan.ids.push(ids);
    }
    Ok(plan)
}

fn name(cell: &Cell, stage: &Stage) -> String {
    let of_cell = |what: &str| format!("{what} of {} k{}", cell.line, cell.round);
    let rendered = |view: &View| view.render.map_or(String::new(), |factor| format!(", rendered × {factor}"));
    let what = match stage {
        Stage::Dense(train) if train.steps == 0 => format!("initial, width {}", train.network.width),
        Stage::Dense(train) => format!("dense, width {}", train.network.width),
        Stage::Round(round) => format!("{} round {}", round.pruner, round.round),
        Stage::Fit(_) => of_cell("fits"),
        Stage::Upscale(upscale) => format!("bicubic × {}", upscale.factor),
        Stage::Derived(derived) => of_cell(derived.label) + &rendered(&derived.view),
        Stage::Time(_) => of_cell("seconds"),
    };
    format!("{} seed {}: {what}", stage.dataset(), cell.seed)
}

/// The id of a stage behind its parent on data of a fingerprint.
pub fn content_id(stage: &Stage, parent: Option<&str>, fingerprint: &str) -> String {
    let asked = serde_json::json!([stage, parent, fingerprint, NUMERICS]);
    let digest = Sha256::digest(asked.to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
