//! Method → stages: this file reads like the methods section of the paper.
//!
//! - dense: meta-train the whole network.
//! - Meta-SparseINR: meta-train, then k rounds of {remove the smallest 20 % of the surviving weights,
//!   meta-train on}. No rewinding; the outer Adam goes on (PAPER §1.3).
//! - Random pruning: the same with 20 % drawn at random.
//! - Dense-narrow: meta-train a narrower network of as many weights, as long as the dense one.
//! - MAML + OneShot: from the dense network, one magnitude pruning half-way through each fit.
//! - MAML + IMP: from the dense network, k prunings of 20 % spread evenly over each fit (PAPER §1.4).
//! - Scratch: no meta-training; fits from a random network of dense-narrow's width.
//! - bicubic: no network; a picture enlarged.
//! - per-signal: no meta-training; each signal's own dense network is trained, and pruned in k steps on the way.
//! - scheduled: Meta-SparseINR by another way to the same budget, at as many outer steps.
//!
//! A chain is a list of stages; chains that begin alike share those stages' runs.

use inr_core::{Siren, siren::narrow_width};
use prune::ladder;
use serde::{Deserialize, Serialize};

use crate::shape::SurfaceSpec;
use crate::spec::{
    Experiment, FitRounds, FitSpec, MetaSpec, NetworkSpec, PathName, RowSpec, ScheduleSpec,
    SuperresolutionSpec, TestSpec,
};

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
    /// Enlarge every test signal without a network.
    Upscale(UpscaleStage),
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
    /// How many survive, where it is not by the fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<usize>,
    /// What goes on besides the mask.
    #[serde(skip_serializing_if = "Carry::is_everything")]
    pub carry: Carry,
    /// Batches of tasks whose meta-gradients are averaged, for a pruner that needs them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<usize>,
}

/// What goes on after a pruning besides the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// Weights and the outer Adam, as in the paper.
    Everything,
    /// Weights; the outer Adam begins anew.
    Weights,
    /// Nothing: weights and Adam go back to where dense meta-training ended (late rewinding, Frankle et al. 2020).
    Nothing,
}

impl Carry {
    fn is_everything(&self) -> bool {
        *self == Self::Everything
    }
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
    /// How much a fitted shape is measured with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<SurfaceSpec>,
    /// Magnitude prunings on the way, by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prunings: Vec<FitPruning>,
    /// Renders the fit so many times as fine, and judges it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render: Option<usize>,
    /// Keeps power spectra too; no part of the name, as no other number depends on it.
    #[serde(skip)]
    pub spectra: bool,
}

/// Bicubic interpolation of every test signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UpscaleStage {
    /// Data set whose test split is enlarged.
    pub dataset: String,
    /// Side of the signals before.
    pub resolution: usize,
    /// How many times as large they become.
    pub factor: usize,
    /// Which signals.
    pub test: TestSpec,
}

/// A global magnitude pruning on the way of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FitPruning {
    /// After so many steps.
    pub after_step: usize,
    /// So many weights survive.
    pub keep: usize,
}

/// A method of the table.
pub struct Method {
    /// Name in an experiment's file and in rows.
    pub name: &'static str,
    /// Stages of meta-training for the budget of round k.
    train: Train,
    /// Prunings on the way of a fit.
    prunings: Option<FitPrunings>,
}

enum Train {
    /// By the experiment alone.
    Plain(fn(&Experiment, TrainStage, usize) -> Vec<Stage>),
    /// By the row's schedule.
    Scheduled,
    /// Not at all: bicubic interpolation.
    Interpolation,
}

/// Dense weights, fit steps, fraction of a round and number of rounds → prunings.
type FitPrunings = fn(usize, usize, f64, usize) -> Vec<FitPruning>;

impl Method {
    /// Whether it prunes while it fits.
    pub fn prunes_fits(&self) -> bool {
        self.prunings.is_some()
    }

