//! `repro cmp A B`: two records, row by row.
//!
//! Works on `measurements.csv`, `signals.csv` and the other tables of a record, of whatever program wrote them: rows
//! are joined by the columns of [`KEY`] that both files have, and every quantity of the rows that meet is compared.
//! Decibels may differ by `--tol`, other measures by `--rel` of the larger, counts not at all; timings and origins
//! ([`Kind::Circumstance`]) are not compared. A row or a quantity that one file lacks is a difference. Two records
//! agree if numbers were compared and nothing differs; where nothing can be compared, there is no verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::Serialize;

use super::record::{KEY, Kind, Line, Record, TEXTS, kind, shown};

/// How far numbers may be apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// |B − A| of decibels, dB.
    pub decibels: f64,
    /// |B − A| over max(|A|, |B|) of the measures that are no decibels and no counts.
    pub relative: f64,
}

/// A number that differs, or a row or column that has no counterpart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The row's key, its parts joined by `/`; empty if it is a column of every row.
    pub row: String,
    /// The column; none if the row is missing.
    pub column: Option<String>,
    /// What A has; none if it lacks the row or column.
    pub a: Option<String>,
    /// What B has; none if it lacks the row or column.
    pub b: Option<String>,
    /// B − A where both are finite numbers.
    pub difference: Option<f64>,
}

/// What was compared of one quantity.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quantity {
    /// Rows in which both files have a number, infinite ones included.
    pub numbers: usize,
    /// Rows of those in which both are finite.
    pub finite: usize,
    /// Largest |B − A| of the finite ones.
    pub largest: Option<f64>,
    /// Mean of B − A of the finite ones.
    pub mean: Option<f64>,
}

/// Two records compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The file read as A.
    pub a: PathBuf,
    /// The file read as B.
    pub b: PathBuf,
    /// Columns the rows are joined by.
    pub key: Vec<String>,
    /// Rows that both have.
    pub rows: usize,
    /// What was compared of each quantity that both have.
    pub quantities: BTreeMap<String, Quantity>,
    /// Columns that were not compared: timings, origins, and parts of a name that one file lacks.
    pub left_out: Vec<String>,
    /// What is beyond the tolerance, rows and quantities without a counterpart included.
    pub beyond: Vec<Difference>,
}

/// Compares two files; of a folder, its `measurements.csv`.
///
/// # Errors
/// If one cannot be read or holds no row, has two rows of one key or text where a number belongs, or if they have no
/// key, no quantity or no number in common to compare.
pub fn compare(a: &Path, b: &Path, tolerance: Tolerance) -> Result<Comparison> {
    let (mut a, mut b) = (Record::read(a)?, Record::read(b)?);
    match (a.columns.contains("line"), b.columns.contains("line")) {
        (true, false) => a.name_lines_as_before(),
        (false, true) => b.name_lines_as_before(),
        _ => {}
    }
    let key = shared_key(&a, &b)?;
    let mut out = begun(&a, &b, &key)?;
    let (a_rows, b_rows) = (a.keyed(&key)?, b.keyed(&key)?);
    let columns: Vec<String> = out.quantities.keys().cloned().collect();
    for record in [&a, &b] {
        check_numbers(record)?;
    }
    for (row, a_line) in &a_rows {
        match b_rows.get(row) {
            None => out.beyond.push(lone(shown(row), None, Side::A)),
            Some(b_line) => {
                out.rows += 1;
                for column in &columns {
                    let pair = (a.number(a_line, column)?, b.number(b_line, column)?);
                    out.judge(&shown(row), column, (a_line, b_line), pair, tolerance);
                }
                out.judge_texts(&shown(row), a_line, b_line);
            }
        }
    }
    let only_b = b_rows.keys().filter(|row| !a_rows.contains_key(*row));
    out.beyond.extend(only_b.map(|row| lone(shown(row), None, Side::B)));
    let numbers: usize = out.quantities.values().map(|quantity| quantity.numbers).sum();
    ensure!(
        numbers > 0 || !out.agrees(),
        "{} and {}: {} rows in both, and not one number of {} in both, so nothing was compared; \
         give records whose cells have measurements",
        a.path.display(),
        b.path.display(),
        out.rows,
        columns.join(", ")
    );
    Ok(out)
}

