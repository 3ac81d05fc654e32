//! What a stage will take, roughly: for the ETA only.

use anyhow::Result;
use inr_core::Siren;

use crate::recipe::{Cell, RoundStage, Stage, TIMED, siren};

/// Multiply-adds: a gradient is 3 forward passes, a Hessian-vector product about 2 gradients.
pub(super) fn cost(cell: &Cell, stage: &Stage, sparse: bool) -> Result<f64> {
    let passes = |network: Siren, kept: f64, resolution: usize| {
        let kept = if sparse { kept.max(0.02) } else { 1.0 };
        network.weights() as f64 * kept * (resolution as f64).powi(network.d_in() as i32)
    };
    let kept = |network: &Siren, stages: &[Stage]| {
        stages.iter().fold(1.0, |kept, stage| match stage {
            Stage::Round(r) => {
                r.keep.map_or(kept * (1.0 - r.fraction), |keep| keep as f64 / network.weights() as f64)
            }
            _ => kept,
        })
    };
    let pass = |side: usize| -> Result<f64> {
        let Some(network) = cell.network() else { return Ok(0.0) };
        let network = siren(&network, stage.dataset())?;
        let kept = kept(&network, &cell.stages);
        Ok(passes(network, kept, side))
    };
    Ok(match stage {
        Stage::Dense(t) | Stage::Round(RoundStage { train: t, .. }) => {
            let until = cell.stages.iter().position(|s| s == stage).unwrap_or(0);
            let per_task = (t.meta.inner_steps + 1) as f64 * 3.0 + t.meta.inner_steps as f64 * 6.0;
            let network = siren(&t.network, &t.dataset)?;
            let all = (t.resolution as f64).powi(network.d_in() as i32);
            let coordinates = t.accelerated.as_ref().and_then(|accelerated| accelerated.coordinates);
            let part = coordinates.map_or(1.0, |coordinates| (coordinates as f64 / all).min(1.0));
            let kept = kept(&network, &cell.stages[..=until]);
            part * passes(network, kept, t.resolution) * per_task * (t.meta.tasks as u64 * t.steps) as f64
        }
        Stage::Fit(f) => pass(f.resolution)? * 3.0 * (f.test.signals * f.fit.steps) as f64,
        Stage::Time(f) => pass(f.resolution)? * 3.0 * (TIMED * f.fit.steps) as f64,
        Stage::Derived(derived) => {
            let (networks, side) = derived.evaluations;
            pass(side)? * networks as f64
        }
        Stage::Upscale(u) => (16 * u.test.signals * (u.resolution * u.factor).pow(2)) as f64,
    })
}
