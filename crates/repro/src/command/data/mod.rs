//! Data sets: listed, verified, shown.

mod inspect;
mod preview;

pub use inspect::{DataCommand, run};
