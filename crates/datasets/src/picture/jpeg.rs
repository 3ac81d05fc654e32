//! JPEG as Pillow decodes it: libjpeg-turbo's slow integer inverse DCT, its smooth ("fancy") upsampling and
//! its colour conversion, to the bit.
//!
//! The standard leaves the inverse DCT's rounding and the upsampling free, so decoders differ; what the
//! authors' loaders saw is libjpeg-turbo's choice. Crate `mozjpeg` builds a fork of that library whose decoder
//! is the same C code; it needs the C compiler that Rust links with, no CMake and no assembler. DETAILS.md,
//! item 18, has what other decoders differ by. CMYK and YCCK are stored inverted, as Adobe does, and turned to
//! RGB by Pillow's `cmyk2rgb` (libImaging/Convert.c).

use super::pixels::{Picture, REMEDY, check_size, refused};
use crate::error::DataError;
use mozjpeg::{ColorSpace, Decompress};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Each scan is a pass over the whole picture. Progressive files have about ten, those of optimisers some tens.
const MOST_SCANS: usize = 100;

/// The picture in `bytes`; `path` is named in messages.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Picture, DataError> {
    let (height, width) = dimensions(path, bytes)?;
    let Some(scans) = scans(bytes) else {
        return Err(DataError::content(path, "the JPEG ends before its end marker: it is truncated", REMEDY));
    };
    if scans > MOST_SCANS {
        let problem = format!("the JPEG has {scans} scans; {MOST_SCANS} at most are decoded");
        return Err(DataError::content(path, problem, "Save it again as an ordinary JPEG or PNG"));
    }
    let rgb = guarded(path, || {
        let header = Decompress::new_mem(bytes)?;
        match header.color_space() {
            ColorSpace::JCS_GRAYSCALE => {
                let grey = samples(header, ColorSpace::JCS_GRAYSCALE)?;
                Ok(grey.into_iter().flat_map(|value| [value; 3]).collect())
            }
            ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
                let inks = samples(header, ColorSpace::JCS_CMYK)?;
                Ok(inks.chunks_exact(4).flat_map(rgb_of_inverted_inks).collect())
            }
            _ => samples(header, ColorSpace::JCS_RGB),
        }
    })?;
    Ok(Picture { height, width, rgb })
}

/// (height, width) in pixels, from the header alone.
pub(crate) fn dimensions(path: &Path, bytes: &[u8]) -> Result<(usize, usize), DataError> {
    let (width, height) = guarded(path, || Ok(Decompress::new_mem(bytes)?.size()))?;
    check_size(path, width as u64, height as u64, bytes.len())?;
    Ok((height, width))
}

fn samples(header: Decompress<&[u8]>, space: ColorSpace) -> std::io::Result<Vec<u8>> {
    let mut started = header.to_colorspace(space)?;
    let samples = started.read_scanlines()?;
    started.finish()?;
    Ok(samples)
}

/// The C library reports a damaged file by unwinding; here that becomes an error like any other.
fn guarded<T>(path: &Path, work: impl FnOnce() -> std::io::Result<T>) -> Result<T, DataError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|why| refused(path, why)),
        Err(payload) => Err(refused(path, reason(payload.as_ref()))),
    }
}

fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref().copied()).unwrap_or("the decoder gave up")
}

/// `cmyk2rgb` of Pillow, on inks stored as 255 − ink.
fn rgb_of_inverted_inks(stored: &[u8]) -> [u8; 3] {
    let light = i32::from(stored[3]);
    [0, 1, 2].map(|channel| {
        let product = (255 - i32::from(stored[channel])) * light + 128;
        (light - (((product >> 8) + product) >> 8)).clamp(0, 255) as u8
    })
}

/// Walks the segments of a JPEG (ITU-T T.81, annex B) up to its end-of-image marker and counts its scans; `None`: it
/// has no such marker. A search for the last two bytes would be wrong both ways: thumbnails in APP segments hold end
/// markers of their own, and files may have trailing bytes.
fn scans(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut scans) = (2, 0);
    while let Some(&[lead, marker]) = bytes.get(at..at + 2) {
        match (lead, marker) {
            (0xFF, 0xD9) => return Some(scans),
            (0xFF, 0xFF) => at += 1,                      // fill byte
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD7) => at += 2, // stuffed byte, restart marker: no length
            (0xFF, _) => {
                let length = bytes.get(at + 2..at + 4)?;
                scans += usize::from(marker == 0xDA);
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            }
            _ => at += 1, // entropy-coded data
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_marker_inside_a_segment_or_behind_the_picture_does_not_mislead() {
        let with_thumbnail =
            [0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 5, 0xFF, 0x00, 7];
        assert_eq!(scans(&with_thumbnail), None);
        let complete: Vec<u8> = with_thumbnail.iter().copied().chain([0xFF, 0xD9, 0, 0]).collect();
        assert_eq!(scans(&complete), Some(1));
        assert_eq!(scans(&[0xFF, 0xD8, 0xFF, 0xE0, 0]), None);
    }

    #[test]
    fn inks_become_light() {
        assert_eq!(rgb_of_inverted_inks(&[255, 255, 255, 255]), [255; 3]); // no ink
        assert_eq!(rgb_of_inverted_inks(&[255, 255, 255, 0]), [0; 3]); // black ink alone
        assert_eq!(rgb_of_inverted_inks(&[0, 255, 128, 255]), [0, 255, 128]); // cyan, half yellow
    }
}
