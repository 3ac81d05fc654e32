//! How each kind of stage is carried out, saved, and gone on with after a stop.
//!
//! A training stage keeps `state.safetensors` (network, mask, moments, step) and `metrics.csv` (the
//! outer loss of every step), and `probes.csv` where test signals are fitted on the way (`probes.rs`); what a fit stage
//! keeps is in `kept.rs`. A stage that was stopped goes on from
//! what it kept, and ends with the same numbers as one that was not.

pub mod fits;
pub mod kept;
mod outer;
pub mod probes;

use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use inr_core::file::{TensorFile, save};
use inr_core::metrics::psnr_db;
use inr_core::optim::Adam;
use inr_core::{Engine, Key, Params};
use meta::accelerate::Rate;
use meta::maml::batch_gradient;
use meta::train::{State, tasks_of_step, train};
use prune::{Cut, Evidence, Needs};

use crate::ahead::Ahead;
use crate::data::Data;
use crate::recipe::{Carry, RoundStage, Stage, TrainStage, siren};
use crate::store::{Growing, Run, Store};
use outer::{Outer, inner};
use probes::Probes;

/// A training state is saved this often.
const SAVE_EVERY: Duration = Duration::from_secs(20);

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

/// Whether a run that says it is done has all that this program writes: a fit of an earlier form lacks some.
pub fn is_whole(stage: &Stage, dir: &Path) -> bool {
    match stage {
        Stage::Fit(stage) => kept::is_whole(stage, dir),
        Stage::Upscale(_) => kept::has_evals(dir),
        _ => true,
    }
}

/// Carries out a stage in its run directory, from where it stopped if it did.
///
/// # Errors
/// If data, the disk or the numerics fail; the message names the file or the step.
pub fn carry_out(context: &Setting, stage: &Stage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    match stage {
        Stage::Dense(stage) => {
            train_stage(context, stage, run, || Ok(State::new(initial(stage), stage.meta.outer_lr)))
        }
        Stage::Round(round) => train_stage(context, &round.train, run, || pruned(context, round, parent)),
        Stage::Fit(stage) => fits::carry_out(context, stage, run, parent),
        Stage::Upscale(stage) => fits::upscale(context, stage, run),
    }
}

fn parent_dir(context: &Setting, parent: Option<&str>) -> Result<std::path::PathBuf> {
    parent.map(|id| context.store.dir(id)).ok_or_else(|| anyhow!("this stage needs a network to start from"))
}

/// The random network a chain begins with.
fn initial(stage: &TrainStage) -> Params<f32> {
    siren(&stage.network, &stage.dataset).init(&Key::root(stage.seed).derive("init"))
}

/// The parent's state after pruning: survivors keep their values and moments, unless the round says otherwise.
fn pruned(context: &Setting, round: &RoundStage, parent: Option<&str>) -> Result<State<f32>> {
    let path = parent_dir(context, parent)?.join("state.safetensors");
    let state = load_state(&path, &round.train)?;
    let pruner = prune::pruner(round.pruner).ok_or_else(|| anyhow!("no pruner `{}`", round.pruner))?;
    let key = Key::root(round.train.seed).derive("prune").fold(round.round as u64);
    let params = state.params.cast::<f64>();
    let initial = || initial(&round.train).narrowed(state.params.layout().clone()).cast::<f64>();
    let initial = (pruner.needs == Needs::Initial).then(initial);
    let gradient = match pruner.needs {
        Needs::Gradient => Some(mean_meta_gradient(context, round, &state.params, &key)?),
        _ => None,
    };
    let evidence =
        Evidence { params: &params, initial: initial.as_ref(), gradient: gradient.as_deref(), key: &key };
    let layout = prune::prune(&evidence, pruner, round.keep.map_or(Cut::Fraction(round.fraction), Cut::Keep));
    let from = match round.carry {
        Carry::Nothing => dense_state(context, &round.train, parent)?,
        _ => state.clone(),
    };
    let adam = match round.carry {
        Carry::Weights => Adam::new(round.train.meta.outer_lr, layout.len()),
        _ => from.adam.narrowed(&from.params.layout().positions_of(&layout)),
    };
    Ok(State { params: from.params.narrowed(layout), adam, step: state.step })
}

/// The state in which dense meta-training ended, up the chain of parents.
fn dense_state(context: &Setting, stage: &TrainStage, parent: Option<&str>) -> Result<State<f32>> {
    let mut dir = parent_dir(context, parent)?;
    let mut id = parent.map(String::from);
    while let Some(known) = id {
        dir = context.store.dir(&known);
        let manifest = context.store.manifest(&known);
        id = manifest
            .ok_or_else(|| anyhow!("{}: no manifest; delete it to begin anew", dir.display()))?
            .parent;
    }
    load_state(&dir.join("state.safetensors"), stage)
}

