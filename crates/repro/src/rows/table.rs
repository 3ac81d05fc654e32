//! All rows of an experiment, and the files they lie in.

use std::path::Path;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;

use super::row::{Row, SignalRow};
use super::series::{CurveRow, LayerRow, PictureRow, ProbeRow, RingRow, StepRow, TrainingRow};
use crate::tabular::{Tabular, csv_of, read_rows};

/// All that an experiment measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Cells: `measurements.csv`.
    pub cells: Vec<Row>,
    /// Signals of the cells: `signals.csv`.
    pub signals: Vec<SignalRow>,
    /// Signals after the steps that claims name: `along.csv`.
    pub along: Vec<StepRow>,
    /// Means along the fits: `curves.csv`.
    pub curves: Vec<CurveRow>,
    /// Outer losses: `training.csv`.
    pub training: Vec<TrainingRow>,
    /// Layers of pruned networks: `layers.csv`.
    pub layers: Vec<LayerRow>,
    /// Power spectra: `spectra.csv`.
    pub rings: Vec<RingRow>,
    /// Fits on the way of trainings: `probes.csv`.
    pub probes: Vec<ProbeRow>,
    /// Reconstructions and masks: `pictures.csv`.
    pub pictures: Vec<PictureRow>,
}

impl Rows {
    /// Writes every table that has rows; one that has none any more is taken away.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        self.write_cells(folder)?;
        write(folder, "curves.csv", &self.curves)?;
        write(folder, "training.csv", &self.training)?;
        write(folder, "layers.csv", &self.layers)?;
        write(folder, "spectra.csv", &self.rings)?;
        write(folder, "probes.csv", &self.probes)?;
        write(folder, "pictures.csv", &self.pictures)
    }

    /// Writes the tables that change while jobs run.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write_cells(&self, folder: &Path) -> Result<()> {
        write_atomically(&folder.join("measurements.csv"), &csv_of(&self.cells)?)?;
        write_atomically(&folder.join("signals.csv"), &csv_of(&self.signals)?)?;
        write(folder, "along.csv", &self.along)
    }

    /// Reads the tables of a folder; one that is not there has no rows, but `measurements.csv` has to be there.
    ///
    /// # Errors
    /// If one cannot be read; the message names the file and the line.
    pub fn read(folder: &Path) -> Result<Self> {
        Ok(Self {
            cells: read_rows(&folder.join("measurements.csv"))?,
            signals: read(folder, "signals.csv")?,
            along: read(folder, "along.csv")?,
            curves: read(folder, "curves.csv")?,
            training: read(folder, "training.csv")?,
            layers: read(folder, "layers.csv")?,
            rings: read(folder, "spectra.csv")?,
            probes: read(folder, "probes.csv")?,
            pictures: read(folder, "pictures.csv")?,
        })
    }
}

fn write<T: Tabular>(folder: &Path, name: &str, rows: &[T]) -> Result<()> {
    let path = folder.join(name);
    match rows.is_empty() {
        false => Ok(write_atomically(&path, &csv_of(rows)?)?),
        true if path.exists() => std::fs::remove_file(&path).with_context(|| path.display().to_string()),
        true => Ok(()),
    }
}

fn read<T: Tabular>(folder: &Path, name: &str) -> Result<Vec<T>> {
    let path = folder.join(name);
    let exists = path.try_exists().with_context(|| path.display().to_string())?;
    if exists { read_rows(&path) } else { Ok(Vec::new()) }
}
