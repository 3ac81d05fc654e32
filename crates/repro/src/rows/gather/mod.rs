//! Run directories → rows: what the cells of a session gave, as far as it is known. Nothing above reads a run directory.

mod cells;
mod network;
mod origins;
mod pictures;
mod planned;
mod series;
mod training;

pub use cells::{Failures, write_rows};
pub use origins::origins;
pub use series::gather;
