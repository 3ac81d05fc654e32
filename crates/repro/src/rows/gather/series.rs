//! All rows of a session that is finished: cells, and what its figures and its page need besides.

use anyhow::Result;

use super::cells::{Failures, write_rows};
use super::planned::{is_shown_pruned, origin};
use super::{network, pictures, training};
use crate::experiment::{Experiment, FigureName};
use crate::measures::spectrum::ring_sizes;
use crate::measures::statistics::{finite, mean_sd};
use crate::plan::{Planned, Session};
use crate::recipe::Stage;
use crate::rows::series::{CurveRow, LayerRow, RingRow};
use crate::rows::table::Rows;
use crate::stage::derived::SPECTRA;
use crate::stage::lines::{curves, seconds, spectra};

/// Gathers and writes all rows.
///
/// # Errors
/// If a run directory that says it is done is not whole, or the disk refuses.
pub fn gather(session: &Session, failures: &Failures) -> Result<Rows> {
    let mut rows = write_rows(session, failures)?;
    let done: Vec<Planned> =
        session.planned().filter(|planned| planned.ids.iter().all(|id| session.store.is_done(id))).collect();
    let experiment = &session.experiment;
    if asks(experiment, &[FigureName::Steps, FigureName::StepsLog, FigureName::Seconds]) {
        rows.curves = each(&done, |planned| curve_rows(session, planned))?;
    }
    if asks(experiment, &[FigureName::Layers, FigureName::Neurons]) {
        rows.layers = each(&done, |planned| layer_rows(session, planned))?;
    }
    if asks(experiment, &[FigureName::Spectra]) {
        rows.rings = each(&done, |planned| ring_rows(session, planned))?;
    }
    if asks(experiment, &[FigureName::Training]) {
        rows.training = training::training(session, &done)?;
    }
    if asks(experiment, &[FigureName::Hours]) {
        rows.probes = training::probes(session, &done)?;
    }
    rows.pictures = pictures::pictures(session, &done)?;
    rows.write(&session.folder)?;
    Ok(rows)
}

fn asks(experiment: &Experiment, figures: &[FigureName]) -> bool {
    figures.iter().any(|figure| experiment.figures.contains(figure))
}

fn each<T>(done: &[Planned], rows: impl Fn(Planned) -> Result<Vec<T>>) -> Result<Vec<T>> {
    Ok(done.iter().map(|&planned| rows(planned)).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn curve_rows(session: &Session, planned: Planned) -> Result<Vec<CurveRow>> {
    let fit = planned.id(|stage| matches!(stage, Stage::Fit(_)));
    let (Some(id), Some(timed), Some(fit)) = (fit, planned.id(Stage::runs_alone), planned.cell.fit()) else {
        return Ok(Vec::new());
    };
    let curves = curves(&session.store.dir(id), fit.fit.steps + 1)?;
    let seconds = seconds(&session.store.dir(timed))?;
    let row = |(step, &seconds): (usize, &f64)| {
        let psnr_db = finite(curves.values().map(|curve| curve[step]));
        let (mean, sd) = mean_sd(&psnr_db);
        let signals = psnr_db.len();
        CurveRow { origin: origin(planned), step, signals, psnr_db: mean, psnr_sd_db: sd, seconds }
    };
    Ok(seconds.iter().enumerate().map(row).collect())
}

/// The layers of the networks that the page shows.
fn layer_rows(session: &Session, planned: Planned) -> Result<Vec<LayerRow>> {
    let layout = network::layout(session, planned)?.filter(|_| is_shown_pruned(session, planned));
    Ok(layout.map(|layout| network::layers(&origin(planned), &layout)).unwrap_or_default())
}

fn ring_rows(session: &Session, planned: Planned) -> Result<Vec<RingRow>> {
    let Some(id) = planned.derived(SPECTRA) else { return Ok(Vec::new()) };
    let sizes = ring_sizes(planned.cell.resolution());
    let of_signals = spectra(&session.store.dir(id), sizes.len())?;
    let mean = |ring: usize, which: usize| {
        of_signals.values().map(|powers| powers[ring][which]).sum::<f64>() / of_signals.len() as f64
    };
    let row = |(ring, frequencies)| RingRow {
        origin: origin(planned),
        signals: of_signals.len(),
        ring,
        frequencies,
        target_power: mean(ring, 0),
        error_power: mean(ring, 1),
    };
    Ok(sizes.into_iter().enumerate().map(row).collect())
}
