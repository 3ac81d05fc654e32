//! The field and its calculus: what a SIREN is, how its parameters lie in memory, and the three
//! questions an engine answers about it.
//!
//! A network is a [`Siren`] (its shape), a [`Layout`] (which of its weights survive, and where each
//! lies in one flat buffer) and [`Params`] (the values). An [`Engine`] evaluates it on [`Samples`] of
//! a signal. Optimisers, metrics, files and named random keys complete the room; nothing here
//! depends on a tensor library.

pub mod disk;
pub mod engine;
mod error;
pub mod file;
pub mod grid;
mod init;
pub mod key;
pub mod layout;
pub mod metrics;
pub mod native;
pub mod optim;
pub mod params;
pub mod real;
pub mod samples;
pub mod siren;

pub use engine::{Along, Engine, Question, Wanted};
pub use error::FileError;
pub use key::Key;
pub use layout::{Layout, Leaf};
pub use params::Params;
pub use real::Real;
pub use samples::Samples;
pub use siren::{LeafKind, Siren};
