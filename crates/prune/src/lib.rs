//! Which weights survive, and when: scores, masks and schedules.
//!
//! In the paper pruning is global over all weight matrices, first and last layer included; biases are never
//! pruned, and what is pruned stays pruned (PAPER §1.3; the authors' `tools/pruner.py`, which calls
//! `torch.nn.utils.prune.global_unstructured`). Layer-wise and other criteria are ablations.

pub mod mask;
pub mod schedule;
pub mod score;

pub use mask::{Cut, keep_largest, prune};
pub use schedule::{cubic, geometric, ladder, removed};
pub use score::{Evidence, Needs, PRUNERS, Pruner, Scope, pruner};
