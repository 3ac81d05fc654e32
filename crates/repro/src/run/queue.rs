//! The jobs of a session, in turn: what failed, and whether a person asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use inr_core::Engine;

use super::job::carry_out_job;
use crate::disk::is_disk_full;
use crate::exit::STOPPED;
use crate::plan::{Job, Session};
use crate::rows::gather::{Failures, write_rows};
use crate::screen::{self, Progress};
use crate::stage::Outcome;

/// Rows are written at most this often while jobs run, and at the end.
const ROWS_EVERY: Duration = Duration::from_secs(5);

/// Carries out every job that is not done, parents first. Returns the failures, and whether it was stopped.
pub fn execute(session: &Session, engine: &dyn Engine<f32>) -> Result<(Failures, bool)> {
    let to_do: Vec<&Job> = session.plan.jobs.iter().filter(|job| !session.store.is_done(&job.id)).collect();
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
