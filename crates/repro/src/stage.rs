//! How each kind of stage is carried out, saved, and gone on with after a stop.
//!
//! A training stage keeps `state.safetensors` (network, mask, moments, step) and `metrics.csv` (the
//! outer loss of every step); a fit stage keeps `fits.csv` (PSNR of every signal at every step) and
//! ends with `eval.csv`. A stage that was stopped goes on from what it kept, and ends with the same
//! numbers as one that was not.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use inr_core::file::{TensorFile, save};
use inr_core::metrics::psnr_db;
use inr_core::{Engine, Key, Params, Samples};
use meta::fit::{FitConfig, Optimiser, fit};
use meta::maml::{Inner, Order};
use meta::train::{State, tasks_of_step, train};
use rayon::prelude::*;

use crate::data::Data;
use crate::recipe::{FitStage, RoundStage, Stage, TrainStage, siren};
use crate::spec::{FitSpec, OptimiserName, OrderName};
use crate::store::{Run, Store};

/// A training state is saved this often.
const SAVE_EVERY: Duration = Duration::from_secs(20);

/// Test signals whose reconstructions are kept as pictures.
pub const PICTURES: usize = 3;

/// What a stage needs besides its own specification.
pub struct Setting<'a> {
    /// The numerics.
    pub engine: &'a dyn Engine<f32>,
    /// The run directories.
    pub store: &'a Store,
    /// The data sets.
    pub data: &'a Data,
    /// Set when the person asks to stop.
    pub stop: &'a AtomicBool,
    /// Told after every step: steps done, steps in all, PSNR in dB of the step.
    pub report: &'a (dyn Fn(u64, u64, f64) + Sync),
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is whole.
    Done,
    /// It was asked to stop; its state is saved.
    Stopped,
}

/// Carries out a stage in its run directory, from where it stopped if it did.
///
/// # Errors
/// If data, the disk or the numerics fail; the message names the file or the step.
pub fn carry_out(context: &Setting, stage: &Stage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    match stage {
        Stage::Dense(stage) => train_stage(context, stage, run, || {
            let init = siren(&stage.network).init(&Key::root(stage.seed).derive("init"));
            Ok(State::new(init, stage.meta.outer_lr))
        }),
        Stage::Round(round) => train_stage(context, &round.train, run, || pruned(context, round, parent)),
        Stage::Fit(stage) => fit_stage(context, stage, run, parent),
    }
}

fn parent_dir(context: &Setting, parent: Option<&str>) -> Result<std::path::PathBuf> {
    parent.map(|id| context.store.dir(id)).ok_or_else(|| anyhow!("this stage needs a network to start from"))
}

/// The parent's state after pruning: survivors keep their values and moments.
fn pruned(context: &Setting, round: &RoundStage, parent: Option<&str>) -> Result<State<f32>> {
    let path = parent_dir(context, parent)?.join("state.safetensors");
    let state = load_state(&path, &round.train)?;
    let pruner = prune::pruner(round.pruner).ok_or_else(|| anyhow!("no pruner `{}`", round.pruner))?;
    let key = Key::root(round.train.seed).derive("prune").fold(round.round as u64);
    let layout = prune::prune_round(&state.params, pruner, round.fraction, &key);
    let adam = state.adam.narrowed(&state.params.layout().positions_of(&layout));
    Ok(State { params: state.params.narrowed(layout), adam, step: state.step })
}

/// A saved training state.
fn load_state(path: &std::path::Path, stage: &TrainStage) -> Result<State<f32>> {
    let file = TensorFile::read(path)?;
    let params: Params<f32> = file.params(stage.network.w0)?;
    let adam = file.adam(stage.meta.outer_lr, params.layout().len())?;
    Ok(State { params, adam, step: step_of(&file, path, "outer_step")? })
}

fn step_of(file: &TensorFile, path: &std::path::Path, key: &str) -> Result<u64> {
    let step = file.metadata(key).and_then(|text| text.parse().ok());
    step.ok_or_else(|| anyhow!("{}: no {key}; delete the file to begin this stage anew", path.display()))
}

