//! The fits of all test signals of a cell.
//!
//! What they gave is kept by `kept.rs`, a signal at a time; pictures of the first signals lie beside, and the seconds of
//! the first signal's steps, alone on the machine's threads. What is whole when a fit is stopped is not computed again.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use datasets::Held;
use inr_core::file::TensorFile;
use inr_core::metrics::{mse, psnr_db, ssim};
use inr_core::{Key, Params, Samples, grid};
use meta::adapt::Entries;
use meta::fit::{Fit, FitConfig, Optimiser, fit_and_prune};
use prune::{Cut, Evidence};
use rayon::prelude::*;

use super::kept::{Eval, Kept, evals_csv};
use super::{Outcome, Setting, parent_dir};
use crate::recipe::{FitStage, UpscaleStage};
use crate::shape::SurfaceSpec;
use crate::spec::{FitSpec, OptimiserName};
use crate::spectrum::radial_power;
use crate::store::Run;
use crate::upscale::bicubic;

/// Test signals whose reconstructions are kept as pictures.
pub const PICTURES: usize = 3;

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
    let config = fit_config(stage.fit);
    let fitted = fit_and_prune(context.engine, &Entries::ALL, init, samples, config, |step, params| {
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
    let signals = set.test(stage)?;
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
        match set.held(stage, i)? {
            Some((held, spec)) => shape(context, run, i, &fitted.params, &held, spec)?,
            None if i < PICTURES => {
                pictures(run, i, judge.side, judge.targets(i, samples), &judged.values)?;
            }
            None => {}
        }
        let spectrum = with_spectra.then(|| spectrum(judge.side, judge.targets(i, samples), &judged.values));
        let mut kept = lock(&shared);
        kept.add(judged.eval, &fitted.psnr_db, spectrum)?;
        (context.report)(kept.evals.len() as u64, total, fitted.last_db());
        Ok(())
    })?;
    let kept = shared.into_inner().unwrap_or_else(|e| e.into_inner());
    if kept.evals.len() < signals.len() {
        return Ok(Outcome::Stopped);
    }
    kept.write(run, signals.iter().map(|(name, _)| name))?;
    Ok(Outcome::Done)
}

/// Where a fit is judged: on the signal itself, or on a finer one that it never saw.
struct Judge {
    /// Side of what it is compared with, pixels.
    side: usize,
    /// Coordinates and values of the finer signals, in the order of the test signals.
    finer: Option<(Vec<f32>, Vec<Samples<f32>>)>,
}

/// A fit judged.
struct Judged {
    eval: Eval,
    values: Vec<f32>,
}

impl Judge {
    fn open(context: &Setting, stage: &FitStage) -> Result<Self> {
        let Some(factor) = stage.render else { return Ok(Self { side: stage.resolution, finer: None }) };
        let side = stage.resolution * factor;
        let set = context.data.open(&stage.dataset)?;
        let finer = set.test(&FitStage { resolution: side, ..stage.clone() })?;
        let finer = finer.into_iter().map(|(_, samples)| samples).collect();
        Ok(Self { side, finer: Some((grid::finer(stage.resolution, factor), finer)) })
    }

    /// What the i-th signal is compared with.
    fn targets<'a>(&'a self, i: usize, samples: &'a Samples<f32>) -> &'a [f32] {
        self.finer.as_ref().map_or(&samples.targets, |(_, finer)| &finer[i].targets)
    }

    /// The values of the i-th fit, and how good they are; rendered, only the start and the end are known.
    fn eval(
        &self,
        context: &Setting,
        name: &str,
        (init, samples): (&Params<f32>, &Samples<f32>),
        fitted: &Fit<f32>,
        i: usize,
    ) -> Result<Judged> {
        let coords = self.finer.as_ref().map_or(&*samples.coords, |(coords, _)| coords);
        let targets = self.targets(i, samples);
        let values = context.engine.forward(&fitted.params, coords);
        let (psnr_start_db, psnr_db, psnr_peak_db) = match self.finer {
            None => (fitted.psnr_db[0], fitted.last_db(), fitted.peak_db()),
            Some(_) => {
                let start = psnr_db(mse(&context.engine.forward(init, coords), targets));
                let end = psnr_db(mse(&values, targets));
                (start, end, start.max(end))
            }
        };
        let ssim = picture_ssim(self.side, &values, targets);
        Ok(Judged { eval: Eval { signal: name.into(), psnr_start_db, psnr_db, psnr_peak_db, ssim }, values })
    }
}

