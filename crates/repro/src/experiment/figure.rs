//! The figures that an experiment can ask for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A figure by its name in `figures = […]`, which is also that of its file; in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureName {
    /// The table as dots; its file is called after the experiment.
    Dots,
    /// PSNR against the surviving fraction.
    Budget,
    /// Every ordered pair of data sets.
    Domains,
    /// PSNR along the fit.
    Steps,
    /// The same on a logarithmic axis.
    StepsLog,
    /// PSNR against the seconds of a fit.
    Seconds,
    /// Seconds against the number of signals.
    CostSeconds,
    /// Bytes against the number of signals.
    CostBytes,
    /// Surviving weights by layer.
    Layers,
    /// Surviving neurons by layer.
    Neurons,
    /// Power spectra of signals and errors.
    Spectra,
    /// The outer loss along meta-training.
    Training,
    /// PSNR against hours of meta-training.
    Hours,
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.serialize(f)
    }
}