/// The mean of `round.batches` meta-gradients, each of a fresh batch of train signals under the key `saliency`.
fn mean_meta_gradient(
    context: &Setting,
    round: &RoundStage,
    params: &Params<f32>,
    key: &Key,
) -> Result<Vec<f64>> {
    let (set, stage) = (context.data.open(&round.train.dataset)?, &round.train);
    let batches = round.batches.unwrap_or(1);
    let mut mean = vec![0.0; params.values().len()];
    for batch in 0..batches {
        let key = key.derive("saliency").fold(batch as u64);
        let tasks = key.choose(stage.meta.tasks, set.set.len(datasets::Split::Train));
        let tasks = set.train(&tasks, stage.resolution)?;
        let gradient = batch_gradient(context.engine, params, &tasks, inner(stage)).gradient;
        mean.iter_mut().zip(&gradient).for_each(|(m, &g)| *m += f64::from(g) / batches as f64);
    }
    Ok(mean)
}

/// A saved training state.
fn load_state(path: &Path, stage: &TrainStage) -> Result<State<f32>> {
    let file = TensorFile::read(path)?;
    let params: Params<f32> = file.params(stage.network.w0)?;
    let adam = file.adam(stage.meta.outer_lr, params.layout().len())?;
    Ok(State { params, adam, step: number_of(&file, path, "outer_step")? })
}

/// A number among the metadata of a saved state.
fn number_of<N: FromStr>(file: &TensorFile, path: &Path, key: &str) -> Result<N> {
    let number = file.metadata(key).and_then(|text| text.parse().ok());
    number.ok_or_else(|| anyhow!("{}: no {key}; delete the file to begin this stage anew", path.display()))
}

fn save_state(run: &Run, state: &State<f32>, first: u64, seconds: f64) -> Result<()> {
    let metadata = [
        ("outer_step", state.step.to_string()),
        ("first_step", first.to_string()),
        ("seconds", seconds.to_string()),
    ];
    Ok(save(&run.path("state.safetensors"), &state.params, Some(&state.adam), &metadata)?)
}

/// The outer rate of every step of a stage that ends at step `until`.
fn rate(stage: &TrainStage, until: u64) -> Rate {
    let constant = Rate::constant(stage.meta.outer_lr);
    let Some(accelerated) = &stage.accelerated else { return constant };
    let peak = accelerated.reptile.map_or(stage.meta.outer_lr, |reptile| reptile.rate);
    let decay = (accelerated.decay_steps > 0).then_some((accelerated.decay_steps, until));
    Rate { peak, warm_up: accelerated.warm_up, decay }
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
    let (mut state, first, seconds_before) = match path.exists() {
        true => {
            let file = TensorFile::read(&path)?;
            let (first, seconds) =
                (number_of(&file, &path, "first_step")?, number_of(&file, &path, "seconds")?);
            (load_state(&path, stage)?, first, seconds)
        }
        false => {
            let state = start()?;
            let first = state.step;
            (state, first, 0.0)
        }
    };
    let mut metrics = Metrics::open(run, state.step)?;
    let mut probes = Probes::open(context, stage, run, state.step)?;
    let key = Key::root(stage.seed);
    let mut outer = Outer::of(stage);
    let count = set.set.len(datasets::Split::Train);
    let (began, mut saved) = (Instant::now(), Instant::now());
    let until = first + stage.steps;
    let tasks = stage.meta.tasks;
    let draw = move |step| tasks_of_step(&key, step, tasks, count);
    let mut ahead = Ahead::begin(set, stage.resolution, state.step..until, draw);
    let mut in_probes = Duration::ZERO;
    train::<f32, anyhow::Error>(
        &mut state,
        rate(stage, until),
        until,
        |state, rate| Ok(outer.step(context.engine, state, rate, &ahead.signals(state.step)?)?),
        |state, loss| {
            metrics.push(state.step - 1, loss);
            (context.report)(state.step - first, stage.steps, psnr_db(loss));
            let seconds = seconds_before + (began.elapsed() - in_probes).as_secs_f64();
            if let Some(probes) = probes.as_mut().filter(|probes| probes.is_due(state.step - first)) {
                let paused = Instant::now();
                probes.fit(context, state, seconds)?;
                in_probes += paused.elapsed();
            }
            if saved.elapsed() > SAVE_EVERY {
                metrics.flush()?;
                save_state(run, state, first, seconds)?;
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
    save_state(run, &state, first, seconds_before + (began.elapsed() - in_probes).as_secs_f64())?;
    if state.step < until {
        return Ok(Outcome::Stopped);
    }
    save(&run.path("params.safetensors"), &state.params, None, &[])?;
    Ok(Outcome::Done)
}

/// `metrics.csv`: a line an outer step.
struct Metrics {
    file: Growing,
    waiting: String,
}

impl Metrics {
    /// Keeps the lines of steps before `step`.
    fn open(run: &Run, step: u64) -> Result<Self> {
        let file = Growing::resume(run, "metrics.csv", "outer_step,outer_loss", |n| n < step)?;
        Ok(Self { file, waiting: String::new() })
    }

    fn push(&mut self, step: u64, loss: f64) {
        self.waiting += &format!("{step},{loss}\n");
    }

    fn flush(&mut self) -> Result<()> {
        self.file.add(&std::mem::take(&mut self.waiting))
    }
}
