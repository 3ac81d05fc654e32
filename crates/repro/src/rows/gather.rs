//! Run directories → rows: what the cells of a session gave, as far as it is known.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};
use inr_core::file::{TensorFile, write_atomically};
use inr_core::metrics::mean;

use super::row::{Row, SignalRow, StepRow, csv_of};
use crate::measures::shape::Measures;
use crate::measures::statistics::{finite, mean_sd};
use crate::plan::Session;
use crate::recipe::{Cell, siren};
use crate::stage::kept::{Eval, read_evals, read_fits, read_seconds};
use crate::stage::shapes;

/// Why each job that failed did so, by id.
pub type Failures = HashMap<String, String>;

/// A row a cell, and a row a cell and signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Cells: `measurements.csv`.
    pub cells: Vec<Row>,
    /// Signals of the cells: `signals.csv`.
    pub signals: Vec<SignalRow>,
    /// Signals after the steps that claims name: `along.csv`.
    pub along: Vec<StepRow>,
}

/// Writes `measurements.csv` and `signals.csv`, and `along.csv` if a claim needs it, from what is known: done cells and
/// failed ones.
///
/// # Errors
/// If a run directory that says it is done is not whole, or the disk refuses.
pub fn write_rows(session: &Session, failures: &Failures) -> Result<Rows> {
    let mut rows = Rows::default();
    let steps: BTreeSet<usize> =
        session.experiment.claims.iter().flat_map(|claim| &claim.steps).copied().collect();
    for (cell, chain) in session.cells.iter().zip(&session.plan.chains) {
        if let Some((row, signals)) = measured(session, cell, chain, failures)? {
            rows.along.extend(along(session, cell, chain, &row, &steps)?);
            rows.cells.push(row);
            rows.signals.extend(signals);
        }
    }
    write_atomically(&session.folder.join("measurements.csv"), &csv_of(&rows.cells)?)?;
    write_atomically(&session.folder.join("signals.csv"), &csv_of(&rows.signals)?)?;
    if !steps.is_empty() {
        write_atomically(&session.folder.join("along.csv"), &csv_of(&rows.along)?)?;
    }
    Ok(rows)
}

/// The rows of a cell, if its fit is done or its chain failed.
fn measured(
    session: &Session,
    cell: &Cell,
    chain: &[String],
    failures: &Failures,
) -> Result<Option<(Row, Vec<SignalRow>)>> {
    let mut row = Row {
        experiment: session.experiment.name.clone(),
        profile: session.experiment.profile.clone(),
        dataset: cell.dataset.clone(),
        trained_on: cell.trained_on.clone(),
        method: cell.method.clone(),
        round: cell.round,
        width: cell.network().map_or(0, |network| network.width),
        resolution: cell.resolution(),
        seed: Some(cell.seed),
        ..Row::default()
    };
    if let Some(why) = chain.iter().find_map(|id| failures.get(id)) {
        row.err = Some(why.clone());
        let signal = signal_row(&row, None);
        return Ok(Some((row, vec![signal])));
    }
    let (fit, training) = chain.split_last().context("a chain ends with a fit")?;
    if !session.is_done(&cell.stages[cell.stages.len() - 1], fit) {
        return Ok(None);
    }
    let evals = read_evals(&session.store.dir(fit))?;
    fill(session, &mut row, cell, fit, training, &evals)?;
    let shapes: Vec<Option<Measures>> =
        (0..evals.len()).map(|i| shapes::kept(&session.store.dir(fit), i)).collect::<Result<_>>()?;
    fill_shapes(&mut row, &shapes.iter().copied().flatten().collect::<Vec<Measures>>());
    let signals = evals.iter().zip(&shapes);
    let signals = signals.map(|(eval, shape)| with_shape(signal_row(&row, Some(eval)), *shape)).collect();
    Ok(Some((row, signals)))
}

/// The signals of a cell after some of the steps of its fits; none of a failed cell, and none where fits are judged on
/// finer signals than they saw.
fn along(
    session: &Session,
    cell: &Cell,
    chain: &[String],
    row: &Row,
    steps: &BTreeSet<usize>,
) -> Result<Vec<StepRow>> {
    let Some(fit) = cell.fit().filter(|fit| row.err.is_none() && fit.render.is_none() && !steps.is_empty())
    else {
        return Ok(Vec::new());
    };
    let dir = session.store.dir(chain.last().context("a chain ends with a fit")?);
    let curves = read_fits(&dir, fit.fit.steps + 1)?;
    let of_signal = |(signal, curve): (String, Vec<f64>)| {
        let known = steps.iter().filter_map(|&step| curve.get(step).map(|&psnr_db| (step, psnr_db)));
        let row = |(step, psnr_db)| StepRow {
            experiment: row.experiment.clone(),
            dataset: row.dataset.clone(),
            trained_on: row.trained_on.clone(),
            method: row.method.clone(),
            round: row.round,
            seed: row.seed,
            signal: signal.clone(),
            step,
            psnr_db,
        };
        known.map(row).collect::<Vec<StepRow>>()
    };
    Ok(curves.into_iter().flat_map(of_signal).collect())
}

