//! How good fitted shapes are: `shapes.csv`.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::super::lines::{self, Judged};
use super::super::reconstructed::networks;
use super::super::setting::{Outcome, Setting};
use super::kind::Derived;
use crate::experiment::{Experiment, SurfaceSpec};
use crate::measures::shape::{Measures, measure};
use crate::recipe::{Asked, Cell, DerivedKind, DerivedStage};
use crate::store::Run;
use crate::words::quantities::{Quantity, Values};

const TABLE: &str = "shapes.csv";

/// Cells whose signals are shapes have it.
pub(super) const STAGE: Derived = Derived {
    kind: DerivedKind { name: "shapes", label: "shapes", asked },
    carry_out,
    measures: Some(TABLE),
};

/// The grid of the measures is their own: the side of the signals does not matter.
fn asked(experiment: &Experiment, cell: &Cell) -> Option<Asked> {
    let surface = cell.surface(experiment)?;
    let asked = Asked::of(cell).without("resolution").with("surface", surface);
    Some(asked.evaluating(cell.view.test.signals, surface.grid))
}

/// Measures every fitted shape against samples that were not fitted.
fn carry_out(context: &Setting, stage: &DerivedStage, run: &Run, parent: Option<&str>) -> Result<Outcome> {
    let (surface, test) = (stage.setting::<SurfaceSpec>("surface")?, stage.view.test);
    let (fitted, set) = (networks(context, parent)?, context.data.open(&stage.view.dataset)?);
    let names = set.test_names(test)?;
    let (total, done) = (names.len() as u64, AtomicU64::new(0));
    let measured = names.par_iter().enumerate().map(|(place, name)| -> Result<Option<Judged>> {
        if context.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let held = set.held(test, surface, place)?;
        let held = held.with_context(|| format!("{name}: no shape to measure a fit against"))?;
        let measures = measure(context.engine, &fitted.params(place), &held, surface).measures;
        (context.report)(done.fetch_add(1, Ordering::Relaxed) + 1, total, None);
        judged(name, measures).map(Some)
    });
    let measured: Vec<Option<Judged>> = measured.collect::<Result<_>>()?;
    let Some(lines) = measured.into_iter().collect::<Option<Vec<Judged>>>() else {
        return Ok(Outcome::Stopped);
    };
    lines::write_judged(run, TABLE, &lines)?;
    Ok(Outcome::Done)
}

/// The measures of a signal; one that is not finite is refused: a mean with it would be none.
fn judged(name: &str, measures: Measures) -> Result<Judged> {
    let Measures { sdf_near, sdf_uniform, iou, chamfer } = measures;
    let known = [sdf_near, sdf_uniform, Some(iou), chamfer];
    ensure!(
        known.iter().flatten().all(|number| number.is_finite()),
        "{name}: its fit has measures that are not finite ({measures:?}); the fit diverged, so lower its step size"
    );
    let mut values = Values::of([(Quantity::Iou, iou)]);
    values[Quantity::SdfNear] = sdf_near;
    values[Quantity::SdfUniform] = sdf_uniform;
    values[Quantity::Chamfer] = chamfer;
    Ok(Judged { signal: name.into(), values })
}
