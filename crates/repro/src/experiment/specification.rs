//! What is asked: an experiment's file, a profile's overlay and `--set`, merged and checked.
//!
//! An experiment file says everything; there are no defaults in Rust. `[profile.NAME]` repeats any
//! part of the file and replaces it key by key; `--set meta.outer_lr=1e-4` replaces one key that
//! exists. `like = "table1"` begins with the settings of another file, so that both share their trainings; what is
//! asked (rows, claims, figures) is each file's own; `set = { network = { width = 128 } }` in a row replaces keys for
//! that row. Unknown keys are refused with the nearest known one, and every error names the file.

use std::collections::BTreeMap;

use anyhow::Result;
use datasets::HeldSizes;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::claim::{Claim, Expect};
use super::figure::FigureName;
use super::merge::flatten;

/// Name of the merged file in the folder of an experiment's results.
pub const SPECIFICATION: &str = "experiment.toml";

/// The network (PAPER §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Width of the sine layers of the dense network.
    pub width: usize,
    /// Number of sine layers.
    pub sine_layers: usize,
    /// Frequency of every sine layer.
    pub w0: f64,
}

/// Meta-training (PAPER §1.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaSpec {
    /// Inner steps K.
    pub inner_steps: usize,
    /// Inner step size α.
    pub inner_lr: f64,
    /// Exact (`second`) or first-order outer gradient.
    pub order: OrderName,
    /// Learning rate of the outer Adam.
    pub outer_lr: f64,
    /// Signals an outer step.
    pub tasks: usize,
    /// Outer steps before the first pruning; also those of a dense-narrow network.
    pub dense_steps: u64,
    /// Outer steps after each pruning.
    pub round_steps: u64,
}

/// Departures from the paper's training that make it cheaper ([`meta::accelerate`]); 0 leaves one out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccelerateSpec {
    /// Random coordinates an outer step sees; 0: all.
    pub coordinates: usize,
    /// The same in the last stage of a chain; 0: all.
    pub last_coordinates: usize,
    /// First outer steps, over which the outer rate rises.
    pub warm_up: u64,
    /// Last outer steps of a chain's last stage (all, if it has no more), over which the outer rate falls to 0.
    pub decay_steps: u64,
    /// Outer steps after the last pruning; 0: `round_steps`, as after the others.
    pub last_steps: u64,
    /// Side of the signals before the first pruning; 0: that of all others.
    pub dense_resolution: usize,
    /// In the last stage of training, test signals are fitted after so many outer steps, to see how far it is; 0: never.
    pub probe_every: u64,
    /// How many test signals are then fitted, the first of the list.
    pub probe_signals: usize,
    /// Reptile instead of MAML in the last stage of a chain, if it is there.
    pub last_reptile: Option<ReptileSpec>,
}

/// Meta-training by Reptile with the fits' optimiser ([`meta::reptile`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReptileSpec {
    /// Adam steps a signal.
    pub steps: usize,
    /// Their learning rate.
    pub lr: f64,
    /// How far an outer step goes towards the mean of the adapted networks, in (0, 1].
    pub rate: f64,
}

/// Name of [`meta::maml::Order`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderName {
    /// First-order MAML.
    First,
    /// Exact second-order MAML.
    Second,
}

/// Pruning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneSpec {
    /// Fraction of the surviving weights that a round removes.
    pub fraction: f64,
}

/// The fit of a test signal (PAPER §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSpec {
    /// The optimiser.
    pub optimiser: OptimiserName,
    /// Its learning rate.
    pub lr: f64,
    /// Steps on the whole signal.
    pub steps: usize,
}

/// Name of [`meta::fit::Optimiser`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum OptimiserName {
    /// Adam with torch's defaults.
    Adam,
    /// Plain gradient descent.
    Sgd,
}

/// Which test signals are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// The rule of choice.
    pub choice: ChoiceName,
    /// How many.
    pub signals: usize,
}

/// Name of [`datasets::Choice`] in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceName {
    /// The authors': the first n by path.
    FirstByPath,
    /// Evenly over classes or paths.
    Stratified,
}

/// The signals' size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalSpec {
    /// Side in pixels.
    pub resolution: usize,
}

/// The axes of the cartesian product; the third axis is the list of `[[row]]`s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axes {
    /// Data sets by name.
    pub dataset: Vec<String>,
    /// Seeds.
    pub seed: Vec<u64>,
    /// Data sets whose test signals are fitted from every network; the network's own if absent.
    pub fit_on: Option<Vec<String>>,
}

/// One line of the table: a method at the budgets of some pruning rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowSpec {
    /// A method of `recipe::METHODS`.
    pub method: String,
    /// Pruning rounds k, each a budget of 0.8^k of the dense weights.
    pub rounds: Vec<usize>,
    /// The data sets it is asked on; all if absent.
    pub datasets: Option<Vec<String>>,
    /// What the line is called in rows, tables and claims; the method's name if absent.
    pub name: Option<String>,
    /// How the method `scheduled` comes to its budget.
    pub schedule: Option<ScheduleSpec>,
    /// Fits of this line; [fit] if absent.
    pub fit: Option<FitSpec>,
    /// Keys of [network], [signal], [meta], [prune], [fit], [test] and [accelerate] that are others for this line.
    pub set: Option<Table>,
    /// Those sections with the keys of `set` replaced.
    #[serde(skip)]
    pub own: Option<Settings>,
}

