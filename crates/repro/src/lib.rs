//! Experiments: specification, stages, run directories, rows, tables, plots and the report.
//!
//! Two sentences that everything here follows from: a table is a set of rows, a row is a chain of
//! stages, a stage's name is the hash of its own specification and of the stage before it; work writes
//! rows, and everything a person reads is made from rows.
//!
//! The folders stand on floors, each using only those below; `cargo xtask tidy` holds them to it.

pub mod claims;
pub mod command;
pub mod disk;
pub mod engines;
pub mod exit;
pub mod experiment;
pub mod golden;
pub mod measures;
pub mod pictures;
pub mod place;
pub mod plan;
pub mod provenance;
pub mod recipe;
pub mod rows;
pub mod run;
pub mod screen;
pub mod show;
pub mod signals;
pub mod stage;
pub mod store;
pub mod tabular;
pub mod words;
