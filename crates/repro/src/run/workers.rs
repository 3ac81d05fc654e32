//! The threads that take jobs from the queue, and the one that writes rows meanwhile.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use inr_core::Engine;

use super::at_once::at_once;
use super::job::{Asked, ask, carry_out_job};
use super::queue::{ASK_EVERY, Next, Queue};
use super::stop::stop_flag;
use crate::disk::is_of_the_disk;
use crate::plan::{Job, Session};
use crate::rows::failures::failures;
use crate::rows::gather::{Failures, write_rows};
use crate::screen::{self, Progress};
use crate::stage::Outcome;
use crate::store::{Run, unix_time};

/// Rows are written at most this often while jobs run, and at the end.
const ROWS_EVERY: Duration = Duration::from_secs(5);
/// Rows may take this part of the time: those of large tables are written less often.
const PART_FOR_ROWS: f64 = 0.02;
/// The screen is brought up to date this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// As that of a program's first thread.
const STACK_BYTES: usize = 8 << 20;

/// Where the jobs of a session are worked on.
struct Floor<'a> {
    session: &'a Session,
    engine: &'a dyn Engine<f32>,
    progress: &'a Progress,
    /// Set by Ctrl-C, and by what ends all jobs.
    stop: &'a AtomicBool,
    /// Unix time.
    began: u64,
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    queue: Queue<'a>,
    /// Workers that have not left.
    working: usize,
    /// Why each job failed that did so in this process.
    failures: Failures,
    /// What the next job would fail on too: a full disk.
    end: Option<anyhow::Error>,
}

/// Carries out every job that is not done, parents first, several at once: `asked` of them, or as many as are worth it.
/// Returns the failures, and whether it was stopped.
///
/// # Errors
/// If the disk is full, or rows cannot be written; jobs that ran are saved.
pub fn execute(
    session: &Session,
    engine: &dyn Engine<f32>,
    asked: Option<NonZeroUsize>,
) -> Result<(Failures, bool)> {
    let to_do: Vec<&Job> = session.plan.jobs.iter().filter(|job| !session.store.is_done(&job.id)).collect();
    let all = session.plan.jobs.len();
    if to_do.is_empty() {
        screen::note(&format!(
            "nothing left to compute: all {all} stages are done; writing tables and plots anew"
        ));
        return Ok((Failures::new(), false));
    }
    let (stop, threads) = (stop_flag()?, rayon::current_num_threads());
    let at_once = at_once(&to_do, asked, threads)?;
    let progress = Progress::new(to_do.iter().map(|job| job.cost).sum());
    progress.say(&format!(
        "{}: {all} stages, {} of them done before; {}",
        session.experiment.name,
        all - to_do.len(),
        at_once.words(threads)
    ));
    let queue = Queue::new(to_do, at_once.jobs, threads);
    let state = State { queue, working: at_once.jobs, failures: Failures::new(), end: None };
    let floor = Floor {
        session,
        engine,
        progress: &progress,
        stop: &stop,
        began: unix_time(),
        state: Mutex::new(state),
        changed: Condvar::new(),
    };
    let ended = floor.open();
    progress.clear();
    ended
}

/// The failures that manifests name, and those of jobs that could not even write one, unless they were done since.
fn known(session: &Session, own: &Failures) -> Failures {
    let mut known = failures(session);
    let unwritten = own.iter().filter(|(id, _)| !session.store.is_done(id) && !known.contains_key(*id));
    let unwritten: Vec<_> = unwritten.map(|(id, why)| (id.clone(), why.clone())).collect();
    known.extend(unwritten);
    known
}

impl<'a> Floor<'a> {
    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'b>(&self, state: MutexGuard<'b, State<'a>>, time: Duration) -> MutexGuard<'b, State<'a>> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Works on all jobs; the failures, and whether some were left.
    fn open(self) -> Result<(Failures, bool)> {
        let workers = self.state().working;
        let watched = std::thread::scope(|scope| {
            (0..workers).for_each(|_| drop(scope.spawn(|| self.work())));
            self.watch()
        });
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.end {
            Some(error) => Err(error),
            None => watched.map(|()| (known(self.session, &state.failures), !state.queue.is_through())),
        }
    }

    /// Takes jobs until none is left.
    fn work(&self) {
        let _leaving = Leaving(self);
        while let Some((job, waited)) = self.take() {
            self.begin(job, waited);
            self.changed.notify_all();
        }
    }

