//! Rows to tables: means and spreads over seeds, the paper's numbers beside ours.
//!
//! A cell is one (data set, data set trained on, line, round, width); its statistics run over the seeds, mean and
//! sample standard deviation (n − 1); beside them stands the 95 % bootstrap interval over signals. A failed row is counted
//! in its cell and never averaged, and so is an exact fit, whose PSNR is infinite; the weights do not name the cell, since a
//! failed row may not know them. The paper's rows are joined on (data set compared with, line, round);
//! where the paper has one number for the method and we have one round, the two meet whatever their rounds.
//! This file is the only user of polars. All decibels are means over signals of the PSNR (`inr_core::metrics`).

use std::collections::BTreeMap;

use super::cell::{Cell, Column, PaperNumber, Stat, Stats, Table};
use super::distinct;
use crate::measures::statistics::bootstrap;
use crate::rows::{Row, SignalRow};
use crate::words::methods::method_rank;
use crate::words::quantities::{QUANTITIES, Quantity, QuantityKind};
use anyhow::{Context, Result};
use polars::prelude as pl;
use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, NULL, col, len, lit, when,
};

/// Summarises rows over seeds and joins the paper's rows.
///
/// `compare_with` maps a data set of ours to the data set of the paper it is read beside.
///
/// # Errors
/// If two rows are of one cell and seed (see [`distinct`]), or polars refuses the query.
pub fn build(
    title: &str,
    rows: &[Row],
    signals: &[SignalRow],
    paper: &[Row],
    compare_with: &BTreeMap<String, String>,
) -> Result<Table> {
    distinct::rows(rows)?;
    distinct::signals(signals)?;
    distinct::rows(paper).context("the paper's numbers")?;
    let frame = join_paper(summarise(rows)?, rows_frame(paper)?, compare_with)
        .collect()
        .context("cannot summarise the rows")?;
    let mut cells = (0..frame.height()).map(|i| cell_at(&frame, i)).collect::<Result<Vec<Cell>>>()?;
    let by_cell = psnr_of_signals(signals);
    let exact = exact_of_cells(signals);
    for cell in &mut cells {
        let key = (&*cell.dataset, cell.trained_on.as_deref(), &*cell.line, cell.round, cell.width);
        cell.psnr_interval_db = by_cell.get(&key).and_then(|means| bootstrap(means));
        cell.exact = exact.get(&key).copied().unwrap_or(0);
    }
    // A data set of the paper stands beside ours where the paper has a number for some cell.
    let has_paper = |dataset: &str| cells.iter().any(|cell| cell.dataset == dataset && cell.paper.is_some());
    let compared = |dataset: &str| compare_with.get(dataset).filter(|_| has_paper(dataset)).cloned();
    let columns: Vec<Column> = datasets_of(rows)
        .into_iter()
        .map(|dataset| Column { compare_with: compared(&dataset), dataset })
        .collect();
    let lines = lines_of(rows);
    let line = |name: &str| (method_rank(name), lines.iter().position(|line| line == name));
    let place = |name: &str| columns.iter().position(|column| column.dataset == name);
    cells.sort_by_key(|cell| {
        let trained_on = cell.trained_on.as_deref().and_then(place);
        (place(&cell.dataset), line(&cell.line), trained_on, cell.round, cell.width)
    });
    Ok(Table { title: title.to_owned(), columns, cells })
}

/// Data sets of the rows, in order of first appearance.
pub fn datasets_of(rows: &[Row]) -> Vec<String> {
    in_order(rows.iter().map(|row| &row.dataset))
}

/// Lines of the rows, in order of first appearance.
fn lines_of(rows: &[Row]) -> Vec<String> {
    in_order(rows.iter().map(|row| &row.line))
}

fn in_order<'a>(all: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// (data set, trained on, line, round, width)
type CellKey<'a> = (&'a str, Option<&'a str>, &'a str, usize, usize);

/// How many fits of each cell are exact.
fn exact_of_cells(signals: &[SignalRow]) -> BTreeMap<CellKey<'_>, usize> {
    let is_exact = |row: &&SignalRow| row.err.is_none() && row.values[Quantity::Psnr] == Some(f64::INFINITY);
    signals.iter().filter(is_exact).fold(BTreeMap::new(), |mut exact, row| {
        *exact.entry(cell_key(row)).or_default() += 1;
        exact
    })
}

