//! One job: its run directory asked for and held, its stage carried out, its manifest written.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use inr_core::Engine;

use crate::disk::is_of_the_disk;
use crate::plan::{Job, Session};
use crate::screen::Bar;
use crate::stage::{Outcome, Setting, carry_out};
use crate::store::{Held, Manifest, NUMERICS, Run, Status, unix_time};

/// The seconds a job took are recorded this often.
const RECORD_EVERY: Duration = Duration::from_secs(20);

/// What came of asking for a job's run directory.
pub(super) enum Asked {
    /// It is this process's, and there is work to do.
    Mine(Run),
    /// Another process has it.
    Elsewhere,
    /// Another process finished it.
    Done,
    /// Another process failed on it during this session, and said why.
    Failed(String),
}

/// Asks for a job's run directory. `began` is the unix time at which the session began; `waited` says that another
/// process was found with the directory before.
pub(super) fn ask(session: &Session, job: &Job, began: u64, waited: bool) -> Result<Asked> {
    let Held::Mine(run) = session.store.hold(&job.id)? else { return Ok(Asked::Elsewhere) };
    if session.store.is_done(&job.id) {
        return Ok(Asked::Done);
    }
    let failed = session.store.manifest(&job.id).filter(|manifest| manifest.status == Status::Failed);
    let failed = failed.filter(|manifest| waited || manifest.finished.is_some_and(|time| time > began));
    Ok(match failed.and_then(|manifest| manifest.error) {
        Some(why) => Asked::Failed(why),
        None => Asked::Mine(run),
    })
}

/// Carries out a job, on the threads of the pool it is called in.
pub(super) fn carry_out_job(
    session: &Session,
    engine: &dyn Engine<f32>,
    job: &Job,
    run: Run,
    stop: &AtomicBool,
    bar: &Bar,
) -> Result<Outcome> {
    let mut manifest = begun(session, job)?;
    run.write_manifest(&manifest)?;
    let (began, before_s, written) = (Instant::now(), manifest.wall_s, Mutex::new(Instant::now()));
    let report = |done: u64, all: u64, psnr_db: Option<f64>| {
        bar.step(done, all, psnr_db);
        // A run that is killed keeps the seconds it took, to within this interval.
        if let Ok(mut written) = written.try_lock()
            && written.elapsed() > RECORD_EVERY
        {
            *written = Instant::now();
            let mut manifest = manifest.clone();
            manifest.wall_s = before_s + began.elapsed().as_secs_f64();
            run.write_manifest(&manifest).ok();
        }
    };
    let note = |line: &str| bar.say(line);
    let setting =
        Setting { engine, store: &session.store, data: &session.data, stop, report: &report, note: &note };
    let result = carry_out(&setting, &job.stage, &run, job.parent.as_deref());
    let result = result.and_then(|outcome| {
        if outcome == Outcome::Done {
            manifest.files = run.files()?;
        }
        Ok(outcome)
    });
    manifest.wall_s = before_s + began.elapsed().as_secs_f64();
    match &result {
        Ok(Outcome::Stopped) => {}
        Ok(Outcome::Done) => (manifest.status, manifest.finished) = (Status::Done, Some(unix_time())),
        Err(error) if is_of_the_disk(error) => {} // not the stage's fault: it goes on from its last state
        Err(error) => {
            (manifest.status, manifest.finished) = (Status::Failed, Some(unix_time()));
            manifest.error = Some(format!("{error:#}"));
        }
    }
    let recorded = run.write_manifest(&manifest);
    result.and_then(|outcome| recorded.map(|()| outcome))
}

/// The manifest of a job that begins, or goes on.
fn begun(session: &Session, job: &Job) -> Result<Manifest> {
    let stage = serde_json::to_value(&job.stage)?;
    let mut manifest = Manifest::new(&job.id, stage, &job.fingerprint, NUMERICS);
    manifest.parent = job.parent.clone();
    manifest.provenance = session.provenance.iter().cloned().map(with_share).collect();
    if let Some(before) = session.store.manifest(&job.id) {
        manifest.wall_s = before.wall_s;
        manifest.sessions += before.sessions;
        manifest.started = before.started;
    }
    Ok(manifest)
}

/// The threads of a process, as `1 of 2` where the job has only some of them.
fn with_share((key, value): (String, String)) -> (String, String) {
    let own = rayon::current_num_threads().to_string();
    match key == "threads" && value != own {
        true => (key, format!("{own} of {value}")),
        false => (key, value),
    }
}
