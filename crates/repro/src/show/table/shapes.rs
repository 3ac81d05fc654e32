//! The second table: the quantities that only some data have, such as SDF errors, IoU and Chamfer distance of shapes.
//!
//! A line is one data set, line and budget; a number is the mean over seeds of the means over signals, ± the sample
//! standard deviation over seeds. Text alone: `measurements.csv` and `signals.csv` keep the numbers.

use super::text::Sheet;
use crate::measures::statistics::mean_sd;
use crate::rows::Row;
use crate::words::methods::{line_label, method_rank};
use crate::words::numbers::{count_text, kept_text};
use crate::words::quantities::{Place, QUANTITIES, QuantityKind};

/// What the numbers are, for below the table.
pub const NOTE: &str = "|Δd|: mean absolute error of the signed distance on held-out samples, near the surface and over the cube \
                        [-1, 1]³, ×10⁻³, – where a data set has no such samples. IoU of the insides. Chamfer: both mean squared distances added, ×10⁻³. Surfaces: \
                        fits that have a zero set, of all.";

/// The quantities of the table that some row has.
fn quantities(rows: &[Row]) -> Vec<&'static QuantityKind> {
    let has = |kind: &&QuantityKind| rows.iter().any(|row| row.values[kind.quantity].is_some());
    QUANTITIES.iter().filter(|kind| kind.place == Place::Second).filter(has).collect()
}

/// (place of the data set, rank of the method, method, trained on, round, width)
type LineKey<'a> = (usize, usize, &'a str, Option<&'a str>, usize, usize);

/// The table; no lines if no row has a quantity of it.
pub fn sheet(rows: &[Row]) -> Sheet {
    let kinds = quantities(rows);
    let has_one = |row: &&Row| kinds.iter().any(|kind| row.values[kind.quantity].is_some());
    let shapes: Vec<&Row> = rows.iter().filter(has_one).collect();
    let has_surfaces = shapes.iter().any(|row| row.surfaces.is_some());
    let mut keys: Vec<LineKey> = Vec::new();
    for row in &shapes {
        let place = shapes.iter().position(|first| first.dataset == row.dataset).unwrap_or(0);
        let rank = method_rank(&row.line);
        let key = (place, rank, &*row.line, row.trained_on.as_deref(), row.round, row.width);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.sort();
    let line = |(place, _, name, trained_on, round, width): &LineKey| {
        let of_cell = |row: &&&Row| {
            (&row.dataset, &*row.line, row.trained_on.as_deref(), row.round, row.width)
                == (&shapes[*place].dataset, *name, *trained_on, *round, *width)
        };
        line(&shapes.iter().filter(of_cell).copied().collect::<Vec<&Row>>(), &kinds, has_surfaces)
    };
    let stub = ["Data set", "Method", "Weights", "Kept"].into_iter();
    let head = stub.chain(kinds.iter().map(|kind| kind.label)).chain(has_surfaces.then_some("Surfaces"));
    Sheet { head: head.map(String::from).collect(), lines: keys.iter().map(line).collect() }
}

fn line(rows: &[&Row], kinds: &[&QuantityKind], has_surfaces: bool) -> Vec<String> {
    let sum = |get: fn(&Row) -> Option<usize>| rows.iter().filter_map(|row| get(row)).sum::<usize>();
    let surfaces = || format!("{} of {}", sum(|row| row.surfaces), sum(|row| row.signals));
    let first = rows[0];
    let stub =
        [first.dataset.clone(), label(first), count_text(first.weights), kept_text(first.kept_fraction)];
    let numbers = kinds.iter().map(|kind| mean_text(rows, kind));
    stub.into_iter().chain(numbers).chain(has_surfaces.then(surfaces)).collect()
}

/// Mean ± sd over the rows that have it.
fn mean_text(rows: &[&Row], &QuantityKind { quantity, scale, digits, .. }: &QuantityKind) -> String {
    let known: Vec<f64> =
        rows.iter().filter_map(|row| row.values[quantity]).map(|value| value * scale).collect();
    match mean_sd(&known) {
        (None, _) => "–".to_string(),
        (Some(mean), None) => format!("{mean:.digits$}"),
        (Some(mean), Some(sd)) => format!("{mean:.digits$} ± {sd:.digits$}"),
    }
}

/// Name of the line; where data sets are crossed, with the one trained on.
fn label(row: &Row) -> String {
    let label = line_label(&row.line, row.width);
    row.trained_on.as_ref().map_or(label.clone(), |trained_on| format!("{label} from {trained_on}"))
}

/// Lines of equal width for the terminal; nothing if there are no lines.
pub fn terminal(sheet: &Sheet) -> String {
    if sheet.lines.is_empty() {
        return String::new();
    }
    let all: Vec<&Vec<String>> = std::iter::once(&sheet.head).chain(&sheet.lines).collect();
    let wide = |column: usize| all.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..sheet.head.len()).map(wide).collect();
    let text = |line: &&Vec<String>| {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, wide))| match column {
            0 | 1 => format!("{cell:<wide$}"),
            _ => format!("{cell:>wide$}"),
        });
        cells.collect::<Vec<String>>().join("  ").trim_end().to_string() + "\n"
    };
    format!("\n{}\n{NOTE}\n", all.iter().map(text).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::quantities::{Quantity, Values};

    fn row(method: &str, seed: u64, iou: Option<f64>) -> Row {
        let mut values = Values::default();
        (values[Quantity::SdfNear], values[Quantity::Iou]) = (iou.map(|_| 0.012), iou);
        Row {
            dataset: "analytic3d".into(),
            line: method.into(),
            width: 64,
            seed: Some(seed),
            weights: Some(556),
            signals: Some(16),
            surfaces: iou.map(|_| 15),
            values,
            ..Row::default()
        }
    }

    #[test]
    fn a_line_is_a_cell_over_its_seeds() {
        let rows = [
            row("random-pruning", 42, Some(0.5)),
            row("meta-sparse-inr", 42, Some(0.8)),
            row("meta-sparse-inr", 43, Some(0.9)),
            row("dense", 42, None),
        ];
        let sheet = sheet(&rows);
        assert_eq!(sheet.lines.len(), 2);
        assert_eq!(sheet.lines[0][1], "Meta-SparseINR");
        assert_eq!(sheet.lines[0][4..], ["12.00 ± 0.00", "0.850 ± 0.071", "30 of 32"]);
        assert_eq!(sheet.lines[1][5..], ["0.500", "15 of 16"]);
        let text = terminal(&sheet);
        assert_eq!(text.lines().count(), 6);
        assert!(text.contains("0.850 ± 0.071"));
    }

    #[test]
    fn networks_of_two_training_sets_are_two_lines() {
        let from = |name: &str, iou: f64| Row {
            trained_on: Some(name.into()),
            ..row("meta-sparse-inr", 42, Some(iou))
        };
        let sheet = sheet(&[from("analytic3d", 0.8), from("meshes", 0.4)]);
        let read: Vec<(&str, &str)> = sheet.lines.iter().map(|line| (&*line[1], &*line[5])).collect();
        let expected = [("Meta-SparseINR from analytic3d", "0.800"), ("Meta-SparseINR from meshes", "0.400")];
        assert_eq!(read, expected);
    }

    #[test]
    fn without_shapes_there_is_no_table() {
        assert!(terminal(&sheet(&[row("dense", 1, None)])).is_empty());
    }
}
