//! Each kind of stage and what carries it out.

use anyhow::Result;
use meta::train::State;

use super::prune::pruned;
use super::setting::{Outcome, Setting};
use super::state::initial;
use super::train::train_stage;
use super::{derived, fit, upscale};
use crate::recipe::Stage;
use crate::store::Run;

/// Carries out a stage in its run directory, from where it stopped if it did.
///
/// # Errors
/// If data, the disk or the numerics fail; the message names the file or the step.
pub fn carry_out(context: &Setting, stage: &Stage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    match stage {
        Stage::Dense(stage) => {
            train_stage(context, stage, run, || Ok(State::new(initial(stage)?, stage.meta.outer_lr)))
        }
        Stage::Round(round) => train_stage(context, &round.train, run, || pruned(context, round, parent)),
        Stage::Fit(stage) => fit::carry_out(context, stage, run, parent),
        Stage::Upscale(stage) => upscale::carry_out(context, stage, run),
        Stage::Time(stage) => fit::time(context, stage, run, parent),
        Stage::Derived(stage) => derived::carry_out(context, stage, run, parent),
    }
}
