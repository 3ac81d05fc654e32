//! Data sets as samples: opened once, decoded once, cached, read ahead.

mod ahead;
mod cache;
mod data;

pub use ahead::Ahead;
pub use cache::Cache;
pub use data::{Data, OpenSet, samples};
