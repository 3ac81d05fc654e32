//! What is asked: an experiment's file, a profile's overlay and `--set`, merged, typed and held to their ranges.

pub(crate) mod axes;
mod claim;
mod figure;
mod load;
mod merge;
pub(crate) mod range;
mod specification;

pub use claim::{CellRef, Claim, Expect, PREMISE};
pub use figure::FigureName;
pub use load::{Check, Overrides, load, names, parse};
pub use merge::unknown;
pub use specification::*;
