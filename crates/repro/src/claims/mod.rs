//! What the measurements say of an experiment's claims: numbers only.

mod check;
mod together;
mod verdict;

pub use check::{check_claims, check_expectations};
pub use together::together;
pub use verdict::{Premise, Status, Verdict, any_broken};
