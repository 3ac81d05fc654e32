//! Experiment files: what is merged, which chains come of it, and what is refused with which words.

mod accelerate;
mod chains;
mod figures;
mod load;
mod refusals;
mod texts;
