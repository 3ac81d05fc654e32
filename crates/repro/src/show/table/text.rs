//! A table as text: for the terminal, Markdown, CSV, JSON, and as a sheet of strings for the report; for TeX in `tex`.
//!
//! A line is one method at one budget, over all data sets; the paper's number stands beside ours, in brackets in the
//! terminal and in a column of its own elsewhere. Numbers have two decimals; a CSV and a JSON keep them all.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde::Serialize;

use super::cell::{Cell, Column, Stat, Table};
use crate::words::methods::method_rank;
use crate::words::numbers::{LABEL_COLUMNS, TERMINAL_COLUMNS, clip, count_text, kept_text};

/// What `2 exact` beside a number means.
pub const EXACT: &str =
    "exact: fits without any error, so without a finite PSNR; no mean, interval or claim counts them";

/// A table as plain text, ready for any mark-up: a head and lines of equal length.
pub struct Sheet {
    /// Column heads: method, weights, kept, and for each data set ours, its interval, SSIM, and the paper's.
    pub head: Vec<String>,
    /// Lines.
    pub lines: Vec<Vec<String>>,
}

impl Sheet {
    /// A Markdown table.
    pub fn markdown(&self) -> String {
        let Sheet { head, lines } = self;
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = (0..head.len()).map(|i| if i == 0 { "---" } else { "---:" }).collect::<Vec<_>>();
        let body: String = lines.iter().map(|cells| line(cells)).collect();
        format!("{}| {} |\n{body}", line(head), rule.join(" | "))
    }
}

/// A line of the table: one method at one budget, over all data sets.
pub(super) struct Line<'a> {
    label: String,
    weights: Option<usize>,
    kept_fraction: Option<f64>,
    pub(super) cells: Vec<Option<&'a Cell>>,
}

impl Line<'_> {
    /// Method, weights, kept.
    pub(super) fn stub(&self) -> [String; 3] {
        [self.label.clone(), count_text(self.weights), kept_text(self.kept_fraction)]
    }
}

