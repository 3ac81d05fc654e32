//! `repro golden`: a golden trajectory replayed, and how far this program is from it.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::exit::{DOES_NOT_HOLD, DONE};
use crate::golden::{Deviation, Golden, Precision, Tolerances};
use crate::{engines, screen};

/// `golden`.
#[derive(Args)]
pub struct GoldenArgs {
    /// Folder of the trajectory.
    dir: PathBuf,
    /// Engine that computes.
    #[arg(long, default_value = engines::DEFAULT)]
    engine: String,
    /// Precision to compute in [default: the trajectory's].
    #[arg(long)]
    precision: Option<Precision>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Allowed relative deviation of losses.
    #[arg(long, value_name = "X")]
    tol_losses: Option<f64>,
    /// Allowed relative deviation of the first meta-gradient, per leaf.
    #[arg(long, value_name = "X")]
    tol_gradient: Option<f64>,
    /// Allowed relative deviation of parameters, per leaf.
    #[arg(long, value_name = "X")]
    tol_params: Option<f64>,
    /// Allowed deviation of PSNR wherever it is judged, dB.
    #[arg(long, value_name = "DB")]
    tol_psnr: Option<f64>,
    /// Allowed number of differing mask entries.
    #[arg(long, value_name = "N")]
    tol_masks: Option<f64>,
}

/// Replays it and prints the table.
///
/// # Errors
/// If the trajectory is not whole, a tolerance is no number, or the replay fails.
pub fn run(args: &GoldenArgs) -> Result<u8> {
    let golden = Golden::open(&args.dir)?;
    let precision = args.precision.unwrap_or(golden.precision());
    let mut tolerances = Tolerances::of(precision, golden.width());
    for given in [args.tol_losses, args.tol_gradient, args.tol_params, args.tol_psnr, args.tol_masks] {
        anyhow::ensure!(given.is_none_or(|x| x >= 0.0), "a tolerance is a number from 0 on, not {given:?}");
    }
    set(&mut tolerances.losses, args.tol_losses);
    set(&mut tolerances.meta_gradient, args.tol_gradient);
    set(&mut tolerances.params, args.tol_params);
    if let Some(db) = args.tol_psnr {
        tolerances.fits = tolerances.fits.with(db);
        tolerances.replayed_fits = tolerances.replayed_fits.with(db);
    }
    set(&mut tolerances.mask_entries, args.tol_masks);
    let progress = screen::Progress::new(1.0);
    let bar = progress.begin(&format!("replay {}", args.dir.display()), 1.0);
    let report = |done: usize, all: usize| bar.step(done as u64, all as u64, None);
    let deviations = match precision {
        Precision::F32 => golden.replay(engines::single(&args.engine)?.as_ref(), &tolerances, &report),
        Precision::F64 => golden.replay(engines::double(&args.engine)?.as_ref(), &tolerances, &report),
    };
    drop(bar);
    progress.clear();
    let deviations = deviations.with_context(|| format!("golden trajectory {}", args.dir.display()))?;
    let (logged, in_precision) = (golden.precision().name(), precision.name());
    let heading = format!("{} ({logged}) on {} in {in_precision}", args.dir.display(), args.engine);
    let contents = golden.contents();
    match args.json {
        true => {
            screen::note(&contents);
            screen::result(&serde_json::to_string_pretty(&deviations)?)?;
        }
        false => screen::result(&golden_table(&format!("{heading}\n{contents}"), &deviations))?,
    }
    Ok(if deviations.iter().all(|d| d.holds()) { DONE } else { DOES_NOT_HOLD })
}

fn set(tolerance: &mut f64, flag: Option<f64>) {
    if let Some(value) = flag {
        *tolerance = value;
    }
}

/// A replayed golden trajectory as a table.
fn golden_table(heading: &str, deviations: &[Deviation]) -> String {
    let mut text = format!(
        "{heading}\n{:<42} {:>8} {:>11} {:>10}   {}\n",
        "quantity", "compared", "largest", "allowed", "verdict"
    );
    for d in deviations {
        let allowed = d.tolerance.map_or("–".to_string(), |t| format!("{t:.1e}"));
        text += &format!(
            "{:<42} {:>8} {:>11.2e} {:>10}   {}, at {}\n",
            d.quantity, d.compared, d.largest, allowed, d.verdict, d.at
        );
    }
    text
}
