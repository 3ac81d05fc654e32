//! `repro draw FOLDER`: tables, figures and the page of a record, from its rows alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::exit::DONE;
use crate::experiment::{Experiment, Overrides, SPECIFICATION};
use crate::recipe::load;
use crate::rows::{Provenance, Rows};
use crate::screen;
use crate::show::outputs;

/// `draw`.
#[derive(Args)]
pub struct DrawArgs {
    /// Folder of a record or of an experiment's results: measurements.csv, experiment.toml and the other tables.
    folder: PathBuf,
    /// Folder to write into [default: the same].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Prints the table as JSON.
    #[arg(long)]
    json: bool,
}

/// Draws it.
///
/// # Errors
/// If the folder has no rows or no specification, or the disk refuses.
pub fn run(args: &DrawArgs) -> Result<u8> {
    let mut rows = Rows::read(&args.folder)
        .with_context(|| format!("draw {}: name the folder of a record", args.folder.display()))?;
    let experiment = specification(args, &rows)?;
    let provenance = Provenance::read(&args.folder)?;
    let all = rows.pictures.len();
    rows.pictures.retain(|row| row.files().all(|name| args.folder.join(name).is_file()));
    if rows.pictures.len() < all {
        screen::note("a record does not carry all pictures: the page has those that are here");
    }
    let out = args.out.as_ref().unwrap_or(&args.folder);
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    if out != &args.folder {
        copy_pictures(args, &rows, out)?;
    }
    outputs::write(&experiment, &rows, &provenance, out, args.json)?;
    Ok(DONE)
}

fn specification(args: &DrawArgs, rows: &Rows) -> Result<Experiment> {
    let path = args.folder.join(SPECIFICATION);
    let Some(first) = rows.cells.first() else {
        bail!("{}: measurements.csv has no row; there is nothing to draw", args.folder.display())
    };
    ensure!(
        path.is_file(),
        "{}: no such file; a record of an earlier program has none. `cargo xtask repro {} --profile {} --dry-run --out DIR` \
         writes it to DIR/{}: copy it from there",
        path.display(),
        first.experiment,
        first.profile,
        first.experiment
    );
    load(&path, &Overrides { profile: first.profile.clone(), ..Overrides::default() })
}

fn copy_pictures(args: &DrawArgs, rows: &Rows, out: &Path) -> Result<()> {
    for row in &rows.pictures {
        for name in row.files() {
            let to = out.join(name);
            to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::copy(args.folder.join(name), &to).with_context(|| to.display().to_string())?;
        }
    }
    Ok(())
}
