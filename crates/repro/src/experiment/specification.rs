//! What is asked: an experiment's file, a profile's overlay and `--set`, merged and checked.
//!
//! An experiment file says everything; there are no defaults in Rust, and a key that may be left out is then the paper's
//! way. `[profile.NAME]` repeats any part of the file and replaces it key by key; `--set meta.outer_lr=1e-4` replaces or
//! adds one key. `like = "table1"` begins with the settings of another file, so that both share their trainings; what is
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
use super::schedule::ScheduleSpec;
use super::settings::Settings;

/// Name of the merged file in the folder of an experiment's results.
pub const SPECIFICATION: &str = "experiment.toml";

/// The axes of the cartesian product; the third axis is the list of `[[row]]`s.
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
    /// Keys of [network], [signal], [meta], [prune], [fit], [test], [accelerate] and [adapt] that are others for this line.
    pub set: Option<Table>,
    /// Those sections with the keys of `set` replaced.
    #[serde(skip)]
    pub own: Option<Settings>,
}

impl RowSpec {
    /// What the line is called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.method)
    }
}

/// Methods that prune while they fit (MAML + OneShot, MAML + IMP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitPruningSpec {
    /// How many prunings round k stands for.
    pub rounds: FitRounds,
}

/// What is fitted and what is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FitRounds {
    /// k, as the paper describes: the budget of every other method's round k.
    Described,
    /// k − 1, as the released code counts (PAPER §1.9.1).
    Released,
}

/// What an experiment says about a data set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSpec {
    /// The paper's data set whose numbers stand beside ours.
    pub compare_with: String,
}

/// An experiment, merged and checked.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name, e.g. `table1`.
    pub name: String,
    /// One line for headings.
    pub title: String,
    /// One paragraph for the report.
    pub about: String,
    /// The profile in force.
    pub profile: String,
    /// The settings of the lines that have none of their own.
    pub settings: Settings,
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
    /// Figures of the page.
    pub figures: Vec<FigureName>,
    /// Rounds whose reconstructions the page shows.
    pub gallery: Vec<usize>,
    /// Orderings that must hold at any size.
    pub claims: Vec<Claim>,
    /// Decibels that must be met at the paper's size.
    pub expectations: Vec<Expect>,
    /// The merged file, for the report.
    pub merged: String,
}

impl Experiment {
    /// What decides how a row is computed.
    pub fn settings_of<'a>(&'a self, row: &'a RowSpec) -> &'a Settings {
        row.own.as_ref().unwrap_or(&self.settings)
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
