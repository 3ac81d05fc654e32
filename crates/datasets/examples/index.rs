//! How long a set of CelebA's size takes to be indexed and fingerprinted, and how much memory that needs.
//!
//! `cargo run --release -p datasets --example index [-- FILES]`: makes FILES (200,000) small JPEGs of differing
//! contents in torchvision's layout in a temporary folder, opens them, hashes them, and prints seconds and the
//! peak of the process's resident memory (Linux; `VmHWM`), which includes making the tree. Then the same for
//! these files in a zip archive that is not unpacked.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use rayon::prelude::*;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// A JPEG of 32 × 32 px whose comment segment holds a number: 200,000 different files from one picture.
fn jpeg(picture: &[u8], number: usize) -> Vec<u8> {
    let text = format!("{number:012}");
    let comment = [&[0xFF, 0xFE, 0, text.len() as u8 + 2], text.as_bytes()].concat();
    [&picture[..2], &comment, &picture[2..]].concat()
}

fn write_tree(root: &Path, files: usize) -> std::io::Result<()> {
    let pixels: Vec<u8> = (0..32 * 32 * 3).map(|i| (i * 7 % 251) as u8).collect();
    let mut picture = Vec::new();
    JpegEncoder::new(&mut picture)
        .encode(&pixels, 32, 32, ExtendedColorType::Rgb8)
        .map_err(std::io::Error::other)?;
    let folder = root.join("celeba/img_align_celeba");
    std::fs::create_dir_all(&folder)?;
    (1..=files).into_par_iter().try_for_each(|number| {
        std::fs::write(folder.join(format!("{number:06}.jpg")), jpeg(&picture, number))
    })?;
    let split = |number: usize| if number.is_multiple_of(10) { 2 } else { 0 };
    let list: String = (1..=files).map(|number| format!("{number:06}.jpg {}\n", split(number))).collect();
    std::fs::write(root.join("celeba/list_eval_partition.txt"), list)
}

/// Peak resident memory in MB, where the system says it.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Packs the pictures as `img_align_celeba.zip` and removes their folder.
fn pack(root: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let folder = root.join("celeba/img_align_celeba");
    let file = std::fs::File::create(root.join("celeba/img_align_celeba.zip"))?;
    let mut zip = zip::ZipWriter::new(std::io::BufWriter::new(file));
    let options = zip::write::FileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        zip.start_file(format!("img_align_celeba/{}", entry.file_name().to_string_lossy()), options)?;
        zip.write_all(&std::fs::read(entry.path())?)?;
    }
    zip.finish()?;
    Ok(std::fs::remove_dir_all(folder)?)
}

fn measure(root: &Path) -> Result<(), datasets::DataError> {
    let began = Instant::now();
    let set = datasets::open("celeba", &[root.to_path_buf()])?;
    println!("indexed in {:.2} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let fingerprint = set.fingerprint()?;
    println!("fingerprint {fingerprint} in {:.2} s", began.elapsed().as_secs_f64());
    match peak_mb() {
        Some(peak) => println!("at most {peak:.0} MB in memory"),
        None => println!("this system does not say how much memory was needed"),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = std::env::args().nth(1).map_or(Ok(200_000), |text| text.parse::<usize>())?;
    let root = tempfile::tempdir()?;
    let began = Instant::now();
    write_tree(root.path(), files)?;
    println!("{files} files written in {:.1} s", began.elapsed().as_secs_f64());
    measure(root.path())?;
    pack(root.path())?;
    println!("the same in a zip archive:");
    Ok(measure(root.path())?)
}
