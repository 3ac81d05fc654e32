//! One table from beginning to end: specification → cells → jobs → run directories → rows → outputs.
//!
//! Rows are written within seconds of being known; a failed stage fails the rows behind it and nothing
//! else; a stop saves the state, writes what is known and says how to go on.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use inr_core::disk::sweep;
use inr_core::file::write_atomically;

use crate::claims::{Verdict, any_broken};
use crate::disk::sweep_below;
use crate::exit::{DOES_NOT_HOLD, DONE, FAILED_ROWS, STOPPED};
use crate::experiment::{Overrides, SPECIFICATION};
use crate::place::{data_roots, workspace};
use crate::plan::{Job, Plan, Session, feasible, plan};
use crate::recipe::{Cell, cells, load};
use crate::rows::gather::{gather, origins, write_rows};
use crate::run::execute;
use crate::signals::Data;
use crate::stage::derived::derived_kinds;
use crate::store::{Status, Store};
use crate::{engines, provenance, screen};

/// Folder of preprocessed signals below --out.
const CACHE: &str = "cache";

/// `repro NAME`.
#[derive(Args, Clone)]
pub struct RunArgs {
    /// Name of the experiment, e.g. table1; `all`: every one, and a page of all.
    pub name: String,
    /// smoke (CI), desk (two cores) or paper.
    #[arg(long, default_value = "desk")]
    pub profile: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Data sets, instead of the experiment's.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub datasets: Option<Vec<String>>,
    /// Number of seeds, instead of the experiment's.
    #[arg(long, value_name = "N")]
    pub seeds: Option<usize>,
    /// Engine that computes; `repro list` names them.
    #[arg(long, default_value = engines::DEFAULT)]
    pub engine: String,
    /// Sets one key of the experiment, e.g. meta.outer_lr=1e-4; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only cells whose name (as --dry-run prints it) matches.
    #[arg(long, value_name = "REGEX")]
    pub only: Option<String>,
    /// Folder for runs, tables, plots.
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// Stages computed at once, which share the machine's threads; the numbers do not depend on it [default: from
    /// threads, memory and the work].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Prints the plan and computes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the table as JSON.
    #[arg(long)]
    pub json: bool,
    /// Exit code 4 if a claim does not hold.
    #[arg(long)]
    pub strict: bool,
}

/// What one experiment came to.
pub struct Finished {
    /// Exit code.
    pub code: u8,
    /// Title of the experiment.
    pub title: String,
    /// Its claims; none if it was stopped.
    pub verdicts: Vec<Verdict>,
    /// Its sections of the page, HTML; empty if it was stopped.
    pub body: String,
}

/// One experiment.
///
/// # Errors
/// If the experiment, the data or the output folder cannot be used; the message says what to do.
pub fn run_one(args: &RunArgs) -> Result<Finished> {
    let engine = engines::single(&args.engine)?;
    let session = prepare(args)?;
    let title = session.experiment.title.clone();
    let specification = session.experiment.file()?;
    write_atomically(&session.folder.join(SPECIFICATION), specification.as_bytes())?;
    let without_page = |code| Finished { code, title: title.clone(), verdicts: vec![], body: String::new() };
    if args.dry_run {
        screen::result(&match args.json {
            true => serde_json::to_string_pretty(&planned(&session))?,
            false => describe(&session),
        })?;
        return Ok(without_page(DONE));
    }
    let (outcomes, stopped) = execute(&session, engine.as_ref(), args.jobs)?;
    if stopped {
        write_rows(&session, &outcomes)?;
        screen::note("stopped; the state is saved. The same command goes on from here.");
        return Ok(without_page(STOPPED));
    }
    let rows = gather(&session, &outcomes)?;
    let missing = session.cells.len() - rows.cells.len();
    ensure!(
        missing == 0,
        "{missing} of {} rows are missing: runs below {} changed while rows were made of them; the same command \
         computes them anew",
        session.cells.len(),
        args.out.display()
    );
    let provenance = origins(&session, &rows.cells)?;
    provenance.write(&session.folder)?;
    let (verdicts, body) =
        crate::show::outputs::write(&session.experiment, &rows, &provenance, &session.folder, args.json)?;
    let failed = rows.cells.iter().filter(|row| row.err.is_some()).count();
    let code = if failed > 0 {
        let place = session.folder.join("measurements.csv");
        screen::note(&format!(
            "{failed} of {} rows failed; column err of {} says why",
            rows.cells.len(),
            place.display()
        ));
        FAILED_ROWS
    } else if args.strict && any_broken(&verdicts) {
        DOES_NOT_HOLD
    } else {
        DONE
    };
    Ok(Finished { code, title, verdicts, body })
}

