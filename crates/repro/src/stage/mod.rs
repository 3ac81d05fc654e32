//! How each kind of stage is carried out, saved, and gone on with after a stop: a file a stage.
//!
//! A training stage keeps `state.safetensors` (network, mask, moments, step) and `metrics.csv` (the outer loss of every
//! step), and `probes.csv` where test signals are fitted on the way; fits keep their networks, and what stands behind them
//! a table each ([`lines`]). A stage that was stopped goes on from what it kept, and ends with the same numbers as one that
//! was not.

mod bicubic;
mod carry_out;
pub mod derived;
mod fit;
mod fitted;
pub mod lines;
mod outer;
pub mod probes;
mod prune;
mod reconstructed;
mod setting;
mod state;
mod train;
mod upscale;

pub use carry_out::carry_out;
pub use setting::{Outcome, Setting};
