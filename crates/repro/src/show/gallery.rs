//! Targets, reconstructions and error maps beside each other.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::figures::done;
use super::page::GalleryRow;
use crate::experiment::Experiment;
use crate::plan::Session;
use crate::recipe::Cell;
use crate::stage::kept::read_evals;
use crate::stage::{PICTURES, shapes};
use crate::words::methods::method_label;

/// Targets, reconstructions and error maps of the first signals, first seed, every method.
pub(super) fn gallery(session: &Session) -> Result<Vec<GalleryRow>> {
    let mut rows = Vec::new();
    for name in &fitted(&session.experiment)? {
        let cells: Vec<(&Cell, PathBuf)> = done(session)
            .filter(|(cell, _)| &cell.dataset == name && cell.seed == session.experiment.axes.seed[0])
            .filter(|(cell, _)| session.experiment.gallery.contains(&cell.round))
            .map(|(cell, chain)| (cell, session.store.dir(&chain[chain.len() - 1])))
            .collect();
        for index in 0..PICTURES {
            rows.extend(gallery_row(name, &cells, index)?);
        }
    }
    Ok(rows)
}

fn gallery_row(dataset: &str, cells: &[(&Cell, PathBuf)], index: usize) -> Result<Option<GalleryRow>> {
    let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
    let Some((_, first)) = cells.iter().find(|(_, dir)| dir.join(format!("target{index}.png")).exists())
    else {
        return Ok(None);
    };
    let mut images = vec![("target".to_string(), vec![read(&first.join(format!("target{index}.png")))?])];
    let (mut signal, mut note) = (String::new(), String::new());
    for (cell, dir) in cells {
        let evals = read_evals(dir)?;
        let eval = evals.get(index).with_context(|| format!("{}: no signal {index}", dir.display()))?;
        signal = eval.signal.clone();
        let from = cell.trained_on.as_ref().map_or(String::new(), |name| format!(" from {name}"));
        let (label, db) = (method_label(&cell.method), eval.psnr_db);
        let quality = if db.is_finite() { format!("{db:.2} dB") } else { "exact".into() };
        let label = format!("{label} k{}{from}\n{quality}", cell.round);
        let shape = shapes::kept(dir, index)?;
        let (label, below) = match shape {
            Some(shape) => {
                (format!("{label}\nIoU {:.3}", shape.iou), "Below each: distance to the target, red at 0.05.")
            }
            None => (label, "Below each: its error × 5."),
        };
        note = below.into();
        let pictures = ["fit", "error"].map(|name| read(&dir.join(format!("{name}{index}.png"))));
        images.push((label, pictures.into_iter().collect::<Result<_>>()?));
    }
    Ok(Some(GalleryRow { dataset: dataset.into(), signal, note, images }))
}

/// Names of the data sets as they are fitted, in the order of the table.
pub(super) fn fitted(experiment: &Experiment) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for cell in crate::recipe::cells(experiment)? {
        if !names.contains(&cell.dataset) {
            names.push(cell.dataset);
        }
    }
    Ok(names)
}
