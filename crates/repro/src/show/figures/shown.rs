//! What figures are made from.

use anyhow::Result;

use crate::plan::Session;
use crate::recipe::Cell;
use crate::rows::Row;
use crate::show::plot::{Figure, Series};
use crate::show::table::Table;

/// What a figure is made from.
pub struct Shown<'a> {
    /// Cells and run directories.
    pub session: &'a Session,
    /// The table.
    pub table: &'a Table,
    /// Our rows.
    pub rows: &'a [Row],
    /// The paper's rows for this experiment.
    pub paper: &'a [Row],
}

/// A caption and a figure; nothing if there is nothing to show.
pub type Drawn = Result<Option<(String, Figure)>>;

/// Name of a line of a figure: the method's; where data sets are crossed and another was trained on, with that.
pub(super) fn line_name(method: &str, trained_on: Option<&str>, dataset: &str) -> String {
    match trained_on.filter(|trained_on| *trained_on != dataset) {
        Some(trained_on) => format!("{method}, from {trained_on}"),
        None => method.into(),
    }
}

pub(super) fn empty_series(panel: &str, method: &str, paper: bool) -> Series {
    Series { panel: panel.into(), method: method.into(), paper, points: Vec::new(), band_db: Vec::new() }
}

/// Sorts the points of a series, its band with it.
pub(super) fn by_x(series: &mut Series) {
    let mut order: Vec<usize> = (0..series.points.len()).collect();
    order.sort_by(|&a, &b| series.points[a].0.total_cmp(&series.points[b].0));
    if !series.band_db.is_empty() {
        series.band_db = order.iter().map(|&i| series.band_db[i]).collect();
    }
    series.points = order.iter().map(|&i| series.points[i]).collect();
}

/// The cells whose fit is whole, with the ids of their chains.
pub fn done(session: &Session) -> impl Iterator<Item = (&Cell, &Vec<String>)> {
    let pairs = session.cells.iter().zip(&session.plan.chains);
    pairs.filter(|(cell, chain)| {
        cell.stages.last().zip(chain.last()).is_some_and(|(fit, id)| session.is_done(fit, id))
    })
}
