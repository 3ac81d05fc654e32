//! Cells of a table.

use std::ops::{Index, IndexMut};

use serde::{Serialize, Serializer};

use crate::words::methods::line_label;
use crate::words::numbers::{interval_text, signed};
use crate::words::quantities::{QUANTITIES, Quantity, QuantityKind};

/// Mean and spread over seeds; the unit is that of the column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stat {
    /// Mean over the seeds.
    pub mean: f64,
    /// Sample standard deviation over the seeds; none for one seed.
    pub sd: Option<f64>,
}

impl Stat {
    /// `27.70 ± 0.12`, or `27.70` for one seed.
    pub fn text(&self) -> String {
        match self.sd {
            Some(sd) => format!("{} ± {sd:.2}", signed(self.mean)),
            None => signed(self.mean),
        }
    }
}

/// A statistic, or none, of each quantity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats([Option<Stat>; QUANTITIES.len()]);

impl Index<Quantity> for Stats {
    type Output = Option<Stat>;

    fn index(&self, quantity: Quantity) -> &Option<Stat> {
        &self.0[quantity as usize]
    }
}

impl IndexMut<Quantity> for Stats {
    fn index_mut(&mut self, quantity: Quantity) -> &mut Option<Stat> {
        &mut self.0[quantity as usize]
    }
}

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(QUANTITIES.iter().map(|kind| (kind.column, self[kind.quantity])))
    }
}

/// The paper's number that stands beside a cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperNumber {
    /// Data set of the paper.
    pub dataset: String,
    /// PSNR after the last step, dB.
    pub psnr_db: Option<f64>,
    /// Best PSNR along the fit, dB.
    pub psnr_peak_db: Option<f64>,
    /// Surviving weights of the paper's network.
    pub weights: Option<usize>,
}

/// One (data set, data set trained on, line, round, width): what the seeds gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Data set.
    pub dataset: String,
    /// Data set trained on, where the experiment crosses them.
    pub trained_on: Option<String>,
    /// Method.
    pub method: String,
    /// What the line is called.
    pub line: String,
    /// Pruning round of the budget.
    pub round: usize,
    /// Width of the hidden layers.
    pub width: usize,
    /// Surviving weights, if a row knows them.
    pub weights: Option<usize>,
    /// Surviving weights over those of the dense network.
    pub kept_fraction: Option<f64>,
    /// Seeds with a PSNR.
    pub seeds: usize,
    /// Fits that the PSNR is a mean over, all seeds together; none if no row knows.
    pub fits: Option<usize>,
    /// Exact fits (infinite PSNR), which every mean and interval of PSNR leaves out, all seeds together.
    pub exact: usize,
    /// Rows that failed.
    pub failed: usize,
    /// Means over the seeds.
    #[serde(flatten)]
    pub stats: Stats,
    /// 95 % bootstrap interval over signals of the PSNR after the last step, dB.
    pub psnr_interval_db: Option<[f64; 2]>,
    /// The paper's number, if the data set is compared with one of the paper's.
    pub paper: Option<PaperNumber>,
}

impl Cell {
    /// `27.70 ± 0.12`, `27.70, 1 failed`, `27.70, 2 exact`, `exact (48)`, `failed (3)` or `–`.
    pub fn text(&self) -> String {
        let beside = [(self.exact, "exact"), (self.failed, "failed")];
        let beside = beside.into_iter().filter(|(count, _)| *count > 0);
        match &self.stats[Quantity::Psnr] {
            Some(stat) => beside.fold(stat.text(), |text, (count, what)| format!("{text}, {count} {what}")),
            None => {
                let parts: Vec<String> = beside.map(|(count, what)| format!("{what} ({count})")).collect();
                if parts.is_empty() { "–".into() } else { parts.join(", ") }
            }
        }
    }

    /// The paper's PSNR after the last step, `27.70`; empty if there is none.
    pub fn paper_text(&self) -> String {
        let psnr_db = self.paper.as_ref().and_then(|paper| paper.psnr_db);
        psnr_db.map(signed).unwrap_or_default()
    }

    /// `[26.91, 28.40]`; empty if unknown.
    pub fn interval_text(&self) -> String {
        self.psnr_interval_db.map(interval_text).unwrap_or_default()
    }

    /// The mean of a quantity as people read it, `0.812`; empty if unknown.
    pub fn mean_text(&self, kind: &QuantityKind) -> String {
        let text = |stat: Stat| format!("{:.*}", kind.digits, stat.mean * kind.scale).replace('-', "−");
        self.stats[kind.quantity].map(text).unwrap_or_default()
    }

    /// Name of the method, with the width where the width is the method's budget: `Dense-Narrow w76`; where data sets
    /// are crossed, with the one trained on.
    pub fn label(&self) -> String {
        let label = line_label(&self.line, self.width);
        self.trained_on.as_ref().map_or(label.clone(), |trained_on| format!("{label} from {trained_on}"))
    }
}

/// A column of the table: a data set, and the data set of the paper it is compared with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Our data set.
    pub dataset: String,
    /// The paper's data set, if it has a number for some cell.
    pub compare_with: Option<String>,
}

/// Cells by data set (in order of first appearance), line (in the order of [`crate::words::methods::METHODS`]), round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Title of the table.
    pub title: String,
    /// Data sets.
    pub columns: Vec<Column>,
    /// Cells, sorted.
    pub cells: Vec<Cell>,
}
