//! Values in [0, 1] as PNG pictures; what lies outside is clipped here, and only here.

use anyhow::Result;
use image::{ImageFormat, RgbImage};

/// A square picture.
///
/// # Shapes
/// `values: [side * side, 3]`, row-major.
///
/// # Errors
/// If the encoder fails.
///
/// # Panics
/// If the number of values is not `3 · side²`.
pub fn png(values: &[f32], side: usize) -> Result<Vec<u8>> {
    let bytes = values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    let image = RgbImage::from_raw(side as u32, side as u32, bytes);
    let image = image.unwrap_or_else(|| panic!("{} values against 3 × {side}²", values.len()));
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}
