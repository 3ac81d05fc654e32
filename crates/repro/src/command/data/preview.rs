//! `repro data preview`: a contact sheet of preprocessed signals, train ones above, test ones below; a signal
//! that was computed from a shape stands beside that shape.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use datasets::{Choice, DataSet, Picture, Places, Signal, Split, area_average};
use png::ColorType;

use crate::disk::write_file;
use crate::exit::DONE;
use crate::pictures::png::{bytes, encode};
use crate::pictures::render;
use crate::place::{data_roots, workspace};
use crate::screen;

/// `data preview`.
#[derive(Args)]
pub struct PreviewArgs {
    /// Data set.
    pub name: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Signals of each part, spread over classes or categories.
    #[arg(long, default_value_t = 18, value_name = "N")]
    pub signals: usize,
    /// Side of a signal in pixels [default: 178, or the largest there is].
    #[arg(long, value_name = "PX")]
    pub side: Option<usize>,
    /// Sheet to write [default: results/preview-NAME.png].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Pixels between signals, and between the parts.
const GAP: usize = 6;
/// Pixels of a signal's side, unless the kind has no such.
const DEFAULT_SIDE: usize = 178;
const PAPER: u8 = 250; // of red, green and blue

/// A signal and, beside it, what it was computed from.
type Tile = Vec<Picture>;

/// Writes the sheet.
///
/// # Errors
/// If the data set cannot be read, or the sheet written; if a licensed set's pictures would be put among the files
/// of the repository.
pub fn run(args: &PreviewArgs) -> Result<u8> {
    let set = datasets::open(&args.name, &data_roots(args.data_root.as_deref())?)?;
    let default = || workspace().join("results").join(format!("preview-{}.png", args.name));
    let out = args.out.clone().unwrap_or_else(default);
    ensure!(out.extension().is_some_and(|e| e == "png"), "--out {}: a name that ends in .png", out.display());
    ensure!(args.signals > 0, "--signals 0: at least one");
    check_place(&set, &out)?;
    set.remarks().iter().for_each(|remark| screen::note(&format!("{}: {remark}", args.name)));
    let side = args.side.unwrap_or(DEFAULT_SIDE.min(set.kind().largest_side));
    let mut parts = Vec::new();
    for split in [Split::Train, Split::Test] {
        let count = args.signals.min(set.len(split));
        let indices = set.choose(split, Choice::Stratified { count })?;
        let signals = set.load_many(split, &indices, side)?;
        let tiles: Result<Vec<Tile>> =
            signals.iter().zip(&indices).map(|(signal, &index)| tile(&set, split, index, signal)).collect();
        parts.push(tiles?);
    }
    let sheet = sheet(&parts);
    write_file(&out, &encode(&sheet.rgb, [sheet.width, sheet.height], ColorType::Rgb)?)?;
    let [train, test] = [parts[0].len(), parts[1].len()];
    screen::result(&format!("{}: {train} train signals above, {test} test signals below", out.display()))?;
    Ok(DONE)
}

/// What may not be shared goes to `results/` (which is not committed) or out of the workspace.
fn check_place(set: &DataSet, out: &Path) -> Result<()> {
    let absolute = std::path::absolute(out).with_context(|| out.display().to_string())?;
    let nearest = absolute.ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or(absolute);
    let workspace = workspace();
    let private = ["results", "target"].map(|folder| workspace.join(folder));
    let record = workspace.join("results/record");
    let kept_out = private.iter().any(|folder| nearest.starts_with(folder)) && !nearest.starts_with(record);
    ensure!(
        set.kind().shipped || kept_out || !nearest.starts_with(&workspace),
        "--out {}: pictures of `{}` may not be shared ({}); write them to results/, which is not committed",
        out.display(),
        set.kind().name,
        set.kind().licence
    );
    Ok(())
}

fn tile(set: &DataSet, split: Split, index: usize, signal: &Signal) -> Result<Tile> {
    if let Places::Points(points) = &signal.places {
        return Ok(vec![shape(points, &signal.values)]);
    }
    let mut tile = Vec::new();
    if let Some(original) = set.original(split, index)?
        && original.height == original.width
    {
        let values: Vec<f32> = original.rgb.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        tile.push(picture(&area_average(&values, original.height, 3, signal.side), signal.side)?);
    }
    tile.push(picture(&signal.values, signal.side)?);
    Ok(tile)
}

/// The samples that are inside a shape, drawn as discs.
fn shape(points: &[f32], distances: &[f32]) -> Picture {
    let inside = points.chunks_exact(3).zip(distances).filter(|(_, distance)| **distance < 0.0);
    let inside: Vec<f32> = inside.flat_map(|(point, _)| point.to_vec()).collect();
    let on_paper = |pixel: [u8; 4]| {
        let ink = f32::from(pixel[3]) / 255.0;
        [0, 1, 2].map(|i| (ink * f32::from(pixel[i]) + (1.0 - ink) * f32::from(PAPER)).round() as u8)
    };
    let rgb = render::points_pixels(&inside).into_iter().flat_map(on_paper).collect();
    Picture { height: render::SIDE, width: render::SIDE, rgb }
}

/// [side·side, 3] in [0, 1].
fn picture(values: &[f32], side: usize) -> Result<Picture> {
    ensure!(values.len() == 3 * side * side, "{} values of a signal, not 3 · {side}²", values.len());
    Ok(Picture { height: side, width: side, rgb: bytes(values) })
}

fn sheet(parts: &[Vec<Tile>]) -> Picture {
    let tile = parts.iter().flatten().next();
    let (across, side) = tile.map_or((1, 1), |tile| (tile.len(), tile[0].width));
    let (cell_width, cell_height) = (across * (side + 1) + GAP, side + GAP);
    let most = parts.iter().map(Vec::len).max().unwrap_or(1);
    let columns = ((most as f64 * 2.0 / across as f64).sqrt().ceil() as usize).clamp(1, most.max(1));
    let rows_of = |part: &[Tile]| part.len().div_ceil(columns);
    let rows: usize = parts.iter().map(|part| rows_of(part)).sum();
    let gaps = (parts.len() - 1) * 2 * GAP;
    let (width, height) = (columns * cell_width + GAP, rows * cell_height + GAP + gaps);
    let mut sheet = Picture { height, width, rgb: vec![PAPER; 3 * width * height] };
    let mut top = GAP;
    for part in parts {
        for (index, tile) in part.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            for (place, picture) in tile.iter().enumerate() {
                let left = GAP + column * cell_width + place * (side + 1);
                put(&mut sheet, picture, left, top + row * cell_height);
            }
        }
        top += rows_of(part) * cell_height + 2 * GAP;
    }
    sheet
}

/// Lays a picture on the sheet.
fn put(sheet: &mut Picture, picture: &Picture, left: usize, top: usize) {
    for (row, pixels) in picture.rgb.chunks_exact(3 * picture.width).enumerate() {
        let start = 3 * ((top + row) * sheet.width + left);
        sheet.rgb[start..start + pixels.len()].copy_from_slice(pixels);
    }
}