    /// The next job, waiting for one if need be; none once nothing is left or a stop is asked for.
    fn take(&self) -> Option<(usize, bool)> {
        let mut state = self.state();
        while !self.stop.load(Ordering::Relaxed) {
            match state.queue.next(Instant::now()) {
                Next::Ask { job, waited } => return Some((job, waited)),
                Next::Wait => state = self.wait(state, ASK_EVERY),
                Next::Nothing => break,
            }
        }
        None
    }

    /// Asks for a job, and carries it out if it is ours to do.
    fn begin(&self, index: usize, waited: bool) {
        let job = self.state().queue.jobs[index];
        match ask(self.session, job, self.began, waited) {
            Ok(Asked::Mine(run)) => self.carry_out(index, job, run),
            Ok(Asked::Elsewhere) => self.state().queue.mark_elsewhere(index, Instant::now()),
            Ok(Asked::Done) => {
                self.state().queue.mark_done(index);
                self.progress.pass(job.cost);
            }
            Ok(Asked::Failed(why)) => self.fail(index, &why),
            Err(error) => self.err(index, error),
        }
    }

    fn carry_out(&self, index: usize, job: &Job, run: Run) {
        let threads = self.state().queue.run(index);
        let bar = self.progress.begin(&job.name, job.cost);
        let carry_out = || carry_out_job(self.session, self.engine, job, run, self.stop, &bar);
        match pool(threads).and_then(|pool| pool.install(carry_out)) {
            Ok(Outcome::Done) => {
                self.state().queue.mark_done(index);
                bar.end();
            }
            Ok(Outcome::Stopped) => self.state().queue.mark_stopped(index),
            Err(error) => {
                drop(bar);
                self.err(index, error);
            }
        }
    }

    /// A job that cannot be done: all jobs end if they would meet the same, its rows fail if not.
    fn err(&self, index: usize, error: anyhow::Error) {
        if is_of_the_disk(&error) {
            let mut state = self.state();
            state.queue.mark_stopped(index);
            state.end.get_or_insert(error);
            self.stop.store(true, Ordering::Relaxed);
        } else {
            self.fail(index, &format!("{error:#}"));
        }
    }

    fn fail(&self, index: usize, why: &str) {
        let mut state = self.state();
        let behind = state.queue.mark_failed(index);
        let jobs: Vec<&Job> = [&[index], &behind[..]].concat().iter().map(|&i| state.queue.jobs[i]).collect();
        state.failures.insert(jobs[0].id.clone(), why.into());
        drop(state);
        self.progress.say(&format!("failed: {}: {why}", jobs[0].name));
        jobs.iter().for_each(|job| self.progress.pass(job.cost));
    }

    /// Keeps screen and rows up to date until every worker has left.
    fn watch(&self) -> Result<()> {
        let (mut settled, mut written, mut every) = (0, Instant::now(), ROWS_EVERY);
        let mut state = self.state();
        while state.working > 0 {
            state = self.wait(state, LOOK_EVERY);
            let (now_settled, elsewhere) = (state.queue.settled(), state.queue.elsewhere());
            let own = (now_settled > settled && written.elapsed() > every).then(|| state.failures.clone());
            drop(state);
            self.progress.wait_for(elsewhere);
            self.progress.refresh();
            if let Some(own) = own {
                let began = Instant::now();
                let rows = write_rows(self.session, &known(self.session, &own));
                // Jobs that run are stopped, and saved, before the error goes up.
                rows.inspect_err(|_| self.stop.store(true, Ordering::Relaxed))?;
                every = ROWS_EVERY.max(began.elapsed().div_f64(PART_FOR_ROWS));
                (settled, written) = (now_settled, Instant::now());
            }
            state = self.state();
        }
        Ok(())
    }
}

/// Says that a worker left; one that panics stops the others, so that the panic is seen now and not when they end.
struct Leaving<'a, 'b>(&'a Floor<'b>);

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop.store(true, Ordering::Relaxed);
        }
        self.0.state().working -= 1;
        self.0.changed.notify_all();
    }
}

/// Threads of a job's own. What they wait for is only ever each other's work, or the thread that reads ahead, which
/// decodes on the threads of the program: a few percent of the work, so that both may want the same core for a moment.
fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES);
    pool.build().context("cannot start the threads of a job; ask for fewer with --jobs 1")
}