impl Table {
    /// Whether a mean leaves out exact fits, so that [`EXACT`] has to stand below.
    pub fn has_exact(&self) -> bool {
        self.cells.iter().any(|cell| cell.exact > 0)
    }

    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        // In the order of the cells, which is that of the first data set that has the line.
        let key = |cell: &'_ Cell| (cell.trained_on.clone(), cell.method.clone(), cell.round, cell.width);
        let mut groups: Vec<(_, Vec<&Cell>)> = Vec::new();
        for cell in &self.cells {
            match groups.iter_mut().find(|(known, _)| *known == key(cell)) {
                Some((_, cells)) => cells.push(cell),
                None => groups.push((key(cell), vec![cell])),
            }
        }
        groups.sort_by_key(|(_, cells)| method_rank(&cells[0].method));
        groups.into_iter().map(|(_, cells)| cells).map(|cells| self.line(&cells)).collect()
    }

    fn line<'a>(&self, cells: &[&'a Cell]) -> Line<'a> {
        let of = |column: &Column| cells.iter().find(|cell| cell.dataset == column.dataset).copied();
        Line {
            label: cells[0].label(),
            weights: cells.iter().find_map(|cell| cell.weights),
            kept_fraction: cells.iter().find_map(|cell| cell.kept_fraction),
            cells: self.columns.iter().map(of).collect(),
        }
    }

    /// The table as plain text: method, weights, kept, then for each data set ours, its interval over signals, SSIM,
    /// and the paper's.
    pub fn sheet(&self) -> Sheet {
        let mut head: Vec<String> = ["Method", "Weights", "Kept"].map(String::from).to_vec();
        for column in &self.columns {
            head.extend([format!("{}, dB", column.dataset), "95 %".into(), "SSIM".into()]);
            head.extend(column.compare_with.iter().map(|name| format!("paper ({name})")));
        }
        let lines = self.lines().iter().map(|line| self.sheet_line(line)).collect();
        Sheet { head, lines }
    }

    fn sheet_line(&self, line: &Line) -> Vec<String> {
        let mut out = line.stub().to_vec();
        for (column, cell) in self.columns.iter().zip(&line.cells) {
            let mut push = |text: fn(&Cell) -> String| {
                out.push(cell.map(text).filter(|text| !text.is_empty()).unwrap_or("–".into()));
            };
            push(Cell::text);
            push(Cell::interval_text);
            push(Cell::ssim_text);
            if column.compare_with.is_some() {
                push(Cell::paper_text);
            }
        }
        out
    }

    /// Aligned text of at most [`TERMINAL_COLUMNS`] columns; data sets that do not fit go into a further block.
    pub fn terminal(&self) -> String {
        let lines = self.lines();
        let stub = terminal_stub(&lines);
        let mut out = format!("{}\n", clip(&self.title, TERMINAL_COLUMNS));
        let mut block = stub.clone();
        for (i, column) in self.columns.iter().enumerate() {
            let strip = terminal_column(column, &lines, i);
            if block != stub && text_width(&block) + 2 + text_width(&strip) > TERMINAL_COLUMNS {
                push_block(&mut out, &block);
                block = stub.clone();
            }
            block = beside(&block, &strip);
        }
        push_block(&mut out, &block);
        out.push_str(
            "\nPSNR in dB: mean ± sd over seeds [95 % interval over signals], SSIM (the paper's PSNR)\n",
        );
        if self.has_exact() {
            let _ = writeln!(out, "{EXACT}");
        }
        out
    }

    /// A Markdown table.
    pub fn markdown(&self) -> String {
        self.sheet().markdown()
    }

    /// The cells as CSV, a line a cell.
    ///
    /// # Errors
    /// If a line cannot be written.
    pub fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for cell in &self.cells {
            writer.serialize(CellLine::from(cell)).context("table.csv")?;
        }
        Ok(String::from_utf8(writer.into_inner().context("table.csv")?)?)
    }

    /// The table as JSON, indented.
    ///
    /// # Errors
    /// If a number cannot be written.
    pub fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).context("table.json")
    }
}

/// A cell, flat, for CSV.
#[derive(Serialize)]
struct CellLine<'a> {
    dataset: &'a str,
    trained_on: Option<&'a str>,
    method: &'a str,
    round: usize,
    width: usize,
    weights: Option<usize>,
    kept_fraction: Option<f64>,
    seeds: usize,
    fits: Option<usize>,
    exact: usize,
    failed: usize,
    psnr_start_db: Option<f64>,
    psnr_start_sd_db: Option<f64>,
    psnr_db: Option<f64>,
    psnr_sd_db: Option<f64>,
    psnr_low_db: Option<f64>,
    psnr_high_db: Option<f64>,
    psnr_peak_db: Option<f64>,
    psnr_peak_sd_db: Option<f64>,
    ssim: Option<f64>,
    ssim_sd: Option<f64>,
    train_s: Option<f64>,
    fit_s: Option<f64>,
    step_s: Option<f64>,
    paper_dataset: Option<&'a str>,
    paper_weights: Option<usize>,
    paper_psnr_db: Option<f64>,
    paper_psnr_peak_db: Option<f64>,
    ours_minus_paper_db: Option<f64>,
}

