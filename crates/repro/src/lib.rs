//! Experiments: specification, stages, run directories, rows, tables, plots and the report.
//!
//! Two sentences that everything here follows from: a table is a set of rows, a row is a chain of
//! stages, a stage's name is the hash of its own specification and of the stage before it; work writes
//! rows, and everything a person reads is made from rows.

pub mod ahead;
pub mod all;
pub mod bench;
pub mod cache;
pub mod claims;
pub mod cli;
pub mod cmp;
pub mod data;
pub mod engines;
pub mod feasible;
pub mod figures;
pub mod golden;
pub mod inspect;
pub mod measure;
pub mod outputs;
pub mod paper;
pub mod picture;
pub mod plan;
pub mod plot;
pub mod provenance;
pub mod recipe;
pub mod report;
pub mod row;
pub mod run;
pub mod screen;
pub mod shape;
pub mod shown;
pub mod single;
pub mod spec;
pub mod spectrum;
pub mod stage;
pub mod statistics;
pub mod store;
pub mod table;
pub mod upscale;
