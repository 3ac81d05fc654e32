//! torchvision's `Resize` and `CenterCrop`, with their rounding rules, and the way from pixels to values in
//! [0, 1].
//!
//! The paper's code (tools/dataloader.py): CelebA is CenterCrop(178); Imagenette is Resize(200),
//! CenterCrop(178); then ToTensor, that is, value / 255. A picture smaller than the crop is padded with black,
//! as torchvision pads it.

use super::pixels::Picture;
use super::resize::bilinear;
use crate::error::DataError;
use std::path::Path;

/// Native side of the paper's signals, in pixels.
pub(crate) const NATIVE_SIDE: usize = 178;
/// Short side before the crop of Imagenette, in pixels.
pub(crate) const RESIZED_SHORT_SIDE: usize = 200;
const LARGEST_RESIZED_PIXELS: usize = 1 << 27;

/// The size (height, width) that torchvision's `Resize(short)` gives: the long side is `int(short · long /
/// short side)`, truncated.
pub(crate) fn resized_size(height: usize, width: usize, short: usize) -> (usize, usize) {
    if height <= width { (short, short * width / height) } else { (short * height / width, short) }
}

/// torchvision's `Resize(short)`; a picture whose short side is already `short` is returned as it is.
pub(crate) fn resize_short_side(picture: Picture, short: usize, path: &Path) -> Result<Picture, DataError> {
    if picture.height.min(picture.width) == short {
        return Ok(picture);
    }
    let (height, width) = resized_size(picture.height, picture.width, short);
    if height * width > LARGEST_RESIZED_PIXELS {
        let problem = format!(
            "{} × {} px is too elongated to be resized to a short side of {short} px",
            picture.width, picture.height
        );
        return Err(DataError::content(path, problem, "Crop it to something nearer a square"));
    }
    Ok(bilinear(&picture, height, width))
}

/// torchvision's `CenterCrop(side)` as values [side·side, 3] in [0, 1].
pub(crate) fn centre_crop(picture: &Picture, side: usize) -> Vec<f32> {
    let (top, left) = (start(picture.height, side), start(picture.width, side));
    if picture.height.min(picture.width) >= side {
        return crop(picture, top as usize, left as usize, side);
    }
    let mut values = vec![0.0; side * side * 3];
    for row in 0..side {
        let Some(from) = inside(top + row as isize, picture.height) else { continue };
        for column in 0..side {
            let Some(pixel) = inside(left + column as isize, picture.width) else { continue };
            let source = &picture.rgb[(from * picture.width + pixel) * 3..][..3];
            let target = &mut values[(row * side + column) * 3..][..3];
            target.iter_mut().zip(source).for_each(|(value, &byte)| *value = f32::from(byte) / 255.0);
        }
    }
    values
}

/// Where the crop begins along a side of `len` px; where it is negative, the picture is padded by as much:
/// `(side - len) // 2` before and the rest behind.
fn start(len: usize, side: usize) -> isize {
    if len < side { -(((side - len) / 2) as isize) } else { half_to_even(len - side) as isize }
}

fn inside(at: isize, len: usize) -> Option<usize> {
    usize::try_from(at).ok().filter(|&at| at < len)
}

/// The square of `side` at (`top`, `left`) as values [side·side, 3] in [0, 1].
pub(crate) fn crop(picture: &Picture, top: usize, left: usize, side: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(side * side * 3);
    for row in top..top + side {
        let start = (row * picture.width + left) * 3;
        values.extend(picture.rgb[start..start + side * 3].iter().map(|&byte| f32::from(byte) / 255.0));
    }
    values
}

/// `int(round(excess / 2))` with Python's rounding of halves to even: 89 → 44, 91 → 46.
pub(crate) fn half_to_even(excess: usize) -> usize {
    let half = excess / 2;
    half + (excess % 2) * (half % 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_even_as_in_python() {
        assert_eq!([0, 1, 2, 3, 5, 22, 40, 89, 91].map(half_to_even), [0, 0, 1, 2, 2, 11, 20, 44, 46]);
    }

    #[test]
    fn a_small_picture_is_padded_with_black_the_odd_pixel_behind() {
        assert_eq!([start(178, 178), start(177, 178), start(175, 178), start(1, 178)], [0, 0, -1, -88]);
        let picture = Picture { height: 1, width: 4, rgb: (0..12).map(|byte| byte * 20).collect() };
        let row =
            |pixels: [[u8; 3]; 2]| pixels.concat().iter().map(|&b| f32::from(b) / 255.0).collect::<Vec<_>>();
        let expected = [row([[60, 80, 100], [120, 140, 160]]), row([[0; 3]; 2])].concat();
        assert_eq!(centre_crop(&picture, 2), expected);
    }

    #[test]
    fn the_long_side_is_truncated() {
        assert_eq!(resized_size(320, 427, 200), (200, 266)); // 266.875
        assert_eq!(resized_size(427, 320, 200), (266, 200));
        assert_eq!(resized_size(333, 500, 200), (200, 300)); // 300.3
        assert_eq!(resized_size(224, 224, 200), (200, 200));
    }
}