/// Which file has what the other lacks.
#[derive(Clone, Copy)]
enum Side {
    A,
    B,
}

fn lone(row: String, column: Option<&str>, side: Side) -> Difference {
    let there = Some(if column.is_some() { "a column" } else { "a row" }.to_string());
    let (a, b) = match side {
        Side::A => (there, None),
        Side::B => (None, there),
    };
    Difference { row, column: column.map(Into::into), a, b, difference: None }
}

fn listed(record: &Record) -> String {
    record.columns.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn shared_key(a: &Record, b: &Record) -> Result<Vec<&'static str>> {
    let both = |column: &&&str| a.columns.contains(**column) && b.columns.contains(**column);
    let key: Vec<&str> = KEY.iter().filter(both).copied().collect();
    ensure!(
        !key.is_empty(),
        "{} and {}: no column in common that names a row ({}), so nothing can be compared; \
         A has {}; B has {}; give both files such a column",
        a.path.display(),
        b.path.display(),
        KEY.join(", "),
        listed(a),
        listed(b)
    );
    Ok(key)
}

fn is_quantity(column: &str) -> bool {
    matches!(kind(column), Kind::Decibels | Kind::Count | Kind::Measure)
}

/// A comparison before its rows: the quantities both have, and as differences those that one has.
fn begun(a: &Record, b: &Record, key: &[&str]) -> Result<Comparison> {
    let both = a.columns.intersection(&b.columns).filter(|column| is_quantity(column));
    let quantities: BTreeMap<_, _> = both.map(|column| (column.clone(), Quantity::default())).collect();
    ensure!(
        !quantities.is_empty(),
        "{} and {}: no quantity in common, so nothing can be compared; A has {}; B has {}; \
         give the quantities the same names in both files",
        a.path.display(),
        b.path.display(),
        listed(a),
        listed(b)
    );
    let only = |of: &Record, other: &Record, side: Side| -> Vec<Difference> {
        let columns = of.columns.difference(&other.columns).filter(|column| is_quantity(column));
        columns.map(|column| lone(String::new(), Some(column), side)).collect()
    };
    let beyond = [only(a, b, Side::A), only(b, a, Side::B)].concat();
    let skipped = |column: &&String| match kind(column) {
        Kind::Circumstance => true,
        Kind::Key => !key.contains(&column.as_str()),
        _ => false,
    };
    let left_out = a.columns.union(&b.columns).filter(skipped).cloned().collect();
    let (a, b, key) = (a.path.clone(), b.path.clone(), key.iter().map(|column| column.to_string()).collect());
    Ok(Comparison { a, b, key, rows: 0, quantities, left_out, beyond })
}

/// Every quantity of every row is read, so that no text hides in a row or column without a counterpart.
fn check_numbers(record: &Record) -> Result<()> {
    for line in &record.lines {
        for column in record.columns.iter().filter(|column| is_quantity(column)) {
            record.number(line, column)?;
        }
    }
    Ok(())
}

/// Whether two numbers are within what their column allows; infinite ones and NaN only equal themselves.
fn near(column: &str, a: f64, b: f64, tolerance: Tolerance) -> bool {
    let apart = (b - a).abs();
    let finite = a.is_finite() && b.is_finite();
    match kind(column) {
        _ if a == b || (a.is_nan() && b.is_nan()) => true,
        Kind::Decibels => finite && apart <= tolerance.decibels,
        Kind::Measure => finite && apart <= tolerance.relative * a.abs().max(b.abs()),
        _ => false,
    }
}

impl Quantity {
    fn take(&mut self, a: f64, b: f64) {
        self.numbers += usize::from(!a.is_nan() && !b.is_nan());
        if a.is_finite() && b.is_finite() {
            let (count, mean) = (self.finite as f64, self.mean.unwrap_or(0.0));
            self.finite += 1;
            self.mean = Some((mean * count + (b - a)) / (count + 1.0));
            self.largest = Some(self.largest.unwrap_or(0.0).max((b - a).abs()));
        }
    }
}

