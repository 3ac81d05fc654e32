//! What the stages of a chain are: each holds everything it depends on besides the stage before it and its data, and
//! is hashed as it is serialised here.

use serde::Serialize;

use crate::experiment::{Carry, FitSpec, NetworkSpec, OrderName, ReptileSpec, SurfaceSpec, TestSpec};

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

impl Stage {
    /// Whether it measures times, which nothing else of this process may disturb: it then runs by itself, with all
    /// threads.
    pub fn runs_alone(&self) -> bool {
        false
    }

    /// The data set it reads.
    pub fn dataset(&self) -> &str {
        match self {
            Self::Dense(train) => &train.dataset,
            Self::Round(round) => &round.train.dataset,
            Self::Fit(fit) => &fit.dataset,
            Self::Upscale(upscale) => &upscale.dataset,
        }
    }
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
    /// Departures from the paper's training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accelerated: Option<Accelerated>,
}

/// How a stage of training departs from the paper's; 0 leaves a departure out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accelerated {
    /// Random coordinates an outer step sees.
    pub coordinates: usize,
    /// First outer steps of the chain, over which the outer rate rises.
    pub warm_up: u64,
    /// Last outer steps of the stage, over which the outer rate falls to 0.
    pub decay_steps: u64,
    /// Fits on the way.
    pub probe: Option<Probe>,
    /// Reptile instead of MAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reptile: Option<ReptileSpec>,
}

/// Fits of test signals on the way of a training, which they do not change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// After so many outer steps each.
    pub every: u64,
    /// What is fitted, and how.
    pub fit: FitStage,
}

/// The part of meta-training that all stages share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetaStage {
    /// Inner steps K.
    pub inner_steps: usize,
    /// Inner step size.
    pub inner_lr: f64,
    /// Exact or first order.
    pub order: OrderName,
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
