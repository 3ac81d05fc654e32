//! A row a cell, and a row a cell and signal.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;

use super::network::{cost, layout, weights};
use crate::measures::statistics::{finite, mean_sd};
use crate::plan::{Planned, Session};
use crate::recipe::{Stage, siren};
use crate::rows::row::{Row, SignalRow};
use crate::rows::series::StepRow;
use crate::rows::table::Rows;
use crate::stage::derived::measures;
use crate::stage::lines::{self, Judged, curves, seconds};
use crate::words::quantities::{QUANTITIES, Quantity, Values};

/// Why each job that failed did so, by id.
pub type Failures = HashMap<String, String>;

/// Writes the rows of cells and signals from what is known: done cells and failed ones.
///
/// # Errors
/// If a run directory that says it is done is not whole, or the disk refuses.
pub fn write_rows(session: &Session, failures: &Failures) -> Result<Rows> {
    let mut rows = Rows::default();
    let steps: BTreeSet<usize> =
        session.experiment.claims.iter().flat_map(|claim| &claim.steps).copied().collect();
    for planned in session.planned() {
        if let Some((row, signals)) = measured(session, planned, failures)? {
            rows.along.extend(along(session, planned, &row, &steps)?);
            rows.cells.push(row);
            rows.signals.extend(signals);
        }
    }
    rows.write_cells(&session.folder)?;
    Ok(rows)
}

/// The rows of a cell, if all its stages are done or one of them failed.
fn measured(
    session: &Session,
    planned: Planned,
    failures: &Failures,
) -> Result<Option<(Row, Vec<SignalRow>)>> {
    let cell = planned.cell;
    let mut row = Row {
        experiment: session.experiment.name.clone(),
        profile: session.experiment.profile.clone(),
        dataset: cell.dataset.clone(),
        trained_on: cell.trained_on.clone(),
        method: cell.method.into(),
        line: cell.line.clone(),
        round: cell.round,
        width: cell.network().map_or(0, |network| network.width),
        resolution: cell.resolution(),
        seed: Some(cell.seed),
        ..Row::default()
    };
    if let Some(why) = planned.ids.iter().find_map(|id| failures.get(id)) {
        row.err = Some(why.clone());
        let signal = signal_row(&row, None);
        return Ok(Some((row, vec![signal])));
    }
    if !planned.ids.iter().all(|id| session.store.is_done(id)) {
        return Ok(None);
    }
    let judged = judged(planned, |id| session.store.dir(id))?;
    fill(session, &mut row, planned, &judged)?;
    let signals = judged.iter().map(|judged| signal_row(&row, Some(judged))).collect();
    Ok(Some((row, signals)))
}

/// What was measured of each signal, by whatever stage.
pub(super) fn judged(planned: Planned, dir: impl Fn(&str) -> std::path::PathBuf) -> Result<Vec<Judged>> {
    let mut all: Vec<Judged> = Vec::new();
    for (stage, id) in planned.stages() {
        let Some(table) = stage.derived().and_then(|derived| measures(derived.kind)) else { continue };
        for more in lines::judged(&dir(id), table)? {
            match all.iter_mut().find(|known| known.signal == more.signal) {
                Some(known) => known.values = known.values.or(&more.values),
                None => all.push(more),
            }
        }
    }
    Ok(all)
}

fn fill(session: &Session, row: &mut Row, planned: Planned, judged: &[Judged]) -> Result<()> {
    let (cell, store) = (planned.cell, &session.store);
    let wall_s = |id: &str| store.manifest(id).map_or(0.0, |manifest| manifest.wall_s);
    for kind in QUANTITIES.iter().filter(|kind| kind.of_signals) {
        let known = judged.iter().filter_map(|judged| judged.values[kind.quantity]);
        row.values[kind.quantity] = mean_sd(&finite(known)).0;
    }
    let count = |quantity, is_asked: fn(&f64) -> bool| {
        judged.iter().filter(|judged| judged.values[quantity].as_ref().is_some_and(is_asked)).count()
    };
    let is_shape = judged.iter().any(|judged| judged.values[Quantity::Iou].is_some());
    row.signals = Some(count(Quantity::Psnr, |db| db.is_finite()));
    row.surfaces = is_shape.then(|| count(Quantity::Chamfer, |_| true));
    row.fit_steps = cell.fit().map(|fit| fit.fit.steps);
    let layout = layout(session, planned)?;
    row.weights = weights(planned, layout.as_deref());
    let dense = siren(&cell.dense, cell.source())?.weights();
    row.kept_fraction = row.weights.map(|weights| weights as f64 / dense as f64);
    let reconstructions = planned.id(Stage::reconstructs);
    let trains = cell.network().map(|_| planned.trainings().map(|(_, id)| wall_s(id)).sum());
    row.values[Quantity::TrainSeconds] = trains;
    row.values[Quantity::FitSeconds] = reconstructions.map(wall_s);
    if let (Some(id), Some(fit)) = (planned.id(Stage::runs_alone), cell.fit()) {
        let seconds = seconds(&store.dir(id))?;
        row.values[Quantity::StepSeconds] = seconds.last().map(|all| all / fit.fit.steps as f64);
    }
    let cost: Values = cost(planned, layout.as_deref())?;
    row.values = row.values.or(&cost);
    row.run = reconstructions.map(String::from);
    Ok(())
}

/// The signals of a cell after some of the steps of its fits; none of a failed cell, and none where fits are judged on
/// finer signals than they saw.
fn along(session: &Session, planned: Planned, row: &Row, steps: &BTreeSet<usize>) -> Result<Vec<StepRow>> {
    let is_asked = row.err.is_none() && !planned.cell.is_rendered() && !steps.is_empty();
    let fit = planned.id(|stage| matches!(stage, Stage::Fit(_)));
    let (Some(id), Some(fit)) = (fit.filter(|_| is_asked), planned.cell.fit()) else { return Ok(Vec::new()) };
    let of_signal = |(signal, curve): (String, Vec<f64>)| {
        let known = steps.iter().filter_map(|&step| curve.get(step).map(|&psnr_db| (step, psnr_db)));
        let row = |(step, psnr_db)| StepRow {
            experiment: row.experiment.clone(),
            dataset: row.dataset.clone(),
            trained_on: row.trained_on.clone(),
            method: row.method.clone(),
            line: row.line.clone(),
            round: row.round,
            seed: row.seed,
            signal: signal.clone(),
            step,
            psnr_db,
        };
        known.map(row).collect::<Vec<StepRow>>()
    };
    Ok(curves(&session.store.dir(id), fit.fit.steps + 1)?.into_iter().flat_map(of_signal).collect())
}

fn signal_row(row: &Row, judged: Option<&Judged>) -> SignalRow {
    SignalRow {
        experiment: row.experiment.clone(),
        profile: row.profile.clone(),
        dataset: row.dataset.clone(),
        trained_on: row.trained_on.clone(),
        method: row.method.clone(),
        line: row.line.clone(),
        round: row.round,
        width: row.width,
        weights: row.weights,
        seed: row.seed,
        signal: judged.map(|judged| judged.signal.clone()).unwrap_or_default(),
        values: judged.map(|judged| judged.values).unwrap_or_default(),
        err: row.err.clone(),
    }
}
