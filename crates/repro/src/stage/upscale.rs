//! Bicubic interpolation as a stage: the values of every enlarged test signal.

use anyhow::Result;

use super::bicubic::bicubic;
use super::reconstructed::keep_values;
use super::setting::{Outcome, Setting};
use crate::recipe::UpscaleStage;
use crate::store::Run;

/// Enlarges every test signal.
pub(super) fn carry_out(context: &Setting, stage: &UpscaleStage, run: &Run) -> Result<Outcome> {
    let signals = context.data.open(&stage.dataset)?.test(stage.test, stage.resolution)?;
    let enlarged = signals.iter().map(|(_, small)| {
        let channels = small.targets.len() / (stage.resolution * stage.resolution);
        bicubic(&small.targets, stage.resolution, channels, stage.factor)
    });
    keep_values(run, &enlarged.collect::<Vec<Vec<f32>>>())?;
    Ok(Outcome::Done)
}