fn save_state(run: &Run, state: &State<f32>, first: u64) -> Result<()> {
    let metadata = [("outer_step", state.step.to_string()), ("first_step", first.to_string())];
    Ok(save(&run.path("state.safetensors"), &state.params, Some(&state.adam), &metadata)?)
}

fn train_stage(
    context: &Setting,
    stage: &TrainStage,
    run: &Run,
    start: impl FnOnce() -> Result<State<f32>>,
) -> Result<Outcome> {
    let set = context.data.open(&stage.dataset)?;
    set.check_train(stage.meta.tasks)?;
    let path = run.path("state.safetensors");
    let (mut state, first) = match path.exists() {
        true => (load_state(&path, stage)?, step_of(&TensorFile::read(&path)?, &path, "first_step")?),
        false => {
            let state = start()?;
            let first = state.step;
            (state, first)
        }
    };
    let mut metrics = Metrics::open(run, state.step)?;
    let key = Key::root(stage.seed);
    let inner = Inner {
        steps: stage.meta.inner_steps,
        lr: stage.meta.inner_lr,
        order: match stage.meta.order {
            OrderName::First => Order::First,
            OrderName::Second => Order::Second,
        },
    };
    let count = set.set.len(datasets::Split::Train);
    let mut saved = Instant::now();
    let until = first + stage.steps;
    train::<f32, anyhow::Error>(
        context.engine,
        &mut state,
        inner,
        until,
        |step| set.train(&tasks_of_step(&key, step, stage.meta.tasks, count), stage.resolution),
        |state, loss| {
            metrics.push(state.step - 1, loss)?;
            (context.report)(state.step - first, stage.steps, psnr_db(loss));
            if saved.elapsed() > SAVE_EVERY {
                metrics.flush()?;
                save_state(run, state, first)?;
                saved = Instant::now();
            }
            Ok(if context.stop.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        },
    )?;
    metrics.flush()?;
    save_state(run, &state, first)?;
    if state.step < until {
        return Ok(Outcome::Stopped);
    }
    save(&run.path("params.safetensors"), &state.params, None, &[])?;
    Ok(Outcome::Done)
}

/// `metrics.csv`: a line an outer step.
struct Metrics {
    file: std::io::BufWriter<std::fs::File>,
    path: std::path::PathBuf,
}

impl Metrics {
    /// Keeps the whole lines of steps before `step`, drops what a killed run wrote beyond its saved state.
    fn open(run: &Run, step: u64) -> Result<Self> {
        let path = run.path("metrics.csv");
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        let kept = old.split_inclusive('\n').skip(1).filter(|line| {
            let number = line.split(',').next().and_then(|s| s.parse::<u64>().ok());
            line.ends_with('\n') && number.is_some_and(|n| n < step)
        });
        let text: String = std::iter::once("outer_step,outer_loss\n").chain(kept).collect();
        run.write("metrics.csv", text.as_bytes())?;
        let file = std::fs::OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        Ok(Self { file: std::io::BufWriter::new(file), path })
    }

    fn push(&mut self, step: u64, loss: f64) -> Result<()> {
        writeln!(self.file, "{step},{loss}").with_context(|| self.path.display().to_string())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush().with_context(|| self.path.display().to_string())
    }
}

/// The fit's configuration in the terms of crate `meta`.
pub fn fit_config(spec: FitSpec) -> FitConfig {
    let optimiser = match spec.optimiser {
        OptimiserName::Adam => Optimiser::Adam,
        OptimiserName::Sgd => Optimiser::Sgd,
    };
    FitConfig { optimiser, lr: spec.lr, steps: spec.steps }
}

fn fit_stage(context: &Setting, stage: &FitStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let set = context.data.open(&stage.dataset)?;
    let init: Params<f32> =
        TensorFile::read(&parent_dir(context, parent)?.join("params.safetensors"))?.params(0.0)?;
    let signals = set.test(stage)?;
    let mut fits = read_fits(&run.path("fits.csv"), stage.fit.steps + 1);
    fits.retain(|name, _| signals.iter().any(|(n, _)| n == name));
    run.write("fits.csv", fits_csv(&fits).as_bytes())?;
    let file = std::fs::OpenOptions::new().append(true).open(run.path("fits.csv"))?;
    let shared = Mutex::new((file, fits));
    let total = signals.len() as u64;
    signals.par_iter().enumerate().try_for_each(|(i, (name, samples))| -> Result<()> {
        let done = |state: &BTreeMap<String, Vec<f64>>| state.contains_key(name);
        if context.stop.load(Ordering::Relaxed) || done(&lock(&shared).1) {
            return Ok(());
        }
        let fitted =
            fit(context.engine, &init, samples, fit_config(stage.fit)).with_context(|| name.clone())?;
        if i < PICTURES {
            pictures(context, run, i, stage.resolution, samples, &fitted.params)?;
        }
        let mut state = lock(&shared);
        state.0.write_all(fit_lines(name, &fitted.psnr_db).as_bytes()).context("fits.csv")?;
        state.1.insert(name.clone(), fitted.psnr_db.clone());
        (context.report)(state.1.len() as u64, total, fitted.last_db());
        Ok(())
    })?;
    let fits = shared.into_inner().unwrap_or_else(|e| e.into_inner()).1;
    if fits.len() < signals.len() {
        return Ok(Outcome::Stopped);
    }
    let mut eval = String::from("signal,psnr_start_db,psnr_db,psnr_peak_db\n");
    for (name, _) in &signals {
        let psnr = &fits[name];
        let peak = psnr.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        eval += &format!("{},{},{},{peak}\n", quoted(name), psnr[0], psnr[psnr.len() - 1]);
    }
    run.write("fits.csv", fits_csv(&fits).as_bytes())?;
    run.write("eval.csv", eval.as_bytes())?;
    Ok(Outcome::Done)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// PSNR before every step and after the last of each signal whose lines are all there.
pub fn read_fits(path: &std::path::Path, points: usize) -> BTreeMap<String, Vec<f64>> {
    let mut fits: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]); // a killed run may leave half a line
    let mut reader = csv::Reader::from_reader(whole.as_bytes());
    for (name, step, psnr) in reader.deserialize::<(String, usize, f64)>().map_while(Result::ok) {
        let curve = fits.entry(name).or_default();
        if curve.len() == step {
            curve.push(psnr);
        }
    }
    fits.retain(|_, curve| curve.len() == points);
    fits
}

