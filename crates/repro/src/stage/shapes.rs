//! How good fitted shapes are: `shapes.csv`.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::lines::{self, Judged};
use super::reconstructed::networks;
use super::setting::{Outcome, Setting};
use crate::measures::shape::{Measures, measure};
use crate::recipe::ShapesStage;
use crate::store::Run;
use crate::words::quantities::{Quantity, Values};

/// Measures every fitted shape against samples that were not fitted.
pub(super) fn carry_out(
    context: &Setting,
    stage: &ShapesStage,
    run: &Run,
    parent: Option<&str>,
) -> Result<Outcome> {
    let (fitted, set) = (networks(context, parent)?, context.data.open(&stage.dataset)?);
    let names = set.test_names(stage.test)?;
    let (total, done) = (names.len() as u64, AtomicU64::new(0));
    let measured = names.par_iter().enumerate().map(|(place, name)| -> Result<Option<Judged>> {
        if context.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let held = set.held(stage.test, stage.surface, place)?;
        let held = held.with_context(|| format!("{name}: no shape to measure a fit against"))?;
        let measures = measure(context.engine, &fitted.params(place), &held, stage.surface).measures;
        (context.report)(done.fetch_add(1, Ordering::Relaxed) + 1, total, None);
        judged(name, measures).map(Some)
    });
    let measured: Vec<Option<Judged>> = measured.collect::<Result<_>>()?;
    let Some(lines) = measured.into_iter().collect::<Option<Vec<Judged>>>() else {
        return Ok(Outcome::Stopped);
    };
    lines::write_judged(run, "shapes.csv", &lines)?;
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
