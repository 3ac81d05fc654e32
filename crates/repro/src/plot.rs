//! The figures, from cells and curves.
//!
//! `table1` is the table as dots, `steps` how fast an initialisation fits, `training` the outer loss; `lines` draws PSNR
//! against budgets, steps or seconds, `heat` a table of colours. Each has a panel a data set and one legend. How a method looks is in `style`, the panels and the files are in `canvas`, the marks in
//! `shapes`. All PSNR are in dB, all lengths in figure pixels unless said.

mod axes;
pub mod canvas;
mod heat;
mod lines;
mod loglog;
mod shapes;
pub mod style;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::table::text::{count_text, kept_text, line_label};
use crate::table::{Cell, Column, Table};
pub use axes::{Scale, number};
pub use canvas::Figure;
use canvas::{Chart, Layout, Sign, mesh, panel_title};
pub use heat::{Field, heat};
pub use lines::{Look, Marked, Series, lines};
pub use loglog::{Line, log_lines};
use shapes::{
    Area, GREY, INK, Point, SUB, bold, colour, draw_dashes, draw_hollow_diamond, draw_marker, draw_polyline,
    draw_text, draw_whisker, drawing, few_marks, sub, text,
};
use style::{method_label, method_rank, method_style};

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

const DRAWN_POINTS: usize = 400; // a curve of `training`

