//! The only place that prints: progress on stderr, results on stdout.
//!
//! On a terminal: one bar for the stage (step, dB, steps/s, ETA) and one for everything (ETA of the
//! whole table). Elsewhere: one plain line every 30 s. `NO_COLOR` is honoured by the libraries used.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Seconds between plain lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Resolution of the overall bar.
const PARTS: u64 = 10_000;

/// Progress of a list of jobs whose costs are known in some unit.
pub struct Progress {
    terminal: bool,
    overall: ProgressBar,
    stage: ProgressBar,
    state: Mutex<State>,
}

struct State {
    total_cost: f64,
    done_cost: f64,
    stage_cost: f64,
    began: Instant,
    spoke: Instant,
    name: String,
}

impl Progress {
    /// Progress towards `total_cost`.
    pub fn new(total_cost: f64) -> Self {
        let bars = MultiProgress::new();
        let style = |template: &str| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━━╌")
        };
        let stage = bars.add(ProgressBar::new(0));
        stage.set_style(style("{msg:44!} {bar:20.cyan} {pos}/{len}  {per_sec}  ETA {eta}"));
        let overall = bars.add(ProgressBar::new(PARTS));
        overall.set_style(style("{msg:44!} {bar:20.green} {percent:>3} %"));
        let now = Instant::now();
        Self {
            terminal: std::io::stderr().is_terminal(),
            overall,
            stage,
            state: Mutex::new(State {
                total_cost,
                done_cost: 0.0,
                stage_cost: 0.0,
                began: now,
                spoke: now,
                name: String::new(),
            }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// A job of this cost begins.
    pub fn begin(&self, name: &str, cost: f64) {
        let mut state = self.state();
        state.name = name.into();
        state.stage_cost = cost;
        self.stage.reset();
        self.stage.set_length(0);
    }

    /// The job is at `done` of `all` steps; `psnr_db` is the last step's (NaN: none to show).
    pub fn step(&self, done: u64, all: u64, psnr_db: f64) {
        let mut state = self.state();
        let fraction = |cost: f64| (cost / state.total_cost).clamp(0.0, 1.0);
        let now_cost = state.done_cost + state.stage_cost * done as f64 / all.max(1) as f64;
        let part = fraction(now_cost);
        // The first steps also decode data: an ETA from them alone would frighten.
        let left = match part > 0.002 {
            true => clock(state.began.elapsed().mul_f64((1.0 - part) / part)),
            false => "…".into(),
        };
        let message = match psnr_db.is_finite() {
            true => format!("{} {psnr_db:.2} dB", state.name),
            false => state.name.clone(),
        };
        if self.terminal {
            if self.stage.length() != Some(all) {
                self.stage.set_length(all);
                self.stage.set_position(done); // a resumed job does not count its old steps as speed
                self.stage.reset_eta();
            }
            self.stage.set_message(message);
            self.stage.set_position(done);
            self.overall.set_message(format!("everything, ETA {left}"));
            self.overall.set_position((part * PARTS as f64) as u64);
        } else if state.spoke.elapsed() > LINE_EVERY {
            state.spoke = Instant::now();
            note(&format!("{message}, step {done}/{all}; everything {:.1} %, ETA {left}", 100.0 * part));
        }
    }

    /// The job ended.
    pub fn end(&self) {
        let mut state = self.state();
        state.done_cost += state.stage_cost;
    }

    /// A line above the bars.
    pub fn say(&self, line: &str) {
        match self.terminal {
            true => self.stage.suspend(|| note(line)),
            false => note(line),
        }
    }

    /// Takes the bars away.
    pub fn clear(&self) {
        self.stage.finish_and_clear();
        self.overall.finish_and_clear();
    }
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
