//! How good reconstructions are: PSNR and SSIM of each, in `eval.csv`.

use anyhow::{Context, Result};
use inr_core::Samples;
use inr_core::metrics::{mse, psnr_db, ssim};
use rayon::prelude::*;

use super::super::lines::{self, Judged};
use super::super::reconstructed::{Reconstructed, signals};
use super::super::setting::{Outcome, Setting};
use super::super::state::parent_dir;
use super::kind::Derived;
use crate::recipe::{Asked, DerivedKind, DerivedStage, View};
use crate::store::Run;
use crate::words::quantities::{Quantity, Values};

const TABLE: &str = "eval.csv";

/// Every cell has it.
pub(super) const STAGE: Derived = Derived {
    kind: DerivedKind { name: "judge", label: "quality", asked: |_, cell| Some(Asked::of(cell)) },
    carry_out,
    measures: Some(TABLE),
};

/// Judges every reconstruction on the signal itself or, rendered, on a finer one that the fit never saw.
fn carry_out(context: &Setting, stage: &DerivedStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let view = &stage.view;
    let (reconstructed, signals) = (Reconstructed::open(context, parent)?, signals(context, view)?);
    let along = along(context, view, &reconstructed, parent, &signals)?;
    let judged: Vec<Judged> = signals
        .par_iter()
        .enumerate()
        .map(|(place, (name, samples))| {
            let values = reconstructed.values(context, place, &samples.coords);
            let end = psnr_db(mse(&values, &samples.targets));
            let ssim = picture_ssim(view.side(), &values, &samples.targets);
            let (start, end, peak) = match &along {
                Along::Every(curves) => {
                    let curve = &curves[place];
                    let peak = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    (curve[0], curve[curve.len() - 1], peak)
                }
                Along::Ends(starts) => (starts[place], end, starts[place].max(end)),
                Along::End => (end, end, end),
            };
            let mut values =
                Values::of([(Quantity::PsnrStart, start), (Quantity::Psnr, end), (Quantity::PsnrPeak, peak)]);
            values[Quantity::Ssim] = ssim;
            Judged { signal: name.clone(), values }
        })
        .collect();
    lines::write_judged(run, TABLE, &judged)?;
    Ok(Outcome::Done)
}

/// What is known of the way to a reconstruction, dB.
enum Along {
    /// The PSNR before every step and after the last, of each signal: it was fitted to what it is compared with.
    Every(Vec<Vec<f64>>),
    /// The PSNR of the network that each began with, rendered.
    Ends(Vec<f64>),
    /// Nothing: there was no fit, and the end stands for all.
    End,
}

fn along(
    context: &Setting,
    view: &View,
    reconstructed: &Reconstructed,
    parent: Option<&str>,
    signals: &[(String, Samples<f32>)],
) -> Result<Along> {
    match (reconstructed, view.render) {
        (Reconstructed::Values(_), _) => Ok(Along::End),
        (Reconstructed::Networks(fitted), Some(_)) => {
            let start = |(_, samples): &(String, Samples<f32>)| {
                psnr_db(mse(&context.engine.forward(fitted.initial(), &samples.coords), &samples.targets))
            };
            Ok(Along::Ends(signals.par_iter().map(start).collect()))
        }
        (Reconstructed::Networks(_), None) => {
            let dir = parent_dir(context, parent)?;
            let mut curves = lines::all_curves(&dir)?;
            let of = |(name, _): &(String, Samples<f32>)| {
                curves.remove(name).with_context(|| format!("{}: no fit of {name}", dir.display()))
            };
            Ok(Along::Every(signals.iter().map(of).collect::<Result<_>>()?))
        }
    }
}

/// SSIM of a picture; none where there are not three values a pixel of a square.
fn picture_ssim(side: usize, values: &[f32], targets: &[f32]) -> Option<f64> {
    (targets.len() == side * side * 3).then(|| ssim(values, targets, side, 3))
}
