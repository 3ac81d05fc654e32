//! `log.json` of a golden trajectory, and whether it is whole: what `config` says was run is what is logged.
//!
//! Every key is known here and every entry is either compared or checked, so that a log cannot hold what a replay
//! passes over: a word, a phase or a key that is not known is an error.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use meta::fit::{FitConfig, Optimiser};

/// Tasks of an outer step, and losses of a task: before each of two inner steps and after the last.
pub const TASKS: usize = 3;
/// See [`TASKS`].
pub const LOSSES: usize = 3;

/// The conventions of a trajectory, where the log repeats them.
const CONVENTIONS: &str = "signals are [3,res,res]; coordinates linspace(-1,1,res), first coordinate = row; \
                           batch of outer step s = train[(3*s+i)%len(train)], i=0..2";

/// The precision a trajectory was computed in, or is replayed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// Single.
    F32,
    /// Double.
    F64,
}

impl Precision {
    /// `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// `log.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub config: Config,
    pub train_files: Vec<String>,
    pub test_files: Vec<String>,
    layout: Option<String>,
    pub steps: Vec<Step>,
    pub prune: Vec<Pruned>,
    pub fits: Vec<LoggedFit>,
}

/// What was run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    dtype: String,
    pub width: usize,
    pub res: usize,
    pub w0: f64,
    /// Inner rate.
    pub alpha: f64,
    /// Outer rate.
    pub beta: f64,
    /// Outer steps of the dense phase.
    outer: usize,
    /// Outer steps of a round.
    retrain: usize,
    pub rounds: usize,
    /// Steps of a fit with Adam.
    fit: usize,
    /// Test signals that are fitted.
    tests: usize,
    /// Whether only the ends are fitted: after the dense phase and after the last round.
    fit_last_only: bool,
    // The start and the signals are files, and the same networks as `.pth` are not read: these change nothing.
    #[serde(rename = "seed")]
    _seed: u64,
    #[serde(rename = "no_pth")]
    _no_pth: bool,
}

/// An outer step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub phase: String,
    pub step: usize,
    pub outer_loss: f64,
    pub task_losses: Vec<Vec<f64>>,
}

/// Survivors of a round, a weight matrix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruned {
    round: usize,
    pub kept: Vec<usize>,
}

/// The curve of a fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedFit {
    pub at: String,
    pub signal: usize,
    pub optimiser: String,
    pub psnr_db_by_step: Vec<f64>,
}

