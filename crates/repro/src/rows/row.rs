//! One row of a table: what was asked, what came out. Everything a person reads is made from rows.
//!
//! The paper's numbers (`paper/*.csv`) are rows of the same schema, so that a comparison is a join.
//! A failed measurement is a row too: its numbers are empty and `err` says why.

use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A measurement of one cell (data set × method × round × seed), or a number of the paper: a row of
/// `measurements.csv`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Number of test signals the mean of `psnr_db` is over: those fitted exactly (infinite PSNR in `signals.csv`) are left
    /// out of it, and likewise of the two beside it.
    pub signals: Option<usize>,
    /// Steps of the fit of each signal.
    pub fit_steps: Option<usize>,
    /// Mean over signals of the PSNR before the first step, dB.
    pub psnr_start_db: Option<f64>,
    /// Mean over signals of the PSNR after the last step, dB.
    pub psnr_db: Option<f64>,
    /// Mean over signals of the best PSNR along the fit, dB.
    pub psnr_peak_db: Option<f64>,
    /// Mean over signals of the structural similarity after the last step (`inr_core::metrics::ssim`).
    pub ssim: Option<f64>,
    /// Mean over signals of the mean absolute error of the signed distance near the surface, in units of the cube [-1, 1]³; of shapes only.
    pub sdf_near: Option<f64>,
    /// Mean over signals of the mean absolute error of the signed distance over the cube.
    pub sdf_uniform: Option<f64>,
    /// Mean over signals of the intersection over union of the insides.
    pub iou: Option<f64>,
    /// Mean over the signals that have a fitted surface of the Chamfer distance (`repro::shape`).
    pub chamfer: Option<f64>,
    /// Signals that have a fitted surface.
    pub surfaces: Option<usize>,
    /// Seconds of meta-training this network took, all its rounds together.
    pub train_s: Option<f64>,
    /// Seconds the fits of all signals took.
    pub fit_s: Option<f64>,
    /// Mean seconds of a step of the fit of one signal, alone on the machine's threads.
    pub step_s: Option<f64>,
    /// Id of the run directory the numbers come from.
    pub run: Option<String>,
    /// Why the row failed; empty if it did not.
    pub err: Option<String>,
}

/// The measurement of one signal in one cell: a row of `signals.csv`. A failed cell is one row without a signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// PSNR before the first step, dB.
    pub psnr_start_db: Option<f64>,
    /// PSNR after the last step, dB.
    pub psnr_db: Option<f64>,
    /// Best PSNR along the fit, dB.
    pub psnr_peak_db: Option<f64>,
    /// Structural similarity after the last step.
    pub ssim: Option<f64>,
    /// Mean absolute error of the signed distance near the surface, in units of the cube [-1, 1]³; of shapes only.
    pub sdf_near: Option<f64>,
    /// Mean absolute error of the signed distance over the cube.
    pub sdf_uniform: Option<f64>,
    /// Intersection over union of the insides.
    pub iou: Option<f64>,
    /// Chamfer distance (`repro::shape`).
    pub chamfer: Option<f64>,
    /// Why the cell failed.
    pub err: Option<String>,
}

/// PSNR of one signal after a step of its fit before the last: a row of `along.csv`, for the steps that claims name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRow {
    /// Name of the experiment.
    pub experiment: String,
    /// Data set that is fitted.
    pub dataset: String,
    /// Data set the network was trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Method.
    pub method: String,
    /// Pruning round.
    pub round: usize,
    /// Seed.
    pub seed: Option<u64>,
    /// Name of the signal.
    pub signal: String,
    /// Steps taken.
    pub step: usize,
    /// PSNR after them, dB.
    pub psnr_db: f64,
}

/// Rows as CSV.
///
/// # Errors
/// If a row cannot be written.
pub fn csv_of<T: Serialize>(rows: &[T]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    Ok(writer.into_inner()?)
}

/// Reads rows from a CSV file; columns that are not there are empty.
///
/// # Errors
/// If the file cannot be read or a line is no row; the message names the file and the line.
pub fn read_rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    reader
        .deserialize()
        .collect::<Result<Vec<T>, _>>()
        .with_context(|| format!("{}: not a table of rows", path.display()))
}
