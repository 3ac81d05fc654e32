//! `repro cmp A B`: two records, row by row.
//!
//! Works on `measurements.csv` and `signals.csv`, of whatever program wrote them: rows are joined by the columns of
//! [`KEY`] that both files have; the decibels and weights of the rows that meet are subtracted, B − A. Two records
//! agree if every row meets another and no decibel differs by more than the tolerance, no count at all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

/// What names a row.
const KEY: &[&str] =
    &["experiment", "profile", "dataset", "trained_on", "method", "round", "resolution", "seed", "signal"];

/// Numbers in decibels that are compared.
const DECIBELS: &[&str] = &["psnr_start_db", "psnr_db", "psnr_peak_db"];

/// Counts that must be equal.
const COUNTS: &[&str] = &["width", "weights", "signals", "fit_steps"];

/// A row by its columns.
type Line = BTreeMap<String, String>;

/// A number that differs, or a row that has no counterpart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The row's key, its parts joined by `/`.
    pub row: String,
    /// The column; none if the row is missing.
    pub column: Option<String>,
    /// What A has; none if it lacks the row.
    pub a: Option<String>,
    /// What B has; none if it lacks the row.
    pub b: Option<String>,
    /// B − A where both are numbers.
    pub difference: Option<f64>,
}

/// Two records compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Rows that both have.
    pub rows: usize,
    /// Largest |B − A| of each column of decibels, dB.
    pub largest_db: BTreeMap<String, f64>,
    /// Mean of B − A of each column of decibels, dB.
    pub mean_db: BTreeMap<String, f64>,
    /// What is beyond the tolerance, rows without a counterpart included.
    pub beyond: Vec<Difference>,
}

/// Compares two files.
///
/// # Errors
/// If one cannot be read, has no column in common with [`KEY`], or has two rows of one key.
pub fn compare(a: &Path, b: &Path, tolerance_db: f64) -> Result<Comparison> {
    let (a_lines, b_lines) = (read(a)?, read(b)?);
    let has = |lines: &[Line], column: &str| lines.iter().all(|line| line.contains_key(column));
    let shared = |column: &&&str| has(&a_lines, column) && has(&b_lines, column);
    let key: Vec<&str> = KEY.iter().filter(shared).copied().collect();
    ensure!(
        !key.is_empty(),
        "{} and {}: no column in common of {}",
        a.display(),
        b.display(),
        KEY.join(", ")
    );
    let (a_rows, b_rows) = (keyed(a, a_lines, &key)?, keyed(b, b_lines, &key)?);
    let mut out =
        Comparison { rows: 0, largest_db: BTreeMap::new(), mean_db: BTreeMap::new(), beyond: Vec::new() };
    let missing = |row: &String, there: &str, a: bool| Difference {
        row: row.clone(),
        column: None,
        a: a.then(|| there.to_string()),
        b: (!a).then(|| there.to_string()),
        difference: None,
    };
    for (row, a_line) in &a_rows {
        match b_rows.get(row) {
            None => out.beyond.push(missing(row, "a row", true)),
            Some(b_line) => {
                out.rows += 1;
                compare_rows(&mut out, row, (a_line, b_line), tolerance_db);
            }
        }
    }
    let only_b = b_rows.keys().filter(|row| !a_rows.contains_key(*row));
    out.beyond.extend(only_b.map(|row| missing(row, "a row", false)));
    out.mean_db.values_mut().for_each(|sum| *sum /= out.rows as f64);
    Ok(out)
}

fn compare_rows(out: &mut Comparison, row: &str, (a, b): (&Line, &Line), tolerance_db: f64) {
    let columns = DECIBELS.iter().map(|c| (*c, true)).chain(COUNTS.iter().map(|c| (*c, false)));
    for (column, decibels) in columns.chain([("err", false)]) {
        let (Some(a), Some(b)) = (a.get(column), b.get(column)) else { continue };
        let number = |text: &str| text.parse::<f64>().ok();
        let difference = number(a).zip(number(b)).map(|(a, b)| b - a);
        let agree = match difference {
            Some(difference) if decibels => {
                let largest = out.largest_db.entry(column.into()).or_insert(0.0);
                *largest = largest.max(difference.abs());
                *out.mean_db.entry(column.into()).or_insert(0.0) += difference;
                difference.abs() <= tolerance_db
            }
            Some(difference) => difference == 0.0,
            None => a == b,
        };
        if !agree {
            let (a, b) = (Some(a.clone()), Some(b.clone()));
            out.beyond.push(Difference { row: row.into(), column: Some(column.into()), a, b, difference });
        }
    }
}

