//! Engines by name, in both precisions.

use anyhow::Result;
use inr_core::Engine;

/// The engine used where none is named.
pub const DEFAULT: &str = "burn-flex";

/// Names of the engines this build has.
pub fn names() -> Vec<&'static str> {
    inr_burn::NAMES.to_vec()
}

/// The engine of a name in single precision.
///
/// # Errors
/// If this build has none of that name; the message lists those it has.
pub fn single(name: &str) -> Result<Box<dyn Engine<f32>>> {
    Ok(Box::new(inr_burn::open(name)?))
}

/// The engine of a name in double precision.
///
/// # Errors
/// As [`single`].
pub fn double(name: &str) -> Result<Box<dyn Engine<f64>>> {
    Ok(Box::new(inr_burn::open(name)?))
}
