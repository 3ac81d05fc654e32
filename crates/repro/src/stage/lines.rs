//! What stages behind the fits keep: tables of a line a signal, or a line a signal and step.
//!
//! A table is written as a whole, and read as a whole: a run that is done has one that names every signal.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::store::Run;
use crate::tabular::{Cells, Tabular, csv_of, quantity_cells, quantity_columns, read_rows};
use crate::words::quantities::{QuantityKind, Values};

/// What was measured of one signal: a line of a table of measures (`eval.csv`, `shapes.csv`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Name of the signal.
    pub signal: String,
    /// The measures.
    pub values: Values,
}

fn of_signals(kind: &QuantityKind) -> bool {
    kind.of_signals
}

impl Tabular for Judged {
    fn columns() -> Vec<&'static str> {
        ["signal"].into_iter().chain(quantity_columns(of_signals)).collect()
    }

    fn cells(&self) -> Vec<String> {
        [self.signal.clone()].into_iter().chain(quantity_cells(&self.values, of_signals)).collect()
    }

    fn of_cells(cells: &Cells) -> Result<Self> {
        Ok(Self { signal: cells.text("signal"), values: cells.values(of_signals)? })
    }
}

/// A point of a fit: a line of `fits.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitPoint {
    /// Name of the signal.
    pub signal: String,
    /// Steps taken.
    pub step: usize,
    /// PSNR after them, dB.
    pub psnr_db: f64,
}

/// A ring of spectra ([`crate::measures::spectrum`]): a line of `spectra.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RingPoint {
    /// Name of the signal.
    pub signal: String,
    /// Cycles per picture.
    pub ring: usize,
    /// Mean power of a frequency of the signal, squared values.
    pub target: f64,
    /// The same of the error.
    pub error: f64,
}

/// Seconds of a fit: a line of `seconds.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondsPoint {
    /// Steps taken.
    pub step: usize,
    /// Seconds since the start, after them.
    pub seconds: f64,
}

/// Writes a table.
pub(super) fn write<T: Serialize>(run: &Run, name: &str, lines: &[T]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    lines.iter().try_for_each(|line| writer.serialize(line))?;
    run.write(name, &writer.into_inner()?)
}

fn read<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Vec<T>> {
    let path = dir.join(name);
    let place = || format!("{}; delete its folder to compute it anew", path.display());
    let mut reader = csv::Reader::from_path(&path).with_context(place)?;
    reader.deserialize().collect::<Result<_, _>>().with_context(place)
}

/// Writes measures of all signals.
pub(super) fn write_judged(run: &Run, name: &str, judged: &[Judged]) -> Result<()> {
    run.write(name, &csv_of(judged)?)
}

/// A run's table of measures, in the order of the test signals.
///
/// # Errors
/// If it is missing or damaged.
pub fn judged(dir: &Path, table: &str) -> Result<Vec<Judged>> {
    let path = dir.join(table);
    read_rows(&path).with_context(|| format!("{}; delete its folder to compute it anew", path.display()))
}

/// PSNR before every step and after the last of each signal of a run of fits, dB: `[steps + 1]` each.
///
/// # Errors
/// If the table is missing or damaged, or the curve of a signal is not whole: a mean over the others would not say so.
pub fn curves(dir: &Path, points: usize) -> Result<BTreeMap<String, Vec<f64>>> {
    let lines = read::<FitPoint>(dir, "fits.csv")?.into_iter();
    series(dir, "fits.csv", points, lines.map(|line| (line.signal, line.step, line.psnr_db)))
}

/// The same, of however many steps the first signal has.
pub(super) fn all_curves(dir: &Path) -> Result<BTreeMap<String, Vec<f64>>> {
    let lines = read::<FitPoint>(dir, "fits.csv")?;
    let points = lines.iter().take_while(|line| line.signal == lines[0].signal).count();
    curves(dir, points)
}

/// Power of each ring of each signal of a run of spectra, and of its error.
///
/// # Errors
/// As [`curves`].
pub fn spectra(dir: &Path, rings: usize) -> Result<BTreeMap<String, Vec<[f64; 2]>>> {
    let lines = read::<RingPoint>(dir, "spectra.csv")?.into_iter();
    series(dir, "spectra.csv", rings, lines.map(|line| (line.signal, line.ring, [line.target, line.error])))
}

/// Seconds since the start of a fit after step 0, 1, …
///
/// # Errors
/// As [`judged`].
pub fn seconds(dir: &Path) -> Result<Vec<f64>> {
    Ok(read::<SecondsPoint>(dir, "seconds.csv")?.into_iter().map(|point| point.seconds).collect())
}

/// The points of each signal, which have to be those of 0, 1, … up to `points`.
fn series<T>(
    dir: &Path,
    name: &str,
    points: usize,
    lines: impl Iterator<Item = (String, usize, T)>,
) -> Result<BTreeMap<String, Vec<T>>> {
    let mut of: BTreeMap<String, Vec<T>> = BTreeMap::new();
    let refuse = |signal: &str| {
        let path = dir.join(name);
        format!(
            "{}: not the {points} lines of {signal}; delete its folder to compute it anew",
            path.display()
        )
    };
    for (signal, place, value) in lines {
        let values = of.entry(signal.clone()).or_default();
        ensure!(place == values.len(), refuse(&signal));
        values.push(value);
    }
    for (signal, values) in &of {
        ensure!(values.len() == points, refuse(signal));
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(fits: &str) -> Result<BTreeMap<String, Vec<f64>>> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("fits.csv"), format!("signal,step,psnr_db\n{fits}"))?;
        curves(dir.path(), 2)
    }

    #[test]
    fn curves_that_are_not_whole_are_no_curves() {
        let whole = read_back("a,0,1.0\na,1,2.0\nb,0,1.0\nb,1,inf\n").unwrap();
        assert_eq!(whole["b"], [1.0, f64::INFINITY]);
        for cut in ["a,0,1.0\na,1,2.0\nb,0,1.0\n", "a,0,1.0\na,1,2.0\nb,0,1.0\nb,2,3.0\n"] {
            let error = read_back(cut).unwrap_err().to_string();
            assert!(error.contains("fits.csv") && error.contains("2 lines of b"), "{error}");
        }
        assert!(format!("{:#}", read_back("a,0,1.0\na,1,?\n").unwrap_err()).contains("fits.csv"));
    }
}