fn cell_key(row: &SignalRow) -> CellKey<'_> {
    (&row.dataset, row.trained_on.as_deref(), &row.line, row.round, row.width)
}

/// PSNR in dB of each signal of each cell, its mean over the seeds in which it is finite.
fn psnr_of_signals(signals: &[SignalRow]) -> BTreeMap<CellKey<'_>, Vec<f64>> {
    let mut all: BTreeMap<CellKey<'_>, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for row in signals {
        let known = row.values[Quantity::Psnr].filter(|psnr_db| row.err.is_none() && psnr_db.is_finite());
        let Some(psnr_db) = known else { continue };
        all.entry(cell_key(row)).or_default().entry(&row.signal).or_default().push(psnr_db);
    }
    let means = |of_cell: BTreeMap<&str, Vec<f64>>| {
        of_cell.into_values().map(|of_seeds| inr_core::metrics::mean(&of_seeds)).collect()
    };
    all.into_iter().map(|(key, of_cell)| (key, means(of_cell))).collect()
}

const KEY: [&str; 5] = ["dataset", "trained_on", "line", "round", "width"];

/// Rows as a frame; the numbers of a failed row are null, and so is one that is not finite.
fn rows_frame(rows: &[Row]) -> Result<LazyFrame> {
    let text = |get: fn(&Row) -> &str| rows.iter().map(|r| get(r).to_owned()).collect::<Vec<String>>();
    let count = |get: fn(&Row) -> Option<usize>| {
        rows.iter().map(|r| get(r).map(|n| n as u64)).collect::<Vec<Option<u64>>>()
    };
    let known = |row: &Row, number: Option<f64>| number.filter(|n| row.err.is_none() && n.is_finite());
    let mut columns = vec![
        pl::Column::new("dataset".into(), text(|r| &r.dataset)),
        pl::Column::new("trained_on".into(), text(|r| r.trained_on.as_deref().unwrap_or_default())),
        pl::Column::new("method".into(), text(|r| &r.method)),
        pl::Column::new("line".into(), text(|r| &r.line)),
        pl::Column::new("round".into(), count(|r| Some(r.round))),
        pl::Column::new("width".into(), count(|r| Some(r.width))),
        pl::Column::new("weights".into(), count(|r| r.weights)),
        pl::Column::new("signals".into(), count(|r| r.signals.filter(|_| r.err.is_none()))),
        pl::Column::new("failed".into(), count(|r| Some(usize::from(r.err.is_some())))),
    ];
    let mut number = |name: &str, get: &dyn Fn(&Row) -> Option<f64>| {
        let numbers: Vec<Option<f64>> = rows.iter().map(|row| known(row, get(row))).collect();
        columns.push(pl::Column::new(name.into(), numbers));
    };
    number("kept_fraction", &|row| row.kept_fraction);
    QUANTITIES.iter().for_each(|kind| number(kind.column, &|row| row.values[kind.quantity]));
    Ok(DataFrame::new(rows.len(), columns).context("rows do not make a frame")?.lazy())
}

/// One line a cell: mean and sample standard deviation over the seeds that did not fail.
fn summarise(rows: &[Row]) -> Result<LazyFrame> {
    let mut summary = vec![
        col("method").first(),
        col("weights").max(),
        col("kept_fraction").max(),
        col("signals").sum().alias("fits"),
        col("signals").count().cast(DataType::UInt64).alias("counted"),
        col("failed").sum(),
        col("psnr_db").count().cast(DataType::UInt64).alias("seeds"),
    ];
    for QuantityKind { column: name, .. } in &QUANTITIES {
        summary.push(col(*name).mean().alias(format!("{name}.mean")));
        summary.push(col(*name).std(1).alias(format!("{name}.sd")));
    }
    Ok(rows_frame(rows)?.group_by(KEY.map(col)).agg(summary))
}

const PAPER: [&str; 3] = ["psnr_db", "psnr_peak_db", "weights"];

