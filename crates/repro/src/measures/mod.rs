//! Numbers from values: statistics, spectra, shapes.

mod cloud;
pub mod neurons;
pub mod shape;
pub mod spectrum;
pub mod statistics;
pub mod surface;