    /// Whether its rows have a schedule.
    pub fn is_scheduled(&self) -> bool {
        matches!(self.train, Train::Scheduled)
    }

    /// Whether it has no network.
    pub fn is_interpolation(&self) -> bool {
        matches!(self.train, Train::Interpolation)
    }
}

/// All methods.
pub const METHODS: &[Method] = &[
    method("dense", |_, dense, _| vec![Stage::Dense(dense)], None),
    method("meta-sparse-inr", |e, dense, k| iterative(e, dense, k, "magnitude"), None),
    method("random-pruning", |e, dense, k| iterative(e, dense, k, "random"), None),
    method("dense-narrow", narrow, None),
    method("maml-oneshot", |_, dense, _| vec![Stage::Dense(dense)], Some(one_shot)),
    method("maml-imp", |_, dense, _| vec![Stage::Dense(dense)], Some(iterative_fit)),
    method(
        "per-signal",
        |_, dense, _| vec![Stage::Dense(TrainStage { steps: 0, ..dense })],
        Some(iterative_fit),
    ),
    method("scratch", |e, dense, k| narrow(e, TrainStage { steps: 0, ..dense }, k), None),
    Method { name: "scheduled", train: Train::Scheduled, prunings: None },
    Method { name: "bicubic", train: Train::Interpolation, prunings: None },
];

const fn method(
    name: &'static str,
    train: fn(&Experiment, TrainStage, usize) -> Vec<Stage>,
    prunings: Option<FitPrunings>,
) -> Method {
    Method { name, train: Train::Plain(train), prunings }
}

/// Meta-train, then k rounds of pruning and meta-training.
fn iterative(experiment: &Experiment, dense: TrainStage, rounds: usize, pruner: &'static str) -> Vec<Stage> {
    let round = |round| {
        let train = TrainStage { steps: experiment.meta.round_steps, ..dense.clone() };
        let fraction = experiment.prune.fraction;
        let carry = Carry::Everything;
        Stage::Round(RoundStage { train, pruner, fraction, round, keep: None, carry, batches: None })
    };
    std::iter::once(Stage::Dense(dense.clone())).chain((1..=rounds).map(round)).collect()
}

/// Meta-train the narrowest even width with at least the budget's weights.
fn narrow(experiment: &Experiment, dense: TrainStage, rounds: usize) -> Vec<Stage> {
    let siren = siren(&dense.network, &dense.dataset);
    let budget = (1.0 - experiment.prune.fraction).powi(rounds as i32) * siren.weights() as f64;
    let network = NetworkSpec { width: narrow_width(&siren, budget), ..dense.network };
    vec![Stage::Dense(TrainStage { network, ..dense })]
}

/// From the dense network to the budget of round k by the counts of a schedule; the outer steps of the k rounds are
/// spread evenly over its prunings. The paper's own schedule gives the stages of [`iterative`].
fn scheduled(
    experiment: &Experiment,
    schedule: &ScheduleSpec,
    dense: TrainStage,
    rounds: usize,
) -> Vec<Stage> {
    let weights = siren(&dense.network, &dense.dataset).weights();
    let target = ladder(weights, experiment.prune.fraction, rounds)[rounds];
    let counts = match (schedule.path, schedule.fraction) {
        (PathName::Geometric, Some(fraction)) => prune::geometric(weights, target, fraction),
        _ => prune::cubic(weights, target, rounds),
    };
    let pruner = prune::pruner(&schedule.criterion).map_or("magnitude", |pruner| pruner.name);
    let (all, parts) = (experiment.meta.round_steps * rounds as u64, counts.len() as u64);
    let steps_until = |i: usize| all * i as u64 / parts;
    let before = |i: usize| if i == 0 { weights } else { counts[i - 1] };
    let round = |i: usize| {
        let by_fraction =
            schedule.fraction.filter(|&f| before(i) - prune::removed(before(i), f) == counts[i]);
        Stage::Round(RoundStage {
            train: TrainStage { steps: steps_until(i + 1) - steps_until(i), ..dense.clone() },
            pruner,
            fraction: by_fraction.unwrap_or(1.0 - counts[i] as f64 / before(i) as f64),
            round: i + 1,
            keep: by_fraction.is_none().then_some(counts[i]),
            carry: schedule.carry,
            batches: schedule.batches,
        })
    };
    std::iter::once(Stage::Dense(dense.clone())).chain((0..counts.len()).map(round)).collect()
}

