//! What kinds of picture can be read, and that a bad one is refused with its name and a remedy.

mod fixture;

use datasets::{Picture, load_picture, signal_of_picture};
use fixture::{assert_says, message};
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};
use std::path::{Path, PathBuf};

fn saved(folder: &Path, name: &str, picture: impl Into<DynamicImage>) -> PathBuf {
    let path = folder.join(name);
    picture.into().save(&path).unwrap();
    path
}

fn one_pixel(rgb: [u8; 3]) -> Picture {
    Picture { height: 1, width: 1, rgb: rgb.to_vec() }
}

#[test]
fn every_colour_type_becomes_rgb() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let grey = saved(folder, "grey.png", GrayImage::from_pixel(1, 1, Luma([77])));
    assert_eq!(load_picture(&grey).unwrap(), one_pixel([77; 3]));
    let grey_alpha = saved(folder, "la.png", GrayAlphaImage::from_pixel(1, 1, LumaA([77, 3])));
    assert_eq!(load_picture(&grey_alpha).unwrap(), one_pixel([77; 3]), "alpha is dropped, not blended");
    let rgba = saved(folder, "rgba.png", RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 0])));
    assert_eq!(load_picture(&rgba).unwrap(), one_pixel([1, 2, 3]), "alpha is dropped, not blended");
    let deep = ImageBuffer::from_pixel(1, 1, Rgb([0u16, 257 * 100 + 128, 65535]));
    let deep = saved(folder, "deep.png", DynamicImage::ImageRgb16(deep));
    assert_eq!(load_picture(&deep).unwrap(), one_pixel([0, 100, 255]), "16 bits: the high byte");
    let grey_jpeg = saved(folder, "grey.jpg", GrayImage::from_pixel(16, 8, Luma([90])));
    assert_eq!(
        load_picture(&grey_jpeg).unwrap(),
        Picture { height: 8, width: 16, rgb: vec![90; 16 * 8 * 3] }
    );
}

/// A 2 × 1 PNG of 1 bit a pixel with a palette of red and blue, written out chunk by chunk.
#[test]
fn a_palette_is_looked_up() {
    let chunks: [(&[u8], &[u8]); 4] = [
        (b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0]),
        (b"PLTE", &[255, 0, 0, 0, 0, 255]),
        (b"IDAT", &[0x78, 0x01, 1, 2, 0, 0xFD, 0xFF, 0, 0x40, 0, 0x42, 0, 0x41]), // stored: filter 0, bits 01
        (b"IEND", &[]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("palette.png");
    std::fs::write(&path, png(&chunks)).unwrap();
    assert_eq!(
        load_picture(&path).unwrap(),
        Picture { height: 1, width: 2, rgb: vec![255, 0, 0, 0, 0, 255] }
    );
}

fn png(chunks: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks {
        bytes.extend((data.len() as u32).to_be_bytes());
        let body = [*kind, *data].concat();
        bytes.extend(&body);
        bytes.extend(crc32(&body).to_be_bytes());
    }
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn a_file_cut_at_any_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let photo = fixture::shipped().join("photos/skimage_chelsea.jpg");
    let mask = fixture::shipped().join("silhouettes/food/apple.png");
    for (file, name) in [(photo, "cut.jpg"), (mask, "cut.png")] {
        let whole = std::fs::read(file).unwrap();
        let cut = folder.path().join(name);
        for percent in [1, 5, 20, 60, 90, 99] {
            std::fs::write(&cut, &whole[..whole.len() * percent / 100]).unwrap();
            assert_says(&message(load_picture(&cut)), &[name, "Replace the file"]);
        }
        std::fs::write(&cut, &whole[..whole.len() - 2]).unwrap();
        if name == "cut.jpg" {
            assert_says(&message(load_picture(&cut)), &[name, "truncated", "Replace the file"]);
        }
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty.jpg"), []).unwrap();
    assert_says(&message(load_picture(&at("empty.jpg"))), &["empty.jpg", "zero bytes", "Replace"]);
    std::fs::write(at("page.jpg"), "<html>not found</html>").unwrap();
    assert_says(
        &message(load_picture(&at("page.jpg"))),
        &["page.jpg", "neither a JPEG nor a PNG", "Replace"],
    );
    std::fs::write(at("moving.png"), b"GIF89a\x01\x00\x01\x00").unwrap();
    assert_says(
        &message(load_picture(&at("moving.png"))),
        &["moving.png", "GIF", "only JPEG and PNG", "Replace"],
    );
    std::fs::create_dir(at("folder.jpg")).unwrap();
    assert_says(&message(load_picture(&at("folder.jpg"))), &["folder.jpg", "is a folder", "Move it away"]);
    assert_says(
        &message(load_picture(&at("absent.jpg"))),
        &["absent.jpg", "cannot be read", "Check the path"],
    );
}

#[test]
fn a_huge_header_is_refused_before_memory_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (name, width, height) in [("wide.png", 2_000_000_000u32, 1u32), ("heavy.png", 50_000, 50_000)] {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        let header = [&size[..], &[8, 2, 0, 0, 0]].concat();
        let path = folder.path().join(name);
        std::fs::write(&path, png(&[(b"IHDR", &header), (b"IDAT", &[]), (b"IEND", &[])])).unwrap();
        assert_says(
            &message(load_picture(&path)),
            &[name, "its header promises", "178956970 px at most", "Scale it down"],
        );
    }
}

#[test]
fn a_huge_jpeg_header_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.jpg");
    fixture::write_picture(&path, 16, 16);
    let mut bytes = std::fs::read(&path).unwrap();
    let frame = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[50_000u16.to_be_bytes(), 50_000u16.to_be_bytes()].concat());
    std::fs::write(&path, bytes).unwrap();
    assert_says(&message(load_picture(&path)), &["huge.jpg", "50000 × 50000", "Scale it down"]);
}