fn read(path: &Path) -> Result<Vec<Line>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

/// Lines by their key; a key that two lines share is an error.
fn keyed(path: &Path, lines: Vec<Line>, key: &[&str]) -> Result<BTreeMap<String, Line>> {
    let mut rows = BTreeMap::new();
    for line in lines {
        let parts: Vec<&str> = key.iter().map(|column| line[*column].as_str()).collect();
        let name: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let name = name.join("/");
        ensure!(rows.insert(name.clone(), line).is_none(), "{}: two rows of {name}", path.display());
    }
    Ok(rows)
}

impl Comparison {
    /// Whether the records agree.
    pub fn agrees(&self) -> bool {
        self.beyond.is_empty()
    }

    /// For people: the largest and mean differences, and the first of what is beyond the tolerance.
    pub fn text(&self, tolerance_db: f64) -> String {
        const SHOWN: usize = 20;
        let mut text = format!("{} rows in both\n", self.rows);
        for (column, largest) in &self.largest_db {
            let mean = self.mean_db[column];
            text += &format!("{column:<14} largest |B − A| {largest:.4} dB, mean B − A {mean:+.4} dB\n");
        }
        for found in self.beyond.iter().take(SHOWN) {
            text += &match (&found.a, &found.b, &found.column) {
                (Some(a), Some(b), Some(column)) => {
                    let by = found.difference.map_or(String::new(), |d| format!(" ({d:+.4})"));
                    format!("{}: {column} {a} → {b}{by}\n", found.row)
                }
                (_, None, _) => format!("{}: only in A\n", found.row),
                _ => format!("{}: only in B\n", found.row),
            };
        }
        if self.beyond.len() > SHOWN {
            text += &format!("… and {} more\n", self.beyond.len() - SHOWN);
        }
        text + &match self.agrees() {
            true => format!("they agree to {tolerance_db} dB"),
            false => format!("{} differences beyond {tolerance_db} dB", self.beyond.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "dataset,method,round,seed,weights,psnr_db,err\n";

    fn compared(a: &str, b: &str, tolerance_db: f64) -> Comparison {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, lines: &str| {
            std::fs::write(dir.path().join(name), format!("{HEADER}{lines}")).unwrap();
            dir.path().join(name)
        };
        compare(&file("a.csv", a), &file("b.csv", b), tolerance_db).unwrap()
    }

    #[test]
    fn rows_are_joined_whatever_their_order_and_judged_by_the_tolerance() {
        let a = "photos,dense,0,1,99,20.0,\nphotos,dense,0,2,99,21.0,\n";
        let b = "photos,dense,0,2,99,21.1,\nphotos,dense,0,1,99,20.0,\n";
        let (loose, tight) = (compared(a, b, 0.2), compared(a, b, 0.05));
        assert!(loose.agrees() && !tight.agrees());
        assert!(
            (tight.largest_db["psnr_db"] - 0.1).abs() < 1e-9
                && (tight.mean_db["psnr_db"] - 0.05).abs() < 1e-9
        );
        assert_eq!((tight.rows, tight.beyond[0].row.as_str()), (2, "photos/dense/0/2"));
    }

    #[test]
    fn what_is_missing_failed_or_of_another_size_differs_whatever_the_tolerance() {
        let a = "photos,dense,0,1,99,20.0,\nphotos,dense,0,2,99,21.0,\nphotos,dense,0,3,99,21.0,\n";
        let b = "photos,dense,0,1,98,20.0,\nphotos,dense,0,2,,,diverged\nphotos,dense,0,4,99,21.0,\n";
        let found = compared(a, b, 100.0);
        let columns: Vec<Option<&str>> = found.beyond.iter().map(|d| d.column.as_deref()).collect();
        let expected = [Some("weights"), Some("psnr_db"), Some("weights"), Some("err"), None, None];
        assert_eq!(columns, expected);
        assert!(found.text(100.0).contains("photos/dense/0/4: only in B"));
    }

    #[test]
    fn two_rows_of_one_key_or_no_file_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let line = "photos,dense,0,1,99,20.0,\n";
        std::fs::write(&path, format!("{HEADER}{line}{line}")).unwrap();
        let error = compare(&path, &path, 0.1).unwrap_err().to_string();
        assert!(error.contains("two rows of photos/dense/0/1"), "{error}");
        assert!(compare(&path, &dir.path().join("b.csv"), 0.1).is_err());
    }
}