fn fill(
    session: &Session,
    row: &mut Row,
    cell: &Cell,
    fit: &str,
    training: &[String],
    evals: &[Eval],
) -> Result<()> {
    let average = |get: fn(&Eval) -> f64| mean_sd(&finite(evals.iter().map(get))).0;
    let ssims: Option<Vec<f64>> = evals.iter().map(|eval| eval.ssim).collect();
    let wall_s = |id: &str| session.store.manifest(id).map_or(0.0, |m| m.wall_s);
    let dense = siren(&cell.dense, cell.source())?.weights();
    row.weights = weights(session, cell, training)?;
    row.kept_fraction = row.weights.map(|weights| weights as f64 / dense as f64);
    row.signals = Some(evals.iter().filter(|eval| eval.psnr_db.is_finite()).count());
    row.fit_steps = cell.fit().map(|fit| fit.fit.steps);
    row.psnr_start_db = average(|eval| eval.psnr_start_db);
    row.psnr_db = average(|eval| eval.psnr_db);
    row.psnr_peak_db = average(|eval| eval.psnr_peak_db);
    row.ssim = ssims.map(|ssims| mean(&ssims));
    row.train_s = cell.network().map(|_| training.iter().map(|id| wall_s(id)).sum());
    row.fit_s = Some(wall_s(fit));
    if let Some(fit_stage) = cell.fit() {
        let seconds = read_seconds(&session.store.dir(fit))?;
        row.step_s = seconds.last().map(|all| all / fit_stage.fit.steps as f64);
    }
    row.run = Some(fit.into());
    Ok(())
}

/// Weights at the end of the fit: those it began with, or what its last pruning left; none without a network.
fn weights(session: &Session, cell: &Cell, training: &[String]) -> Result<Option<usize>> {
    if let Some(last) = cell.fit().and_then(|fit| fit.prunings.last()) {
        return Ok(Some(last.keep));
    }
    let Some(last) = training.last() else { return Ok(None) };
    let path = session.store.dir(last).join("params.safetensors");
    Ok(Some(TensorFile::read(&path)?.params::<f32>(0.0)?.layout().weights()))
}

/// Means over the signals, if they are shapes; of each quantity over those that have it.
fn fill_shapes(row: &mut Row, shapes: &[Measures]) {
    if shapes.is_empty() {
        return;
    }
    let average = |get: fn(&Measures) -> Option<f64>| {
        let known: Vec<f64> = shapes.iter().filter_map(get).collect();
        (!known.is_empty()).then(|| mean(&known))
    };
    row.sdf_near = average(|shape| shape.sdf_near);
    row.sdf_uniform = average(|shape| shape.sdf_uniform);
    row.iou = average(|shape| Some(shape.iou));
    row.chamfer = average(|shape| shape.chamfer);
    row.surfaces = Some(shapes.iter().filter(|shape| shape.chamfer.is_some()).count());
}

fn with_shape(mut row: SignalRow, shape: Option<Measures>) -> SignalRow {
    if let Some(shape) = shape {
        (row.sdf_near, row.sdf_uniform) = (shape.sdf_near, shape.sdf_uniform);
        (row.iou, row.chamfer) = (Some(shape.iou), shape.chamfer);
    }
    row
}

fn signal_row(row: &Row, eval: Option<&Eval>) -> SignalRow {
    SignalRow {
        experiment: row.experiment.clone(),
        profile: row.profile.clone(),
        dataset: row.dataset.clone(),
        trained_on: row.trained_on.clone(),
        method: row.method.clone(),
        round: row.round,
        width: row.width,
        weights: row.weights,
        seed: row.seed,
        signal: eval.map(|eval| eval.signal.clone()).unwrap_or_default(),
        psnr_start_db: eval.map(|eval| eval.psnr_start_db),
        psnr_db: eval.map(|eval| eval.psnr_db),
        psnr_peak_db: eval.map(|eval| eval.psnr_peak_db),
        ssim: eval.and_then(|eval| eval.ssim),
        err: row.err.clone(),
        ..SignalRow::default()
    }
}
