//! One table from beginning to end: specification → cells → jobs → run directories → rows → outputs.
//!
//! Rows are written within seconds of being known; a failed stage fails the rows behind it and nothing
//! else; a stop saves the state, writes what is known and says how to go on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use inr_core::Engine;

use crate::claims::Verdict;
use crate::cli::{DOES_NOT_HOLD, DONE, FAILED_ROWS, RunArgs, STOPPED, data_roots, workspace};
use crate::data::Data;
use crate::measure::{Failures, write_rows};
use crate::plan::{Job, Plan, dataset, plan};
use crate::provenance;
use crate::recipe::{Cell, Stage, cells};
use crate::screen::{self, Progress};
use crate::spec::{self, Experiment, Overrides};
use crate::stage::{Outcome, Setting, carry_out, is_whole};
use crate::store::{Manifest, NUMERICS, Status, Store, is_disk_full, sweep, unix_time};

/// The seconds a job took are recorded this often.
const RECORD_EVERY: Duration = Duration::from_secs(20);

/// Rows are written at most this often while jobs run, and at the end.
const ROWS_EVERY: Duration = Duration::from_secs(5);

/// Everything one invocation knows.
pub struct Session {
    /// The merged experiment.
    pub experiment: Experiment,
    /// Its cells, after `--only`.
    pub cells: Vec<Cell>,
    /// Jobs and chains.
    pub plan: Plan,
    /// The data sets.
    pub data: Data,
    /// The run directories.
    pub store: Store,
    /// Where tables and plots go.
    pub folder: PathBuf,
    /// Engine, program and machine, as they are when the session begins.
    pub provenance: Vec<(String, String)>,
}

impl Session {
    /// Whether the run of a stage is done and has all that this program writes.
    pub fn is_done(&self, stage: &Stage, id: &str) -> bool {
        self.store.is_done(id) && is_whole(stage, &self.store.dir(id))
    }
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

/// `repro NAME`, `repro all`.
///
/// # Errors
/// If the experiment, the data or the output folder cannot be used; the message says what to do.
pub fn run(args: &RunArgs) -> Result<u8> {
    match args.name == crate::all::NAME {
        true => crate::all::run(args),
        false => Ok(run_one(args)?.code),
    }
}

/// One experiment.
///
/// # Errors
/// As [`run`].
pub fn run_one(args: &RunArgs) -> Result<Finished> {
    let engine = crate::engines::single(&args.engine)?;
    let session = prepare(args)?;
    let title = session.experiment.title.clone();
    let without_page = |code| Finished { code, title: title.clone(), verdicts: vec![], body: String::new() };
    if args.dry_run {
        screen::result(&match args.json {
            true => serde_json::to_string_pretty(&planned(&session))?,
            false => describe(&session),
        })?;
        return Ok(without_page(DONE));
    }
    let (outcomes, stopped) = execute(&session, engine.as_ref())?;
    let rows = write_rows(&session, &outcomes)?;
    if stopped {
        screen::note("stopped; the state is saved. The same command goes on from here.");
        return Ok(without_page(STOPPED));
    }
    let (verdicts, body) = crate::outputs::write(&session, &rows, args.json)?;
    let failed = rows.cells.iter().filter(|row| row.err.is_some()).count();
    let code = if failed > 0 {
        let place = session.folder.join("measurements.csv");
        screen::note(&format!(
            "{failed} of {} rows failed; column err of {} says why",
            rows.cells.len(),
            place.display()
        ));
        FAILED_ROWS
    } else if args.strict && crate::claims::any_broken(&verdicts) {
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
    let experiment = spec::load(&path, &overrides)?;
    let mut cells = cells(&experiment);
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
    let data = Data::new(data_roots(args.data_root.as_deref())?, Some(args.out.join("cache")));
    let plan = plan(&cells, &data, crate::engines::is_sparse(&args.engine))?;
    crate::feasible::check(&experiment, &cells, &data).with_context(|| path.display().to_string())?;
    remark(&plan, &data)?;
    let store = Store::open(&args.out)?;
    let folder = args.out.join(&experiment.name);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    [&folder, &args.out].into_iter().try_for_each(|folder| check_writable(folder))?;
    sweep(&folder);
    Ok(Session { experiment, cells, plan, data, store, folder, provenance: provenance::here(&args.engine) })
}

/// Refuses a folder that takes no file, before anything is computed.
fn check_writable(folder: &Path) -> Result<()> {
    let place = || format!("cannot write into {}; choose another --out", folder.display());
    tempfile::tempfile_in(folder).map(drop).with_context(place)
}

/// Says what there is to know of the data sets before they are used.
fn remark(plan: &Plan, data: &Data) -> Result<()> {
    let names: BTreeSet<&str> = plan.jobs.iter().map(|job| dataset(&job.stage)).collect();
    for name in names {
        data.open(name)?.set.remarks().iter().for_each(|remark| screen::note(&format!("{name}: {remark}")));
    }
    Ok(())
}

/// Where a job stands, in a word or two.
fn state(session: &Session, job: &Job) -> &'static str {
    match session.store.manifest(&job.id).map(|m| m.status) {
        Some(Status::Done) if session.is_done(&job.stage, &job.id) => "done",
        Some(Status::Done) => "of an earlier form",
        Some(Status::Running) => "begun",
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
    let to_do = session.plan.jobs.iter().filter(|job| !session.is_done(&job.stage, &job.id)).count();
    text + &format!("\n{} stages, {to_do} of them to do; nothing was computed\n", session.plan.jobs.len())
}

/// Carries out every job that is not done, parents first. Returns the failures, and whether it was stopped.
fn execute(session: &Session, engine: &dyn Engine<f32>) -> Result<(Failures, bool)> {
    let to_do: Vec<&Job> =
        session.plan.jobs.iter().filter(|job| !session.is_done(&job.stage, &job.id)).collect();
    if to_do.is_empty() {
        let count = session.plan.jobs.len();
        screen::note(&format!(
            "nothing left to compute: all {count} stages are done; writing tables and plots anew"
        ));
        return Ok((Failures::new(), false));
    }
    let stop = stop_flag()?;
    let progress = Progress::new(to_do.iter().map(|job| job.cost).sum());
    let (done, all) = (session.plan.jobs.len() - to_do.len(), session.plan.jobs.len());
    progress.say(&format!("{}: {all} stages, {done} of them done before", session.experiment.name));
    let (mut failures, mut stopped) = (Failures::new(), false);
    let mut written = Instant::now();
    for job in to_do {
        progress.begin(&job.name, job.cost);
        let failed_parent = job.parent.as_ref().and_then(|parent| failures.get(parent));
        let result = match failed_parent {
            Some(why) => Err(anyhow!("{why}")),
            None => carry_out_job(session, engine, job, &stop, &progress),
        };
        match result {
            Ok(Outcome::Done) => progress.end(),
            Ok(Outcome::Stopped) => {
                stopped = true;
                break;
            }
            Err(error) if is_disk_full(&error) => {
                progress.clear();
                return Err(error); // the next job would fail on it too
            }
            Err(error) => {
                progress.end();
                progress.say(&format!("failed: {}: {error:#}", job.name));
                failures.insert(job.id.clone(), format!("{error:#}"));
            }
        }
        if written.elapsed() > ROWS_EVERY {
            write_rows(session, &failures)?;
            written = Instant::now();
        }
    }
    progress.clear();
    Ok((failures, stopped))
}

/// Set by the first Ctrl-C; the second one ends the program at once. One flag for all experiments of a process.
fn stop_flag() -> Result<Arc<AtomicBool>> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = FLAG.get() {
        return Ok(flag.clone());
    }
    let flag = FLAG.get_or_init(Arc::default).clone();
    let seen = flag.clone();
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(STOPPED));
        }
        screen::note("stopping after this step; once more to stop at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(flag)
}

