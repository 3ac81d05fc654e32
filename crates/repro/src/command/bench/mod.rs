//! How fast an engine is, beside other programs.

mod case;
mod engine;
mod environment;
mod figure;
mod measured;
mod peer;
mod text;

pub use engine::{BenchArgs, Subject, run};
