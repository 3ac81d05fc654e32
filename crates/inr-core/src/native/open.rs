//! The engine behind its trait. The kernels, three sets of instructions in two precisions, are compiled where this is done:
//! done here, that is with this crate, once, and not again with every change of a program that asks.

use super::{Instructions, NativeEngine};
use crate::engine::Engine;

/// In single precision; otherwise as [`NativeEngine::new`].
///
/// # Panics
/// If this machine does not have the instructions.
pub fn single(instructions: Instructions) -> Box<dyn Engine<f32>> {
    Box::new(NativeEngine::new(instructions))
}

/// In double precision; otherwise as [`NativeEngine::new`].
///
/// # Panics
/// If this machine does not have the instructions.
pub fn double(instructions: Instructions) -> Box<dyn Engine<f64>> {
    Box::new(NativeEngine::new(instructions))
}
