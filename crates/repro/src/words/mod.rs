//! What things are called and how they are written, wherever a person reads them: methods, numbers, paths.

pub mod methods;
pub mod numbers;
pub mod quantities;
pub mod quoting;
