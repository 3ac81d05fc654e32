//! The table as dots.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Chart, Figure, Layout, Sign, mesh, padded, panel_title};
use super::shapes::{
    Area, GREY, INK, Point, SUB, bold, draw_hollow_diamond, draw_marker, draw_text, draw_whisker, drawing,
    sub, text,
};
use crate::show::table::{Cell, Column, Table};
use crate::words::methods::{line_label, method_style};
use crate::words::numbers::{count_text, kept_text};
use crate::words::quantities::Quantity;

/// One panel a data set, one track a method: the mean over seeds as a dot, ± sd as a whisker, and the paper's
/// number as a hollow diamond behind.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn dots(table: &Table) -> Result<Figure> {
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

/// One cell of `table1`: two lines of text, and below them the dot, its whisker and the paper's diamond.
fn track(root: &Area, chart: &Chart, cell: &Cell, (left, top): Point, width: i32) -> Result<()> {
    let right = left + width;
    let above = [sub(left, top), sub(right, top + 36)]; // the grid shows beside the dots, not behind the words
    root.draw(&Rectangle::new(above, WHITE.filled())).map_err(drawing)?;
    draw_text(root, &line_label(&cell.line, cell.width), (left, top + 8), &bold(13, INK, HPos::Left))?;
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
    let look = method_style(&cell.line);
    if let Some(db) = cell.paper.as_ref().and_then(|paper| paper.psnr_db) {
        draw_text(root, &format!("paper {}", cell.paper_text()), (right, top + 25), &small(HPos::Right))?;
        draw_hollow_diamond(root, at(db), 8 * SUB, look)?;
    }
    let Some(stat) = cell.stats[Quantity::Psnr] else { return Ok(()) };
    if let Some(sd) = stat.sd {
        draw_whisker(root, at(stat.mean - sd), at(stat.mean + sd), look)?;
    }
    draw_marker(root, at(stat.mean), 5 * SUB, look)
}

/// What a cell needs on the dB axis.
fn extent(cell: &Cell) -> Vec<f64> {
    let paper = cell.paper.as_ref().and_then(|paper| paper.psnr_db);
    let ours = cell.stats[Quantity::Psnr].map(|stat| (stat.mean, stat.sd.unwrap_or(0.0)));
    ours.into_iter().flat_map(|(mean, sd)| [mean - sd, mean + sd]).chain(paper).collect()
}
