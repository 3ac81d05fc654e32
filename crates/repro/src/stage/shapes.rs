//! The measures of fitted shapes on disk, and the pictures and meshes of the first ones.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use datasets::Held;

use crate::experiment::SurfaceSpec;
use crate::measures::shape::{Fitted, Measures};
use crate::measures::surface::Surface;
use crate::pictures::render;
use crate::store::Run;

/// Name of the file of signal `index` in a fit's directory.
fn file(index: usize) -> String {
    format!("shape{index}.json")
}

/// Keeps the measures of signal `index`.
///
/// # Errors
/// If one is not finite (JSON has no word for it, and it would be read as one that is not there), or the disk refuses.
pub fn keep(run: &Run, index: usize, measures: Measures) -> Result<()> {
    let Measures { sdf_near, sdf_uniform, iou, chamfer } = measures;
    let known = [sdf_near, sdf_uniform, Some(iou), chamfer];
    ensure!(
        known.iter().flatten().all(|number| number.is_finite()),
        "shape {index}: its fit has measures that are not finite ({measures:?}); the fit diverged, so lower its step size"
    );
    run.write(&file(index), serde_json::to_string(&measures)?.as_bytes())
}

/// The measures of signal `index`; none if it is no shape.
///
/// # Errors
/// If the file is damaged, or may not be read.
pub fn kept(dir: &Path, index: usize) -> Result<Option<Measures>> {
    let path = dir.join(file(index));
    match std::fs::read_to_string(&path) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why).with_context(|| path.display().to_string()),
        Ok(text) => Ok(Some(serde_json::from_str(&text).with_context(|| path.display().to_string())?)),
    }
}

/// Pictures and meshes of one of the first signals: `target*.png`, `fit*.png`, `error*.png`, `target*.ply`, `fit*.ply`.
///
/// The error picture is the fitted surface, coloured by its vertices' distance from the true one.
///
/// # Errors
/// If the disk refuses.
pub fn pictures(run: &Run, index: usize, fitted: &Fitted, held: &Held, spec: SurfaceSpec) -> Result<()> {
    let write =
        |name: &str, bytes: Vec<u8>| run.write(&format!("{name}{index}.{}", extension(&bytes)), &bytes);
    let grey = |_: usize| render::GREY;
    if held.grid.is_empty() {
        write("target", render::points(&held.surface)?)?;
    } else {
        let target = Surface::of_grid(&held.grid, spec.grid);
        write("target", render::surface(&target, grey)?)?;
        write("target", target.ply())?;
    }
    write("fit", render::surface(&fitted.surface, grey)?)?;
    write("fit", fitted.surface.ply())?;
    let off = fitted.surface.off(held, spec.grid);
    write("error", render::surface(&fitted.surface, |vertex| render::error_colour(off[vertex]))?)
}

fn extension(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"ply") { "ply" } else { "png" }
}
