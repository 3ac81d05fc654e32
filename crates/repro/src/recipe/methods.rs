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

use anyhow::Result;
use datasets::DataError;
use inr_core::{Siren, siren::narrow_width};
use prune::{Pruner, ladder};

use super::stages::{Accelerated, FitPruning, Probe, RoundStage, Stage, TrainStage};
use crate::experiment::{AccelerateSpec, Carry, NetworkSpec, Settings, unknown};

/// A method of the table.
pub struct Method {
    /// Name in an experiment's file and in rows.
    pub name: &'static str,
    /// Stages of meta-training for the budget of round k.
    pub(super) train: Train,
    /// Prunings on the way of a fit.
    pub(super) prunings: Option<FitPrunings>,
}

#[derive(Clone, Copy)]
pub(super) enum Train {
    /// By the experiment alone.
    Plain(Training),
    /// By the row's schedule.
    Scheduled,
    /// Not at all: bicubic interpolation.
    Interpolation,
}

/// Settings, the dense stage and a round k → the stages of meta-training for its budget.
pub(super) type Training = fn(&Settings, TrainStage, usize) -> Result<Vec<Stage>>;

/// Dense weights, fit steps, fraction of a round and number of rounds → prunings.
pub(super) type FitPrunings = fn(usize, usize, f64, usize) -> Vec<FitPruning>;

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
    method("dense", dense_alone, None),
    method("meta-sparse-inr", |s, dense, k| Ok(iterative(s, dense, k, "magnitude")), None),
    method("random-pruning", |s, dense, k| Ok(iterative(s, dense, k, "random")), None),
    method("dense-narrow", narrow, None),
    method("maml-oneshot", dense_alone, Some(one_shot)),
    method("maml-imp", dense_alone, Some(iterative_fit)),
    method(
        "per-signal",
        |s, dense, k| dense_alone(s, TrainStage { steps: 0, ..dense }, k),
        Some(iterative_fit),
    ),
    method("scratch", |s, dense, k| narrow(s, TrainStage { steps: 0, ..dense }, k), None),
    Method { name: "scheduled", train: Train::Scheduled, prunings: None },
    Method { name: "bicubic", train: Train::Interpolation, prunings: None },
];

const fn method(name: &'static str, train: Training, prunings: Option<FitPrunings>) -> Method {
    Method { name, train: Train::Plain(train), prunings }
}

/// The method of a name.
///
/// # Errors
/// If there is none; the message has the nearest and all of them.
pub(super) fn method_of(name: &str) -> Result<&'static Method> {
    let found = METHODS.iter().find(|method| method.name == name);
    found.ok_or_else(|| unknown("[[row]] method", name, METHODS.iter().map(|method| method.name)))
}

/// Meta-train the whole network.
fn dense_alone(_: &Settings, dense: TrainStage, _: usize) -> Result<Vec<Stage>> {
    Ok(vec![Stage::Dense(dense)])
}

/// Meta-train, then k rounds of pruning and meta-training.
fn iterative(settings: &Settings, dense: TrainStage, rounds: usize, pruner: &'static str) -> Vec<Stage> {
    let round = |round| {
        let train = TrainStage { steps: settings.meta.round_steps, ..dense.clone() };
        let fraction = settings.prune.fraction;
        let carry = Carry::Everything;
        Stage::Round(RoundStage { train, pruner, fraction, round, keep: None, carry, batches: None })
    };
    std::iter::once(Stage::Dense(dense.clone())).chain((1..=rounds).map(round)).collect()
}

/// Meta-train the narrowest even width with at least the budget's weights.
fn narrow(settings: &Settings, dense: TrainStage, rounds: usize) -> Result<Vec<Stage>> {
    let siren = siren(&dense.network, &dense.dataset)?;
    let budget = (1.0 - settings.prune.fraction).powi(rounds as i32) * siren.weights() as f64;
    let network = NetworkSpec { width: narrow_width(&siren, budget), ..dense.network };
    Ok(vec![Stage::Dense(TrainStage { network, ..dense })])
}

