//! Method → stages, and what may not be asked.

mod cells;
mod check;
mod figures;
mod labels;
mod lines;
mod methods;
mod resolve;
mod stages;

pub use cells::{Cell, cells};
pub use check::{load, parse};
pub use methods::{METHODS, Method, siren};
pub use stages::{
    Accelerated, Behind, FitPruning, FitStage, MetaStage, PICTURES, PicturesStage, Probe, RoundStage,
    ShapesStage, Stage, TIMED, TrainStage, UpscaleStage, View,
};
