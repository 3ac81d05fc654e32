//! A table as text: for the terminal, Markdown, CSV, JSON, and as a sheet of strings for the report; for TeX in `tex`.
//!
//! A line is one method at one budget, over all data sets; the paper's number stands beside ours, in brackets in the
//! terminal and in a column of its own elsewhere. Numbers have two decimals; a CSV and a JSON keep them all.

use std::fmt::Write as _;

use super::cell::{Cell, Column, Table};
use crate::tabular::{cell, number};
use crate::words::methods::method_rank;
use crate::words::numbers::{LABEL_COLUMNS, TERMINAL_COLUMNS, clip, count_text, kept_text};
use crate::words::quantities::{Place, QUANTITIES, Quantity, QuantityKind};
use anyhow::{Context, Result};

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

/// The quantities that stand beside the PSNR of a data set.
pub(super) fn beside_psnr() -> impl Iterator<Item = &'static QuantityKind> {
    QUANTITIES.iter().filter(|kind| kind.place == Place::First && kind.quantity != Quantity::Psnr)
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
        let key = |cell: &'_ Cell| (cell.trained_on.clone(), cell.line.clone(), cell.round, cell.width);
        let mut groups: Vec<(_, Vec<&Cell>)> = Vec::new();
        for cell in &self.cells {
            match groups.iter_mut().find(|(known, _)| *known == key(cell)) {
                Some((_, cells)) => cells.push(cell),
                None => groups.push((key(cell), vec![cell])),
            }
        }
        groups.sort_by_key(|(_, cells)| method_rank(&cells[0].line));
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
            head.extend([format!("{}, dB", column.dataset), "95 %".into()]);
            head.extend(beside_psnr().map(|kind| kind.label.to_string()));
            head.extend(column.compare_with.iter().map(|name| format!("paper ({name})")));
        }
        let lines = self.lines().iter().map(|line| self.sheet_line(line)).collect();
        Sheet { head, lines }
    }

    fn sheet_line(&self, line: &Line) -> Vec<String> {
        let mut out = line.stub().to_vec();
        for (column, cell) in self.columns.iter().zip(&line.cells) {
            let mut push = |text: &dyn Fn(&Cell) -> String| {
                out.push(cell.map(text).filter(|text| !text.is_empty()).unwrap_or("–".into()));
            };
            push(&Cell::text);
            push(&Cell::interval_text);
            beside_psnr().for_each(|kind| push(&|cell| cell.mean_text(kind)));
            if column.compare_with.is_some() {
                push(&Cell::paper_text);
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

    /// The cells as CSV, a line a cell: of each quantity the mean over the seeds and its spread.
    ///
    /// # Errors
    /// If a line cannot be written.
    pub fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let of_quantity = |kind: &QuantityKind| [kind.column.to_string(), spread_column(kind.column)];
        let quantities = QUANTITIES.iter().flat_map(of_quantity);
        let asked = CELL_COLUMNS.iter().map(|column| column.to_string());
        writer.write_record(asked.chain(quantities).chain(PAPER_COLUMNS.map(String::from)))?;
        self.cells.iter().try_for_each(|cell| writer.write_record(cell_line(cell)))?;
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

const CELL_COLUMNS: [&str; 14] = [
    "dataset",
    "trained_on",
    "method",
    "line",
    "round",
    "width",
    "weights",
    "kept_fraction",
    "seeds",
    "fits",
    "exact",
    "failed",
    "psnr_low_db",
    "psnr_high_db",
];
const PAPER_COLUMNS: [&str; 5] =
    ["paper_dataset", "paper_weights", "paper_psnr_db", "paper_psnr_peak_db", "ours_minus_paper_db"];

/// `psnr_db` → `psnr_sd_db`, `ssim` → `ssim_sd`.
fn spread_column(column: &str) -> String {
    match column.strip_suffix("_db") {
        Some(stem) => format!("{stem}_sd_db"),
        None => format!("{column}_sd"),
    }
}

/// A cell, flat, for CSV.
fn cell_line(of: &Cell) -> Vec<String> {
    let paper = of.paper.as_ref();
    let paper_psnr_db = paper.and_then(|paper| paper.psnr_db);
    let ours = of.stats[Quantity::Psnr].map(|stat| stat.mean);
    let asked = [
        of.dataset.clone(),
        cell(of.trained_on.as_ref()),
        of.method.clone(),
        of.line.clone(),
        of.round.to_string(),
        of.width.to_string(),
        cell(of.weights),
        number(of.kept_fraction),
        of.seeds.to_string(),
        cell(of.fits),
        of.exact.to_string(),
        of.failed.to_string(),
        number(of.psnr_interval_db.map(|ends| ends[0])),
        number(of.psnr_interval_db.map(|ends| ends[1])),
    ];
    let of_quantity = |kind: &QuantityKind| {
        let stat = of.stats[kind.quantity];
        [number(stat.map(|stat| stat.mean)), number(stat.and_then(|stat| stat.sd))]
    };
    let paper = [
        cell(paper.map(|paper| &paper.dataset)),
        cell(paper.and_then(|paper| paper.weights)),
        number(paper_psnr_db),
        number(paper.and_then(|paper| paper.psnr_peak_db)),
        number(ours.zip(paper_psnr_db).map(|(ours, paper)| ours - paper)),
    ];
    asked.into_iter().chain(QUANTITIES.iter().flat_map(of_quantity)).chain(paper).collect()
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
    let of = |text: &dyn Fn(&Cell) -> String| -> Vec<String> {
        cells().map(|cell| cell.map(text).unwrap_or_default()).collect()
    };
    let ours: Vec<String> = cells().map(|cell| cell.map_or("–".into(), Cell::text)).collect();
    let others = beside_psnr().map(|kind| of(&|cell: &Cell| cell.mean_text(kind)));
    let beside_ours = std::iter::once(of(&Cell::interval_text)).chain(others);
    let papers: Vec<String> = cells()
        .map(|cell| cell.map(Cell::paper_text).filter(|text| !text.is_empty()))
        .map(|text| text.map(|text| format!(" ({text})")).unwrap_or_default())
        .collect();
    let beside_ours = beside_ours.map(|strip| pad_end(&strip)).filter(|strip| text_width(strip) > 0);
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
