//! What a stage needs besides its own specification, and how it ends.

use std::sync::atomic::AtomicBool;

use inr_core::Engine;

use crate::signals::Data;
use crate::store::Store;

/// What a stage needs besides its own specification.
pub struct Setting<'a> {
    /// The numerics.
    pub engine: &'a dyn Engine<f32>,
    /// The run directories.
    pub store: &'a Store,
    /// The data sets.
    pub data: &'a Data,
    /// Set when the person asks to stop.
    pub stop: &'a AtomicBool,
    /// Told after every step: steps done, steps in all, PSNR in dB of the step if it has one.
    pub report: &'a (dyn Fn(u64, u64, Option<f64>) + Sync),
    /// Told in a line what the person should know.
    pub note: &'a (dyn Fn(&str) + Sync),
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is whole.
    Done,
    /// It was asked to stop; its state is saved.
    Stopped,
}
