//! Rows as lines of CSV: named columns, of which those of the quantities come from their table.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::words::quantities::{QUANTITIES, QuantityKind, Values};

/// What can be a line of a table.
pub trait Tabular: Sized {
    /// The names of its columns, in order.
    fn columns() -> Vec<&'static str>;
    /// Its cells, in the order of the columns; empty where it has none.
    fn cells(&self) -> Vec<String>;
    /// A row of the cells of a line.
    ///
    /// # Errors
    /// If a cell cannot be read; the message names its column.
    fn of_cells(cells: &Cells) -> Result<Self>;
}

/// The cells of a line by column.
pub struct Cells<'a>(BTreeMap<&'a str, &'a str>);

impl Cells<'_> {
    /// The value of a column; none if it is empty or not there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn get<T: FromStr>(&self, column: &str) -> Result<Option<T>> {
        match self.0.get(column).copied().unwrap_or_default() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| anyhow!("{column}: {text:?} cannot be read there")),
        }
    }

    /// The text of a column; empty if it is not there.
    pub fn text(&self, column: &str) -> String {
        self.0.get(column).copied().unwrap_or_default().to_string()
    }

    /// The line; a file of an earlier form has it in the column of the method.
    pub fn line(&self) -> String {
        let line = self.text("line");
        if line.is_empty() { self.text("method") } else { line }
    }

    /// The value of a column that every row has; 0 where a file has no such column.
    ///
    /// # Errors
    /// If it cannot be read, or is empty.
    pub fn count(&self, column: &str) -> Result<usize> {
        if !self.0.contains_key(column) {
            return Ok(0);
        }
        self.get(column)?.with_context(|| format!("{column} is empty"))
    }

    /// The values of the quantities that are asked for.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn values(&self, is_asked: fn(&QuantityKind) -> bool) -> Result<Values> {
        let mut values = Values::default();
        for kind in QUANTITIES.iter().filter(|kind| is_asked(kind)) {
            values[kind.quantity] = self.get(kind.column)?;
        }
        Ok(values)
    }
}

/// A cell of what may not be there.
pub fn cell<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell of a number: with all its digits, so that it is read back to the bit.
pub fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:?}")).unwrap_or_default()
}

/// Columns of the quantities that are asked for.
pub fn quantity_columns(is_asked: fn(&QuantityKind) -> bool) -> impl Iterator<Item = &'static str> {
    QUANTITIES.iter().filter(move |kind| is_asked(kind)).map(|kind| kind.column)
}

/// Their cells.
pub fn quantity_cells(values: &Values, is_asked: fn(&QuantityKind) -> bool) -> impl Iterator<Item = String> {
    QUANTITIES.iter().filter(move |kind| is_asked(kind)).map(|kind| number(values[kind.quantity]))
}

/// Rows as CSV.
///
/// # Errors
/// If a row cannot be written.
pub fn csv_of<T: Tabular>(rows: &[T]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(T::columns())?;
    rows.iter().try_for_each(|row| writer.write_record(row.cells()))?;
    Ok(writer.into_inner()?)
}

/// Reads rows from a CSV file; columns that are not there are empty.
///
/// # Errors
/// If the file cannot be read, has a column that no row has, or a line is no row; the message names the file and line.
pub fn read_rows<T: Tabular>(path: &Path) -> Result<Vec<T>> {
    let place = || format!("{}: not a table of rows", path.display());
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let head = reader.headers().with_context(place)?.clone();
    let known = T::columns();
    if let Some(unknown) = head.iter().find(|column| !known.contains(column)) {
        return Err(anyhow!("unknown column `{unknown}` (known: {})", known.join(", "))).with_context(place);
    }
    ensure!(!head.is_empty(), "{}: it is empty", place());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(place)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = Cells(head.iter().zip(record.iter()).collect());
        match T::of_cells(&cells) {
            Ok(row) => rows.push(row),
            Err(error) => bail!("{}: line {line}: {error:#}", place()),
        }
    }
    Ok(rows)
}
