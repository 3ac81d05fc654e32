//! Power spectra of signals and of what reconstructions have wrong of them: `spectra.csv`.

use anyhow::Result;
use rayon::prelude::*;

use super::super::lines::{self, RingPoint};
use super::super::reconstructed::{Reconstructed, signals};
use super::super::setting::{Outcome, Setting};
use super::kind::Derived;
use crate::experiment::{Experiment, FigureName};
use crate::measures::spectrum::radial_power;
use crate::recipe::{Asked, Cell, DerivedKind, DerivedStage};
use crate::store::Run;

/// Name of the kind.
pub const KIND: &str = "spectra";

pub(super) const STAGE: Derived =
    Derived { kind: DerivedKind { name: KIND, label: "spectra", asked }, carry_out, measures: None };

/// Pictures that the page shows have them, if it has a figure of them.
fn asked(experiment: &Experiment, cell: &Cell) -> Option<Asked> {
    let is_asked = experiment.figures.contains(&FigureName::Spectra) && cell.is_shown(experiment);
    (is_asked && cell.surface(experiment).is_none()).then(|| Asked::of(cell))
}

/// The spectra of every signal, ring by ring.
fn carry_out(context: &Setting, stage: &DerivedStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let view = &stage.view;
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
