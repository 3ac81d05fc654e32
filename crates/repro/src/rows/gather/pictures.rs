//! The pictures of the page: reconstructions of the first seed, and the masks of pruned networks, beside the rows.

use std::path::Path;

use anyhow::{Context, Result};
use inr_core::file::write_atomically;
use inr_core::params::to_full;

use super::cells::judged;
use super::network::layout;
use super::planned::{is_shown_pruned, origin};
use crate::experiment::FigureName;
use crate::pictures::png::png;
use crate::plan::{Planned, Session};
use crate::rows::series::PictureRow;
use crate::stage::derived::{PICTURES, SHOWN};
use crate::words::quantities::Quantity;

/// Folder of the pictures, in the experiment's.
const FOLDER: &str = "pictures";

/// Puts the pictures beside the rows; those of an earlier run of the experiment go.
pub(super) fn pictures(session: &Session, done: &[Planned]) -> Result<Vec<PictureRow>> {
    let folder = session.folder.join(FOLDER);
    let first = session.experiment.axes.seed.first();
    let mut rows = Vec::new();
    let mut written: Vec<String> = Vec::new();
    for &planned in done.iter().filter(|planned| Some(&planned.cell.seed) == first) {
        rows.extend(reconstructions(session, planned, &folder, &mut written)?);
    }
    if session.experiment.figures.contains(&FigureName::Layers) {
        for &planned in done.iter().filter(|planned| Some(&planned.cell.seed) == first) {
            rows.extend(masks(session, planned, &folder, &mut written)?);
        }
    }
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".png") && !written.contains(&name) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
    Ok(rows)
}

fn reconstructions(
    session: &Session,
    planned: Planned,
    folder: &Path,
    written: &mut Vec<String>,
) -> Result<Vec<PictureRow>> {
    let Some(id) = planned.derived(PICTURES) else { return Ok(Vec::new()) };
    let dir = session.store.dir(id);
    let mut copy = |name: String| -> Result<String> {
        let bytes = std::fs::read(dir.join(&name)).with_context(|| dir.join(&name).display().to_string())?;
        put(folder, format!("{id}-{name}"), &bytes, written)
    };
    let judged = judged(planned, |id| session.store.dir(id))?;
    judged
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(place, judged)| {
            Ok(PictureRow {
                origin: origin(planned),
                signal: judged.signal.clone(),
                target: Some(copy(format!("target{place}.png"))?),
                picture: copy(format!("fit{place}.png"))?,
                error: Some(copy(format!("error{place}.png"))?),
                psnr_db: judged.values[Quantity::Psnr],
                iou: judged.values[Quantity::Iou],
                surviving_percent: None,
            })
        })
        .collect()
}

/// The masks of the square layers of a pruned network: white where a weight survives.
fn masks(
    session: &Session,
    planned: Planned,
    folder: &Path,
    written: &mut Vec<String>,
) -> Result<Vec<PictureRow>> {
    let Some(layout) = layout(session, planned)?.filter(|_| is_shown_pruned(session, planned)) else {
        return Ok(Vec::new());
    };
    let id = planned.trainings().last().map_or("", |(_, id)| id);
    let square = layout.weight_leaves().enumerate().filter(|(_, leaf)| leaf.rows == leaf.cols);
    square
        .map(|(l, leaf)| {
            let mask = to_full(leaf, &vec![1.0f32; leaf.len()]);
            let values: Vec<f32> = mask.iter().flat_map(|&kept| [kept; 3]).collect();
            let name = format!("{id}-layer{}.png", l + 1);
            Ok(PictureRow {
                origin: origin(planned),
                signal: format!("layer {}", l + 1),
                target: None,
                picture: put(folder, name, &png(&values, leaf.rows)?, written)?,
                error: None,
                psnr_db: None,
                iou: None,
                surviving_percent: Some(100.0 * leaf.len() as f64 / mask.len() as f64),
            })
        })
        .collect()
}

/// Writes a picture; its name from the experiment's folder.
fn put(folder: &Path, name: String, bytes: &[u8], written: &mut Vec<String>) -> Result<String> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    write_atomically(&folder.join(&name), bytes)?;
    let place = format!("{FOLDER}/{name}");
    written.push(name);
    Ok(place)
}
