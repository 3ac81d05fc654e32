//! What a stage will take, roughly: for the ETA only.

use inr_core::Siren;

use crate::recipe::{Cell, RoundStage, Stage, siren};

/// Multiply-adds: a gradient is 3 forward passes, a Hessian-vector product about 2 gradients.
pub(super) fn cost(cell: &Cell, stage: &Stage, sparse: bool) -> f64 {
    let passes = |network: Siren, kept: f64, resolution: usize| {
        let kept = if sparse { kept.max(0.02) } else { 1.0 };
        network.weights() as f64 * kept * (resolution as f64).powi(network.d_in() as i32)
    };
    let kept = |stages: &[Stage]| {
        let weights = cell.network().map_or(1.0, |network| siren(&network, cell.source()).weights() as f64);
        stages.iter().fold(1.0, |kept, stage| match stage {
            Stage::Round(r) => r.keep.map_or(kept * (1.0 - r.fraction), |keep| keep as f64 / weights),
            _ => kept,
        })
    };
    match stage {
        Stage::Dense(t) | Stage::Round(RoundStage { train: t, .. }) => {
            let until = cell.stages.iter().position(|s| s == stage).unwrap_or(0);
            let per_task = (t.meta.inner_steps + 1) as f64 * 3.0 + t.meta.inner_steps as f64 * 6.0;
            let network = siren(&t.network, &t.dataset);
            let all = (t.resolution as f64).powi(network.d_in() as i32);
            let part = match t.accelerated.as_ref().map_or(0, |a| a.coordinates) {
                0 => 1.0,
                coordinates => (coordinates as f64 / all).min(1.0),
            };
            let pass = part * passes(network, kept(&cell.stages[..=until]), t.resolution);
            pass * per_task * (t.meta.tasks as u64 * t.steps) as f64
        }
        Stage::Fit(f) => {
            let pass = cell
                .network()
                .map_or(0.0, |n| passes(siren(&n, &f.dataset), kept(&cell.stages), f.resolution));
            pass * 3.0 * (f.test.signals * f.fit.steps) as f64
        }
        Stage::Upscale(u) => (16 * u.test.signals * (u.resolution * u.factor).pow(2)) as f64,
    }
}
