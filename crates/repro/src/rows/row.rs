//! One row of a table: what was asked, what came out. Everything a person reads is made from rows.
//!
//! The paper's numbers (`paper/*.csv`) are rows of the same schema, so that a comparison is a join.
//! A failed measurement is a row too: its numbers are empty and `err` says why.

use anyhow::Result;

use crate::tabular::{Cells, Tabular, cell, number, quantity_cells, quantity_columns};
use crate::words::quantities::{QuantityKind, Values};

/// A measurement of one cell (data set × line × round × seed), or a number of the paper: a row of
/// `measurements.csv`. The columns of the quantities are those of [`crate::words::quantities::QUANTITIES`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Name of the experiment, e.g. `table1`.
    pub experiment: String,
    /// Profile (`smoke`, `desk`, `paper`), or the source of a number of the paper.
    pub profile: String,
    /// Data set that is fitted, e.g. `photos`; `photos-x2` where fits are rendered twice as fine.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them; otherwise the one fitted.
    pub trained_on: Option<String>,
    /// Method, e.g. `meta-sparse-inr`.
    pub method: String,
    /// What the line is called; the method's name, unless the experiment says another.
    pub line: String,
    /// Pruning round k whose budget this row has: 0.8^k of the dense weights.
    pub round: usize,
    /// Width of the network's hidden layers.
    pub width: usize,
    /// Side of the signals in pixels.
    pub resolution: usize,
    /// Seed of the initialisation, the tasks and random pruning; none for the paper's numbers (three seeds).
    pub seed: Option<u64>,
    /// Surviving weights; biases are not counted (PAPER §1.3).
    pub weights: Option<usize>,
    /// Surviving weights over the weights of the dense network.
    pub kept_fraction: Option<f64>,
    /// Number of test signals the mean of PSNR is over: those fitted exactly (infinite PSNR in `signals.csv`) are left out
    /// of it, and likewise of the two beside it.
    pub signals: Option<usize>,
    /// Steps of the fit of each signal.
    pub fit_steps: Option<usize>,
    /// Signals that have a fitted surface, of shapes.
    pub surfaces: Option<usize>,
    /// Means over the signals that have a finite number, and what the cell cost.
    pub values: Values,
    /// Id of the run directory the numbers come from.
    pub run: Option<String>,
    /// Why the row failed; empty if it did not.
    pub err: Option<String>,
}

fn of_all(_: &QuantityKind) -> bool {
    true
}

fn of_signals(kind: &QuantityKind) -> bool {
    kind.of_signals
}

impl Tabular for Row {
    fn columns() -> Vec<&'static str> {
        let asked = [
            "experiment",
            "profile",
            "dataset",
            "trained_on",
            "method",
            "line",
            "round",
            "width",
            "resolution",
            "seed",
            "weights",
            "kept_fraction",
            "signals",
            "fit_steps",
            "surfaces",
        ];
        asked.into_iter().chain(quantity_columns(of_all)).chain(["run", "err"]).collect()
    }

    fn cells(&self) -> Vec<String> {
        let asked = [
            self.experiment.clone(),
            self.profile.clone(),
            self.dataset.clone(),
            cell(self.trained_on.as_ref()),
            self.method.clone(),
            self.line.clone(),
            self.round.to_string(),
            self.width.to_string(),
            self.resolution.to_string(),
            cell(self.seed),
            cell(self.weights),
            number(self.kept_fraction),
            cell(self.signals),
            cell(self.fit_steps),
            cell(self.surfaces),
        ];
        let origin = [cell(self.run.as_ref()), cell(self.err.as_ref())];
        asked.into_iter().chain(quantity_cells(&self.values, of_all)).chain(origin).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            experiment: cells.text("experiment"),
            profile: cells.text("profile"),
            dataset: cells.text("dataset"),
            trained_on: cells.get("trained_on")?,
            method: cells.text("method"),
            line: cells.line(),
            round: cells.count("round")?,
            width: cells.count("width")?,
            resolution: cells.count("resolution")?,
            seed: cells.get("seed")?,
            weights: cells.get("weights")?,
            kept_fraction: cells.get("kept_fraction")?,
            signals: cells.get("signals")?,
            fit_steps: cells.get("fit_steps")?,
            surfaces: cells.get("surfaces")?,
            values: cells.values(of_all)?,
            run: cells.get("run")?,
            err: cells.get("err")?,
        })
    }
}

/// The measurement of one signal in one cell: a row of `signals.csv`. A failed cell is one row without a signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalRow {
    /// Name of the experiment.
    pub experiment: String,
    /// Profile.
    pub profile: String,
    /// Data set that is fitted.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Method.
    pub method: String,
    /// What the line is called.
    pub line: String,
    /// Pruning round.
    pub round: usize,
    /// Width of the network's hidden layers.
    pub width: usize,
    /// Surviving weights.
    pub weights: Option<usize>,
    /// Seed.
    pub seed: Option<u64>,
    /// Name of the signal.
    pub signal: String,
    /// What was measured of it.
    pub values: Values,
    /// Why the cell failed.
    pub err: Option<String>,
}

impl Tabular for SignalRow {
    fn columns() -> Vec<&'static str> {
        let asked = [
            "experiment",
            "profile",
            "dataset",
            "trained_on",
            "method",
            "line",
            "round",
            "width",
            "weights",
            "seed",
            "signal",
        ];
        asked.into_iter().chain(quantity_columns(of_signals)).chain(["err"]).collect()
    }

    fn cells(&self) -> Vec<String> {
        let asked = [
            self.experiment.clone(),
            self.profile.clone(),
            self.dataset.clone(),
            cell(self.trained_on.as_ref()),
            self.method.clone(),
            self.line.clone(),
            self.round.to_string(),
            self.width.to_string(),
            cell(self.weights),
            cell(self.seed),
            self.signal.clone(),
        ];
        asked
            .into_iter()
            .chain(quantity_cells(&self.values, of_signals))
            .chain([cell(self.err.as_ref())])
            .collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            experiment: cells.text("experiment"),
            profile: cells.text("profile"),
            dataset: cells.text("dataset"),
            trained_on: cells.get("trained_on")?,
            method: cells.text("method"),
            line: cells.line(),
            round: cells.count("round")?,
            width: cells.count("width")?,
            weights: cells.get("weights")?,
            seed: cells.get("seed")?,
            signal: cells.text("signal"),
            values: cells.values(of_signals)?,
            err: cells.get("err")?,
        })
    }
}