/// Enlarges every test signal by bicubic interpolation and judges it against the true larger one. It has no start:
/// its numbers stand for all three columns.
pub(super) fn upscale(context: &Setting, stage: &UpscaleStage, run: &Run) -> Result<Outcome> {
    let (side, set) = (stage.resolution * stage.factor, context.data.open(&stage.dataset)?);
    let signals = |resolution: usize| -> Result<Vec<(String, Samples<f32>)>> {
        let fit = FitSpec { optimiser: OptimiserName::Sgd, lr: 1.0, steps: 1 }; // says nothing of the signals
        let (dataset, test) = (stage.dataset.clone(), stage.test);
        set.test(&FitStage {
            dataset,
            resolution,
            fit,
            test,
            surface: None,
            prunings: Vec::new(),
            render: None,
            spectra: false,
        })
    };
    let mut evals = Vec::new();
    for (i, ((name, small), (_, large))) in signals(stage.resolution)?.iter().zip(signals(side)?).enumerate()
    {
        let channels = small.targets.len() / (stage.resolution * stage.resolution);
        let values = bicubic(&small.targets, stage.resolution, channels, stage.factor);
        if i < PICTURES {
            pictures(run, i, side, &large.targets, &values)?;
        }
        let db = psnr_db(mse(&values, &large.targets));
        let ssim = picture_ssim(side, &values, &large.targets);
        evals.push(Eval { signal: name.clone(), psnr_start_db: db, psnr_db: db, psnr_peak_db: db, ssim });
    }
    run.write("eval.csv", evals_csv(&evals)?.as_bytes())?;
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

/// Power of each ring of a picture and of what a fit has wrong of it.
fn spectrum(side: usize, targets: &[f32], values: &[f32]) -> Vec<[f64; 2]> {
    let error: Vec<f32> = values.iter().zip(targets).map(|(ours, target)| ours - target).collect();
    let (of_target, of_error) = (radial_power(targets, side), radial_power(&error, side));
    of_target.into_iter().zip(of_error).map(|(target, error)| [target, error]).collect()
}

/// SSIM of a picture; none where there are not three values a pixel of a square.
fn picture_ssim(side: usize, values: &[f32], targets: &[f32]) -> Option<f64> {
    (targets.len() == side * side * 3).then(|| ssim(values, targets, side, 3))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// Measures a fitted shape and keeps the numbers; of the first ones, pictures and meshes too.
fn shape(
    context: &Setting,
    run: &Run,
    index: usize,
    params: &Params<f32>,
    held: &Held,
    spec: SurfaceSpec,
) -> Result<()> {
    let fitted = crate::shape::measure(context.engine, params, held, spec);
    crate::shape::keep(run, index, fitted.measures)?;
    if index < PICTURES { crate::shape::pictures(run, index, &fitted, held, spec) } else { Ok(()) }
}

/// Target, reconstruction and error of a signal as pictures.
fn pictures(run: &Run, index: usize, side: usize, targets: &[f32], ours: &[f32]) -> Result<()> {
    run.write(&format!("target{index}.png"), &crate::picture::png(targets, side)?)?;
    run.write(&format!("fit{index}.png"), &crate::picture::png(ours, side)?)?;
    let error: Vec<f32> = ours.iter().zip(targets).map(|(a, b)| 5.0 * (a - b).abs()).collect();
    run.write(&format!("error{index}.png"), &crate::picture::png(&error, side)?)
}