impl Comparison {
    /// Whether the records agree.
    pub fn agrees(&self) -> bool {
        self.beyond.is_empty()
    }

    fn judge(
        &mut self,
        row: &str,
        column: &str,
        (a_line, b_line): (&Line, &Line),
        pair: (Option<f64>, Option<f64>),
        tolerance: Tolerance,
    ) {
        let (agree, difference) = match pair {
            (Some(a), Some(b)) => {
                self.quantities.entry(column.into()).or_default().take(a, b);
                (near(column, a, b, tolerance), Some(b - a).filter(|difference| difference.is_finite()))
            }
            (a, b) => (a.is_none() && b.is_none(), None),
        };
        if !agree {
            self.differs(row, column, (a_line.cell(column), b_line.cell(column)), difference);
        }
    }

    fn judge_texts(&mut self, row: &str, a: &Line, b: &Line) {
        for column in TEXTS.iter().filter(|column| a.cell(column) != b.cell(column)) {
            self.differs(row, column, (a.cell(column), b.cell(column)), None);
        }
    }

    fn differs(&mut self, row: &str, column: &str, (a, b): (&str, &str), difference: Option<f64>) {
        let (a, b) = (Some(a.to_string()), Some(b.to_string()));
        self.beyond.push(Difference { row: row.into(), column: Some(column.into()), a, b, difference });
    }

    /// For people: what was compared, the largest and mean differences, and the first of what is beyond the tolerance.
    pub fn text(&self, tolerance: Tolerance) -> String {
        const SHOWN: usize = 20;
        let mut text = format!("A {}\nB {}\n", self.a.display(), self.b.display());
        text += &format!("{} rows in both, joined by {}\n", self.rows, self.key.join(", "));
        for (column, quantity) in &self.quantities {
            text += &format!("{column:<14} {}\n", quantity.text(column));
        }
        if !self.left_out.is_empty() {
            text += &format!("not compared: {}\n", self.left_out.join(", "));
        }
        for found in self.beyond.iter().take(SHOWN) {
            text += &found.text();
        }
        if self.beyond.len() > SHOWN {
            text += &format!("… and {} more\n", self.beyond.len() - SHOWN);
        }
        let numbers: usize = self.quantities.values().map(|quantity| quantity.numbers).sum();
        let within =
            format!("{} dB, other measures to {} of their size", tolerance.decibels, tolerance.relative);
        text + &match self.agrees() {
            true => format!("they agree to {within}: {} rows, {numbers} numbers", self.rows),
            false => format!(
                "{} differences beyond {within}, in {} rows and {numbers} numbers",
                self.beyond.len(),
                self.rows
            ),
        }
    }
}

impl Quantity {
    fn text(&self, column: &str) -> String {
        let unit = if kind(column) == Kind::Decibels { " dB" } else { "" };
        let number = |value: f64| match kind(column) {
            Kind::Decibels => format!("{value:.4}"),
            _ => format!("{value:.3e}"),
        };
        let apart = self.largest.zip(self.mean).map_or(String::new(), |(largest, mean)| {
            format!(", largest |B − A| {}{unit}, mean B − A {}{unit}", number(largest), number(mean))
        });
        format!("{} numbers{apart}", self.numbers)
    }
}

impl Difference {
    fn text(&self) -> String {
        let side = if self.b.is_none() { "A" } else { "B" };
        let cell = |text: &str| if text.is_empty() { "(empty)".into() } else { text.to_string() };
        match (&self.a, &self.b, &self.column) {
            (Some(a), Some(b), Some(column)) => {
                let by = self.difference.map_or(String::new(), |d| format!(" ({d:+.4})"));
                format!("{}: {column} {} → {}{by}\n", self.row, cell(a), cell(b))
            }
            (_, _, Some(column)) => format!("column {column}: only in {side}\n"),
            _ => format!("{}: only in {side}\n", self.row),
        }
    }
}
