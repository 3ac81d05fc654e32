//! What a fit stage keeps of its signals, and how that is read back.
//!
//! `fits.csv` keeps the PSNR of every signal before every step and after the last, `eval.csv` a line a signal that is
//! whole, `spectra.csv`, where it is asked for, the power spectra of every signal and of its error, `seconds.csv` how long
//! the steps of the first signal took. A line of `eval.csv` comes last: what it names is whole, whenever the run stops.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use inr_core::Samples;
use serde::{Deserialize, Serialize};

use crate::measures::spectrum::ring_sizes;
use crate::recipe::FitStage;
use crate::store::{Growing, Run};

/// A fitted signal: a line of `eval.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eval {
    /// Name of the signal.
    pub signal: String,
    /// PSNR before the first step, dB.
    pub psnr_start_db: f64,
    /// PSNR after the last step, dB.
    pub psnr_db: f64,
    /// Best PSNR along the fit, dB.
    pub psnr_peak_db: f64,
    /// Structural similarity after the last step; none for what is no picture.
    pub ssim: Option<f64>,
}

const EVAL_HEADER: &str = "signal,psnr_start_db,psnr_db,psnr_peak_db,ssim";

/// Whether the directory has every file that a whole fit has, in their present form.
pub(super) fn is_whole(stage: &FitStage, dir: &Path) -> bool {
    let has = |name: &str| dir.join(name).exists();
    has_evals(dir) && has("fits.csv") && has("seconds.csv") && (!stage.spectra || has(SPECTRA))
}

/// Whether `eval.csv` has its present form.
pub(super) fn has_evals(dir: &Path) -> bool {
    let eval = std::fs::read_to_string(dir.join("eval.csv")).unwrap_or_default();
    eval.lines().next() == Some(EVAL_HEADER)
}

/// The signals that are whole, and the files they are added to.
pub(super) struct Kept {
    pub(super) evals: BTreeMap<String, Eval>,
    eval_file: Growing,
    curves: Series<1>,
    spectra: Option<Series<2>>,
}

impl Kept {
    /// Keeps what an earlier session left whole. Spectra that were begun are gone on with, whoever asks.
    pub(super) fn open(run: &Run, stage: &FitStage, signals: &[(String, Samples<f32>)]) -> Result<Self> {
        let mut curves = Series::read(run, "fits.csv", FITS_HEADER, stage.fit.steps + 1)?;
        let rings = ring_sizes(stage.resolution * stage.render.unwrap_or(1)).len();
        let spectra = stage.spectra || run.path(SPECTRA).exists();
        let mut spectra = spectra.then(|| Series::read(run, SPECTRA, SPECTRA_HEADER, rings)).transpose()?;
        let evals: BTreeMap<String, Eval> = read_whole_evals(&run.path("eval.csv"))
            .into_iter()
            .filter(|eval| signals.iter().any(|(name, _)| *name == eval.signal))
            .filter(|eval| curves.of.contains_key(&eval.signal))
            .filter(|eval| spectra.as_ref().is_none_or(|spectra| spectra.of.contains_key(&eval.signal)))
            .map(|eval| (eval.signal.clone(), eval))
            .collect();
        curves.retain(run, &evals)?;
        spectra.iter_mut().try_for_each(|spectra| spectra.retain(run, &evals))?;
        run.write("eval.csv", evals_csv(evals.values())?.as_bytes())?;
        Ok(Self { evals, eval_file: Growing::open(run, "eval.csv")?, curves, spectra })
    }

    /// Whether spectra are kept.
    pub(super) fn has_spectra(&self) -> bool {
        self.spectra.is_some()
    }

    /// Adds a signal; its line of `eval.csv` comes last and says that it is whole.
    pub(super) fn add(&mut self, eval: Eval, psnr_db: &[f64], spectrum: Option<Vec<[f64; 2]>>) -> Result<()> {
        self.curves.add(&eval.signal, psnr_db.iter().map(|&db| [db]).collect())?;
        if let (Some(spectra), Some(spectrum)) = (&mut self.spectra, spectrum) {
            spectra.add(&eval.signal, spectrum)?;
        }
        self.eval_file.add(&lines([&eval])?)?;
        self.evals.insert(eval.signal.clone(), eval);
        Ok(())
    }