/// A schedule of a row, its names looked up.
#[derive(Clone, Copy)]
pub(super) struct Schedule {
    /// Which weights go.
    pub(super) pruner: &'static Pruner,
    /// How many survive each pruning.
    pub(super) path: Path,
    /// What goes on after a pruning besides the mask.
    pub(super) carry: Carry,
    /// Batches of tasks whose meta-gradients are averaged, for a pruner that needs them.
    pub(super) batches: Option<usize>,
}

/// A path through the counts of survivors.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Path {
    /// [`prune::geometric`], and the fraction a pruning removes.
    Geometric(f64),
    /// [`prune::cubic`].
    Cubic,
}

impl Path {
    fn counts(self, weights: usize, target: usize, rounds: usize) -> Vec<usize> {
        match self {
            Self::Geometric(fraction) => prune::geometric(weights, target, fraction),
            Self::Cubic => prune::cubic(weights, target, rounds),
        }
    }

    /// The path's fraction, if removing it of `before` weights leaves `after`.
    fn removes(self, before: usize, after: usize) -> Option<f64> {
        match self {
            Self::Geometric(fraction) => {
                (before - prune::removed(before, fraction) == after).then_some(fraction)
            }
            Self::Cubic => None,
        }
    }
}

/// From the dense network to the budget of round k by the counts of a schedule; the outer steps of the k rounds are
/// spread evenly over its prunings. The paper's own schedule gives the stages of [`iterative`].
pub(super) fn scheduled(
    settings: &Settings,
    schedule: &Schedule,
    dense: TrainStage,
    rounds: usize,
) -> Result<Vec<Stage>> {
    let weights = siren(&dense.network, &dense.dataset)?.weights();
    let target = ladder(weights, settings.prune.fraction, rounds)[rounds];
    let counts = schedule.path.counts(weights, target, rounds);
    let (all, parts) = (settings.meta.round_steps * rounds as u64, counts.len() as u64);
    let steps_until = |i: usize| all * i as u64 / parts;
    let before = |i: usize| if i == 0 { weights } else { counts[i - 1] };
    let round = |i: usize| {
        let by_fraction = schedule.path.removes(before(i), counts[i]);
        Stage::Round(RoundStage {
            train: TrainStage { steps: steps_until(i + 1) - steps_until(i), ..dense.clone() },
            pruner: schedule.pruner.name,
            fraction: by_fraction.unwrap_or(1.0 - counts[i] as f64 / before(i) as f64),
            round: i + 1,
            keep: by_fraction.is_none().then_some(counts[i]),
            carry: schedule.carry,
            batches: schedule.batches,
        })
    };
    Ok(std::iter::once(Stage::Dense(dense.clone())).chain((0..counts.len()).map(round)).collect())
}

/// Sets what an accelerated training does differently: in its first stage, in all, and in the last.
pub(super) fn accelerate(stages: &mut [Stage], spec: &AccelerateSpec, probe: Option<&Probe>) {
    let mut trainings: Vec<(&mut TrainStage, bool)> = stages
        .iter_mut()
        .filter_map(|stage| match stage {
            Stage::Dense(train) => Some((train, false)),
            Stage::Round(round) => Some((&mut round.train, true)),
            _ => None,
        })
        .collect();
    let last = trainings.len().saturating_sub(1);
    for (i, (train, is_round)) in trainings.iter_mut().enumerate() {
        let is_last = i == last;
        if let Some(steps) = spec.last_steps.filter(|_| *is_round && is_last) {
            train.steps = steps;
        }
        if let Some(side) = spec.dense_resolution.filter(|_| !*is_round && !is_last) {
            train.resolution = side;
        }
        train.accelerated = Some(Accelerated {
            coordinates: if is_last { spec.last_coordinates } else { spec.coordinates },
            warm_up: spec.warm_up,
            decay_steps: spec.decay_steps.filter(|_| is_last).map(|steps| steps.min(train.steps)),
            probe: probe.filter(|_| is_last).cloned(),
            reptile: spec.last_reptile.filter(|_| is_last),
        });
    }
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
///
/// # Errors
/// If the data set is not known.
pub fn siren(network: &NetworkSpec, dataset: &str) -> Result<Siren, DataError> {
    let kind = datasets::kind(dataset)?;
    Ok(Siren::new(kind.coordinates, network.width, network.sine_layers, kind.channels, network.w0))
}
