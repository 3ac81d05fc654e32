//! How each kind of stage is carried out, saved, and gone on with after a stop.
//!
//! A training stage keeps `state.safetensors` (network, mask, moments, step) and `metrics.csv` (the outer loss of every
//! step), and `probes.csv` where test signals are fitted on the way; what a fit stage keeps is in `kept`. A stage that was
//! stopped goes on from what it kept, and ends with the same numbers as one that was not.

mod bicubic;
mod carry_out;
mod fit;
mod judge;
pub mod kept;
mod outer;
pub mod probes;
mod prune;
mod setting;
pub mod shapes;
mod state;
mod train;
mod upscale;

pub use carry_out::{carry_out, is_whole};
pub use judge::PICTURES;
pub use setting::{Outcome, Setting};
