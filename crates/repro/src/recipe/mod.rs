//! Method → stages, and what may not be asked.

mod cell;
mod cells;
mod check;
mod figures;
mod kinds;
mod labels;
mod lines;
mod methods;
mod resolve;
mod stages;

pub use cell::Cell;
pub use cells::cells;
pub use check::{load, parse};
pub use kinds::{Asked, DerivedKind};
pub use methods::{METHODS, Method, siren};
pub use stages::{
    Accelerated, Behind, DerivedStage, FitPruning, FitStage, MetaStage, Probe, RoundStage, Stage, TIMED,
    TrainStage, UpscaleStage, View,
};