/// One pruning half-way, to the weights of round n.
fn one_shot(weights: usize, steps: usize, fraction: f64, rounds: usize) -> Vec<FitPruning> {
    let keep = ladder(weights, fraction, rounds)[rounds];
    let half_way = FitPruning { after_step: (steps / 2).max(1), keep };
    if rounds == 0 { Vec::new() } else { vec![half_way] }
}

/// n prunings after the steps ⌊j · steps / (n + 1)⌋, j = 1 … n (the authors' `eval_imp`).
fn iterative_fit(weights: usize, steps: usize, fraction: f64, rounds: usize) -> Vec<FitPruning> {
    let keeps = ladder(weights, fraction, rounds);
    let apart = steps as f64 / (rounds + 1) as f64;
    let pruning = |j: usize| FitPruning { after_step: ((j as f64 * apart) as usize).max(1), keep: keeps[j] };
    (1..=rounds).map(pruning).collect()
}

/// The SIREN of a specification for a data set: pixels to colours (2 → 3), points in space to distances (3 → 1).
pub fn siren(network: &NetworkSpec, dataset: &str) -> Siren {
    let (d_in, d_out) = datasets::kind(dataset).map_or((2, 3), |kind| (kind.coordinates, kind.channels));
    Siren::new(d_in, network.width, network.sine_layers, d_out, network.w0)
}

/// One cell of the table and the stages that fill it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Data set that is fitted; `photos-x2` where the fit is rendered twice as fine.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Name of the line: the method's, unless the row says another.
    pub method: String,
    /// Round whose budget it has.
    pub round: usize,
    /// Seed.
    pub seed: u64,
    /// Meta-training, then the fit.
    pub stages: Vec<Stage>,
}

impl Cell {
    /// A readable name, which `--only` is matched against: `photos/meta-sparse-inr/k14/seed42`; where data sets are
    /// crossed, `silhouettes-to-photos/…`.
    pub fn name(&self) -> String {
        let from = self.trained_on.as_ref().map_or(String::new(), |trained_on| format!("{trained_on}-to-"));
        format!("{from}{}/{}/k{}/seed{}", self.dataset, self.method, self.round, self.seed)
    }

    /// The network of the chain's first stage; none if it has no network.
    pub fn network(&self) -> Option<NetworkSpec> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Dense(train) => Some(train.network),
            _ => None,
        })
    }

    /// The fit that ends the chain; none if it has no network.
    pub fn fit(&self) -> Option<&FitStage> {
        self.stages.iter().find_map(|stage| match stage {
            Stage::Fit(fit) => Some(fit),
            _ => None,
        })
    }

    /// The data set whose test signals are fitted, by its own name.
    pub fn source(&self) -> &str {
        self.stages.last().map_or(&self.dataset, crate::plan::dataset)
    }

    /// Side at which the end of the chain is judged, pixels.
    pub fn resolution(&self) -> usize {
        self.stages.iter().fold(0, |_, stage| match stage {
            Stage::Dense(train) => train.resolution,
            Stage::Round(round) => round.train.resolution,
            Stage::Fit(fit) => fit.resolution * fit.render.unwrap_or(1),
            Stage::Upscale(upscale) => upscale.resolution * upscale.factor,
        })
    }
}

