//! How far other JPEG decoders are from the one used, which is libjpeg-turbo's to the bit: DETAILS.md, item 18.
//!
//! `cargo run --release -p datasets --example decoders -- DIR`: every JPEG below DIR.

use datasets::load_picture;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// (bytes of a file) → [height, width, 3].
type Decoder = fn(&[u8]) -> Result<Vec<u8>, String>;

const OTHERS: [(&str, Decoder); 2] = [("zune-jpeg (crate image)", zune), ("jpeg-decoder", jpeg_decoder)];

/// What two decoders disagree about, summed over pictures.
#[derive(Default)]
struct Difference {
    pictures: usize,
    equal: usize,
    bytes: u64,
    different: u64,
    sum: u64,
    largest: u8,
}

fn zune(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg);
    Ok(picture.map_err(|why| why.to_string())?.into_rgb8().into_raw())
}

fn jpeg_decoder(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let samples = decoder.decode().map_err(|why| why.to_string())?;
    match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::L8) => Ok(samples.into_iter().flat_map(|value| [value; 3]).collect()),
        Some(jpeg_decoder::PixelFormat::RGB24) => Ok(samples),
        other => Err(format!("pixel format {other:?}")),
    }
}

fn between(ours: &[u8], theirs: &[u8]) -> Difference {
    let steps = || ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b));
    let largest = steps().max().unwrap_or(0);
    Difference {
        pictures: 1,
        equal: usize::from(largest == 0),
        bytes: ours.len() as u64,
        different: steps().filter(|&step| step > 0).count() as u64,
        sum: steps().map(u64::from).sum(),
        largest,
    }
}

fn joined(a: Difference, b: Difference) -> Difference {
    Difference {
        pictures: a.pictures + b.pictures,
        equal: a.equal + b.equal,
        bytes: a.bytes + b.bytes,
        different: a.different + b.different,
        sum: a.sum + b.sum,
        largest: a.largest.max(b.largest),
    }
}

fn compared(path: &Path, decoder: Decoder) -> Result<Difference, String> {
    let ours = load_picture(path).map_err(|why| why.to_string())?.rgb;
    let theirs = decoder(&std::fs::read(path).map_err(|why| why.to_string())?)?;
    match ours.len() == theirs.len() {
        true => Ok(between(&ours, &theirs)),
        false => Err("sizes differ".to_string()),
    }
}

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("which folder? cargo run --release -p datasets --example decoders -- DIR");
        std::process::exit(2);
    };
    let is_jpeg = |path: &PathBuf| {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        path.is_file() && matches!(extension.as_deref(), Some("jpg" | "jpeg"))
    };
    let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files: Vec<PathBuf> = entries.map(walkdir::DirEntry::into_path).filter(is_jpeg).collect();
    println!("decoder                   pictures  equal  failed  largest   mean of 255  differing");
    for (name, decoder) in OTHERS {
        let results: Vec<_> = files.par_iter().map(|path| compared(path, decoder)).collect();
        let failed = results.iter().filter(|result| result.is_err()).count();
        let all = results.into_iter().flatten().fold(Difference::default(), joined);
        let bytes = all.bytes.max(1) as f64;
        let (mean, share) = (all.sum as f64 / bytes, 100.0 * all.different as f64 / bytes);
        let Difference { pictures, equal, largest, .. } = all;
        println!("{name:<25} {pictures:>8} {equal:>6} {failed:>7} {largest:>8} {mean:>13.4} {share:>8.2} %");
    }
}
