//! The first reconstructions as pictures: `target*.png`, `fit*.png`, `error*.png`; of shapes meshes too, `*.ply`.
//!
//! The error of a picture is shown times 5; that of a shape is the fitted surface, coloured by its vertices' distance
//! from the true one.

use anyhow::{Context, Result};
use datasets::Held;

use super::super::reconstructed::{Reconstructed, networks, signals};
use super::super::setting::{Outcome, Setting};
use super::kind::Derived;
use crate::experiment::{Experiment, SurfaceSpec};
use crate::measures::shape::{Fitted, measure};
use crate::measures::surface::Surface;
use crate::pictures::png::png;
use crate::pictures::render;
use crate::recipe::{Asked, Cell, DerivedKind, DerivedStage, View};
use crate::store::Run;

/// Name of the kind.
pub const KIND: &str = "pictures";

/// Test signals whose reconstructions are kept as pictures.
pub const SHOWN: usize = 3;

pub(super) const STAGE: Derived =
    Derived { kind: DerivedKind { name: KIND, label: "pictures", asked }, carry_out, measures: None };

/// What the page shows has them, at the first seed.
fn asked(experiment: &Experiment, cell: &Cell) -> Option<Asked> {
    let surface = cell.surface(experiment);
    let side = surface.map_or(cell.view.side(), |surface| surface.grid);
    let is_first = experiment.axes.seed.first() == Some(&cell.seed);
    (is_first && cell.is_shown(experiment))
        .then(|| Asked::of(cell).with("surface", surface).evaluating(SHOWN, side))
}

/// Writes the pictures of the first signals.
fn carry_out(context: &Setting, stage: &DerivedStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    match stage.setting("surface")? {
        Some(spec) => shapes(context, &stage.view, spec, run, parent)?,
        None => pictures(context, &stage.view, run, parent)?,
    }
    Ok(Outcome::Done)
}

fn pictures(context: &Setting, view: &View, run: &Run, parent: Option<&str>) -> Result<()> {
    let (reconstructed, signals) = (Reconstructed::open(context, parent)?, signals(context, view)?);
    for (place, (_, samples)) in signals.iter().enumerate().take(SHOWN) {
        let (targets, ours) = (&samples.targets, reconstructed.values(context, place, &samples.coords));
        let error: Vec<f32> = ours.iter().zip(targets.iter()).map(|(a, b)| 5.0 * (a - b).abs()).collect();
        for (name, values) in [("target", &targets[..]), ("fit", &ours), ("error", &error)] {
            run.write(&format!("{name}{place}.png"), &png(values, view.side())?)?;
        }
    }
    Ok(())
}

fn shapes(context: &Setting, view: &View, spec: SurfaceSpec, run: &Run, parent: Option<&str>) -> Result<()> {
    let (fitted, set) = (networks(context, parent)?, context.data.open(&view.dataset)?);
    for (place, name) in set.test_names(view.test)?.iter().enumerate().take(SHOWN) {
        let held = set.held(view.test, spec, place)?;
        let held = held.with_context(|| format!("{name}: no shape to show a fit beside"))?;
        let fitted = measure(context.engine, &fitted.params(place), &held, spec);
        shape(run, place, &fitted, &held, spec)?;
    }
    Ok(())
}

fn shape(run: &Run, place: usize, fitted: &Fitted, held: &Held, spec: SurfaceSpec) -> Result<()> {
    let write =
        |name: &str, extension: &str, bytes: &[u8]| run.write(&format!("{name}{place}.{extension}"), bytes);
    let grey = |_: usize| render::GREY;
    if held.grid.is_empty() {
        write("target", "png", &render::points(&held.surface)?)?;
    } else {
        let target = Surface::of_grid(&held.grid, spec.grid);
        write("target", "png", &render::surface(&target, grey)?)?;
        write("target", "ply", &target.ply())?;
    }
    write("fit", "png", &render::surface(&fitted.surface, grey)?)?;
    write("fit", "ply", &fitted.surface.ply())?;
    let off = fitted.surface.off(held, spec.grid);
    write("error", "png", &render::surface(&fitted.surface, |vertex| render::error_colour(off[vertex]))?)
}