fn carry_out_job(
    session: &Session,
    engine: &dyn Engine<f32>,
    job: &Job,
    stop: &AtomicBool,
    progress: &Progress,
) -> Result<Outcome> {
    let run = session.store.hold(&job.id)?;
    let before = session.store.manifest(&job.id);
    if session.is_done(&job.stage, &job.id) {
        return Ok(Outcome::Done); // another process finished it meanwhile
    }
    let mut manifest = Manifest {
        status: Status::Running,
        stage: serde_json::to_value(&job.stage)?,
        parent: job.parent.clone(),
        fingerprint: job.fingerprint.clone(),
        numerics: NUMERICS,
        provenance: session.provenance.clone(),
        wall_s: before.as_ref().map_or(0.0, |m| m.wall_s),
        started: before.as_ref().map_or_else(unix_time, |m| m.started),
        finished: None,
        error: None,
    };
    run.write_manifest(&manifest)?;
    let (began, before_s, written) = (Instant::now(), manifest.wall_s, Mutex::new(Instant::now()));
    let report = |done: u64, all: u64, psnr_db: f64| {
        progress.step(done, all, psnr_db);
        // A run that is killed keeps the seconds it took, to within this interval.
        if let Ok(mut written) = written.try_lock()
            && written.elapsed() > RECORD_EVERY
        {
            *written = Instant::now();
            run.write_manifest(&Manifest {
                wall_s: before_s + began.elapsed().as_secs_f64(),
                ..manifest.clone()
            })
            .ok();
        }
    };
    let setting = Setting { engine, store: &session.store, data: &session.data, stop, report: &report };
    let result = carry_out(&setting, &job.stage, &run, job.parent.as_deref());
    manifest.wall_s = before_s + began.elapsed().as_secs_f64();
    match &result {
        Ok(Outcome::Stopped) => {}
        Ok(Outcome::Done) => (manifest.status, manifest.finished) = (Status::Done, Some(unix_time())),
        Err(error) if is_disk_full(error) => {} // not the stage's fault: it goes on from its last state
        Err(error) => (manifest.status, manifest.error) = (Status::Failed, Some(format!("{error:#}"))),
    }
    let recorded = run.write_manifest(&manifest);
    result.and_then(|outcome| recorded.map(|()| outcome))
}