/// Cells ⋈ paper, first on the round, then, where both sides have one, on the method alone.
fn join_paper(cells: LazyFrame, paper: LazyFrame, compare_with: &BTreeMap<String, String>) -> LazyFrame {
    let left = || JoinArgs::new(JoinType::Left);
    let named = |kind: &'static str| PAPER.map(|name| col(name).first().alias(format!("{kind}.{name}")));
    let exact = paper
        .clone()
        .group_by([col("dataset").alias("compare"), col("line"), col("round")])
        .agg(named("exact"));
    let sole = paper
        .group_by([col("dataset").alias("compare"), col("line")])
        .agg(named("sole").into_iter().chain([len().alias("lines")]).collect::<Vec<Expr>>())
        .filter(col("lines").eq(lit(1)));
    let rounds =
        cells.clone().group_by([col("dataset"), col("line")]).agg([col("round").n_unique().alias("rounds")]);
    let on_round = ["compare", "line", "round"].map(col);
    let on_line = ["compare", "line"].map(col);
    cells
        .join(compare_frame(compare_with), [col("dataset")], [col("dataset")], left())
        .join(rounds, [col("dataset"), col("line")], [col("dataset"), col("line")], left())
        .join(exact, on_round.clone(), on_round, left())
        .join(sole, on_line.clone(), on_line, left())
        .with_columns(PAPER.map(|name| {
            let sole = col(format!("sole.{name}"));
            when(col(format!("exact.{name}")).is_not_null())
                .then(col(format!("exact.{name}")))
                .otherwise(when(col("rounds").eq(lit(1))).then(sole).otherwise(lit(NULL)))
                .alias(format!("paper.{name}"))
        }))
}

fn compare_frame(compare_with: &BTreeMap<String, String>) -> LazyFrame {
    let ours: Vec<String> = compare_with.keys().cloned().collect();
    let theirs: Vec<String> = compare_with.values().cloned().collect();
    let columns = vec![pl::Column::new("dataset".into(), ours), pl::Column::new("compare".into(), theirs)];
    DataFrame::new(compare_with.len(), columns).unwrap_or_default().lazy()
}

fn cell_at(frame: &DataFrame, i: usize) -> Result<Cell> {
    let text =
        |name: &str| -> Result<Option<String>> { Ok(frame.column(name)?.str()?.get(i).map(str::to_owned)) };
    let count =
        |name: &str| -> Result<Option<usize>> { Ok(frame.column(name)?.u64()?.get(i).map(|n| n as usize)) };
    let number = |name: &str| -> Result<Option<f64>> { Ok(frame.column(name)?.f64()?.get(i)) };
    let stat = |name: &str| -> Result<Option<Stat>> {
        let sd = number(&format!("{name}.sd"))?;
        Ok(number(&format!("{name}.mean"))?.map(|mean| Stat { mean, sd }))
    };
    let (psnr_db, psnr_peak_db) = (number("paper.psnr_db")?, number("paper.psnr_peak_db")?);
    let weights = count("paper.weights")?;
    let counted = count("counted")?.unwrap_or_default();
    let (dataset, trained_on) =
        (text("dataset")?.unwrap_or_default(), text("trained_on")?.filter(|name| !name.is_empty()));
    let in_domain = trained_on.as_ref().is_none_or(|trained_on| *trained_on == dataset);
    let paper = text("compare")?
        .filter(|_| in_domain && (psnr_db.is_some() || psnr_peak_db.is_some()))
        .map(|dataset| PaperNumber { dataset, psnr_db, psnr_peak_db, weights });
    let mut stats = Stats::default();
    for kind in &QUANTITIES {
        stats[kind.quantity] = stat(kind.column)?;
    }
    Ok(Cell {
        dataset,
        trained_on,
        method: text("method")?.unwrap_or_default(),
        line: text("line")?.unwrap_or_default(),
        round: count("round")?.unwrap_or_default(),
        width: count("width")?.unwrap_or_default(),
        weights: count("weights")?,
        kept_fraction: number("kept_fraction")?,
        seeds: count("seeds")?.unwrap_or_default(),
        fits: count("fits")?.filter(|_| counted > 0),
        exact: 0, // known from the signals
        failed: count("failed")?.unwrap_or_default(),
        stats,
        psnr_interval_db: None,
        paper,
    })
}
