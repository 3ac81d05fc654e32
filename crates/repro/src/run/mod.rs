//! Jobs carried out.

mod job;
mod queue;

pub use queue::execute;
