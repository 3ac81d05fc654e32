//! Small archives in the layout of the published ones, and their checksums.

use crate::fixture;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// imagenette2.tgz: two classes of two pictures in each part.
pub fn imagenette() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fixture::write_imagenette(folder.path());
    tar(folder.path(), "imagenette2")
}

/// The same, with bytes that do not compress beside the parts.
pub fn large_imagenette() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fixture::write_imagenette(folder.path());
    write(folder.path(), "imagenette2/noise", &noise(300_000, 1));
    tar(folder.path(), "imagenette2")
}

/// Bytes that do not compress. *The multiplier is Knuth's, MMIX.*
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// A folder of `parent` as tar.gz.
pub fn tar(parent: &Path, folder: &str) -> Vec<u8> {
    let file = parent.join("archive.tgz");
    let made = Command::new("tar").arg("-czf").arg(&file).arg("-C").arg(parent).arg(folder).status().unwrap();
    assert!(made.success());
    std::fs::read(file).unwrap()
}

/// img_align_celeba.zip: pictures of train, of validation and of test.
pub fn celeba() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("picture.jpg");
    fixture::write_picture(&picture, 218, 178);
    let picture = std::fs::read(picture).unwrap();
    let names = ["000001", "162770", "162771", "182637", "182638", "202599"];
    let names: Vec<String> = names.iter().map(|name| format!("img_align_celeba/{name}.jpg")).collect();
    zip(&names.iter().map(|name| (name.as_str(), picture.as_slice())).collect::<Vec<_>>())
}

pub fn sdf2d() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(fixture::write_sdf2d(folder.path())).unwrap()
}

/// A zip that stores its members as they are. *APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.*
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let offset = file.len() as u32;
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]; // version 2.0, stored, 1 January 1980
        common.extend(crc32(content).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((name.len() as u32).to_le_bytes()); // length of the name, of nothing more
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*content);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]); // no comment, disk 0, no attributes
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (file.len() as u32, members.len() as u16);
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

/// *ISO 3309; the polynomial 0xEDB88320, bits reversed.*
fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file into a folder.
pub fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, content).unwrap();
    file
}

/// Everything under a folder except the notes of where it came from, sorted.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if path.is_dir() {
            found.extend(tree(&path).into_iter().map(|inner| format!("{name}/{inner}")));
        } else if name != "source.txt" {
            found.push(name);
        }
    }
    found.sort();
    found
}
