//! Rows of what has more than a number a cell: curves, trainings, layers, rings, probes, pictures. A file each, beside
//! `measurements.csv`, where a figure of the experiment needs it.

use anyhow::{Context, Result};

use crate::tabular::{Cells, Tabular, cell, number};

/// Which cell a row is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
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
    /// Seed.
    pub seed: u64,
}

impl Origin {
    /// Whether both are of one line, on one data set.
    pub fn is_of_line(&self, other: &Self) -> bool {
        (&self.dataset, &self.trained_on, &self.line) == (&other.dataset, &other.trained_on, &other.line)
    }

    /// Whether both are of one cell, whatever the seed.
    pub fn is_of_cell(&self, other: &Self) -> bool {
        self.is_of_line(other) && self.round == other.round
    }

    fn cells(&self) -> [String; 6] {
        let Self { dataset, trained_on, method, line, round, seed } = self;
        let trained_on = cell(trained_on.as_ref());
        [dataset.clone(), trained_on, method.clone(), line.clone(), round.to_string(), seed.to_string()]
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            dataset: cells.text("dataset"),
            trained_on: cells.get("trained_on")?,
            method: cells.text("method"),
            line: cells.text("line"),
            round: cells.count("round")?,
            seed: needed(cells, "seed")?,
        })
    }
}

const ORIGIN: [&str; 6] = ["dataset", "trained_on", "method", "line", "round", "seed"];

fn with_origin<const N: usize>(own: [&'static str; N]) -> Vec<&'static str> {
    ORIGIN.into_iter().chain(own).collect()
}

fn needed<T: std::str::FromStr>(cells: &Cells, column: &str) -> Result<T> {
    cells.get(column)?.with_context(|| format!("{column} is empty"))
}

/// PSNR of one signal after a step of its fit before the last: a row of `along.csv`, for the steps that claims name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepRow {
    /// Name of the experiment.
    pub experiment: String,
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
    /// Seed.
    pub seed: Option<u64>,
    /// Name of the signal.
    pub signal: String,
    /// Steps taken.
    pub step: usize,
    /// PSNR after them, dB.
    pub psnr_db: f64,
}

impl Tabular for StepRow {
    fn columns() -> Vec<&'static str> {
        let asked = ["experiment", "dataset", "trained_on", "method", "line", "round", "seed"];
        asked.into_iter().chain(["signal", "step", "psnr_db"]).collect()
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.experiment.clone(),
            self.dataset.clone(),
            cell(self.trained_on.as_ref()),
            self.method.clone(),
            self.line.clone(),
            self.round.to_string(),
            cell(self.seed),
            self.signal.clone(),
            self.step.to_string(),
            number(Some(self.psnr_db)),
        ]
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            experiment: cells.text("experiment"),
            dataset: cells.text("dataset"),
            trained_on: cells.get("trained_on")?,
            method: cells.text("method"),
            line: cells.line(),
            round: cells.count("round")?,
            seed: cells.get("seed")?,
            signal: cells.text("signal"),
            step: cells.count("step")?,
            psnr_db: needed(cells, "psnr_db")?,
        })
    }
}

/// The fits of one cell after a step: a row of `curves.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveRow {
    /// The cell.
    pub origin: Origin,
    /// Steps taken.
    pub step: usize,
    /// Signals with a finite PSNR.
    pub signals: usize,
    /// Mean of their PSNR, dB.
    pub psnr_db: Option<f64>,
    /// Sample standard deviation of their PSNR, dB; none of fewer than two.
    pub psnr_sd_db: Option<f64>,
    /// Seconds the fit of one signal took up to this step.
    pub seconds: f64,
}

impl Tabular for CurveRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["step", "signals", "psnr_db", "psnr_sd_db", "seconds"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [
            self.step.to_string(),
            self.signals.to_string(),
            number(self.psnr_db),
            number(self.psnr_sd_db),
            number(Some(self.seconds)),
        ];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            step: needed(cells, "step")?,
            signals: needed(cells, "signals")?,
            psnr_db: cells.get("psnr_db")?,
            psnr_sd_db: cells.get("psnr_sd_db")?,
            seconds: needed(cells, "seconds")?,
        })
    }
}

/// A point of the outer loss along meta-training: a row of `training.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRow {
    /// The cell.
    pub origin: Origin,
    /// Outer steps of the chain so far.
    pub outer_step: u64,
    /// Mean over the `records` outer steps up to it of the outer loss as PSNR, dB; none where the network was pruned.
    pub psnr_db: Option<f64>,
    /// Outer steps the mean is over, fewer at the start.
    pub records: usize,
}

