//! How good fits are: on the signal itself or a finer one, with spectra, shapes and pictures.

use anyhow::Result;
use datasets::Held;
use inr_core::metrics::{mse, psnr_db, ssim};
use inr_core::{Params, Samples, grid};
use meta::fit::Fit;

use super::kept::Eval;
use super::setting::Setting;
use super::shapes;
use crate::experiment::SurfaceSpec;
use crate::measures::shape::measure;
use crate::measures::spectrum::radial_power;
use crate::pictures::png::png;
use crate::recipe::FitStage;
use crate::store::Run;

/// Test signals whose reconstructions are kept as pictures.
pub const PICTURES: usize = 3;

/// Where a fit is judged: on the signal itself, or on a finer one that it never saw.
pub(super) struct Judge {
    /// Side of what it is compared with, pixels.
    pub(super) side: usize,
    /// Coordinates and values of the finer signals, in the order of the test signals.
    finer: Option<(Vec<f32>, Vec<Samples<f32>>)>,
}

/// A fit judged.
pub(super) struct Judged {
    pub(super) eval: Eval,
    pub(super) values: Vec<f32>,
}

impl Judge {
    pub(super) fn open(context: &Setting, stage: &FitStage) -> Result<Self> {
        let Some(factor) = stage.render else { return Ok(Self { side: stage.resolution, finer: None }) };
        let side = stage.resolution * factor;
        let set = context.data.open(&stage.dataset)?;
        let finer = set.test(stage.test, side)?;
        let finer = finer.into_iter().map(|(_, samples)| samples).collect();
        Ok(Self { side, finer: Some((grid::finer(stage.resolution, factor), finer)) })
    }

    /// What the i-th signal is compared with.
    pub(super) fn targets<'a>(&'a self, i: usize, samples: &'a Samples<f32>) -> &'a [f32] {
        self.finer.as_ref().map_or(&samples.targets, |(_, finer)| &finer[i].targets)
    }

    /// The values of the i-th fit, and how good they are; rendered, only the start and the end are known.
    pub(super) fn eval(
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

/// Power of each ring of a picture and of what a fit has wrong of it.
pub(super) fn spectrum(side: usize, targets: &[f32], values: &[f32]) -> Vec<[f64; 2]> {
    let error: Vec<f32> = values.iter().zip(targets).map(|(ours, target)| ours - target).collect();
    let (of_target, of_error) = (radial_power(targets, side), radial_power(&error, side));
    of_target.into_iter().zip(of_error).map(|(target, error)| [target, error]).collect()
}

/// SSIM of a picture; none where there are not three values a pixel of a square.
pub(super) fn picture_ssim(side: usize, values: &[f32], targets: &[f32]) -> Option<f64> {
    (targets.len() == side * side * 3).then(|| ssim(values, targets, side, 3))
}

/// Measures a fitted shape and keeps the numbers; of the first ones, pictures and meshes too.
pub(super) fn shape(
    context: &Setting,
    run: &Run,
    index: usize,
    params: &Params<f32>,
    held: &Held,
    spec: SurfaceSpec,
) -> Result<()> {
    let fitted = measure(context.engine, params, held, spec);
    shapes::keep(run, index, fitted.measures)?;
    if index < PICTURES { shapes::pictures(run, index, &fitted, held, spec) } else { Ok(()) }
}

/// Target, reconstruction and error of a signal as pictures.
pub(super) fn pictures(run: &Run, index: usize, side: usize, targets: &[f32], ours: &[f32]) -> Result<()> {
    run.write(&format!("target{index}.png"), &png(targets, side)?)?;
    run.write(&format!("fit{index}.png"), &png(ours, side)?)?;
    let error: Vec<f32> = ours.iter().zip(targets).map(|(a, b)| 5.0 * (a - b).abs()).collect();
    run.write(&format!("error{index}.png"), &png(&error, side)?)
}
