//! The fits of all test signals of a cell, and how long one takes.
//!
//! A signal that is fitted is kept at once ([`super::fitted`]), and not fitted again after a stop; `fits.csv` has the PSNR
//! of every signal before every step and after the last.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use inr_core::file::TensorFile;
use inr_core::{Key, Params, Samples};
use meta::fit::{Fit, fit_and_prune};
use prune::{Cut, Evidence};
use rayon::prelude::*;

use super::fitted;
use super::lines::{self, FitPoint, SecondsPoint};
use super::setting::{Outcome, Setting};
use super::state::parent_dir;
use crate::experiment::entries;
use crate::recipe::{FitStage, TIMED};
use crate::store::Run;

/// Fits one signal, pruned on the way where the stage says so; `clock` is called after every step.
pub(super) fn fit_one(
    context: &Setting,
    stage: &FitStage,
    init: &Params<f32>,
    samples: &Samples<f32>,
    mut clock: impl FnMut(),
) -> Result<Fit<f32>> {
    let magnitude = prune::pruner("magnitude").context("no pruner `magnitude`")?;
    let config = stage.fit.into();
    let fitted = fit_and_prune(context.engine, &entries(stage.own), init, samples, config, |step, params| {
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

/// The network of the last stage of training.
fn trained(context: &Setting, parent: Option<&str>) -> Result<Params<f32>> {
    Ok(TensorFile::read_own(&parent_dir(context, parent)?.join("params.safetensors"))?.params(0.0)?)
}

/// Fits every test signal.
pub(super) fn carry_out(
    context: &Setting,
    stage: &FitStage,
    run: &Run,
    parent: Option<&str>,
) -> Result<Outcome> {
    let init = trained(context, parent)?;
    let signals = context.data.open(&stage.dataset)?.test(stage.test, stage.resolution)?;
    let (total, done) = (signals.len() as u64, AtomicU64::new(0));
    signals.par_iter().enumerate().try_for_each(|(place, (name, samples))| -> Result<()> {
        if context.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut last_db = None;
        if !fitted::is_kept(run, place) {
            let fit = fit_one(context, stage, &init, samples, || ()).with_context(|| name.clone())?;
            fitted::keep(run, place, &fit, !stage.prunings.is_empty())?;
            last_db = Some(fit.last_db());
        }
        (context.report)(done.fetch_add(1, Ordering::Relaxed) + 1, total, last_db);
        Ok(())
    })?;
    if done.into_inner() < total {
        return Ok(Outcome::Stopped);
    }
    let curves = fitted::gather(run, signals.len())?;
    let points = signals.iter().zip(&curves).flat_map(|((name, _), curve)| {
        let point = |(step, &psnr_db): (usize, &f64)| FitPoint { signal: name.clone(), step, psnr_db };
        curve.iter().enumerate().map(point).collect::<Vec<FitPoint>>()
    });
    lines::write(run, "fits.csv", &points.collect::<Vec<FitPoint>>())?;
    fitted::clear(run);
    Ok(Outcome::Done)
}

/// Times the steps of the fit of the first signal: `seconds.csv`.
pub(super) fn time(context: &Setting, stage: &FitStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let init = trained(context, parent)?;
    let signals = context.data.open(&stage.dataset)?.test(stage.test, stage.resolution)?;
    let (name, samples) = signals.first().context("no test signal to time a fit of")?;
    let mut least = vec![f64::INFINITY; stage.fit.steps];
    for _ in 0..TIMED {
        if context.stop.load(Ordering::Relaxed) {
            return Ok(Outcome::Stopped);
        }
        let (mut step, mut last) = (0, Instant::now());
        let clock = || {
            least[step] = least[step].min(last.elapsed().as_secs_f64());
            (step, last) = (step + 1, Instant::now());
        };
        fit_one(context, stage, &init, samples, clock).with_context(|| name.clone())?;
    }
    let mut seconds = 0.0;
    let mut points = vec![SecondsPoint { step: 0, seconds }];
    for (step, of_step) in least.iter().enumerate() {
        seconds += of_step;
        points.push(SecondsPoint { step: step + 1, seconds });
    }
    lines::write(run, "seconds.csv", &points)?;
    Ok(Outcome::Done)
}