impl Log {
    /// Reads a log and checks that it is whole; nothing else is looked at.
    ///
    /// # Errors
    /// If it is missing, of another format, or holds more or less than its `config` says.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("{}: a golden trajectory has a log.json; name its folder", path.display())
        })?;
        let log: Self = serde_json::from_str(&text)
            .with_context(|| format!("{}: not a golden log that this program knows", path.display()))?;
        let checks: [fn(&Self) -> Result<()>; 4] =
            [Self::check_config, Self::check_steps, Self::check_prunings, Self::check_fits];
        checks
            .iter()
            .try_for_each(|check| check(&log))
            .with_context(|| format!("{}: a replay would not compare all of it", path.display()))?;
        Ok(log)
    }

    /// The precision the trajectory was computed in.
    ///
    /// # Errors
    /// If the log names no precision known here.
    pub fn precision(&self) -> Result<Precision> {
        match self.config.dtype.as_str() {
            "f32" | "float32" | "torch.float32" => Ok(Precision::F32),
            "f64" | "float64" | "torch.float64" => Ok(Precision::F64),
            other => bail!("config.dtype: {other:?}; expected f32 or f64 (float32, torch.float32 and so on)"),
        }
    }

    /// Phases in their order: `dense`, `round1`, …
    pub fn phases(&self) -> Vec<String> {
        (0..=self.config.rounds).map(phase).collect()
    }

    /// Phases after which signals were fitted.
    pub fn fitted_phases(&self) -> Vec<String> {
        let is_fitted = |round: &usize| !self.config.fit_last_only || [0, self.config.rounds].contains(round);
        (0..=self.config.rounds).filter(is_fitted).map(phase).collect()
    }

    fn check_config(&self) -> Result<()> {
        let Config { w0, alpha, beta, outer, tests, .. } = self.config;
        for (key, value) in [("w0", w0), ("alpha", alpha), ("beta", beta)] {
            ensure!(value > 0.0 && value.is_finite(), "config.{key}: {value}; expected a positive number");
        }
        ensure!(outer > 0 && tests > 0, "config: outer {outer}, tests {tests}; there is nothing to compare");
        let (train, test) = (self.train_files.len(), self.test_files.len());
        ensure!(train > 0, "train_files: none; expected those of the signals train.0, train.1, …");
        ensure!(test == tests, "test_files: {test}; expected {tests}, as config.tests says");
        let conventions = self.layout.as_deref().unwrap_or(CONVENTIONS);
        ensure!(conventions == CONVENTIONS, "layout: {conventions:?}; expected {CONVENTIONS:?}");
        self.precision().map(|_| ())
    }

    /// Steps are numbered over all phases.
    fn check_steps(&self) -> Result<()> {
        let Config { outer, retrain, rounds, .. } = self.config;
        let (expected, found) = (outer as u128 + retrain as u128 * rounds as u128, self.steps.len());
        ensure!(
            expected == found as u128,
            "steps: {found}; expected {expected}, as config says (outer {outer}, {rounds} rounds of {retrain}): the run \
             was cut or another's config stands here"
        );
        for (i, step) in self.steps.iter().enumerate() {
            let expected = phase(if i < outer { 0 } else { 1 + (i - outer) / retrain });
            let is_next = step.phase == expected && step.step == i;
            ensure!(
                is_next,
                "steps[{i}]: phase {:?}, step {}; expected {expected:?}, step {i}",
                step.phase,
                step.step
            );
            let losses: Vec<usize> = step.task_losses.iter().map(Vec::len).collect();
            ensure!(
                losses == [LOSSES; TASKS],
                "steps[{i}].task_losses: {losses:?} losses; expected {LOSSES} of each of {TASKS} tasks"
            );
        }
        Ok(())
    }

    fn check_prunings(&self) -> Result<()> {
        let (rounds, found) = (self.config.rounds, self.prune.len());
        ensure!(found == rounds, "prune: {found} prunings; expected {rounds}, as config.rounds says");
        for (i, pruned) in self.prune.iter().enumerate() {
            ensure!(pruned.round == i + 1, "prune[{i}].round: {}; expected {}", pruned.round, i + 1);
        }
        Ok(())
    }

    /// Every fitted phase has a curve of each test signal and optimiser, once.
    fn check_fits(&self) -> Result<()> {
        let (phases, tests) = (self.fitted_phases(), self.config.tests);
        let mut met = BTreeSet::new();
        for (i, fit) in self.fits.iter().enumerate() {
            let at = &fit.at;
            ensure!(phases.contains(at), "fits[{i}].at: {at:?}; expected one of {}", phases.join(", "));
            ensure!(fit.signal < tests, "fits[{i}].signal: {}; config.tests is {tests}", fit.signal);
            let steps = self.fit_config(fit).with_context(|| format!("fits[{i}].optimiser"))?.steps;
            let found = fit.psnr_db_by_step.len();
            ensure!(
                found.checked_sub(1) == Some(steps),
                "fits[{i}].psnr_db_by_step: {found} values; expected one before each of {steps} steps and one after"
            );
            let is_new = met.insert((at, fit.signal, &fit.optimiser));
            ensure!(is_new, "fits[{i}]: {at}, signal {}, {} is logged twice", fit.signal, fit.optimiser);
        }
        let expected = 2 * phases.len() as u128 * tests as u128;
        ensure!(
            met.len() as u128 == expected,
            "fits: {}; expected {expected}: {tests} signals with adam and sgd2 after {}",
            met.len(),
            phases.join(", ")
        );
        Ok(())
    }

    /// How a logged fit was made.
    ///
    /// # Errors
    /// If its optimiser is not known.
    pub fn fit_config(&self, fit: &LoggedFit) -> Result<FitConfig> {
        match fit.optimiser.as_str() {
            "adam" => Ok(FitConfig { optimiser: Optimiser::Adam, lr: 1e-4, steps: self.config.fit }),
            "sgd2" => Ok(FitConfig { optimiser: Optimiser::Sgd, lr: 1e-2, steps: 2 }),
            other => bail!("unknown optimiser {other:?}; expected adam or sgd2"),
        }
    }
}

/// Name of the phase that ends with a round; 0 is the dense phase.
fn phase(round: usize) -> String {
    if round == 0 { "dense".into() } else { format!("round{round}") }
}
