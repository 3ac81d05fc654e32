//! Which function draws which figure.

use super::shown::{Drawn, Shown};
use super::{cells, cost, hours, layers, spectra, steps, training};
use crate::experiment::FigureName;

/// Draws a figure; nothing if the rows have nothing to show in it.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn draw(name: FigureName, shown: &Shown) -> Drawn {
    let draw = match name {
        FigureName::Dots => cells::dots,
        FigureName::Budget => cells::budget,
        FigureName::Domains => cells::domains,
        FigureName::Steps => steps::steps,
        FigureName::StepsLog => steps::steps_log,
        FigureName::Seconds => steps::seconds,
        FigureName::CostSeconds => cost::seconds,
        FigureName::CostBytes => cost::bytes,
        FigureName::Layers => layers::densities,
        FigureName::Neurons => layers::neurons,
        FigureName::Spectra => spectra::spectra,
        FigureName::Training => training::training,
        FigureName::Hours => hours::hours,
    };
    draw(shown)
}