    /// Writes all files anew, in an order that does not depend on the threads.
    pub(super) fn write<'a>(&self, run: &Run, order: impl Iterator<Item = &'a String>) -> Result<()> {
        self.curves.write(run)?;
        self.spectra.iter().try_for_each(|spectra| spectra.write(run))?;
        run.write("eval.csv", evals_csv(order.map(|name| &self.evals[name]))?.as_bytes())
    }
}

const FITS_HEADER: &str = "signal,step,psnr_db";
/// Power spectra of the signals and of their errors, ring by ring ([`crate::measures::spectrum`]).
const SPECTRA: &str = "spectra.csv";
const SPECTRA_HEADER: &str = "signal,ring,target,error";

/// N numbers a signal and step (or ring), in lines of a file: `signal,0,…`, `signal,1,…`, …
struct Series<const N: usize> {
    name: &'static str,
    header: &'static str,
    of: BTreeMap<String, Vec<[f64; N]>>,
    file: Growing,
}

impl<const N: usize> Series<N> {
    /// The signals that have all their points; the file is made if it is not there.
    fn read(run: &Run, name: &'static str, header: &'static str, points: usize) -> Result<Self> {
        let of = read_series(&run.path(name), points);
        run.write(name, series_csv(header, &of)?.as_bytes())?;
        Ok(Self { name, header, of, file: Growing::open(run, name)? })
    }

    /// Drops what is not whole.
    fn retain(&mut self, run: &Run, whole: &BTreeMap<String, Eval>) -> Result<()> {
        self.of.retain(|name, _| whole.contains_key(name));
        self.write(run)?;
        self.file = Growing::open(run, self.name)?;
        Ok(())
    }

    fn add(&mut self, signal: &str, values: Vec<[f64; N]>) -> Result<()> {
        self.file.add(&series_lines(signal, &values)?)?;
        self.of.insert(signal.into(), values);
        Ok(())
    }

    fn write(&self, run: &Run) -> Result<()> {
        run.write(self.name, series_csv(self.header, &self.of)?.as_bytes())
    }
}

/// The series of each signal whose lines are all there.
fn read_series<const N: usize>(path: &Path, points: usize) -> BTreeMap<String, Vec<[f64; N]>> {
    let mut of: BTreeMap<String, Vec<[f64; N]>> = BTreeMap::new();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut reader = csv::Reader::from_reader(whole_lines(&text).as_bytes());
    for record in reader.records().map_while(Result::ok) {
        let number = |i: usize| record.get(i).and_then(|field| field.parse::<f64>().ok());
        let values: Vec<f64> = (2..2 + N).map_while(number).collect();
        let (Some(name), Ok(values)) = (record.get(0), <[f64; N]>::try_from(values)) else { break };
        let series = of.entry(name.into()).or_default();
        if number(1) == Some(series.len() as f64) {
            series.push(values);
        }
    }
    of.retain(|_, series| series.len() == points);
    of
}

fn series_csv<const N: usize>(header: &str, of: &BTreeMap<String, Vec<[f64; N]>>) -> Result<String> {
    let all: Vec<String> =
        of.iter().map(|(name, series)| series_lines(name, series)).collect::<Result<_>>()?;
    Ok(format!("{header}\n{}", all.concat()))
}

fn series_lines<const N: usize>(name: &str, series: &[[f64; N]]) -> Result<String> {
    let line = |(i, values): (usize, &[f64; N])| {
        let numbers = values.iter().map(|value| format!("{value:?}"));
        [name.to_string(), i.to_string()].into_iter().chain(numbers).collect::<Vec<String>>()
    };
    lines(series.iter().enumerate().map(line))
}

