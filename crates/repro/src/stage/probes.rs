//! `probes.csv`: how good the network of a training is for test signals while it is trained.
//!
//! A line is (outer step, seconds of training up to it in this stage, mean PSNR of the fits in dB, signals); the seconds
//! of the fits themselves do not count. Nothing is chosen by these numbers, and training does not depend on them.

use std::path::Path;

use anyhow::{Context, Result};
use inr_core::Samples;
use meta::train::State;
use rayon::prelude::*;
use serde::Deserialize;

use super::fit::fit_one;
use super::setting::Setting;
use crate::measures::statistics::{finite, mean_sd};
use crate::recipe::{Probe, TrainStage};

const FILE: &str = "probes.csv";
/// Name and first line of the table.
pub(super) const TABLE: (&str, &str) = (FILE, "outer_step,seconds,psnr_db,signals");

/// The fits on the way of one training.
pub(super) struct Probes<'a> {
    probe: &'a Probe,
    signals: Vec<(String, Samples<f32>)>,
}

impl<'a> Probes<'a> {
    /// Opens the signals; none if the stage asks for no fits.
    pub(super) fn open(context: &Setting, stage: &'a TrainStage) -> Result<Option<Self>> {
        let probe = stage.accelerated.as_ref().and_then(|accelerated| accelerated.probe.as_ref());
        let Some(probe) = probe else { return Ok(None) };
        let signals = context.data.open(&probe.fit.dataset)?.test(probe.fit.test, probe.fit.resolution)?;
        Ok(Some(Self { probe, signals }))
    }

    /// Whether it is time, after so many outer steps of the stage.
    pub(super) fn is_due(&self, steps: u64) -> bool {
        steps.is_multiple_of(self.probe.every)
    }

    /// Fits the signals from the network as it is; a line of the table, or none where every fit is exact.
    pub(super) fn fit(&self, context: &Setting, state: &State<f32>, seconds: f64) -> Result<String> {
        let fits = self.signals.par_iter().map(|(name, samples)| {
            let fit = fit_one(context, &self.probe.fit, &state.params, samples, || ());
            Ok(fit.with_context(|| name.clone())?.last_db())
        });
        let psnr_db = finite(fits.collect::<Result<Vec<f64>>>()?);
        // A line without a mean would be no number: where all are exact, there is nothing to draw.
        let line = |mean_db| format!("{},{seconds:.3},{mean_db},{}\n", state.step, psnr_db.len());
        Ok(mean_sd(&psnr_db).0.map(line).unwrap_or_default())
    }
}

/// A line of `probes.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ProbeLine {
    /// Outer steps of the chain so far.
    pub outer_step: u64,
    /// Seconds of training so far, in this stage.
    pub seconds: f64,
    /// Mean PSNR of the fits after their last step, dB.
    pub psnr_db: f64,
    /// How many signals the mean is over; exact fits are left out.
    pub signals: usize,
}

/// The lines of a training's `probes.csv`; none if it has no such file.
///
/// # Errors
/// If it is damaged.
pub fn read_probes(dir: &Path) -> Result<Vec<ProbeLine>> {
    let path = dir.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}
