//! Power spectra of signals and of what reconstructions have wrong of them: `spectra.csv`.

use anyhow::Result;
use rayon::prelude::*;

use super::lines::{self, RingPoint};
use super::reconstructed::{Reconstructed, signals};
use super::setting::{Outcome, Setting};
use crate::measures::spectrum::radial_power;
use crate::recipe::View;
use crate::store::Run;

/// The spectra of every signal, ring by ring.
pub(super) fn carry_out(context: &Setting, view: &View, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let (reconstructed, signals) = (Reconstructed::open(context, parent)?, signals(context, view)?);
    let points = signals.par_iter().enumerate().flat_map_iter(|(place, (name, samples))| {
        let values = reconstructed.values(context, place, &samples.coords);
        let error: Vec<f32> =
            values.iter().zip(samples.targets.iter()).map(|(ours, target)| ours - target).collect();
        let (of_target, of_error) =
            (radial_power(&samples.targets, view.side()), radial_power(&error, view.side()));
        let rings = of_target.into_iter().zip(of_error).enumerate();
        rings.map(|(ring, (target, error))| RingPoint { signal: name.clone(), ring, target, error })
    });
    lines::write(run, "spectra.csv", &points.collect::<Vec<RingPoint>>())?;
    Ok(Outcome::Done)
}
