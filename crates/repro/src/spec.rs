//! What is asked: an experiment's file, a profile's overlay and `--set`, merged and checked.
//!
//! An experiment file says everything; there are no defaults in Rust. `[profile.NAME]` repeats any
//! part of the file and replaces it key by key; `--set meta.outer_lr=1e-4` replaces one key that
//! exists. Unknown keys are refused with the nearest known one, and every error names the file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::claims::{Claim, Expect};

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
    /// The paper's counterpart of each data set.
    pub dataset: BTreeMap<String, DatasetSpec>,
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

fn flatten(path: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&below(key), value, pairs)),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            items.iter().enumerate().for_each(|(i, item)| flatten(&below(&i.to_string()), item, pairs));
        }
        Value::String(text) => pairs.push((path.into(), text.clone())),
        other => pairs.push((path.into(), other.to_string())),
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
    let text = std::fs::read_to_string(path).with_context(|| missing(path))?;
    let file = path.display().to_string();
    parse(&text, overrides).with_context(|| file)
}

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
    let mut table: Table = text.parse().map_err(|e: toml::de::Error| anyhow!("not TOML: {e}"))?;
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
    }
    if let Some(count) = overrides.seeds {
        let last = experiment.axes.seed.last().copied().unwrap_or(0);
        let more = (1..).map(|i| last + i);
        experiment.axes.seed = experiment.axes.seed.iter().copied().chain(more).take(count).collect();
    }
    check(&experiment)?;
    Ok(experiment)
}

/// Replaces, key by key, what `overlay` says; tables are merged, everything else is replaced.
fn merge(table: &mut Table, overlay: &Table) {
    for (key, value) in overlay {
        match (table.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Applies `key.path=value`; the key must exist and keep its type.
fn set(table: &mut Table, assignment: &str) -> Result<()> {
    let (path, text) = assignment
        .split_once('=')
        .ok_or_else(|| anyhow!("--set {assignment}: expected key=value, e.g. --set meta.outer_lr=1e-4"))?;
    let mut keys: Vec<&str> = path.trim().split('.').collect();
    let last = keys.pop().unwrap_or_default();
    let mut inner = table;
    for key in keys {
        let known: Vec<String> = inner.keys().cloned().collect();
        inner = inner
            .get_mut(key)
            .and_then(Value::as_table_mut)
            .ok_or_else(|| unknown(&format!("--set {path}"), key, known.iter().map(String::as_str)))?;
    }
    let known: Vec<String> = inner.keys().cloned().collect();
    let old = inner
        .get(last)
        .ok_or_else(|| unknown(&format!("--set {path}"), last, known.iter().map(String::as_str)))?;
    let new = value_like(old, text.trim()).with_context(|| format!("--set {assignment}"))?;
    inner.insert(last.into(), new);
    Ok(())
}

/// Parses a value as TOML (bare words are strings) and keeps the type of the one it replaces.
fn value_like(old: &Value, text: &str) -> Result<Value> {
    let parsed = format!("v = {text}").parse::<Table>().ok().and_then(|mut t| t.remove("v"));
    let new = parsed.unwrap_or_else(|| Value::String(text.into()));
    let new = match (old, new) {
        (Value::Float(_), Value::Integer(i)) => Value::Float(i as f64),
        (_, new) => new,
    };
    ensure!(old.same_type(&new), "expected a {}, as in `{old}`, got `{text}`", old.type_str());
    Ok(new)
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
        dataset: section(&mut table, "dataset")?,
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
    "name", "title", "about", "network", "signal", "meta", "prune", "fit", "test", "axes", "row", "dataset",
    "claim", "expect", "profile",
];

fn section<T: DeserializeOwned>(table: &mut Table, name: &str) -> Result<T> {
    let value = table.remove(name).ok_or_else(|| anyhow!("`{name}` is missing"))?;
    value.try_into().map_err(|error: toml::de::Error| {
        let message = error.to_string();
        match message.contains("unknown field") || message.contains("unknown variant") {
            true => {
                let mut quoted = message.split('`').skip(1).step_by(2);
                let wrong = quoted.next().unwrap_or_default().to_string();
                unknown(&format!("[{name}]"), &wrong, quoted)
            }
            false => anyhow!("[{name}]: {}", message.trim()),
        }
    })
}

/// The error for a name that is not known: lists the known ones and guesses the one meant.
pub fn unknown<'a>(place: &str, wrong: &str, known: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let known: Vec<&str> = known.collect();
    let guess =
        nearest(wrong, known.iter().copied()).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
    anyhow!("{place}: unknown `{wrong}`{guess} (known: {})", known.join(", "))
}

/// The candidate with the smallest edit distance, if it is near enough to be a slip.
fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|c| (edit_distance(wrong, c), c))
        .min()
        .filter(|(d, c)| *d <= c.len().max(3) / 2)
        .map(|(_, c)| c)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Refuses what cannot be computed, naming the key.
fn check(experiment: &Experiment) -> Result<()> {
    let Experiment { network, signal, meta, prune, fit, test, axes, .. } = experiment;
    ensure!(
        network.width > 0 && network.sine_layers > 0,
        "[network]: width and sine_layers must be positive"
    );
    ensure!(network.w0 > 0.0, "[network]: w0 must be positive");
    ensure!(signal.resolution >= 2, "[signal]: resolution must be at least 2");
    ensure!(meta.tasks > 0 && meta.dense_steps > 0, "[meta]: tasks and dense_steps must be positive");
    ensure!(meta.outer_lr > 0.0 && meta.inner_lr >= 0.0, "[meta]: learning rates must be positive");
    ensure!(prune.fraction > 0.0 && prune.fraction < 1.0, "[prune]: fraction must be between 0 and 1");
    ensure!(fit.steps > 0 && fit.lr > 0.0, "[fit]: steps and lr must be positive");
    ensure!(test.signals > 0, "[test]: signals must be positive");
    ensure!(!axes.seed.is_empty(), "[axes]: seed is empty; name at least one");
    ensure!(!axes.dataset.is_empty(), "[axes]: dataset is empty; name at least one");
    distinct("seed", &axes.seed)?;
    distinct("dataset", &axes.dataset)?;
    for name in axes.dataset.iter().chain(experiment.row.iter().flat_map(|r| r.datasets.iter().flatten())) {
        if !datasets::KINDS.iter().any(|kind| kind.name == name) {
            return Err(unknown("[axes] dataset", name, datasets::KINDS.iter().map(|kind| kind.name)));
        }
    }
    for row in &experiment.row {
        if !crate::recipe::METHODS.iter().any(|m| m.name == row.method) {
            return Err(unknown(
                "[[row]] method",
                &row.method,
                crate::recipe::METHODS.iter().map(|m| m.name),
            ));
        }
        ensure!(!row.rounds.is_empty(), "[[row]] {}: rounds is empty", row.method);
        distinct("rounds", &row.rounds)?;
    }
    Ok(())
}

fn distinct<T: PartialEq + std::fmt::Debug>(axis: &str, values: &[T]) -> Result<()> {
    for (i, value) in values.iter().enumerate() {
        ensure!(!values[..i].contains(value), "[axes] {axis}: {value:?} is named twice");
    }
    Ok(())
}
