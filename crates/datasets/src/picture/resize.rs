//! Bilinear resizing exactly as Pillow does it (`src/libImaging/Resample.c`, BILINEAR, 8 bits a channel),
//! which is what torchvision's `Resize` calls on a PIL image, and so what the paper's Imagenette pictures
//! went through.
//!
//! The triangle filter's support widens with the scale when shrinking (antialiasing). Horizontal pass first,
//! then vertical; weights are fixed-point with 22 fractional bits, and each pass rounds to 8 bits. Integer
//! arithmetic: the same bytes on every machine.

use super::pixels::Picture;

const PRECISION_BITS: u32 = 32 - 8 - 2;
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// The source pixels of one output pixel and their weights (2^22 is one).
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Resizes a picture to `height` × `width`; a pass that changes nothing is skipped, as in Pillow.
///
/// # Panics
/// If a side of either picture is zero.
pub(crate) fn bilinear(picture: &Picture, height: usize, width: usize) -> Picture {
    assert!(
        height > 0 && width > 0 && picture.height > 0 && picture.width > 0,
        "an empty picture cannot be resized"
    );
    let wide = if width == picture.width { picture.clone() } else { resize_rows(picture, width) };
    if height == wide.height { wide } else { resize_columns(&wide, height) }
}

fn resize_rows(picture: &Picture, width: usize) -> Picture {
    let taps = taps(picture.width, width);
    let mut rgb = Vec::with_capacity(picture.height * width * 3);
    for row in picture.rgb.chunks_exact(picture.width * 3) {
        for tap in &taps {
            let mut sums = [HALF; 3];
            for (pixel, &weight) in row[tap.first * 3..].chunks_exact(3).zip(&tap.weights) {
                for channel in 0..3 {
                    sums[channel] += i32::from(pixel[channel]) * weight;
                }
            }
            rgb.extend(sums.map(rounded));
        }
    }
    Picture { height: picture.height, width, rgb }
}

fn resize_columns(picture: &Picture, height: usize) -> Picture {
    let row_len = picture.width * 3;
    let mut rgb = Vec::with_capacity(height * row_len);
    let mut sums = vec![0; row_len];
    for tap in taps(picture.height, height) {
        sums.fill(HALF);
        for (row, &weight) in picture.rgb[tap.first * row_len..].chunks_exact(row_len).zip(&tap.weights) {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += i32::from(value) * weight);
        }
        rgb.extend(sums.iter().map(|&sum| rounded(sum)));
    }
    Picture { height, width: picture.width, rgb }
}

fn rounded(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// `precompute_coeffs` and `normalize_coeffs_8bpc` of Resample.c for the triangle filter (support 1).
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let taps_of = |index: usize| {
        let center = (index as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(from);
        let triangle = |x: usize| (1.0 - ((x as f64 - center + 0.5) / support).abs()).max(0.0);
        let weights: Vec<f64> = (first..end).map(triangle).collect();
        let total: f64 = weights.iter().sum();
        let fixed = |weight: &f64| (0.5 + weight / total * f64::from(1u32 << PRECISION_BITS)) as i32;
        Taps { first, weights: weights.iter().map(fixed).collect() }
    };
    (0..to).map(taps_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn pattern(height: usize, width: usize) -> Picture {
        let byte = |y: usize, x: usize, c: usize| ((x * 7 + y * 13 + c * 29 + x * y * (c + 1)) % 256) as u8;
        let pixel = |y, x| [byte(y, x, 0), byte(y, x, 1), byte(y, x, 2)];
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(y, x))).collect();
        Picture { height, width, rgb }
    }

    /// Bytes from Pillow 13.0.0: `Image.fromarray(pattern).resize((width, height), Image.BILINEAR)`.
    #[test]
    fn a_small_picture_has_pillows_bytes() {
        let expected = [
            10, 39, 68, 21, 51, 81, 34, 65, 96, 46, 77, 109, 31, 61, 91, 45, 78, 111, 61, 98, 135, 75, 115,
            155, 52, 83, 114, 69, 105, 141, 88, 131, 174, 104, 153, 202,
        ];
        assert_eq!(bilinear(&pattern(5, 7), 3, 4).rgb, expected);
    }

    /// SHA-256 of Pillow 13.0.0's bytes, smaller and larger, one side or both.
    #[test]
    fn whole_pictures_have_pillows_bytes() {
        let cases = [
            ((240, 320), (200, 266), "062dac99a169bede170f8fca127b275fbdad65e2d11d6d3cad667f3994de165b"),
            ((213, 320), (178, 267), "4291ebcada3e21d4ef4a7ad6569b48d4bdddbdddea92eadd7bb2d1a6f286f48d"),
            ((180, 320), (200, 355), "eff408f073db4940ec06be27147c5b6d9a01c4ebe4887ad12f116d4269fbc750"),
            ((512, 757), (260, 384), "0fd45f3380df43d1016204d0bf4dd9c3f618bdb10c68210b4f564abeb3d22805"),
            ((31, 17), (45, 17), "e92a1f0114175551cb7db5fcb3eae71e1ebf24936708e56b23f567d45b6923a8"),
            ((50, 60), (50, 13), "e4f10adda18e0a632842d635087f3e38ef43a6e624752a1b5057c703568e2339"),
        ];
        for (from, to, expected) in cases {
            let resized = bilinear(&pattern(from.0, from.1), to.0, to.1);
            let hash: String =
                Sha256::digest(&resized.rgb).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, expected, "{from:?} to {to:?}");
        }
    }
}