/// What decides how a line is computed, besides its method and the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The network.
    pub network: NetworkSpec,
    /// The signals.
    pub signal: SignalSpec,
    /// Meta-training.
    pub meta: MetaSpec,
    /// Pruning.
    pub prune: PruneSpec,
    /// The fits.
    pub fit: FitSpec,
    /// The test signals.
    pub test: TestSpec,
    /// Departures from the paper's training.
    pub accelerate: Option<AccelerateSpec>,
}

impl RowSpec {
    /// What the line is called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.method)
    }
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
    /// Whether it is the paper's way.
    pub fn is_everything(&self) -> bool {
        *self == Self::Everything
    }
}

/// A way from the dense network to a budget, at as many outer steps as the paper's way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// A pruner of [`prune::PRUNERS`].
    pub criterion: String,
    /// How many survive each pruning.
    pub path: PathName,
    /// Fraction a pruning removes, for the path `geometric`; 1 prunes once.
    pub fraction: Option<f64>,
    /// What goes on after a pruning besides the mask.
    pub carry: Carry,
    /// Batches of tasks whose meta-gradients are averaged, for a criterion that needs them.
    pub batches: Option<usize>,
}

/// Name of a path through the counts of survivors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathName {
    /// [`prune::geometric`].
    Geometric,
    /// [`prune::cubic`], with as many prunings as the paper's ladder.
    Cubic,
}

/// Methods that prune while they fit (MAML + OneShot, MAML + IMP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitPruningSpec {
    /// How many prunings round k stands for.
    pub rounds: FitRounds,
}

/// What is fitted and what is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuperresolutionSpec {
    /// Side of the signals that are fitted, pixels.
    pub resolution: usize,
    /// How many times as fine the fits are rendered and judged.
    pub factors: Vec<usize>,
}

/// `[surface]`: how much a fitted shape is measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceSpec {
    /// Side of the grid for IoU, meshes and pictures.
    pub grid: usize,
    /// Held-out near-surface samples, and as many uniform ones.
    pub samples: usize,
    /// Points on either surface for the Chamfer distance.
    pub points: usize,
}

impl SurfaceSpec {
    /// The same in the terms of crate `datasets`.
    pub fn sizes(self) -> HeldSizes {
        HeldSizes { samples: self.samples, surface: self.points, grid: self.grid }
    }
}

/// How many prunings round k of MAML + OneShot and MAML + IMP stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FitRounds {
    /// k, as the paper describes: the budget of every other method's round k.
    Described,
    /// k − 1, as the released code counts (PAPER §1.9.1).
    Released,
}

/// What an experiment says about a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSpec {
    /// The paper's data set whose numbers stand beside ours.
    pub compare_with: String,
}

/// An experiment, merged and checked.
#[derive(Clone, Debug, Serialize)]
pub struct Experiment {
    /// Its name, e.g. `table1`.
    pub name: String,
    /// One line for headings.
    pub title: String,
    /// One paragraph for the report.
    pub about: String,
    /// The profile in force.
    pub profile: String,
    /// The network.
    pub network: NetworkSpec,
    /// The signals.
    pub signal: SignalSpec,
    /// Meta-training.
    pub meta: MetaSpec,
    /// Pruning.
    pub prune: PruneSpec,
    /// The fits.
    pub fit: FitSpec,
    /// The test signals.
    pub test: TestSpec,
    /// The axes.
    pub axes: Axes,
    /// The lines of the table.
    pub row: Vec<RowSpec>,
    /// Departures from the paper's training; none in its own experiments.
    pub accelerate: Option<AccelerateSpec>,
    /// Pruning on the way of a fit; there if a row needs it.
    pub fit_pruning: Option<FitPruningSpec>,
    /// How much fitted shapes are measured with; only for data sets of shapes.
    pub surface: Option<SurfaceSpec>,
    /// Fits at a low resolution, rendered at higher ones; there if the experiment asks for it.
    pub superresolution: Option<SuperresolutionSpec>,
    /// The paper's counterpart of each data set.
    pub dataset: BTreeMap<String, DatasetSpec>,
    /// Figures of the page.
    pub figures: Vec<FigureName>,
    /// Rounds whose reconstructions the page shows.
    pub gallery: Vec<usize>,
    /// Orderings that must hold at any size.
    #[serde(skip)]
    pub claims: Vec<Claim>,
    /// Decibels that must be met at the paper's size.
    #[serde(skip)]
    pub expectations: Vec<Expect>,
    /// The merged file, for the report.
    #[serde(skip)]
    pub merged: String,
}

impl Experiment {
    /// The settings of the lines that have none of their own.
    pub fn settings(&self) -> Settings {
        Settings {
            network: self.network,
            signal: self.signal,
            meta: self.meta.clone(),
            prune: self.prune,
            fit: self.fit,
            test: self.test,
            accelerate: self.accelerate,
        }
    }

    /// The merged file as one that [`super::load`] reads again, with its one profile.
    ///
    /// # Errors
    /// Never, unless the merged text was not written by [`super::load`].
    pub fn file(&self) -> Result<String> {
        let mut table: Table = self.merged.parse()?;
        let profile = Table::from_iter([(self.profile.clone(), Value::Table(Table::new()))]);
        table.insert("profile".into(), Value::Table(profile));
        Ok(toml::to_string_pretty(&table)?)
    }

    /// Every key of the merged file with its value, for the report.
    ///
    /// # Errors
    /// Never, unless the merged text was not written by [`super::load`].
    pub fn keys(&self) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        flatten("", &Value::Table(self.merged.parse()?), &mut pairs);
        Ok(pairs)
    }
}
