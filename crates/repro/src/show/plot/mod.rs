//! The figures, from cells and curves: panels, axes, marks, legends.
//!
//! [`dots`] is the table as dots, [`steps`] how fast an initialisation fits, [`training`] the outer loss; [`lines()`] draws
//! PSNR against budgets, steps or seconds, [`heat()`] a table of colours. Each has a panel a data set and one legend. All
//! PSNR are in dB, all lengths in figure pixels unless said.

mod axes;
pub mod canvas;
mod curves;
mod dots;
mod heat;
mod legend;
mod lines;
mod loglog;
mod shapes;

pub use axes::{Scale, number};
pub use canvas::Figure;
pub use curves::{Curve, TrainingCurve, steps, training};
pub use dots::dots;
pub use heat::{Field, heat};
pub use lines::{Look, Marked, Series, lines};
pub use loglog::{Line, log_lines};
