//! The fits of all test signals of a cell.
//!
//! What they gave is kept by `kept.rs`, a signal at a time; pictures of the first signals lie beside, and the seconds of
//! the first signal's steps, alone on the machine's threads. What is whole when a fit is stopped is not computed again.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use inr_core::file::TensorFile;
use inr_core::{Key, Params, Samples};
use meta::fit::{Fit, FitConfig, Optimiser, fit_and_prune};
use prune::{Cut, Evidence};
use rayon::prelude::*;

use super::judge::{Judge, PICTURES, pictures, shape, spectrum};
use super::kept::Kept;
use super::setting::{Outcome, Setting};
use super::state::parent_dir;
use crate::experiment::{FitSpec, OptimiserName};
use crate::recipe::FitStage;
use crate::store::Run;

/// The first signal is fitted so often for its seconds; each step counts with its fastest.
const TIMED: usize = 3;

/// The fit's configuration in the terms of crate `meta`.
fn fit_config(spec: FitSpec) -> FitConfig {
    let optimiser = match spec.optimiser {
        OptimiserName::Adam => Optimiser::Adam,
        OptimiserName::Sgd => Optimiser::Sgd,
    };
    FitConfig { optimiser, lr: spec.lr, steps: spec.steps }
}

/// Fits one signal, pruned on the way where the stage says so; `clock` is called after every step.
pub(super) fn fit_one(
    context: &Setting,
    stage: &FitStage,
    init: &Params<f32>,
    samples: &Samples<f32>,
    mut clock: impl FnMut(),
) -> Result<Fit<f32>> {
    let magnitude = prune::pruner("magnitude").context("no pruner `magnitude`")?;
    let fitted = fit_and_prune(context.engine, init, samples, fit_config(stage.fit), |step, params| {
        let keep = stage.prunings.iter().filter(|p| p.after_step == step).map(|p| p.keep).min();
        let layout = keep.map(|keep| {
            let (params, key) = (params.cast(), Key::root(0));
            let evidence = Evidence { params: &params, initial: None, gradient: None, key: &key };
            prune::prune(&evidence, magnitude, Cut::Keep(keep))
        });
        clock();
        layout
    });
    Ok(fitted?)
}

/// Fits every test signal.
pub(super) fn carry_out(
    context: &Setting,
    stage: &FitStage,
    run: &Run,
    parent: Option<&str>,
) -> Result<Outcome> {
    let set = context.data.open(&stage.dataset)?;
    let init: Params<f32> =
        TensorFile::read(&parent_dir(context, parent)?.join("params.safetensors"))?.params(0.0)?;
    let signals = set.test(stage.test, stage.resolution)?;
    if !run.path("seconds.csv").exists() {
        let seconds = seconds(context, stage, &init, &signals[0].1).with_context(|| signals[0].0.clone())?;
        run.write("seconds.csv", seconds.as_bytes())?;
    }
    let judge = Judge::open(context, stage)?;
    let kept = Kept::open(run, stage, &signals)?;
    let with_spectra = kept.has_spectra();
    let (total, shared) = (signals.len() as u64, Mutex::new(kept));
    signals.par_iter().enumerate().try_for_each(|(i, (name, samples))| -> Result<()> {
        if context.stop.load(Ordering::Relaxed) || lock(&shared).evals.contains_key(name) {
            return Ok(());
        }
        let fitted = fit_one(context, stage, &init, samples, || ()).with_context(|| name.clone())?;
        let judged = judge.eval(context, name, (&init, samples), &fitted, i)?;
        let held = stage.surface.map(|spec| set.held(stage.test, spec, i).map(|held| held.zip(Some(spec))));
        match held.transpose()?.flatten() {
            Some((held, spec)) => shape(context, run, i, &fitted.params, &held, spec)?,
            None if i < PICTURES => {
                pictures(run, i, judge.side, judge.targets(i, samples), &judged.values)?;
            }
            None => {}
        }
        let spectrum = with_spectra.then(|| spectrum(judge.side, judge.targets(i, samples), &judged.values));
        let mut kept = lock(&shared);
        kept.add(judged.eval, &fitted.psnr_db, spectrum)?;
        (context.report)(kept.evals.len() as u64, total, Some(fitted.last_db()));
        Ok(())
    })?;
    let kept = shared.into_inner().unwrap_or_else(|e| e.into_inner());
    if kept.evals.len() < signals.len() {
        return Ok(Outcome::Stopped);
    }
    kept.write(run, signals.iter().map(|(name, _)| name))?;
    Ok(Outcome::Done)
}

/// `seconds.csv`: seconds since the start after every step of one fit, nothing else running in this process.
fn seconds(
    context: &Setting,
    stage: &FitStage,
    init: &Params<f32>,
    samples: &Samples<f32>,
) -> Result<String> {
    let mut least = vec![f64::INFINITY; stage.fit.steps];
    for _ in 0..TIMED {
        let (mut step, mut last) = (0, Instant::now());
        fit_one(context, stage, init, samples, || {
            least[step] = least[step].min(last.elapsed().as_secs_f64());
            (step, last) = (step + 1, Instant::now());
        })?;
    }
    let mut text = String::from("step,seconds\n0,0\n");
    let mut sum = 0.0;
    for (step, seconds) in least.iter().enumerate() {
        sum += seconds;
        text += &format!("{},{sum}\n", step + 1);
    }
    Ok(text)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
