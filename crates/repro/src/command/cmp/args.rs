//! `repro cmp A B`: its flags and its verdict.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::compare::{Tolerance, compare};
use crate::exit::{DOES_NOT_HOLD, DONE};
use crate::screen;

/// `cmp`.
#[derive(Args)]
pub struct CmpArgs {
    /// measurements.csv, signals.csv or another table of one record; of a folder, its measurements.csv.
    a: PathBuf,
    /// The same of the other record.
    b: PathBuf,
    /// Decibels that a number in dB (psnr…, …_db) may differ by.
    #[arg(long, default_value_t = 0.0, value_name = "DB", value_parser = tolerance)]
    tol: f64,
    /// Share of the larger that another measure (ssim, iou, chamfer, sdf_…) may differ by; counts must be equal,
    /// timings (…_s, …_ms), run ids and origins are not compared.
    #[arg(long, default_value_t = 1e-6, value_name = "SHARE", value_parser = tolerance)]
    rel: f64,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "not a finite number of at least 0".into())
}

/// Compares and prints.
///
/// # Errors
/// If a record cannot be read, or nothing can be compared.
pub fn run(args: &CmpArgs) -> Result<u8> {
    let tolerance = Tolerance { decibels: args.tol, relative: args.rel };
    let comparison = compare(&args.a, &args.b, tolerance)?;
    screen::result(&match args.json {
        true => serde_json::to_string_pretty(&comparison)?,
        false => comparison.text(tolerance),
    })?;
    Ok(if comparison.agrees() { DONE } else { DOES_NOT_HOLD })
}
