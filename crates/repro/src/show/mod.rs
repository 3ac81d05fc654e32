//! Rows → what a person reads: tables, figures, verdicts, the page.

pub mod figures;
mod gallery;
pub mod outputs;
pub mod page;
pub mod plot;
pub mod table;
mod verdicts;

pub use verdicts::verdicts_text;
