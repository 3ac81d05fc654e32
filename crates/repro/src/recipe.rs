//! Method → stages: this file reads like the methods section of the paper.
//!
//! - dense: meta-train the whole network.
//! - Meta-SparseINR: meta-train, then k rounds of {remove the smallest 20 % of the surviving weights,
//!   meta-train on}. No rewinding; the outer Adam goes on (PAPER §1.3).
//! - Random pruning: the same with 20 % drawn at random.
//! - Dense-narrow: meta-train a narrower network of as many weights, as long as the dense one.
//!
//! A chain is a list of stages; chains that begin alike share those stages' runs.

use inr_core::{Siren, siren::narrow_width};
use serde::Serialize;

use crate::spec::{Experiment, FitSpec, MetaSpec, NetworkSpec, TestSpec};

/// One step of a chain: everything it depends on besides the stage before it and its data.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Stage {
    /// Initialise and meta-train.
    Dense(TrainStage),
    /// Prune, then meta-train on.
    Round(RoundStage),
    /// Fit every test signal.
    Fit(FitStage),
}

/// Meta-training from a random initial network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainStage {
    /// Data set whose train split is learned.
    pub dataset: String,
    /// Side of the signals.
    pub resolution: usize,
    /// The network.
    pub network: NetworkSpec,
    /// Inner loop, outer rate, tasks.
    pub meta: MetaStage,
    /// Seed of initialisation and tasks.
    pub seed: u64,
    /// Outer steps.
    pub steps: u64,
}

/// The part of meta-training that all stages share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetaStage {
    /// Inner steps K.
    pub inner_steps: usize,
    /// Inner step size.
    pub inner_lr: f64,
    /// Exact or first order.
    pub order: crate::spec::OrderName,
    /// Outer learning rate.
    pub outer_lr: f64,
    /// Signals an outer step.
    pub tasks: usize,
}

/// Pruning and meta-training on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundStage {
    /// Data set, size, seed and inner loop as in the stage before; steps of this round.
    #[serde(flatten)]
    pub train: TrainStage,
    /// A pruner of [`prune::PRUNERS`].
    pub pruner: &'static str,
    /// Fraction of the surviving weights it removes.
    pub fraction: f64,
    /// Number k of this round, from 1.
    pub round: usize,
}

/// Fits from the network of the stage before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitStage {
    /// Data set whose test split is fitted.
    pub dataset: String,
    /// Side of the signals.
    pub resolution: usize,
    /// Optimiser, rate, steps.
    pub fit: FitSpec,
    /// Which signals.
    pub test: TestSpec,
}

/// A method of the table.
pub struct Method {
    /// Name in an experiment's file and in rows.
    pub name: &'static str,
    /// Stages of meta-training for the budget of round k.
    stages: fn(&Experiment, TrainStage, usize) -> Vec<Stage>,
}

/// All methods.
pub const METHODS: &[Method] = &[
    Method { name: "dense", stages: |_, dense, _| vec![Stage::Dense(dense)] },
    Method { name: "meta-sparse-inr", stages: |e, dense, k| iterative(e, dense, k, "magnitude") },
    Method { name: "random-pruning", stages: |e, dense, k| iterative(e, dense, k, "random") },
    Method { name: "dense-narrow", stages: narrow },
];

/// Meta-train, then k rounds of pruning and meta-training.
fn iterative(experiment: &Experiment, dense: TrainStage, rounds: usize, pruner: &'static str) -> Vec<Stage> {
    let round = |round| {
        let train = TrainStage { steps: experiment.meta.round_steps, ..dense.clone() };
        Stage::Round(RoundStage { train, pruner, fraction: experiment.prune.fraction, round })
    };
    std::iter::once(Stage::Dense(dense.clone())).chain((1..=rounds).map(round)).collect()
}

/// Meta-train the narrowest even width with at least the budget's weights.
fn narrow(experiment: &Experiment, dense: TrainStage, rounds: usize) -> Vec<Stage> {
    let siren = siren(&dense.network);
    let budget = (1.0 - experiment.prune.fraction).powi(rounds as i32) * siren.weights() as f64;
    let network = NetworkSpec { width: narrow_width(&siren, budget), ..dense.network };
    vec![Stage::Dense(TrainStage { network, ..dense })]
}

/// The SIREN of a specification: two coordinates, three values.
pub fn siren(network: &NetworkSpec) -> Siren {
    Siren::new(2, network.width, network.sine_layers, 3, network.w0)
}

/// One cell of the table and the stages that fill it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Data set.
    pub dataset: String,
    /// Method.
    pub method: &'static str,
    /// Round whose budget it has.
    pub round: usize,
    /// Seed.
    pub seed: u64,
    /// Meta-training, then the fit.
    pub stages: Vec<Stage>,
}

impl Cell {
    /// A readable name, which `--only` is matched against: `photos/meta-sparse-inr/k14/seed42`.
    pub fn name(&self) -> String {
        format!("{}/{}/k{}/seed{}", self.dataset, self.method, self.round, self.seed)
    }

    /// The network of the chain's first stage.
    pub fn network(&self) -> NetworkSpec {
        self.stages
            .iter()
            .find_map(|stage| match stage {
                Stage::Dense(train) => Some(train.network),
                _ => None,
            })
            .expect("every chain begins with a network")
    }
}

/// The cartesian product of the axes: data sets × seeds × lines.
pub fn cells(experiment: &Experiment) -> Vec<Cell> {
    let mut cells = Vec::new();
    for dataset in &experiment.axes.dataset {
        for &seed in &experiment.axes.seed {
            for row in
                experiment.row.iter().filter(|r| r.datasets.as_ref().is_none_or(|d| d.contains(dataset)))
            {
                for &round in &row.rounds {
                    cells.extend(cell(experiment, dataset, seed, &row.method, round));
                }
            }
        }
    }
    cells
}

fn cell(experiment: &Experiment, dataset: &str, seed: u64, method: &str, round: usize) -> Option<Cell> {
    let method = METHODS.iter().find(|m| m.name == method)?;
    let MetaSpec { inner_steps, inner_lr, order, outer_lr, tasks, dense_steps, .. } = experiment.meta.clone();
    let dense = TrainStage {
        dataset: dataset.into(),
        resolution: experiment.signal.resolution,
        network: experiment.network,
        meta: MetaStage { inner_steps, inner_lr, order, outer_lr, tasks },
        seed,
        steps: dense_steps,
    };
    let mut stages = (method.stages)(experiment, dense, round);
    stages.push(Stage::Fit(FitStage {
        dataset: dataset.into(),
        resolution: experiment.signal.resolution,
        fit: experiment.fit,
        test: experiment.test,
    }));
    Some(Cell { dataset: dataset.into(), method: method.name, round, seed, stages })
}
