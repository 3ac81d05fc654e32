//! Targets, reconstructions and error maps beside each other; and the masks of pruned networks.

use std::path::Path;

use anyhow::{Context, Result};

use super::page::GalleryRow;
use crate::rows::{PictureRow, Rows};
use crate::words::methods::method_label;

/// What the rows have of pictures, signal by signal, then network by network; their files lie in the folder.
///
/// # Errors
/// If a file is missing.
pub(super) fn gallery(rows: &Rows, folder: &Path) -> Result<Vec<GalleryRow>> {
    let (masks, shown): (Vec<&PictureRow>, Vec<&PictureRow>) =
        rows.pictures.iter().partition(|row| row.surviving_percent.is_some());
    let signals = groups(&shown, |row| (&row.origin.dataset, &row.signal));
    let networks = groups(&masks, |row| (&row.origin.dataset, &row.origin));
    let signals = signals.iter().map(|rows| signal(rows, folder));
    signals.chain(networks.iter().map(|rows| network(rows, folder))).collect()
}

/// Groups of one key, a data set after the other.
fn groups<'a, K: PartialEq>(
    rows: &[&'a PictureRow],
    key: impl Fn(&'a PictureRow) -> (&'a String, K),
) -> Vec<Vec<&'a PictureRow>> {
    let mut groups: Vec<Vec<&PictureRow>> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| key(group[0]) == key(row)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let mut datasets: Vec<&String> = Vec::new();
    groups.iter().map(|group| &group[0].origin.dataset).for_each(|name| {
        if !datasets.contains(&name) {
            datasets.push(name);
        }
    });
    groups.sort_by_key(|group| datasets.iter().position(|name| **name == group[0].origin.dataset));
    groups
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| path.display().to_string())
}

fn signal(rows: &[&PictureRow], folder: &Path) -> Result<GalleryRow> {
    let first = rows[0];
    let mut images = Vec::new();
    if let Some(target) = rows.iter().find_map(|row| row.target.as_ref()) {
        images.push(("target".to_string(), vec![read(folder, target)?]));
    }
    for row in rows {
        let pictures = std::iter::once(&row.picture).chain(&row.error).map(|name| read(folder, name));
        images.push((label(row), pictures.collect::<Result<_>>()?));
    }
    let note = match rows.iter().any(|row| row.iou.is_some()) {
        true => "Below each: distance to the target, red at 0.05.",
        false => "Below each: its error × 5.",
    };
    let (dataset, signal) = (first.origin.dataset.clone(), first.signal.clone());
    Ok(GalleryRow { dataset, signal, note: note.into(), images })
}

/// `Meta-SparseINR k14`, below it its PSNR, and of shapes IoU.
fn label(row: &PictureRow) -> String {
    let from = row.origin.trained_on.as_ref().map_or(String::new(), |name| format!(" from {name}"));
    let quality = match row.psnr_db {
        Some(db) if db.is_finite() => format!("\n{db:.2} dB"),
        Some(_) => "\nexact".into(),
        None => String::new(),
    };
    let iou = row.iou.map_or(String::new(), |iou| format!("\nIoU {iou:.3}"));
    format!("{} k{}{from}{quality}{iou}", method_label(&row.origin.line), row.origin.round)
}

fn network(rows: &[&PictureRow], folder: &Path) -> Result<GalleryRow> {
    let origin = &rows[0].origin;
    let image = |row: &&PictureRow| {
        let density = row.surviving_percent.unwrap_or_default();
        Ok((format!("{}, {density:.1} %", row.signal), vec![read(folder, &row.picture)?]))
    };
    Ok(GalleryRow {
        dataset: origin.dataset.clone(),
        signal: format!("surviving weights of {} k{}", method_label(&origin.line), origin.round),
        note: String::new(),
        images: rows.iter().map(image).collect::<Result<_>>()?,
    })
}
