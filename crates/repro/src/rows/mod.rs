//! Rows: all that a table, a figure or a claim is made from, and how they come from run directories.

pub mod failures;
pub mod gather;
pub mod paper;
mod row;

pub use row::{Row, SignalRow, StepRow, csv_of, read_rows};
