//! Golden trajectories: replayed, and how far this program is from them.

mod compare;
mod files;
mod log;
mod replay;
mod tolerance;

pub use log::Precision;
pub use replay::Golden;
pub use tolerance::{Deviation, FitFrom, PsnrTolerances, Quantity, Tolerances};
