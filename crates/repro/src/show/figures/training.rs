//! The outer loss along meta-training.

use super::shown::{Drawn, Shown, groups};
use crate::rows::TrainingRow;
use crate::show::plot::{self, TrainingCurve};

/// Of every line the first seed, dense stage and rounds in one curve.
pub(super) fn training(shown: &Shown) -> Drawn {
    let curves: Vec<TrainingCurve> = groups(&shown.rows.training, |a, b| a.origin == b.origin)
        .into_iter()
        .map(|rows| curve(&rows))
        .filter(|curve| !curve.points.is_empty())
        .collect();
    let window = shown.rows.training.iter().map(|row| row.records).max().unwrap_or(0);
    if curves.is_empty() {
        return Ok(None);
    }
    let caption = format!(
        "Outer loss along meta-training as PSNR (first seed, mean over {window} outer steps); vertical lines are prunings"
    );
    Ok(Some((caption, plot::training(&curves, window)?)))
}

fn curve(rows: &[&TrainingRow]) -> TrainingCurve {
    let origin = &rows[0].origin;
    TrainingCurve {
        dataset: origin.dataset.clone(),
        method: origin.line.clone(),
        points: rows.iter().filter_map(|row| Some((row.outer_step, row.psnr_db?))).collect(),
        prunings: rows.iter().filter(|row| row.psnr_db.is_none()).map(|row| row.outer_step).collect(),
    }
}
