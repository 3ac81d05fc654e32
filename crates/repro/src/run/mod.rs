//! Jobs carried out, side by side.
//!
//! - `queue.rs`: which job is next, and how many threads it gets.
//! - `at_once.rs`: how many jobs at once, unless a person says it.
//! - `workers.rs`: the threads that take jobs from the queue, and the one that writes rows meanwhile.
//! - `job.rs`: one job, in its run directory.
//! - `stop.rs`: Ctrl-C.
//!
//! A job that another process holds is asked for again until it is free: then it is done, or failed, or left by a
//! process that died and carried out here. Numbers do not depend on any of this: an engine gives the same bits on any
//! number of threads, and what a stage gives depends on its own specification and its parent alone.

mod at_once;
mod job;
mod queue;
mod stop;
mod workers;

pub use workers::execute;
