//! Values in [0, 1] as PNG pictures; what lies outside is clipped here, and only here.

use anyhow::{Context, Result};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

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
    assert_eq!(values.len(), 3 * side * side, "values against 3 × {side}²");
    encode(&bytes(values), [side, side], ColorType::Rgb)
}

/// Values as bytes.
pub fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
}

/// A picture of bytes as PNG.
///
/// # Shapes
/// `bytes: [width * height, channels]`, row-major.
///
/// # Errors
/// If the encoder fails, which it does where the number of bytes is another.
pub fn encode(bytes: &[u8], [width, height]: [usize; 2], colour: ColorType) -> Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, width as u32, height as u32);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Adaptive);
    let mut writer = encoder.write_header().context("a picture cannot be encoded")?;
    writer.write_image_data(bytes).context("a picture cannot be encoded")?;
    writer.finish().context("a picture cannot be encoded")?;
    Ok(png)
}
