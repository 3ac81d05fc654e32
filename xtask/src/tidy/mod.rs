//! Checks the invariants that ARCHITECTURE.md writes down, so that they stay true.
//!
//! Rules are functions from text to violations: on a crate's manifest (`manifest`), on a Rust source split
//! into code and comments (`rust`, `lexer`), on every tracked file (`tracked`), on which file uses which (`floors`,
//! over `imports`, `modules` and `circles`), and README.md and RESULTS.md against the records they show
//! (`crate::record`). No rule can be switched off in a source; a rule that is wrong is changed here.

mod check;
mod circles;
mod floors;
mod house;
mod imports;
mod lexer;
mod manifest;
mod modules;
mod rust;
pub mod tracked;
mod violation;

pub use check::run;
pub use violation::Violation;
