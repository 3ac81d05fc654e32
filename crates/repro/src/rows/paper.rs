//! The paper's numbers: `paper/*.csv`, rows of our own schema, so that a comparison is a join.
//!
//! `psnr_db` is the value after the last step (the talk's slides), `psnr_peak_db` the best along the fit (Figure 2);
//! `paper/README.md` says where each file was read. A row of the paper carries no seed: it is a mean over three.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::row::Row;
use crate::tabular::read_rows;
use crate::words::quantities::Quantity;

/// Rows of the paper for one experiment: `<dir>/<experiment>.csv`; none if the paper has no such file.
///
/// # Errors
/// If the file is no table of rows, or a row lacks its PSNR.
pub fn read(dir: &Path, experiment: &str) -> Result<Vec<Row>> {
    let path = dir.join(format!("{experiment}.csv"));
    let exists = path.try_exists().with_context(|| format!("cannot look for {}", path.display()))?;
    if !exists {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = read_rows(&path)?;
    for (i, row) in rows.iter().enumerate() {
        let measured = row.values[Quantity::Psnr].or(row.values[Quantity::PsnrPeak]);
        ensure!(measured.is_some(), "{}: line {} has no PSNR", path.display(), i + 2);
    }
    Ok(rows)
}
