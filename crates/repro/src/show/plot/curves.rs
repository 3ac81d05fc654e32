//! Curves against steps: how fast an initialisation fits, and the outer loss along meta-training.

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{Chart, Figure, Layout, Sign, padded};
use super::legend::{in_order, method_signs};
use super::shapes::{Area, Point, SUB, colour, draw_dashes, draw_marker, draw_polyline, drawing, few_marks};
use crate::words::methods::{method_label, method_rank, method_style};

/// PSNR against fit step, mean and spread over the test signals.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Data set.
    pub dataset: String,
    /// Method.
    pub method: String,
    /// Pruning round.
    pub round: usize,
    /// Surviving weights.
    pub weights: Option<usize>,
    /// Mean PSNR after step 0, 1, …; dB.
    pub mean_db: Vec<f64>,
    /// Standard deviation over signals, dB; as long as `mean_db`, or empty.
    pub sd_db: Vec<f64>,
}

/// Outer loss against outer step.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingCurve {
    /// Data set.
    pub dataset: String,
    /// Method.
    pub method: String,
    /// (outer step, outer loss as PSNR in dB), by step.
    pub points: Vec<(u64, f64)>,
    /// Outer steps at which the network was pruned.
    pub prunings: Vec<u64>,
}

/// Mean PSNR against fit step, a panel a data set, with a band of ± sd over the test signals.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn steps(curves: &[Curve]) -> Result<Figure> {
    let datasets = in_order(curves.iter().map(|curve| curve.dataset.as_str()));
    let mut signs = method_signs(curves.iter().map(|curve| curve.method.as_str()));
    signs.push((Sign::Note, "band: ± sd over test signals".into()));
    let layout = Layout::new(datasets.len(), 340, signs)?;
    layout.draw("PSNR against fit step", |root| {
        for (i, dataset) in datasets.iter().enumerate() {
            let curves: Vec<&Curve> = curves.iter().filter(|curve| curve.dataset == *dataset).collect();
            let ends = curves.iter().flat_map(|curve| (0..curve.mean_db.len()).flat_map(|k| band(curve, k)));
            let last = curves.iter().map(|curve| curve.mean_db.len()).max().unwrap_or(0);
            let x = 0.0..last.saturating_sub(1).max(1) as f64;
            let chart = layout.chart(root, i, dataset, x, padded(ends, 0.04), "fit step")?;
            curves.iter().try_for_each(|curve| draw_band(root, &chart, curve))?;
            curves.iter().try_for_each(|curve| {
                let points: Vec<(f64, f64)> =
                    curve.mean_db.iter().enumerate().map(|(k, db)| (k as f64, *db)).collect();
                draw_line(root, &chart, &curve.method, &points)
            })?;
        }
        Ok(())
    })
}

/// Outer loss (as PSNR) against outer step, a panel a data set; vertical lines at the prunings of the first method that
/// is pruned.
///
/// Each point is the mean of the `window` outer steps up to it (fewer at the start).
///
/// # Errors
/// If a shape cannot be drawn.
pub fn training(curves: &[TrainingCurve], window: usize) -> Result<Figure> {
    let datasets = in_order(curves.iter().map(|curve| curve.dataset.as_str()));
    let mut signs = method_signs(curves.iter().map(|curve| curve.method.as_str()));
    if let Some(whose) = whose_prunings(curves) {
        signs.push((Sign::Pruning, whose));
    }
    if window > 1 {
        signs.push((Sign::Note, format!("moving mean of {window} outer steps")));
    }
    let layout = Layout::new(datasets.len(), 340, signs)?;
    layout.draw("PSNR of the outer loss against outer step", |root| {
        for (i, dataset) in datasets.iter().enumerate() {
            let curves: Vec<(&TrainingCurve, Vec<(f64, f64)>)> = curves
                .iter()
                .filter(|curve| curve.dataset == *dataset)
                .map(|curve| (curve, curve.points.iter().map(|&(step, db)| (step as f64, db)).collect()))
                .collect();
            let points = || curves.iter().flat_map(|(_, points)| points);
            let last = points().map(|(step, _)| *step).fold(1.0, f64::max);
            let y = padded(points().map(|(_, db)| *db), 0.04);
            let chart = layout.chart(root, i, dataset, 0.0..last, y, "outer step")?;
            let first = first_pruned(curves.iter().map(|(curve, _)| *curve));
            let prunings = first.iter().flat_map(|curve| &curve.prunings);
            prunings.into_iter().try_for_each(|step| draw_pruning(root, &chart, *step as f64))?;
            curves.iter().try_for_each(|(curve, points)| draw_line(root, &chart, &curve.method, points))?;
        }
        Ok(())
    })
}

fn draw_band(root: &Area, chart: &Chart, curve: &Curve) -> Result<()> {
    let edge = |side: usize| {
        let points = (0..curve.mean_db.len()).map(move |k| (k as f64, band(curve, k)[side]));
        points.map(|point| chart.backend_coord(&point)).collect::<Vec<Point>>()
    };
    if curve.sd_db.is_empty() {
        return Ok(());
    }
    let outline: Vec<Point> = edge(1).into_iter().chain(edge(0).into_iter().rev()).collect();
    let fill = colour(method_style(&curve.method)).mix(0.13);
    root.draw(&Polygon::new(outline, fill.filled())).map_err(drawing)
}

/// A curve with its dash, and its marker at four places.
fn draw_line(root: &Area, chart: &Chart, method: &str, points: &[(f64, f64)]) -> Result<()> {
    let look = method_style(method);
    let path: Vec<Point> = points.iter().map(|point| chart.backend_coord(point)).collect();
    let marks = few_marks(&path, method);
    draw_polyline(root, path, look)?;
    marks.into_iter().try_for_each(|at| draw_marker(root, at, 4 * SUB, look))
}

/// The curve with prunings that comes first in the order of methods.
fn first_pruned<'a>(curves: impl Iterator<Item = &'a TrainingCurve>) -> Option<&'a TrainingCurve> {
    curves.filter(|curve| !curve.prunings.is_empty()).min_by_key(|curve| method_rank(&curve.method))
}

/// What the vertical lines are: prunings, and whose, if another method is pruned at other steps.
fn whose_prunings(curves: &[TrainingCurve]) -> Option<String> {
    let first = first_pruned(curves.iter())?;
    let same = |curve: &TrainingCurve| curve.prunings.iter().all(|step| first.prunings.contains(step));
    let of_first = format!("pruning of {}", method_label(&first.method));
    Some(if curves.iter().all(same) { "pruning".into() } else { of_first })
}

fn draw_pruning(root: &Area, chart: &Chart, step: f64) -> Result<()> {
    let y = chart.y_range();
    let ends = vec![chart.backend_coord(&(step, y.start)), chart.backend_coord(&(step, y.end))];
    draw_dashes(root, ends, (2, 3), RGBColor(150, 150, 150).stroke_width(SUB as u32))
}

/// mean ± sd at step k, dB.
fn band(curve: &Curve, k: usize) -> [f64; 2] {
    let sd = curve.sd_db.get(k).copied().unwrap_or(0.0);
    [curve.mean_db[k] - sd, curve.mean_db[k] + sd]
}
