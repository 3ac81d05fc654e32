//! The outer loss along meta-training.

use anyhow::{Context, Result};
use inr_core::metrics::psnr_db;

use super::shown::{Drawn, Shown, done};
use crate::plan::Session;
use crate::recipe::Stage;
use crate::show::plot::{self, TrainingCurve};

pub(super) fn training(shown: &Shown) -> Drawn {
    let curves = training_curves(shown.session)?;
    let longest = curves.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
    if longest == 0 {
        return Ok(None);
    }
    let window = (longest / SMOOTHED_PART).max(1);
    let caption = format!(
        "Outer loss along meta-training as PSNR (first seed, mean over {window} outer steps); vertical lines are prunings"
    );
    Ok(Some((caption, plot::training(&curves, window)?)))
}

/// The outer loss, in dB, of the first seed of every data set and method, dense stage and rounds in one curve.
fn training_curves(session: &Session) -> Result<Vec<TrainingCurve>> {
    let mut curves: Vec<TrainingCurve> = Vec::new();
    for (cell, chain) in done(session) {
        if curves.iter().any(|curve| curve.dataset == cell.dataset && curve.method == cell.method) {
            continue;
        }
        if cell.trained_on.as_ref().is_some_and(|trained_on| *trained_on != cell.dataset) {
            continue; // the same training as in its own column
        }
        let mut curve = TrainingCurve {
            dataset: cell.dataset.clone(),
            method: cell.method.clone(),
            points: Vec::new(),
            prunings: Vec::new(),
        };
        for (stage, id) in
            cell.stages.iter().zip(chain).filter(|(s, _)| matches!(s, Stage::Dense(_) | Stage::Round(_)))
        {
            if matches!(stage, Stage::Round(_)) {
                curve.prunings.extend(curve.points.last().map(|(step, _)| step + 1));
            }
            let path = session.store.dir(id).join("metrics.csv");
            let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
            let lines = reader.deserialize::<(u64, f64)>().collect::<Result<Vec<_>, _>>();
            let lines = lines.with_context(|| path.display().to_string())?;
            let points = lines.into_iter().map(|(step, loss)| (step, psnr_db(loss)));
            curve.points.extend(points.filter(|(_, psnr_db)| psnr_db.is_finite()));
        }
        if !curve.points.is_empty() {
            curves.push(curve);
        }
    }
    Ok(curves)
}

/// Outer losses are smoothed over this part of a training curve.
const SMOOTHED_PART: usize = 60;
