//! A 1-bit mask as a signed distance field.
//!
//! Conventions: the exact distance field at 256 px (`distance`: negative inside, the outline half a
//! pixel between opposite centres) in units of the image's side; area-averaged to the side asked for (up to
//! 256; above, bilinear between the 256 px centres); clipped to ± c with c = 1/4; scaled to v = 1/2 + d /
//! (2c): 0.5 on the outline, 0 deep inside, 1 far outside; three equal channels. c = 1/4 keeps shapes whole
//! and still uses the range: it clips 0.7 % of all pixels inside (the median silhouette is 0.20 deep) and
//! 11.9 % outside; c = 1/2 would halve the contrast to spare them, c = 1/8 would clip 42 %.

use super::distance::signed_distance_px;
use crate::error::DataError;
use crate::picture::area::area_average;
use crate::picture::pixels::Picture;
use std::path::Path;

pub(crate) const MASK_SIDE: usize = 256;
/// Where distances are clipped, in sides of the image.
const CLIP: f64 = 0.25;

/// [256·256], true inside; `path` is named in messages.
pub(crate) fn mask_of_picture(picture: &Picture, path: &Path) -> Result<Vec<bool>, DataError> {
    if (picture.height, picture.width) != (MASK_SIDE, MASK_SIDE) {
        let problem =
            format!("the mask is {} × {} px, not {MASK_SIDE} × {MASK_SIDE}", picture.width, picture.height);
        return Err(DataError::content(path, problem, "Scale it to that size, without smoothing"));
    }
    if picture.rgb.iter().any(|&byte| byte != 0 && byte != 255) {
        return Err(DataError::content(
            path,
            "the mask has grey values or colours",
            "Make it 1-bit: white inside, black outside",
        ));
    }
    let inside: Vec<bool> = picture.rgb.chunks_exact(3).map(|pixel| pixel[0] == 255).collect();
    let white = inside.iter().filter(|&&pixel| pixel).count();
    if white == 0 || white == inside.len() {
        let problem = format!(
            "the mask is all {}: it has no outline",
            if white == 0 { "outside (black)" } else { "inside (white)" }
        );
        return Err(DataError::content(
            path,
            problem,
            "Draw the object white on black, or take the file out of SPLIT.tsv",
        ));
    }
    Ok(inside)
}

/// The signal of a mask: [side·side, 3] in [0, 1].
pub(crate) fn values_of_mask(inside: &[bool], side: usize) -> Vec<f32> {
    let distance: Vec<f32> =
        signed_distance_px(inside, MASK_SIDE).iter().map(|px| (px / MASK_SIDE as f64) as f32).collect();
    let resampled = if side <= MASK_SIDE {
        area_average(&distance, MASK_SIDE, 1, side)
    } else {
        enlarge(&distance, MASK_SIDE, side)
    };
    resampled.iter().flat_map(|&d| [value_of_distance(d); 3]).collect()
}

/// The value of a distance in sides of the image.
pub(crate) fn value_of_distance(distance: f32) -> f32 {
    (0.5 + f64::from(distance).clamp(-CLIP, CLIP) / (2.0 * CLIP)) as f32
}

/// Bilinear between pixel centres, [side·side] → [to·to]; beyond the outermost centres the border value goes
/// on.
fn enlarge(field: &[f32], side: usize, to: usize) -> Vec<f32> {
    let place = |out: usize| {
        let at = ((out as f64 + 0.5) * side as f64 / to as f64 - 0.5).clamp(0.0, (side - 1) as f64);
        let low = (at as usize).min(side - 2);
        (low, (at - low as f64) as f32)
    };
    let places: Vec<(usize, f32)> = (0..to).map(place).collect();
    let mut enlarged = Vec::with_capacity(to * to);
    for &(row, down) in &places {
        for &(column, right) in &places {
            let along = |row: usize| {
                (1.0 - right) * field[row * side + column] + right * field[row * side + column + 1]
            };
            enlarged.push((1.0 - down) * along(row) + down * along(row + 1));
        }
    }
    enlarged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inside is the left half: the outline is at column 128 of 256, so d = x − 1/2 sides at every column
    /// centre x. Where the side does not divide 256, a mean over parts of pixels is off by at most 1/4 of one
    /// of them: 2 · 1/4 / 256 in value.
    #[test]
    fn a_half_plane_gives_a_ramp_at_every_side() {
        let inside: Vec<bool> = (0..MASK_SIDE * MASK_SIDE).map(|p| p % MASK_SIDE < MASK_SIDE / 2).collect();
        for side in [8, 64, 128, 178, 256, 400] {
            let values = values_of_mask(&inside, side);
            assert_eq!(values.len(), side * side * 3);
            let tolerance = if side >= 256 || 256 % side == 0 { 1e-6 } else { 0.5 / 256.0 };
            for column in 1..side - 1 {
                let x = (column as f64 + 0.5) / side as f64;
                let expected = 0.5 + (x - 0.5).clamp(-0.25, 0.25) * 2.0;
                let value = f64::from(values[(side / 2 * side + column) * 3]);
                assert!(
                    (value - expected).abs() < tolerance,
                    "side {side}, column {column}: {value} instead of {expected}"
                );
            }
        }
    }
}
