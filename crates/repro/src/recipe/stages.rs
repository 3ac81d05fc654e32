//! What the stages of a chain are: each holds everything it depends on besides the stage before it and its data, and
//! is hashed as it is serialised here.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::experiment::{Carry, FitSpec, MetaSpec, NetworkSpec, OrderName, Own, ReptileSpec, TestSpec};

/// One step of a cell: everything it depends on besides the stage before it and its data.
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
    /// How long the steps of a fit take.
    Time(FitStage),
    /// Make something of the reconstructions.
    #[serde(untagged)]
    Derived(DerivedStage),
}

/// The first signal is fitted so often for its seconds; each step counts with its fastest.
pub const TIMED: usize = 3;

/// What a stage stands behind: whose results it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// The last stage of training.
    Training,
    /// The fits, or what stands in their place.
    Reconstructions,
}

impl Stage {
    /// The data set it reads.
    pub fn dataset(&self) -> &str {
        match self {
            Self::Dense(train) => &train.dataset,
            Self::Round(round) => &round.train.dataset,
            Self::Fit(fit) | Self::Time(fit) => &fit.dataset,
            Self::Upscale(upscale) => &upscale.dataset,
            Self::Derived(derived) => &derived.view.dataset,
        }
    }

    /// What it stands behind.
    pub fn behind(&self) -> Behind {
        match self {
            Self::Dense(_) | Self::Upscale(_) => Behind::Nothing,
            Self::Round(_) | Self::Fit(_) | Self::Time(_) => Behind::Training,
            Self::Derived(_) => Behind::Reconstructions,
        }
    }

    /// What it makes of reconstructions; none if it stands before them.
    pub fn derived(&self) -> Option<&DerivedStage> {
        if let Self::Derived(derived) = self { Some(derived) } else { None }
    }

    /// Whether it trains the network that others begin with.
    pub fn is_training(&self) -> bool {
        matches!(self, Self::Dense(_) | Self::Round(_))
    }

    /// Whether it leaves reconstructions of the test signals.
    pub fn reconstructs(&self) -> bool {
        matches!(self, Self::Fit(_) | Self::Upscale(_))
    }

    /// Whether it has to have the machine for itself: its seconds are what it is for.
    pub fn runs_alone(&self) -> bool {
        matches!(self, Self::Time(_))
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
    /// What the inner steps move; everything where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
}

/// How a stage of training departs from the paper's. A departure that is left out is hashed as 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accelerated {
    /// Random coordinates an outer step sees; all if none.
    #[serde(serialize_with = "or_zero")]
    pub coordinates: Option<usize>,
    /// First outer steps of the chain, over which the outer rate rises.
    #[serde(serialize_with = "or_zero")]
    pub warm_up: Option<u64>,
    /// Last outer steps of the stage, over which the outer rate falls to 0.
    #[serde(serialize_with = "or_zero")]
    pub decay_steps: Option<u64>,
    /// Fits on the way.
    pub probe: Option<Probe>,
    /// Reptile instead of MAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reptile: Option<ReptileSpec>,
}

fn or_zero<N: Serialize + Copy + Default, S: Serializer>(
    number: &Option<N>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    number.unwrap_or_default().serialize(to)
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

impl From<&MetaSpec> for MetaStage {
    fn from(spec: &MetaSpec) -> Self {
        let &MetaSpec { inner_steps, inner_lr, order, outer_lr, tasks, .. } = spec;
        Self { inner_steps, inner_lr, order, outer_lr, tasks }
    }
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
    /// Magnitude prunings on the way, by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prunings: Vec<FitPruning>,
    /// What a fit moves; everything where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
}

/// Test signals and their reconstructions, as they are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// Data set whose test split was fitted.
    pub dataset: String,
    /// Side of the signals that were fitted.
    pub resolution: usize,
    /// Which signals.
    pub test: TestSpec,
    /// They are rendered, and compared, so many times as fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render: Option<usize>,
}

impl View {
    /// Side at which they are compared, pixels.
    pub fn side(&self) -> usize {
        self.resolution * self.render.unwrap_or(1)
    }
}

/// A stage behind reconstructions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DerivedStage {
    /// Name of its kind.
    #[serde(rename = "stage")]
    pub kind: &'static str,
    /// What it makes, for people.
    #[serde(skip)]
    pub label: &'static str,
    /// The test signals, and how they are compared with their reconstructions.
    #[serde(skip)]
    pub view: View,
    /// Networks evaluated, and the side of the grid on which each is: for the ETA.
    #[serde(skip)]
    pub evaluations: (usize, usize),
    /// Everything its result depends on besides the stage before it and its data.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl DerivedStage {
    /// One of its settings; null if it has none of that name.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        let value = self.settings.get(key).cloned().unwrap_or(Value::Null);
        serde_json::from_value(value).with_context(|| format!("stage {}: its setting {key}", self.kind))
    }
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
