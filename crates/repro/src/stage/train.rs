//! Meta-training: outer steps, with what is saved, told and probed on the way.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use inr_core::Key;
use inr_core::file::save;
use inr_core::metrics::psnr_db;
use meta::accelerate::Rate;
use meta::train::{State, tasks_of_step, train};

use super::outer::Outer;
use super::probes::{self, Probes};
use super::setting::{Outcome, Setting};
use super::state::Log;
use crate::recipe::TrainStage;
use crate::signals::Ahead;
use crate::store::Run;

/// A line an outer step: its loss.
const METRICS: (&str, &str) = ("metrics.csv", "outer_step,outer_loss");
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
    let probes = Probes::open(context, stage)?;
    let tables: Vec<_> = [METRICS].into_iter().chain(probes.as_ref().map(|_| probes::TABLE)).collect();
    let (mut state, mut log) = match Log::saved(context, stage, run, &tables)? {
        Some(saved) => saved,
        None => {
            let state = start()?;
            let log = Log::begin(run, state.step, &tables)?;
            (state, log)
        }
    };
    let (first, seconds_before) = (log.first, log.seconds);
    let mut losses = String::new();
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
            losses += &format!("{},{loss}\n", state.step - 1);
            (context.report)(state.step - first, stage.steps, Some(psnr_db(loss)));
            let seconds = seconds_before + (began.elapsed() - in_probes).as_secs_f64();
            if let Some(probes) = probes.as_ref().filter(|probes| probes.is_due(state.step - first)) {
                let paused = Instant::now();
                log.tables[1].add(&probes.fit(context, state, seconds)?)?;
                in_probes += paused.elapsed();
            }
            if saved.elapsed() > SAVE_EVERY {
                log.tables[0].add(&std::mem::take(&mut losses))?;
                log.save(run, state, seconds)?;
                saved = Instant::now();
            }
            Ok(if context.stop.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        },
    )?;
    log.tables[0].add(&losses)?;
    log.save(run, &state, seconds_before + (began.elapsed() - in_probes).as_secs_f64())?;
    if state.step < until {
        return Ok(Outcome::Stopped);
    }
    save(&run.path("params.safetensors"), &state.params, None, &[])?;
    Log::end(run);
    Ok(Outcome::Done)
}
