//! One job: its run directory held, its stage carried out, its manifest written.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use inr_core::Engine;

use crate::disk::is_disk_full;
use crate::plan::{Job, Session};
use crate::screen::Progress;
use crate::stage::{Outcome, Setting, carry_out};
use crate::store::{Manifest, NUMERICS, Status, unix_time};

/// The seconds a job took are recorded this often.
const RECORD_EVERY: Duration = Duration::from_secs(20);

pub(super) fn carry_out_job(
    session: &Session,
    engine: &dyn Engine<f32>,
    job: &Job,
    stop: &AtomicBool,
    progress: &Progress,
) -> Result<Outcome> {
    let run = session.store.hold(&job.id)?;
    let before = session.store.manifest(&job.id);
    if session.store.is_done(&job.id) {
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
