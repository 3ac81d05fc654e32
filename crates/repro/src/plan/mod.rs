//! Cells → jobs with their ids and costs, and all that one invocation knows.

mod cost;
pub mod feasible;
mod jobs;
mod session;

pub use jobs::{Job, Plan, Planned, content_id, plan};
pub use session::Session;