fn fits_csv(fits: &BTreeMap<String, Vec<f64>>) -> String {
    let lines = fits.iter().map(|(name, psnr)| fit_lines(name, psnr));
    std::iter::once("signal,step,psnr_db\n".to_string()).chain(lines).collect()
}

fn fit_lines(name: &str, psnr_db: &[f64]) -> String {
    let name = quoted(name);
    psnr_db.iter().enumerate().map(|(step, psnr)| format!("{name},{step},{psnr}\n")).collect()
}

/// A CSV field that may hold commas or quotes.
fn quoted(name: &str) -> String {
    match name.contains([',', '"', '\n']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.into(),
    }
}

/// Target and reconstruction of a signal as pictures.
fn pictures(
    context: &Setting,
    run: &Run,
    index: usize,
    side: usize,
    samples: &Samples<f32>,
    params: &Params<f32>,
) -> Result<()> {
    let ours = context.engine.forward(params, &samples.coords);
    run.write(&format!("target{index}.png"), &crate::picture::png(&samples.targets, side)?)?;
    run.write(&format!("fit{index}.png"), &crate::picture::png(&ours, side)?)?;
    let error: Vec<f32> = ours.iter().zip(samples.targets.iter()).map(|(a, b)| 5.0 * (a - b).abs()).collect();
    run.write(&format!("error{index}.png"), &crate::picture::png(&error, side)?)
}