impl Tabular for TrainingRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["outer_step", "psnr_db", "records"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [self.outer_step.to_string(), number(self.psnr_db), self.records.to_string()];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            outer_step: needed(cells, "outer_step")?,
            psnr_db: cells.get("psnr_db")?,
            records: needed(cells, "records")?,
        })
    }
}

/// A layer of the network that the fits of a cell begin with: a row of `layers.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRow {
    /// The cell.
    pub origin: Origin,
    /// From 1; the last gives the values.
    pub layer: usize,
    /// Weights of the layer.
    pub weights: usize,
    /// Those that survive.
    pub surviving: usize,
    /// Neurons of the layer; none of the last.
    pub neurons: Option<usize>,
    /// Those on a path of surviving weights from a coordinate to a value.
    pub living: Option<usize>,
}

impl Tabular for LayerRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["layer", "weights", "surviving", "neurons", "living"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [
            self.layer.to_string(),
            self.weights.to_string(),
            self.surviving.to_string(),
            cell(self.neurons.as_ref()),
            cell(self.living.as_ref()),
        ];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            layer: needed(cells, "layer")?,
            weights: needed(cells, "weights")?,
            surviving: needed(cells, "surviving")?,
            neurons: cells.get("neurons")?,
            living: cells.get("living")?,
        })
    }
}

/// A ring of the spectra of a cell: a row of `spectra.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct RingRow {
    /// The cell.
    pub origin: Origin,
    /// Signals the powers are means over.
    pub signals: usize,
    /// Cycles per picture.
    pub ring: usize,
    /// Frequencies in the ring.
    pub frequencies: usize,
    /// Mean power of a frequency of the signals, squared values.
    pub target_power: f64,
    /// The same of the errors.
    pub error_power: f64,
}

impl Tabular for RingRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["signals", "ring", "frequencies", "target_power", "error_power"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [
            self.signals.to_string(),
            self.ring.to_string(),
            self.frequencies.to_string(),
            number(Some(self.target_power)),
            number(Some(self.error_power)),
        ];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            signals: needed(cells, "signals")?,
            ring: needed(cells, "ring")?,
            frequencies: needed(cells, "frequencies")?,
            target_power: needed(cells, "target_power")?,
            error_power: needed(cells, "error_power")?,
        })
    }
}

/// Test signals fitted on the way of a training: a row of `probes.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRow {
    /// The cell.
    pub origin: Origin,
    /// Hours of meta-training so far, from the chain's beginning.
    pub hours: f64,
    /// Mean PSNR of the fits after their last step, dB.
    pub psnr_db: f64,
    /// Signals the mean is over.
    pub signals: usize,
}

impl Tabular for ProbeRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["hours", "psnr_db", "signals"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [number(Some(self.hours)), number(Some(self.psnr_db)), self.signals.to_string()];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            hours: needed(cells, "hours")?,
            psnr_db: needed(cells, "psnr_db")?,
            signals: needed(cells, "signals")?,
        })
    }
}

/// A reconstruction on the page: a row of `pictures.csv`. Files are PNG, named from the experiment's folder.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureRow {
    /// The cell.
    pub origin: Origin,
    /// Name of the signal, or of a layer whose mask it is.
    pub signal: String,
    /// The signal.
    pub target: Option<String>,
    /// Its reconstruction, or a mask: white where a weight survives.
    pub picture: String,
    /// The error, or a shape's distance.
    pub error: Option<String>,
    /// PSNR of the reconstruction, dB.
    pub psnr_db: Option<f64>,
    /// Intersection over union, of shapes.
    pub iou: Option<f64>,
    /// Surviving weights of the layer, %; of masks.
    pub surviving_percent: Option<f64>,
}

impl PictureRow {
    /// The files it names, from the experiment's folder.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        self.target.iter().chain(std::iter::once(&self.picture)).chain(&self.error)
    }
}

impl Tabular for PictureRow {
    fn columns() -> Vec<&'static str> {
        with_origin(["signal", "target", "picture", "error", "psnr_db", "iou", "surviving_percent"])
    }

    fn cells(&self) -> Vec<String> {
        let own = [
            self.signal.clone(),
            cell(self.target.as_ref()),
            self.picture.clone(),
            cell(self.error.as_ref()),
            number(self.psnr_db),
            number(self.iou),
            number(self.surviving_percent),
        ];
        self.origin.cells().into_iter().chain(own).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self {
            origin: Origin::of_cells(cells)?,
            signal: cells.text("signal"),
            target: cells.get("target")?,
            picture: cells.text("picture"),
            error: cells.get("error")?,
            psnr_db: cells.get("psnr_db")?,
            iou: cells.get("iou")?,
            surviving_percent: cells.get("surviving_percent")?,
        })
    }
}
