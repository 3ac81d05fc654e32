//! The figures an experiment may ask for: what each shows is gathered here and drawn by `plot`.

mod cells;
mod cost;
mod hours;
mod kinds;
mod layers;
mod shown;
mod spectra;
mod steps;
mod training;

pub use kinds::draw;
pub use shown::{Drawn, Shown};
