//! Rows: all that a table, a figure, a page or a claim is made from, and how they come from run directories.

pub mod failures;
pub mod gather;
pub mod paper;
mod provenance;
mod row;
mod series;
mod table;

pub use crate::tabular::{csv_of, read_rows};
pub use provenance::Provenance;
pub use row::{Row, SignalRow};
pub use series::{CurveRow, LayerRow, Origin, PictureRow, ProbeRow, RingRow, StepRow, TrainingRow};
pub use table::Rows;
