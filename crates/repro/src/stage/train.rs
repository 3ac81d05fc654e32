//! Meta-training: outer steps, with what is saved, told and probed on the way.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use inr_core::Key;
use inr_core::file::{TensorFile, save};
use inr_core::metrics::psnr_db;
use meta::accelerate::Rate;
use meta::train::{State, tasks_of_step, train};

use super::outer::Outer;
use super::probes::Probes;
use super::setting::{Outcome, Setting};
use super::state::{load_state, number_of, save_state};
use crate::recipe::TrainStage;
use crate::signals::Ahead;
use crate::store::{Growing, Run};

/// A training state is saved this often.
const SAVE_EVERY: Duration = Duration::from_secs(20);

/// The outer rate of every step of a stage that ends at step `until`.
fn rate(stage: &TrainStage, until: u64) -> Rate {
    let constant = Rate::constant(stage.meta.outer_lr);
    let Some(accelerated) = &stage.accelerated else { return constant };
    let peak = accelerated.reptile.map_or(stage.meta.outer_lr, |reptile| reptile.rate);
    let decay = accelerated.decay_steps.map(|steps| (steps, until));
    Rate { peak, warm_up: accelerated.warm_up.unwrap_or(0), decay }
}

pub(super) fn train_stage(
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
            (context.report)(state.step - first, stage.steps, Some(psnr_db(loss)));
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
