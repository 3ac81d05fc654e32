//! What is asked: an experiment's file, a profile's overlay and `--set`, merged and checked.
//!
//! An experiment file says everything; there are no defaults in Rust. `[profile.NAME]` repeats any
//! part of the file and replaces it key by key; `--set meta.outer_lr=1e-4` replaces one key that
//! exists. `like = "table1"` begins with the settings of another file, so that both share their trainings; what is
//! asked (rows, claims, figures) is each file's own. Unknown keys are refused with the nearest known one, and every
//! error names the file.

use std::collections::BTreeMap;
use std::path::Path;

mod check;
mod merge;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::claims::{Claim, Expect};
use crate::recipe::Carry;
use crate::shape::SurfaceSpec;
use check::check;
pub use merge::unknown;
use merge::{flatten, merge, nearest, optional_section, section, set};

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
    /// A method of [`crate::recipe::METHODS`].
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
}

impl RowSpec {
    /// What the line is called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.method)
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
    /// Pruning on the way of a fit; there if a row needs it.
    pub fit_pruning: Option<FitPruningSpec>,
    /// How much fitted shapes are measured with; only for data sets of shapes.
    pub surface: Option<SurfaceSpec>,
    /// Fits at a low resolution, rendered at higher ones; there if the experiment asks for it.
    pub superresolution: Option<SuperresolutionSpec>,
    /// The paper's counterpart of each data set.
    pub dataset: BTreeMap<String, DatasetSpec>,
    /// Figures of [`crate::figures::FIGURES`].
    pub figures: Vec<String>,
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
    /// Every key of the merged file with its value, for the report.
    ///
    /// # Errors
    /// Never, unless the merged text was not written by [`load`].
    pub fn keys(&self) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        flatten("", &Value::Table(self.merged.parse()?), &mut pairs);
        Ok(pairs)
    }
}

/// What the command line changes.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--profile`.
    pub profile: String,
    /// `--set key=value`, in order.
    pub set: Vec<String>,
    /// `--datasets a,b`.
    pub datasets: Option<Vec<String>>,
    /// `--seeds N`: the first N seeds of the axis, counted on from its last if it is shorter.
    pub seeds: Option<usize>,
}

/// Reads an experiment's file and merges the profile and the command line into it.
///
/// # Errors
/// If the file is missing or not TOML, a key is unknown or missing, a value is of the wrong type, or an axis
/// is impossible; every message names the file and the key.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Experiment> {
    let read = |path: &Path| -> Result<Table> {
        let text = std::fs::read_to_string(path).with_context(|| missing(path))?;
        text_table(&text).with_context(|| path.display().to_string())
    };
    let mut table = read(path)?;
    if let Some(like) = table.remove("like") {
        let name = like.as_str().ok_or_else(|| anyhow!("{}: `like` must be a name", path.display()))?;
        let mut base = read(&path.with_file_name(format!("{name}.toml")))?;
        base.retain(|key, _| INHERITED.contains(&key));
        merge(&mut base, &table);
        table = base;
    }
    from_table(table, overrides).with_context(|| path.display().to_string())
}

/// Sections that `like` takes over from another file.
const INHERITED: &[&str] =
    &["network", "signal", "meta", "prune", "fit", "test", "axes", "dataset", "profile"];

/// Names of the experiments in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".toml").map(String::from)).collect();
    names.sort();
    names
}

fn missing(path: &Path) -> String {
    let names = names(path.parent().unwrap_or(Path::new(".")));
    let wanted = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let hint = nearest(wanted, names.iter().map(String::as_str))
        .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    format!("no experiment {} (there are: {}){hint}", path.display(), names.join(", "))
}

/// [`load`] on a text.
///
/// # Errors
/// As [`load`], without the file's name.
pub fn parse(text: &str, overrides: &Overrides) -> Result<Experiment> {
    from_table(text_table(text)?, overrides)
}

fn text_table(text: &str) -> Result<Table> {
    text.parse().map_err(|e: toml::de::Error| anyhow!("not TOML: {e}"))
}

fn from_table(mut table: Table, overrides: &Overrides) -> Result<Experiment> {
    let mut profiles = match table.remove("profile") {
        None => Table::new(),
        Some(Value::Table(profiles)) => profiles,
        Some(_) => bail!("`profile` must be tables: [profile.NAME]"),
    };
    let names: Vec<String> = profiles.keys().cloned().collect();
    for (name, overlay) in &mut profiles {
        let Value::Table(overlay) = overlay else { bail!("[profile.{name}] must be a table") };
        let mut merged = table.clone();
        merge(&mut merged, overlay);
        // A broken profile is found before it is needed.
        typed(merged, name).and_then(|e| check(&e)).with_context(|| format!("[profile.{name}]"))?;
    }
    match profiles.get(&overrides.profile) {
        Some(Value::Table(overlay)) => merge(&mut table, overlay),
        _ => bail!("no profile `{}`; there are: {}", overrides.profile, names.join(", ")),
    }
    for assignment in &overrides.set {
        set(&mut table, assignment)?;
    }
    let mut experiment = typed(table, &overrides.profile)?;
    if let Some(datasets) = &overrides.datasets {
        experiment.axes.dataset = datasets.clone();
        experiment.axes.fit_on = experiment.axes.fit_on.map(|_| datasets.clone());
    }
    if let Some(count) = overrides.seeds {
        let last = experiment.axes.seed.last().copied().unwrap_or(0);
        let more = (1..).map(|i| last + i);
        experiment.axes.seed = experiment.axes.seed.iter().copied().chain(more).take(count).collect();
    }
    check(&experiment)?;
    Ok(experiment)
}

/// Turns the merged table into an experiment, section by section, so that errors name the section.
fn typed(mut table: Table, profile: &str) -> Result<Experiment> {
    let merged = toml::to_string_pretty(&table)?;
    let experiment = Experiment {
        name: section(&mut table, "name")?,
        title: section(&mut table, "title")?,
        about: section(&mut table, "about")?,
        profile: profile.into(),
        network: section(&mut table, "network")?,
        signal: section(&mut table, "signal")?,
        meta: section(&mut table, "meta")?,
        prune: section(&mut table, "prune")?,
        fit: section(&mut table, "fit")?,
        test: section(&mut table, "test")?,
        axes: section(&mut table, "axes")?,
        row: section(&mut table, "row")?,
        fit_pruning: optional_section(&mut table, "fit_pruning")?,
        surface: optional_section(&mut table, "surface")?,
        superresolution: optional_section(&mut table, "superresolution")?,
        dataset: section(&mut table, "dataset")?,
        figures: section(&mut table, "figures")?,
        gallery: section(&mut table, "gallery")?,
        claims: section(&mut table, "claim")?,
        expectations: section(&mut table, "expect")?,
        merged,
    };
    match table.keys().next() {
        None => Ok(experiment),
        Some(key) => Err(unknown("the file", key, SECTIONS.iter().copied())),
    }
}

const SECTIONS: &[&str] = &[
    "name",
    "title",
    "about",
    "network",
    "signal",
    "meta",
    "prune",
    "fit",
    "test",
    "axes",
    "row",
    "fit_pruning",
    "surface",
    "superresolution",
    "dataset",
    "figures",
    "gallery",
    "claim",
    "expect",
    "profile",
];
