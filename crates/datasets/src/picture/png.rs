//! PNG as Pillow 13's `convert("RGB")` gives it, from the samples as they are stored.
//!
//! | stored | becomes |
//! |---|---|
//! | grey of 1, 2, 4 bits | scaled to 0 … 255 |
//! | grey of 16 bits | **clipped** to 255, not scaled: Pillow's mode `I;16` |
//! | grey and alpha, RGB, RGBA of 16 bits | the high byte |
//! | palette | looked up; an index beyond it is black |
//! | alpha, transparent colours | dropped, not blended |
//!
//! Rows are converted as they are decoded, so that no more than three bytes a pixel are held, unless the picture is
//! interlaced. Texts and colour profiles, which may be bombs of their own, are not unpacked.

use super::pixels::{Picture, check_size, refused};
use crate::error::DataError;
use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations};
use std::io::Cursor;
use std::path::Path;

/// Above what [`check_size`] lets through: 8 bytes a pixel of 178,956,970.
const MOST_BYTES: usize = 3 << 29;

/// The picture in `bytes`; `path` is named in messages.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Picture, DataError> {
    let mut reader = open(path, bytes)?;
    let info = reader.info();
    let (height, width) = (info.height as usize, info.width as usize);
    let (stored, interlaced) = ((info.color_type, info.bit_depth), info.interlaced);
    let palette = info.palette.as_deref().unwrap_or_default().to_vec();
    let mut rgb = Vec::with_capacity(height * width * 3);
    if interlaced {
        let size = reader.output_buffer_size().ok_or_else(|| refused(path, "it is too large"))?;
        let mut samples = vec![0; size];
        let frame = reader.next_frame(&mut samples).map_err(|why| refused(path, why))?;
        samples
            .chunks_exact(frame.line_size)
            .for_each(|row| push_row(&mut rgb, row, width, stored, &palette));
    } else {
        while let Some(row) = reader.next_row().map_err(|why| refused(path, why))? {
            push_row(&mut rgb, row.data(), width, stored, &palette);
        }
    }
    match rgb.len() == height * width * 3 {
        true => Ok(Picture { height, width, rgb }),
        false => Err(refused(path, "rows are missing")),
    }
}

/// (height, width) in pixels, from the header alone.
pub(crate) fn dimensions(path: &Path, bytes: &[u8]) -> Result<(usize, usize), DataError> {
    let reader = open(path, bytes)?;
    Ok((reader.info().height as usize, reader.info().width as usize))
}

fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<Reader<Cursor<&'a [u8]>>, DataError> {
    let size = bytes.get(16..24).unwrap_or(&[0; 8]); // of IHDR, which comes first
    let side =
        |at: usize| u64::from(u32::from_be_bytes([size[at], size[at + 1], size[at + 2], size[at + 3]]));
    check_size(path, side(0), side(4), bytes.len())?;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MOST_BYTES });
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.read_info().map_err(|why| refused(path, why))
}

fn push_row(rgb: &mut Vec<u8>, row: &[u8], width: usize, stored: (ColorType, BitDepth), palette: &[u8]) {
    let grey = |value: u8| [value; 3];
    match stored {
        (ColorType::Grayscale, BitDepth::Sixteen) => {
            let clipped = |pair: &[u8]| grey(if pair[0] == 0 { pair[1] } else { 255 });
            rgb.extend(row.chunks_exact(2).flat_map(clipped));
        }
        (ColorType::Grayscale, depth) => {
            let step = 255 / ((1u16 << depth as u8) - 1) as u8;
            rgb.extend(packed(row, width, depth).flat_map(|value| grey(value * step)));
        }
        (ColorType::Indexed, depth) => {
            let colour = |index: u8| {
                let at = usize::from(index) * 3;
                palette.get(at..at + 3).map_or([0; 3], |entry| [entry[0], entry[1], entry[2]])
            };
            rgb.extend(packed(row, width, depth).flat_map(colour));
        }
        (colours, depth) => {
            let bytes = if depth == BitDepth::Sixteen { 2 } else { 1 }; // the high byte comes first
            let pixels = row.chunks_exact(colours.samples() * bytes);
            match colours {
                ColorType::GrayscaleAlpha => rgb.extend(pixels.flat_map(|pixel| grey(pixel[0]))),
                _ => rgb.extend(pixels.flat_map(|pixel| [pixel[0], pixel[bytes], pixel[2 * bytes]])),
            }
        }
    }
}

/// The samples of a row of 1, 2, 4 or 8 bits each, first ones in the high bits.
fn packed(row: &[u8], width: usize, depth: BitDepth) -> impl Iterator<Item = u8> + '_ {
    let bits = depth as usize;
    let mask = ((1u16 << bits) - 1) as u8;
    (0..width).map(move |column| {
        let first = column * bits;
        row[first / 8] >> (8 - bits - first % 8) & mask
    })
}