/// The cartesian product of the axes: data sets × seeds × lines (× data sets fitted).
pub fn cells(experiment: &Experiment) -> Vec<Cell> {
    let mut cells = Vec::new();
    for dataset in &experiment.axes.dataset {
        let asked = |row: &&RowSpec| row.datasets.as_ref().is_none_or(|d| d.contains(dataset));
        for &seed in &experiment.axes.seed {
            for row in experiment.row.iter().filter(asked) {
                for &round in &row.rounds {
                    let made = match (&experiment.axes.fit_on, &experiment.superresolution) {
                        (Some(fit_on), _) => fit_on
                            .iter()
                            .filter_map(|fitted| cell(experiment, row, (fitted, Some(dataset)), seed, round))
                            .collect(),
                        (None, Some(spec)) => {
                            let plain = cell(experiment, row, (dataset, None), seed, round);
                            let at = |cell: Cell| spec.factors.iter().map(move |f| rendered(&cell, spec, *f));
                            plain.into_iter().flat_map(at).collect()
                        }
                        (None, None) => Vec::from_iter(cell(experiment, row, (dataset, None), seed, round)),
                    };
                    cells.extend(made);
                }
            }
        }
    }
    cells
}

/// The same chain, fitted at the low resolution and judged `factor` times as fine.
fn rendered(cell: &Cell, spec: &SuperresolutionSpec, factor: usize) -> Cell {
    let mut stages = cell.stages.clone();
    for stage in &mut stages {
        match stage {
            Stage::Fit(fit) => (fit.resolution, fit.render) = (spec.resolution, Some(factor)),
            Stage::Upscale(upscale) => (upscale.resolution, upscale.factor) = (spec.resolution, factor),
            _ => {}
        }
    }
    Cell { dataset: format!("{}-x{factor}", cell.dataset), stages, ..cell.clone() }
}

fn cell(
    experiment: &Experiment,
    row: &RowSpec,
    (dataset, trained_on): (&str, Option<&String>),
    seed: u64,
    round: usize,
) -> Option<Cell> {
    let method = METHODS.iter().find(|m| m.name == row.method)?;
    let MetaSpec { inner_steps, inner_lr, order, outer_lr, tasks, dense_steps, .. } = experiment.meta.clone();
    let dense = TrainStage {
        dataset: trained_on.map_or(dataset, String::as_str).into(),
        resolution: experiment.signal.resolution,
        network: experiment.network,
        meta: MetaStage { inner_steps, inner_lr, order, outer_lr, tasks },
        seed,
        steps: dense_steps,
    };
    let mut stages = match (&method.train, &row.schedule) {
        (Train::Plain(stages), _) => stages(experiment, dense, round),
        (Train::Scheduled, Some(schedule)) => scheduled(experiment, schedule, dense, round),
        (Train::Scheduled, None) => return None,
        (Train::Interpolation, _) => Vec::new(),
    };
    let fit = row.fit.unwrap_or(experiment.fit);
    let prunings = method.prunings.map(|prunings| {
        let released = experiment.fit_pruning.is_some_and(|spec| spec.rounds == FitRounds::Released);
        let rounds = if released { round.saturating_sub(1) } else { round };
        let weights = siren(&experiment.network, dataset).weights();
        prunings(weights, fit.steps, experiment.prune.fraction, rounds)
    });
    let (resolution, test) = (experiment.signal.resolution, experiment.test);
    let d_in = siren(&experiment.network, dataset).d_in();
    stages.push(match method.is_interpolation() {
        true => Stage::Upscale(UpscaleStage { dataset: dataset.into(), resolution, factor: 1, test }),
        false => Stage::Fit(FitStage {
            dataset: dataset.into(),
            resolution,
            fit,
            test,
            prunings: prunings.unwrap_or_default(),
            render: None,
            spectra: d_in == 2 && experiment.figures.iter().any(|name| name == "spectra"),
            surface: experiment.surface.filter(|_| d_in == 3),
        }),
    });
    let method = row.name().to_string();
    Some(Cell { dataset: dataset.into(), trained_on: trained_on.cloned(), method, round, seed, stages })
}
