//! Lines of methods in panels: PSNR against a budget, a number of steps, seconds; costs against numbers of signals;
//! each axis linear or logarithmic.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Axis, Panel, Scale, Words};
use super::canvas::{Figure, Layout, Sign};
use super::legend::{in_order, method_signs};
use super::shapes::{
    Area, Point, SUB, colour, draw_dashes, draw_hollow_marker, draw_marker, draw_polyline, drawing, few_marks,
};
use crate::words::methods::{method_rank, method_style};

/// The points of one method in one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name of the panel, e.g. a data set.
    pub panel: String,
    /// Method.
    pub method: String,
    /// Whether these are the paper's numbers: thin dashes and hollow markers, behind ours.
    pub paper: bool,
    /// (x, y), by x; y is PSNR in dB unless the figure says otherwise.
    pub points: Vec<(f64, f64)>,
    /// Half the height of the band around each point; as long as `points`, or empty.
    pub band_db: Vec<f64>,
}

/// What a figure of lines says besides its lines.
pub struct Look<'a> {
    /// For those who do not see it.
    pub title: &'a str,
    /// Name of the x axis.
    pub x_label: &'a str,
    /// Scale of the x axis.
    pub x_scale: Scale,
    /// How a tick of the x axis is written.
    pub x_tick: fn(f64) -> String,
    /// Name of the y axis.
    pub y_label: &'a str,
    /// Scale of the y axis.
    pub y_scale: Scale,
    /// Values that every panel's y axis has room for, so that panels can be compared.
    pub y_room: &'a [f64],
    /// Whether every point has a marker, or a few along the line.
    pub marked: Marked,
    /// Words at the end of the legend; empty for none.
    pub note: &'a str,
}

/// Which points have markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// Every one.
    All,
    /// A few, at another place for each method.
    Few,
}

const HEIGHT: i32 = 380;

/// One panel a name, in order of first appearance.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn lines(look: &Look, series: &[Series]) -> Result<Figure> {
    let panels = in_order(series.iter().map(|series| series.panel.as_str()));
    let ours = series.iter().filter(|series| !series.paper);
    let mut signs = method_signs(ours.map(|series| series.method.as_str()));
    if series.iter().any(|series| series.paper) {
        signs.push((Sign::PaperLine, "the paper: thin, hollow".into()));
    }
    if !look.note.is_empty() {
        signs.push((Sign::Note, look.note.to_owned()));
    }
    let layout = Layout::new(panels.len(), HEIGHT, signs)?;
    layout.draw(look.title, |root| {
        for (i, name) in panels.iter().enumerate() {
            let mut series: Vec<&Series> = series.iter().filter(|series| series.panel == *name).collect();
            // The paper behind ours, and the first methods of the legend on top.
            series.sort_by_key(|series| (!series.paper, std::cmp::Reverse(method_rank(&series.method))));
            let points = || series.iter().flat_map(|series| &series.points);
            let ends =
                series.iter().flat_map(|series| (0..series.points.len()).flat_map(|k| band(series, k)));
            let x = Axis::over(look.x_scale, points().map(|point| point.0), 0.02);
            let y = Axis::over(look.y_scale, ends.chain(look.y_room.iter().copied()), 0.04);
            let words = Words { title: name, x: look.x_label, y: look.y_label };
            let size = (layout.panel_width, HEIGHT);
            let panel = Panel::draw(root, layout.panel(i), size, &words, (x, y), look.x_tick)?;
            series.iter().try_for_each(|series| draw_band(root, &panel, series))?;
            series.iter().try_for_each(|series| draw_series(root, &panel, series, look.marked))?;
        }
        Ok(())
    })
}

fn draw_series(root: &Area, panel: &Panel, series: &Series, marked: Marked) -> Result<()> {
    let look = method_style(&series.method);
    let path: Vec<Point> = series.points.iter().filter_map(|point| panel.at(*point)).collect();
    if series.paper {
        let pale = colour(look).mix(0.6).stroke_width(SUB as u32);
        draw_dashes(root, path.clone(), (3, 3), pale)?;
        return path.into_iter().try_for_each(|at| draw_hollow_marker(root, at, 3 * SUB, look));
    }
    let marks = match marked {
        Marked::All => path.clone(),
        Marked::Few => few_marks(&path, &series.method),
    };
    draw_polyline(root, path, look)?;
    marks.into_iter().try_for_each(|at| draw_marker(root, at, 4 * SUB, look))
}

fn draw_band(root: &Area, panel: &Panel, series: &Series) -> Result<()> {
    if series.band_db.is_empty() {
        return Ok(());
    }
    let edge = |side: usize| -> Vec<Point> {
        let ends = (0..series.points.len()).map(|k| (series.points[k].0, band(series, k)[side]));
        ends.filter_map(|end| panel.at(end)).collect()
    };
    let outline: Vec<Point> = edge(1).into_iter().chain(edge(0).into_iter().rev()).collect();
    let fill = colour(method_style(&series.method)).mix(0.13);
    root.draw(&Polygon::new(outline, fill.filled())).map_err(drawing)
}

/// Lower and upper end of the band at point k, dB.
fn band(series: &Series, k: usize) -> [f64; 2] {
    let half = series.band_db.get(k).copied().unwrap_or(0.0);
    [series.points[k].1 - half, series.points[k].1 + half]
}
