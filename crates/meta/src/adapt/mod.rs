//! What adapts: which numbers are a signal's own, and which network they make of those that all signals share.
//!
//! - `map`: the trait [`Adapt`], its equations, and step sizes α.
//! - `entries`: own numbers that are entries of the network itself: all of them, or those of a named subset of leaves.
//! - `subset`: the names of the subsets.

mod entries;
mod map;
mod subset;

pub use entries::{Entries, StepSizes};
pub use map::{Adapt, At, Steps};
pub use subset::{Subset, UnknownSubset};
