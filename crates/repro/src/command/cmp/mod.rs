//! Two records, row by row.

mod args;
mod compare;
mod record;

pub use args::{CmpArgs, run};
pub use compare::{Comparison, Difference, Quantity, Tolerance, compare};