/// PSNR before every step and after the last of each signal of a run that is done, dB: `[points]` each.
///
/// # Errors
/// If the curve of a signal of `eval.csv` is missing or not whole: a mean over the others would not say so.
pub fn read_fits(dir: &Path, points: usize) -> Result<BTreeMap<String, Vec<f64>>> {
    let of = whole_series::<1>(dir, "fits.csv", points)?.into_iter();
    Ok(of.map(|(name, curve)| (name, curve.into_iter().map(|[psnr_db]| psnr_db).collect())).collect())
}

/// Power of each ring of each signal of a run that is done, and of its error; `side` is that of the signals.
///
/// # Errors
/// As [`read_fits`].
pub fn read_spectra(dir: &Path, side: usize) -> Result<BTreeMap<String, Vec<[f64; 2]>>> {
    whole_series(dir, SPECTRA, ring_sizes(side).len())
}

/// The series of every signal of `eval.csv`.
fn whole_series<const N: usize>(
    dir: &Path,
    name: &str,
    points: usize,
) -> Result<BTreeMap<String, Vec<[f64; N]>>> {
    let (path, evals) = (dir.join(name), read_evals(dir)?);
    let of = read_series(&path, points);
    if let Some(eval) = evals.iter().find(|eval| !of.contains_key(&eval.signal)) {
        let signal = &eval.signal;
        bail!(
            "{}: not the {points} lines of {signal}; delete the file to fit its signals anew",
            path.display()
        );
    }
    Ok(of)
}

/// Seconds since the start of a fit after step 0, 1, …
///
/// # Errors
/// If the file is missing or damaged.
pub fn read_seconds(dir: &Path) -> Result<Vec<f64>> {
    let path = dir.join("seconds.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    let lines = reader.deserialize::<(usize, f64)>().map(|line| line.map(|(_, seconds)| seconds));
    lines.collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

/// The lines of an `eval.csv` that is whole.
///
/// # Errors
/// If it is missing or damaged.
pub fn read_evals(dir: &Path) -> Result<Vec<Eval>> {
    let path = dir.join("eval.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

/// The whole lines of an `eval.csv` that a killed run may have left; none if it is of an earlier form.
fn read_whole_evals(path: &Path) -> Vec<Eval> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    if text.lines().next() != Some(EVAL_HEADER) {
        return Vec::new();
    }
    csv::Reader::from_reader(whole_lines(&text).as_bytes()).deserialize().map_while(Result::ok).collect()
}

/// A killed run may leave half a line.
fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

pub(super) fn evals_csv<'a>(evals: impl IntoIterator<Item = &'a Eval>) -> Result<String> {
    Ok(format!("{EVAL_HEADER}\n{}", lines(evals)?))
}

/// Lines of CSV without a header; names with commas are quoted.
fn lines<T: Serialize>(items: impl IntoIterator<Item = T>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for item in items {
        writer.serialize(item)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir_with(fits: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let evals = format!("{EVAL_HEADER}\na,1.0,2.0,2.0,\nb,1.0,3.0,3.0,\n");
        std::fs::write(dir.path().join("eval.csv"), evals).unwrap();
        std::fs::write(dir.path().join("fits.csv"), format!("{FITS_HEADER}\n{fits}")).unwrap();
        dir
    }

    #[test]
    fn curves_of_fewer_signals_than_were_fitted_are_no_curves() {
        let whole = dir_with("a,0,1.0\na,1,2.0\nb,0,1.0\nb,1,3.0\n");
        assert_eq!(read_fits(whole.path(), 2).unwrap()["b"], [1.0, 3.0]);
        for cut in ["a,0,1.0\na,1,2.0\n", "a,0,1.0\na,1,2.0\nb,0,1.0\n", "a,0,1.0\na,1,2.0\nb,0,1.0\nb,1,?\n"]
        {
            let error = read_fits(dir_with(cut).path(), 2).unwrap_err().to_string();
            assert!(error.contains("fits.csv") && error.contains("2 lines of b"), "{error}");
        }
    }
}
