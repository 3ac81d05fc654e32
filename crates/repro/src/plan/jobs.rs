//! Cells → jobs: every chain of stages gets its ids, and stages that chains share become one job.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::cost::cost;
use crate::recipe::{Cell, Stage};
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

/// All jobs, parents first, and the ids of each cell's chain.
pub struct Plan {
    /// Jobs, parents before children, in the order of the table.
    pub jobs: Vec<Job>,
    /// For each cell, the ids of its stages; the last is the fit.
    pub chains: Vec<Vec<String>>,
}

/// Lays out the jobs of cells on data.
///
/// `sparse` says whether the engine's cost falls with the surviving weights.
///
/// # Errors
/// If a data set cannot be opened: found out before anything is computed.
pub fn plan(cells: &[Cell], data: &Data, sparse: bool) -> Result<Plan> {
    let mut plan = Plan { jobs: Vec::new(), chains: Vec::new() };
    let mut known = HashSet::new();
    let mut fingerprints = BTreeMap::new();
    for cell in cells {
        let mut chain: Vec<String> = Vec::new();
        for stage in &cell.stages {
            let dataset = stage.dataset();
            if !fingerprints.contains_key(dataset) {
                fingerprints.insert(dataset.to_string(), data.open(dataset)?.fingerprint.clone());
            }
            let fingerprint = fingerprints[dataset].clone();
            let parent = chain.last().cloned();
            let id = content_id(stage, parent.as_deref(), &fingerprint);
            if known.insert(id.clone()) {
                let (name, cost) = (name(cell, stage), cost(cell, stage, sparse)?);
                plan.jobs.push(Job { id: id.clone(), parent, stage: stage.clone(), name, fingerprint, cost });
            }
            chain.push(id);
        }
        plan.chains.push(chain);
    }
    Ok(plan)
}

fn name(cell: &Cell, stage: &Stage) -> String {
    let what = match stage {
        Stage::Dense(train) if train.steps == 0 => format!("initial, width {}", train.network.width),
        Stage::Dense(train) => format!("dense, width {}", train.network.width),
        Stage::Round(round) => format!("{} round {}", round.pruner, round.round),
        Stage::Fit(fit) => match fit.render {
            None => format!("fits of {} k{}", cell.method, cell.round),
            Some(factor) => format!("fits of {} k{}, rendered × {factor}", cell.method, cell.round),
        },
        Stage::Upscale(upscale) => format!("bicubic × {}", upscale.factor),
    };
    format!("{} seed {}: {what}", stage.dataset(), cell.seed)
}

/// The id of a stage behind its parent on data of a fingerprint.
pub fn content_id(stage: &Stage, parent: Option<&str>, fingerprint: &str) -> String {
    let asked = serde_json::json!([stage, parent, fingerprint, NUMERICS]);
    let digest = Sha256::digest(asked.to_string().as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
