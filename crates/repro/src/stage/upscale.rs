//! Bicubic interpolation as a stage.

use anyhow::Result;
use inr_core::metrics::{mse, psnr_db};

use super::bicubic::bicubic;
use super::judge::{PICTURES, picture_ssim, pictures};
use super::kept::{Eval, evals_csv};
use super::setting::{Outcome, Setting};
use crate::recipe::UpscaleStage;
use crate::store::Run;

/// Enlarges every test signal by bicubic interpolation and judges it against the true larger one. It has no start:
/// its numbers stand for all three columns.
pub(super) fn carry_out(context: &Setting, stage: &UpscaleStage, run: &Run) -> Result<Outcome> {
    let (side, set) = (stage.resolution * stage.factor, context.data.open(&stage.dataset)?);
    let mut evals = Vec::new();
    for (i, ((name, small), (_, large))) in
        set.test(stage.test, stage.resolution)?.iter().zip(set.test(stage.test, side)?).enumerate()
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
