//! Outer losses along meta-training, and fits on its way.

use anyhow::{Context, Result};
use inr_core::metrics::psnr_db;

use super::planned::origin;
use crate::plan::{Planned, Session};
use crate::recipe::Stage;
use crate::rows::series::{Origin, ProbeRow, TrainingRow};
use crate::stage::probes::read_probes;

/// Outer losses are smoothed over this part of the longest curve.
const SMOOTHED_PART: usize = 60;
/// Points that are kept of a curve: more cannot be told apart in a panel.
const POINTS: usize = 400;

/// The outer loss, in dB, of the first seed of every line on the data set it was trained on: dense stage and rounds up
/// to its last in one curve.
pub(super) fn training(session: &Session, done: &[Planned]) -> Result<Vec<TrainingRow>> {
    let raw = longest(done.iter().copied().filter(|planned| !is_other_domain(*planned)))
        .into_iter()
        .map(|planned| Ok((origin(planned), losses(session, planned)?)))
        .collect::<Result<Vec<_>>>()?;
    let most = raw.iter().map(|(_, curve)| curve.points.len()).max().unwrap_or(0);
    let window = (most / SMOOTHED_PART).max(1);
    Ok(raw.iter().flat_map(|(origin, curve)| rows(origin, curve, window)).collect())
}

/// The same training as in its own column.
fn is_other_domain(planned: Planned) -> bool {
    planned.cell.trained_on.as_ref().is_some_and(|trained_on| *trained_on != planned.cell.dataset)
}

/// Of every line, the first seed and its last round: its chain has the stages of all others.
fn longest<'a>(done: impl Iterator<Item = Planned<'a>>) -> Vec<Planned<'a>> {
    let mut found: Vec<Planned> = Vec::new();
    for planned in done {
        let cell = planned.cell;
        match found.iter_mut().find(|known| origin(**known).is_of_line(&origin(planned))) {
            Some(known) if known.cell.seed == cell.seed && known.cell.round < cell.round => *known = planned,
            Some(_) => {}
            None => found.push(planned),
        }
    }
    found
}

/// Outer losses, dB, by step; and the steps at which the network was pruned.
#[derive(Default)]
struct Losses {
    points: Vec<(u64, f64)>,
    prunings: Vec<u64>,
}

fn losses(session: &Session, planned: Planned) -> Result<Losses> {
    let mut losses = Losses::default();
    for (stage, id) in planned.trainings() {
        if matches!(stage, Stage::Round(_)) {
            losses.prunings.extend(losses.points.last().map(|(step, _)| step + 1));
        }
        let path = session.store.dir(id).join("metrics.csv");
        let place = || path.display().to_string();
        let mut reader = csv::Reader::from_path(&path).with_context(place)?;
        let lines = reader.deserialize::<(u64, f64)>().collect::<Result<Vec<_>, _>>().with_context(place)?;
        let points = lines.into_iter().map(|(step, loss)| (step, psnr_db(loss)));
        losses.points.extend(points.filter(|(_, psnr_db)| psnr_db.is_finite()));
    }
    Ok(losses)
}

/// At most [`POINTS`] moving means, evenly spaced, the last among them; and the prunings.
fn rows(origin: &Origin, losses: &Losses, window: usize) -> Vec<TrainingRow> {
    let row =
        |outer_step, psnr_db, records| TrainingRow { origin: origin.clone(), outer_step, psnr_db, records };
    let points = &losses.points;
    let stride = points.len().div_ceil(POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = (0..points.len()).filter(|k| (last - k).is_multiple_of(stride));
    let means = kept.map(|k| {
        let recent = &points[(k + 1).saturating_sub(window)..=k];
        let mean = recent.iter().map(|(_, db)| db).sum::<f64>() / recent.len() as f64;
        row(points[k].0, Some(mean), recent.len())
    });
    means.chain(losses.prunings.iter().map(|&step| row(step, None, 0))).collect()
}

/// Fits on the way of the trainings of the first seed of every line.
pub(super) fn probes(session: &Session, done: &[Planned]) -> Result<Vec<ProbeRow>> {
    let mut rows = Vec::new();
    for planned in longest(done.iter().copied()) {
        let mut before_s = 0.0;
        for (_, id) in planned.trainings() {
            let probes = read_probes(&session.store.dir(id))?;
            rows.extend(probes.iter().map(|probe| ProbeRow {
                origin: origin(planned),
                hours: (before_s + probe.seconds) / 3600.0,
                psnr_db: probe.psnr_db,
                signals: probe.signals,
            }));
            before_s += session.store.manifest(id).map_or(0.0, |manifest| manifest.wall_s);
        }
    }
    Ok(rows)
}