impl<'a> From<&'a Cell> for CellLine<'a> {
    fn from(cell: &'a Cell) -> Self {
        let mean = |stat: &Option<Stat>| stat.map(|stat| stat.mean);
        let sd = |stat: &Option<Stat>| stat.and_then(|stat| stat.sd);
        let paper = cell.paper.as_ref();
        let paper_psnr_db = paper.and_then(|paper| paper.psnr_db);
        CellLine {
            dataset: &cell.dataset,
            trained_on: cell.trained_on.as_deref(),
            method: &cell.method,
            round: cell.round,
            width: cell.width,
            weights: cell.weights,
            kept_fraction: cell.kept_fraction,
            seeds: cell.seeds,
            fits: cell.fits,
            exact: cell.exact,
            failed: cell.failed,
            psnr_start_db: mean(&cell.psnr_start_db),
            psnr_start_sd_db: sd(&cell.psnr_start_db),
            psnr_db: mean(&cell.psnr_db),
            psnr_sd_db: sd(&cell.psnr_db),
            psnr_low_db: cell.psnr_interval_db.map(|ends| ends[0]),
            psnr_high_db: cell.psnr_interval_db.map(|ends| ends[1]),
            psnr_peak_db: mean(&cell.psnr_peak_db),
            psnr_peak_sd_db: sd(&cell.psnr_peak_db),
            ssim: mean(&cell.ssim),
            ssim_sd: sd(&cell.ssim),
            train_s: mean(&cell.train_s),
            fit_s: mean(&cell.fit_s),
            step_s: mean(&cell.step_s),
            paper_dataset: paper.map(|paper| paper.dataset.as_str()),
            paper_weights: paper.and_then(|paper| paper.weights),
            paper_psnr_db,
            paper_psnr_peak_db: paper.and_then(|paper| paper.psnr_peak_db),
            ours_minus_paper_db: mean(&cell.psnr_db).zip(paper_psnr_db).map(|(ours, paper)| ours - paper),
        }
    }
}

fn terminal_stub(lines: &[Line]) -> Vec<String> {
    let mut label = vec![String::new(), "method".into()];
    let mut weights = vec![String::new(), "weights".into()];
    let mut kept = vec![String::new(), "kept".into()];
    for line in lines {
        label.push(clip(&line.label, LABEL_COLUMNS));
        weights.push(count_text(line.weights));
        kept.push(kept_text(line.kept_fraction));
    }
    beside(&beside(&pad_end(&label), &pad_start(&weights)), &pad_start(&kept))
}

fn terminal_column(column: &Column, lines: &[Line], i: usize) -> Vec<String> {
    let paper = column.compare_with.as_ref().map(|name| clip(&format!("(paper {name})"), 40));
    let mut strip = vec![clip(&column.dataset, 40), paper.unwrap_or_default()];
    let cells = || lines.iter().map(|line| line.cells[i]);
    let of = |text: fn(&Cell) -> String| cells().map(|cell| cell.map(text).unwrap_or_default()).collect();
    let ours: Vec<String> = cells().map(|cell| cell.map_or("–".into(), Cell::text)).collect();
    let (intervals, ssims): (Vec<String>, Vec<String>) = (of(Cell::interval_text), of(Cell::ssim_text));
    let papers: Vec<String> = cells()
        .map(|cell| cell.map(Cell::paper_text).filter(|text| !text.is_empty()))
        .map(|text| text.map(|text| format!(" ({text})")).unwrap_or_default())
        .collect();
    let beside_ours =
        [pad_end(&intervals), pad_end(&ssims)].into_iter().filter(|strip| text_width(strip) > 0);
    let body = beside_ours.fold(pad_start(&ours), |body, strip| {
        body.iter().zip(strip).map(|(body, text)| format!("{body} {text}")).collect()
    });
    strip.extend(body.into_iter().zip(pad_end(&papers)).map(|(ours, paper)| ours + &paper));
    pad_start(&strip)
}

fn push_block(out: &mut String, block: &[String]) {
    out.push('\n');
    for (i, line) in block.iter().enumerate() {
        let _ = writeln!(out, "{}", line.trim_end());
        if i == 1 {
            let _ = writeln!(out, "{}", "─".repeat(text_width(block)));
        }
    }
}

fn beside(left: &[String], right: &[String]) -> Vec<String> {
    left.iter().zip(right).map(|(left, right)| format!("{left}  {right}")).collect()
}

fn text_width(strip: &[String]) -> usize {
    strip.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn pad_start(strip: &[String]) -> Vec<String> {
    let width = text_width(strip);
    strip.iter().map(|line| format!("{line:>width$}")).collect()
}

fn pad_end(strip: &[String]) -> Vec<String> {
    let width = text_width(strip);
    strip.iter().map(|line| format!("{line:<width$}")).collect()
}