fn prepare(args: &RunArgs) -> Result<Session> {
    let path = match args.name.ends_with(".toml") {
        true => PathBuf::from(&args.name),
        false => workspace().join("experiments").join(format!("{}.toml", args.name)),
    };
    let overrides = Overrides {
        profile: args.profile.clone(),
        set: args.set.clone(),
        datasets: args.datasets.clone(),
        seeds: args.seeds,
    };
    let experiment = load(&path, &overrides)?;
    let mut cells = cells(&experiment, &derived_kinds())?;
    if let Some(pattern) = &args.only {
        let regex = regex::Regex::new(pattern).with_context(|| format!("--only {pattern}"))?;
        cells.retain(|cell| regex.is_match(&cell.name()));
    }
    ensure!(
        !cells.is_empty(),
        "--only {}: no cell of {} matches; `--dry-run` without --only lists their names",
        args.only.as_deref().unwrap_or_default(),
        experiment.name
    );
    let data = Data::new(data_roots(args.data_root.as_deref())?, Some(args.out.join(CACHE)));
    let plan = plan(&cells, &data, engines::is_sparse(&args.engine))?;
    feasible::check(&experiment, &cells, &data).with_context(|| path.display().to_string())?;
    remark(&plan, &data)?;
    let store = Store::open(&args.out)?;
    let folder = args.out.join(&experiment.name);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    [&folder, &args.out].into_iter().try_for_each(|folder| check_writable(folder))?;
    [folder.clone(), args.out.join(CACHE)].iter().for_each(|folder| sweep_below(folder));
    sweep(&args.out);
    let ids: Vec<&str> = plan.jobs.iter().map(|job| job.id.as_str()).collect();
    for line in store.damage(&ids) {
        screen::note(&format!("{line}; its stage counts as not done"));
    }
    Ok(Session { experiment, cells, plan, data, store, folder, provenance: provenance::here(&args.engine) })
}

/// Refuses a folder that takes no file, before anything is computed.
fn check_writable(folder: &Path) -> Result<()> {
    let place = || format!("cannot write into {}; choose another --out", folder.display());
    tempfile::tempfile_in(folder).map(drop).with_context(place)
}

/// Says what there is to know of the data sets before they are used.
fn remark(plan: &Plan, data: &Data) -> Result<()> {
    let names: BTreeSet<&str> = plan.jobs.iter().map(|job| job.stage.dataset()).collect();
    for name in names {
        data.open(name)?.set.remarks().iter().for_each(|remark| screen::note(&format!("{name}: {remark}")));
    }
    Ok(())
}

/// Where a job stands, in a word or two.
fn state(session: &Session, job: &Job) -> &'static str {
    match session.store.manifest(&job.id).map(|m| m.status) {
        _ if session.store.is_done(&job.id) => "done",
        Some(Status::Running) => "begun",
        Some(Status::Done) => "damaged",
        Some(Status::Failed) => "failed",
        None => "to do",
    }
}

/// What `--dry-run --json` prints.
fn planned(session: &Session) -> serde_json::Value {
    let stage = |job: &Job| serde_json::json!({"id": job.id, "state": state(session, job), "name": job.name});
    serde_json::json!({
        "experiment": session.experiment.name,
        "profile": session.experiment.profile,
        "stages": session.plan.jobs.iter().map(stage).collect::<Vec<_>>(),
        "cells": session.cells.iter().map(Cell::name).collect::<Vec<_>>(),
    })
}

fn describe(session: &Session) -> String {
    let mut text = format!("{}, profile {}\n", session.experiment.title, session.experiment.profile);
    for job in &session.plan.jobs {
        let state = state(session, job);
        text += &format!("{}  {state:<6}  {}\n", job.id, job.name);
    }
    text += "\ncells, for --only:\n";
    session.cells.iter().for_each(|cell| text += &format!("  {}\n", cell.name()));
    let to_do = session.plan.jobs.iter().filter(|job| !session.store.is_done(&job.id)).count();
    text + &format!("\n{} stages, {to_do} of them to do; nothing was computed\n", session.plan.jobs.len())
}
