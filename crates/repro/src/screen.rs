//! The only place that prints: progress on stderr, results on stdout.
//!
//! On a terminal: a bar for each job that runs (step, dB, steps/s, ETA), a line for those that another process holds,
//! and a bar for everything (ETA of the whole table). Elsewhere: one plain line every 30 s. `NO_COLOR` is honoured by
//! the libraries used.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Time between plain lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Resolution of the overall bar.
const PARTS: u64 = 10_000;

/// Progress of jobs whose costs are known in some unit.
pub struct Progress {
    terminal: bool,
    bars: MultiProgress,
    overall: ProgressBar,
    state: Mutex<State>,
}

struct State {
    total_cost: f64,
    done_cost: f64,
    running: Vec<Running>,
    waiting: Option<ProgressBar>,
    waits_for: Vec<String>,
    begun: usize,
    began: Instant,
    spoke: Instant,
}

/// A job under way.
struct Running {
    number: usize,
    name: String,
    cost: f64,
    done: u64,
    all: u64,
    psnr_db: Option<f64>,
}

/// The bar of a job under way; it goes when this goes.
pub struct Bar<'a> {
    progress: &'a Progress,
    bar: ProgressBar,
    number: usize,
}

impl Progress {
    /// Progress towards `total_cost`.
    pub fn new(total_cost: f64) -> Self {
        let bars = MultiProgress::new();
        let overall = bars.add(ProgressBar::new(PARTS));
        overall.set_style(style("{msg:44!} {bar:20.green} {percent:>3} %"));
        let now = Instant::now();
        let state = State {
            total_cost,
            done_cost: 0.0,
            running: Vec::new(),
            waiting: None,
            waits_for: Vec::new(),
            begun: 0,
            began: now,
            spoke: now,
        };
        Self { terminal: std::io::stderr().is_terminal(), bars, overall, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job of this cost begins.
    pub fn begin(&self, name: &str, cost: f64) -> Bar<'_> {
        let mut state = self.state();
        state.begun += 1;
        let number = state.begun;
        state.running.push(Running { number, name: name.into(), cost, done: 0, all: 0, psnr_db: None });
        let bar = self.bars.insert_before(&self.overall, ProgressBar::new(0));
        bar.set_style(style("{msg:44!} {bar:20.cyan} {pos}/{len}  {per_sec}  ETA {eta}"));
        Bar { progress: self, bar, number }
    }

    /// A job of this cost is over without having run here: another process did it, or it cannot be done.
    pub fn pass(&self, cost: f64) {
        self.state().done_cost += cost;
        self.refresh();
    }

    /// The jobs that other processes hold.
    pub fn wait_for(&self, names: Vec<String>) {
        let mut state = self.state();
        if state.waits_for == names {
            return;
        }
        if let Some(line) = state.waiting.take() {
            line.finish_and_clear();
            self.bars.remove(&line);
        }
        if !names.is_empty() {
            let line = self.bars.insert_before(&self.overall, ProgressBar::new(0));
            line.set_style(style("{msg}"));
            line.set_message(waiting(&names));
            state.waiting = Some(line);
        }
        state.waits_for = names;
    }

    /// Brings the bar of everything up to date, or says a line where there is no terminal and one is due.
    pub fn refresh(&self) {
        let mut state = self.state();
        if self.terminal {
            self.overall.set_message(format!("everything, ETA {}", state.left()));
            self.overall.set_position((state.part() * PARTS as f64) as u64);
        } else if state.spoke.elapsed() > LINE_EVERY {
            state.spoke = Instant::now();
            note(&state.line());
        }
    }

    /// A line above the bars.
    pub fn say(&self, line: &str) {
        match self.terminal {
            true => self.bars.suspend(|| note(line)),
            false => note(line),
        }
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        self.wait_for(Vec::new());
        self.overall.finish_and_clear();
    }
}

impl Bar<'_> {
    /// The job is at `done` of `all` steps; `psnr_db` is the last step's, if it has one.
    pub fn step(&self, done: u64, all: u64, psnr_db: Option<f64>) {
        if self.bar.length() != Some(all) {
            self.bar.set_length(all);
            self.bar.set_position(done); // a resumed job does not count its old steps as speed
            self.bar.reset_eta();
        }
        let mut state = self.progress.state();
        if let Some(running) = state.running.iter_mut().find(|running| running.number == self.number) {
            (running.done, running.all, running.psnr_db) = (done, all, psnr_db);
            self.bar.set_message(running.message());
        }
        self.bar.set_position(done);
        drop(state);
        self.progress.refresh();
    }

    /// A line above the bars.
    pub fn say(&self, line: &str) {
        self.progress.say(line);
    }

    /// The job ended: its cost is done.
    pub fn end(self) {
        let mut state = self.progress.state();
        let own = state.running.iter().find(|running| running.number == self.number);
        state.done_cost += own.map_or(0.0, |running| running.cost);
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.progress.state().running.retain(|running| running.number != self.number);
        self.bar.finish_and_clear();
        self.progress.bars.remove(&self.bar);
    }
}

impl State {
    /// The part of everything that is done, 0 to 1.
    fn part(&self) -> f64 {
        let running = self.running.iter().map(|job| job.cost * job.done as f64 / job.all.max(1) as f64);
        let part = (self.done_cost + running.sum::<f64>()) / self.total_cost;
        if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The time left, in words.
    fn left(&self) -> String {
        let part = self.part();
        // The first steps also decode data: an ETA from them alone would frighten.
        match part > 0.002 {
            true => clock(self.began.elapsed().mul_f64((1.0 - part) / part)),
            false => "…".into(),
        }
    }

    /// All of it in a plain line.
    fn line(&self) -> String {
        let step = |job: &Running| format!("{}, step {}/{}", job.message(), job.done, job.all);
        let mut parts: Vec<String> = self.running.iter().map(step).collect();
        if !self.waits_for.is_empty() {
            parts.push(waiting(&self.waits_for));
        }
        parts.push(format!("everything {:.1} %, ETA {}", 100.0 * self.part(), self.left()));
        parts.join("; ")
    }
}

impl Running {
    fn message(&self) -> String {
        match self.psnr_db {
            Some(psnr_db) => format!("{} {psnr_db:.2} dB", self.name),
            None => self.name.clone(),
        }
    }
}

fn waiting(names: &[String]) -> String {
    format!("waiting for another process: {}", names.join(", "))
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━━╌")
}

/// Hours, minutes and seconds.
pub fn clock(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

/// A line for a person, on stderr.
pub fn note(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// A result, on stdout. A closed pipe (`| head`) is not an error.
///
/// # Errors
/// If stdout cannot be written: a file on a full disk.
pub fn result(text: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_names_what_runs_what_is_waited_for_and_how_far_everything_is() {
        let progress = Progress::new(10.0);
        progress.pass(2.0);
        let (first, second) = (progress.begin("first", 4.0), progress.begin("second", 4.0));
        first.step(1, 2, Some(21.5));
        second.step(0, 7, None);
        progress.wait_for(vec!["third".into()]);
        let line = progress.state().line();
        let expected = "first 21.50 dB, step 1/2; second, step 0/7; waiting for another process: third; everything 40.0 %, ETA ";
        assert!(line.starts_with(expected), "{line}");
        first.end();
        drop(second);
        assert_eq!(progress.state().part(), 0.6, "one ended, the other was given up");
    }
}