#[test]
fn a_name_does_not_decide_the_format() {
    let folder = tempfile::tempdir().unwrap();
    fixture::write_picture(&folder.path().join("a.png"), 5, 6);
    std::fs::rename(folder.path().join("a.png"), folder.path().join("a.jpg")).unwrap();
    let picture = load_picture(&folder.path().join("a.jpg")).unwrap();
    assert_eq!(picture.rgb, fixture::pattern(5, 6).into_raw());
}

#[test]
fn a_users_own_picture_of_any_size_becomes_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    for (height, width) in [(200, 200), (1, 1), (3, 500), (640, 480), (60, 90)] {
        let path = folder.path().join(format!("own-{height}-{width}.png"));
        fixture::write_picture(&path, height, width);
        for side in [1, 32, 178, 300] {
            let signal = signal_of_picture(&path, side).unwrap();
            assert_eq!((signal.side, signal.values.len()), (side, side * side * 3));
            assert_eq!(signal.name, format!("own-{height}-{width}.png"));
        }
        assert_says(&message(signal_of_picture(&path, 0)), &["own-", "side of 0 ", "ask for 1 to"]);
        assert_says(
            &message(signal_of_picture(&path, 5000)),
            &["own-", "side of 5000 ", "ask for 1 to 4096"],
        );
    }
    let long = folder.path().join("long.png");
    fixture::write_picture(&long, 1, 15_000);
    assert_says(&message(signal_of_picture(&long, 178)), &["long.png", "elongated", "Crop it"]);
}

/// Short side already 200: only the crop is left, with torchvision's rows 11 to 188.
#[test]
fn resize_is_no_op_at_200_and_the_crop_is_central() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.png");
    fixture::write_picture(&path, 200, 267); // excess 89: left = round(44.5) = 44
    let signal = signal_of_picture(&path, 178).unwrap();
    let pixel = fixture::pattern(200, 267).get_pixel(44, 11).0.map(|byte| f32::from(byte) / 255.0);
    assert_eq!(signal.values[..3], pixel);
}
