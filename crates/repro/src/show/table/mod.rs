//! Rows → tables: cells with their statistics, as text, TeX, CSV and JSON.

mod build;
mod cell;
mod distinct;
pub mod shapes;
pub mod tex;
pub mod text;

pub use build::{build, datasets_of};
pub use cell::{Cell, Column, PaperNumber, Stat, Stats, Table};
