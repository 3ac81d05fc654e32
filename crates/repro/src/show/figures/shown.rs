//! What figures are made from: rows, and nothing else.

use anyhow::Result;

use crate::experiment::Experiment;
use crate::rows::{Row, Rows};
use crate::show::plot::{Figure, Series};
use crate::show::table::Table;

/// What a figure is made from.
pub struct Shown<'a> {
    /// What was asked.
    pub experiment: &'a Experiment,
    /// The table.
    pub table: &'a Table,
    /// Our rows.
    pub rows: &'a Rows,
    /// The paper's rows for this experiment.
    pub paper: &'a [Row],
}

/// A caption and a figure; nothing if there is nothing to show.
pub type Drawn = Result<Option<(String, Figure)>>;

/// Name of a line of a figure: the line's; where data sets are crossed and another was trained on, with that.
pub(super) fn line_name(line: &str, trained_on: Option<&str>, dataset: &str) -> String {
    match trained_on.filter(|trained_on| *trained_on != dataset) {
        Some(trained_on) => format!("{line}, from {trained_on}"),
        None => line.into(),
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

/// Rows in groups that are alike, in the order of first appearance.
pub(super) fn groups<T>(rows: &[T], is_alike: impl Fn(&T, &T) -> bool) -> Vec<Vec<&T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| is_alike(group[0], row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}
