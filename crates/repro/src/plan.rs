//! Cells → jobs: every chain of stages gets its ids, and stages that chains share become one job.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use inr_core::Siren;

use crate::data::Data;
use crate::recipe::{Cell, Stage, siren};
use crate::store::content_id;

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
            let dataset = dataset(stage);
            if !fingerprints.contains_key(dataset) {
                fingerprints.insert(dataset.to_string(), data.open(dataset)?.fingerprint.clone());
            }
            let fingerprint = fingerprints[dataset].clone();
            let parent = chain.last().cloned();
            let id = content_id(stage, parent.as_deref(), &fingerprint);
            if known.insert(id.clone()) {
                let (name, cost) = (name(cell, stage), cost(cell, stage, sparse));
                plan.jobs.push(Job { id: id.clone(), parent, stage: stage.clone(), name, fingerprint, cost });
            }
            chain.push(id);
        }
        plan.chains.push(chain);
    }
    Ok(plan)
}

/// The data set a stage reads.
pub fn dataset(stage: &Stage) -> &str {
    match stage {
        Stage::Dense(train) => &train.dataset,
        Stage::Round(round) => &round.train.dataset,
        Stage::Fit(fit) => &fit.dataset,
        Stage::Upscale(upscale) => &upscale.dataset,
    }
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
    format!("{} seed {}: {what}", dataset(stage), cell.seed)
}

/// Multiply-adds: a gradient is 3 forward passes, a Hessian-vector product about 2 gradients.
fn cost(cell: &Cell, stage: &Stage, sparse: bool) -> f64 {
    let passes = |network: Siren, kept: f64, resolution: usize| {
        let kept = if sparse { kept.max(0.02) } else { 1.0 };
        network.weights() as f64 * kept * (resolution as f64).powi(network.d_in() as i32)
    };
    let kept = |stages: &[Stage]| {
        let weights = cell.network().map_or(1.0, |network| siren(&network, cell.source()).weights() as f64);
        stages.iter().fold(1.0, |kept, stage| match stage {
            Stage::Round(r) => r.keep.map_or(kept * (1.0 - r.fraction), |keep| keep as f64 / weights),
            _ => kept,
        })
    };
    match stage {
        Stage::Dense(t) | Stage::Round(crate::recipe::RoundStage { train: t, .. }) => {
            let until = cell.stages.iter().position(|s| s == stage).unwrap_or(0);
            let per_task = (t.meta.inner_steps + 1) as f64 * 3.0 + t.meta.inner_steps as f64 * 6.0;
            let network = siren(&t.network, &t.dataset);
            let all = (t.resolution as f64).powi(network.d_in() as i32);
            let part = match t.accelerated.as_ref().map_or(0, |a| a.coordinates) {
                0 => 1.0,
                coordinates => (coordinates as f64 / all).min(1.0),
            };
            let pass = part * passes(network, kept(&cell.stages[..=until]), t.resolution);
            pass * per_task * (t.meta.tasks as u64 * t.steps) as f64
        }
        Stage::Fit(f) => {
            let pass = cell
                .network()
                .map_or(0.0, |n| passes(siren(&n, &f.dataset), kept(&cell.stages), f.resolution));
            pass * 3.0 * (f.test.signals * f.fit.steps) as f64
        }
        Stage::Upscale(u) => (16 * u.test.signals * (u.resolution * u.factor).pow(2)) as f64,
    }
}