/// One panel a data set, one track a method: the mean over seeds as a dot, ± sd as a whisker, and the paper's
/// number as a hollow diamond behind.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn table1(table: &Table) -> Result<Figure> {
    const TRACK: i32 = 66;
    const AXIS: i32 = 44;
    let cells_of = |column: &Column| -> Vec<&Cell> {
        table.cells.iter().filter(|cell| cell.dataset == column.dataset).collect()
    };
    let tracks = table.columns.iter().map(|column| cells_of(column).len()).max().unwrap_or(0) as i32;
    let mut signs = vec![(Sign::Ours, "ours: mean ± sd over seeds".to_owned())];
    if table.cells.iter().any(|cell| !cell.paper_text().is_empty()) {
        signs.push((Sign::Paper, "the paper".to_owned()));
    }
    let layout = Layout::new(table.columns.len(), 30 + TRACK * tracks + AXIS, signs)?;
    layout.draw("PSNR of each method", |root| {
        for (i, column) in table.columns.iter().enumerate() {
            let (left, top) = layout.panel(i);
            let has_paper = cells_of(column).iter().any(|cell| !cell.paper_text().is_empty());
            let compare_with = column.compare_with.as_ref().filter(|_| has_paper);
            let subtitle = compare_with.map(|name| format!("paper: {name}"));
            panel_title(root, (left, top), layout.panel_width, &column.dataset, subtitle.as_deref())?;
            let cells = cells_of(column);
            let height = TRACK * cells.len() as i32 + AXIS;
            let range = padded(cells.iter().flat_map(|cell| extent(cell)), 0.12);
            let area = root.clone().shrink(sub(left, top + 24), sub(layout.panel_width, height));
            let mut builder = ChartBuilder::on(&area);
            builder.x_label_area_size(AXIS * SUB);
            let mut chart = builder.build_cartesian_2d(range, 0.0..cells.len() as f64).map_err(drawing)?;
            mesh(&mut chart, "PSNR (dB)", false)?;
            for (k, cell) in cells.iter().enumerate() {
                let y = top + 24 + TRACK * k as i32;
                track(root, &chart, cell, (left, y), layout.panel_width)?;
            }
        }
        Ok(())
    })
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
/// Each point drawn is the mean of the `window` recorded points up to it (fewer at the start).
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
        signs.push((Sign::Note, format!("moving mean of {window} records")));
    }
    let layout = Layout::new(datasets.len(), 340, signs)?;
    layout.draw("PSNR of the outer loss against outer step", |root| {
        for (i, dataset) in datasets.iter().enumerate() {
            let curves: Vec<(&TrainingCurve, Vec<(f64, f64)>)> = curves
                .iter()
                .filter(|curve| curve.dataset == *dataset)
                .map(|curve| (curve, thin(smooth(&curve.points, window))))
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

/// One cell of `table1`: two lines of text, and below them the dot, its whisker and the paper's diamond.
fn track(root: &Area, chart: &Chart, cell: &Cell, (left, top): Point, width: i32) -> Result<()> {
    let right = left + width;
    let above = [sub(left, top), sub(right, top + 36)]; // the grid shows beside the dots, not behind the words
    root.draw(&Rectangle::new(above, WHITE.filled())).map_err(drawing)?;
    draw_text(root, &line_label(&cell.method, cell.width), (left, top + 8), &bold(13, INK, HPos::Left))?;
    draw_text(root, &cell.text(), (right, top + 8), &bold(13, INK, HPos::Right))?;
    let small = |side| text(11, GREY, side, VPos::Top);
    let budget = match cell.weights {
        Some(_) => format!("{} weights, {}", count_text(cell.weights), kept_text(cell.kept_fraction)),
        None => String::new(),
    };
    let from = cell.trained_on.as_ref().map_or(String::new(), |name| format!(", from {name}"));
    draw_text(root, &(budget + &from), (left, top + 25), &small(HPos::Left))?;
    let y = (top + 50) * SUB;
    let at = |db: f64| (chart.backend_coord(&(db, 0.0)).0, y);
    let look = method_style(&cell.method);
    if let Some(db) = cell.paper.as_ref().and_then(|paper| paper.psnr_db) {
        draw_text(root, &format!("paper {}", cell.paper_text()), (right, top + 25), &small(HPos::Right))?;
        draw_hollow_diamond(root, at(db), 8 * SUB, look)?;
    }
    let Some(stat) = cell.psnr_db else { return Ok(()) };
    if let Some(sd) = stat.sd {
        draw_whisker(root, at(stat.mean - sd), at(stat.mean + sd), look)?;
    }
    draw_marker(root, at(stat.mean), 5 * SUB, look)
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

/// The methods in the order of [`style::METHODS`], each with its name.
fn method_signs<'a>(methods: impl Iterator<Item = &'a str>) -> Vec<(Sign<'a>, String)> {
    let mut methods = in_order(methods);
    methods.sort_by_key(|method| method_rank(method));
    methods.into_iter().map(|method| (Sign::Method(method), method_label(method).to_owned())).collect()
}

fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for name in names {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

/// What a cell needs on the dB axis.
fn extent(cell: &Cell) -> Vec<f64> {
    let paper = cell.paper.as_ref().and_then(|paper| paper.psnr_db);
    let ours = cell.psnr_db.map(|stat| (stat.mean, stat.sd.unwrap_or(0.0)));
    ours.into_iter().flat_map(|(mean, sd)| [mean - sd, mean + sd]).chain(paper).collect()
}

/// mean ± sd at step k, dB.
fn band(curve: &Curve, k: usize) -> [f64; 2] {
    let sd = curve.sd_db.get(k).copied().unwrap_or(0.0);
    [curve.mean_db[k] - sd, curve.mean_db[k] + sd]
}

/// The range of the finite values, wider by a fraction at both ends and never empty.
fn padded(values: impl Iterator<Item = f64>, fraction: f64) -> std::ops::Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let pad = ((high - low) * fraction).max(0.25);
    low - pad..high + pad
}

/// Mean of the `window` points up to each point.
fn smooth(points: &[(u64, f64)], window: usize) -> Vec<(f64, f64)> {
    (0..points.len())
        .map(|k| {
            let recent = &points[(k + 1).saturating_sub(window.max(1))..=k];
            let mean = recent.iter().map(|(_, db)| db).sum::<f64>() / recent.len() as f64;
            (points[k].0 as f64, mean)
        })
        .collect()
}

/// At most [`DRAWN_POINTS`] of the points, evenly spaced, the last among them: more cannot be told apart in a panel.
fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let stride = points.len().div_ceil(DRAWN_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    points
        .into_iter()
        .enumerate()
        .filter(|(k, _)| (last - k).is_multiple_of(stride))
        .map(|(_, point)| point)
        .collect()
}
