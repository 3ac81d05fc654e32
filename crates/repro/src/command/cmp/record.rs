//! A record as `repro cmp` reads it: one CSV file, its columns by what they hold, its rows with their lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// What names a row.
pub const KEY: &[&str] = &[
    "experiment",
    "profile",
    "dataset",
    "trained_on",
    "method",
    "line",
    "case",
    "what",
    "round",
    "resolution",
    "seed",
    "signal",
    "step",
    "outer_step",
    "layer",
    "ring",
];

/// Texts that must be equal; a file without the column has none.
pub const TEXTS: &[&str] = &["err", "paper_dataset"];

/// Numbers that must be equal: what was asked and what was counted.
const COUNTS: &[&str] =
    &["width", "side", "weights", "signals", "fit_steps", "surfaces", "seeds", "failed", "paper_weights"];

/// Where a number comes from and how fast it came: not compared, as are `…_s` and `…_ms`.
const CIRCUMSTANCES: &[&str] = &[
    "run",
    "command",
    "commit",
    "version",
    "host",
    "machine",
    "device",
    "date",
    "wall",
    "gflops",
    "peak_percent",
    "ratio_min",
    "ratio_median",
];

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Part of a row's name.
    Key,
    /// A number in decibels.
    Decibels,
    /// A number that must be equal.
    Count,
    /// Any other number.
    Measure,
    /// A text that must be equal.
    Text,
    /// A timing, a run's id or another origin; not compared.
    Circumstance,
}

/// The kind of a column; one that is not known holds a measure.
pub fn kind(column: &str) -> Kind {
    let is = |names: &[&str]| names.contains(&column);
    let ends = |endings: &[&str]| endings.iter().any(|ending| column.ends_with(ending));
    match () {
        () if is(KEY) => Kind::Key,
        () if is(TEXTS) => Kind::Text,
        () if is(COUNTS) => Kind::Count,
        () if is(CIRCUMSTANCES) || ends(&["_s", "_ms"]) => Kind::Circumstance,
        () if column.starts_with("psnr") || ends(&["_db"]) => Kind::Decibels,
        () => Kind::Measure,
    }
}

/// A row: its cells by column, and the line of the file it begins on.
pub struct Line {
    /// Line, from 1; the header's is 1.
    pub line: u64,
    /// Cells, spaces around them removed.
    pub cells: BTreeMap<String, String>,
}

impl Line {
    /// The cell of a column; empty if the file has no such column.
    pub fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// A CSV file with at least one row.
pub struct Record {
    /// The file.
    pub path: PathBuf,
    /// Names of its columns.
    pub columns: BTreeSet<String>,
    /// Its rows, in the file's order.
    pub lines: Vec<Line>,
}

impl Record {
    /// Reads a file, or `measurements.csv` of a folder. A byte order mark and either line ending are fine.
    ///
    /// # Errors
    /// If it cannot be read, is empty or a header alone, names a column twice, or is no CSV of UTF-8.
    pub fn read(path: &Path) -> Result<Record> {
        let path = file(path)?;
        let bytes = std::fs::read(&path).with_context(|| {
            format!("cannot read {}; give a measurements.csv or signals.csv", path.display())
        })?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let broken = || format!("{}: not a table of comma-separated values; mend it", path.display());
        let header = reader.headers().with_context(broken)?.clone();
        let columns = columns(&path, &header)?;
        let (mut lines, mut count) = (Vec::new(), LineCount::default());
        for row in reader.records() {
            let row = row.with_context(broken)?;
            let line = count.of(bytes, &row);
            let cells = header.iter().zip(row.iter()).map(|(column, cell)| (column.into(), cell.into()));
            lines.push(Line { line, cells: cells.collect() });
        }
        ensure!(
            !lines.is_empty(),
            "{}: a header and no row, so there is nothing to compare; give a record that has measurements",
            path.display()
        );
        Ok(Record { path, columns, lines })
    }

    /// Takes the lines' names into the column of the method, where a file of an earlier form has them: a record with both
    /// columns can then be compared with it.
    pub fn name_lines_as_before(&mut self) {
        self.columns.remove("line");
        for line in &mut self.lines {
            if let Some(name) = line.cells.remove("line") {
                line.cells.insert("method".into(), name);
            }
        }
    }

    /// Rows by the cells of `key`.
    ///
    /// # Errors
    /// If two lines have one key.
    pub fn keyed(&self, key: &[&str]) -> Result<BTreeMap<Vec<String>, &Line>> {
        let mut rows: BTreeMap<Vec<String>, &Line> = BTreeMap::new();
        for line in &self.lines {
            let name: Vec<String> = key.iter().map(|column| line.cell(column).to_string()).collect();
            if let Some(first) = rows.insert(name.clone(), line) {
                bail!(
                    "{}: lines {} and {} are two rows of {} by the columns both files have ({}); \
                     leave one, or compare files of the same columns",
                    self.path.display(),
                    first.line,
                    line.line,
                    shown(&name),
                    key.join(", ")
                );
            }
        }
        Ok(rows)
    }

    /// The number in a cell; none if it is empty.
    ///
    /// # Errors
    /// If it holds anything else, or a number beyond the largest f64.
    pub fn number(&self, line: &Line, column: &str) -> Result<Option<f64>> {
        let cell = line.cell(column);
        if cell.is_empty() {
            return Ok(None);
        }
        let written = |number: &f64| !number.is_infinite() || cell.to_ascii_lowercase().contains("inf");
        let number = cell.parse::<f64>().ok().filter(written).with_context(|| {
            format!(
                "{}: line {}: {column} is `{cell}`, not a number; write a number, inf or NaN, \
                 leave it empty, or take the column out of both files",
                self.path.display(),
                line.line
            )
        })?;
        Ok(Some(number))
    }
}

/// A row's name: the parts of its key that are not empty.
pub fn shown(key: &[String]) -> String {
    let parts: Vec<&str> = key.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => "(a row without a name)".into(),
        false => parts.join("/"),
    }
}

/// The file itself, or the measurements of a folder.
fn file(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let inside = path.join("measurements.csv");
    ensure!(
        inside.is_file(),
        "{}: a folder without measurements.csv; name the file to compare, such as {}",
        path.display(),
        path.join("EXPERIMENT").join("measurements.csv").display()
    );
    Ok(inside)
}

fn columns(path: &Path, header: &csv::StringRecord) -> Result<BTreeSet<String>> {
    ensure!(
        header.iter().any(|column| !column.is_empty()),
        "{}: empty, so there is nothing to compare; give a measurements.csv or signals.csv",
        path.display()
    );
    let mut columns = BTreeSet::new();
    for column in header {
        let new = columns.insert(column.to_string());
        ensure!(new, "{}: two columns are named `{column}`; rename or remove one", path.display());
    }
    Ok(columns)
}

/// A count of lines that goes on from row to row: the csv reader starts a row before the line ends that precede it.
#[derive(Default)]
struct LineCount {
    byte: usize,
    ends: u64,
}

impl LineCount {
    /// The line, from 1, that a row begins on; rows in the file's order.
    fn of(&mut self, bytes: &[u8], row: &csv::StringRecord) -> u64 {
        let start = row.position().map_or(self.byte, |position| position.byte() as usize);
        let blank = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &bytes[self.byte..start + blank];
        self.byte = start + blank;
        self.ends += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        1 + self.ends
    }
}
