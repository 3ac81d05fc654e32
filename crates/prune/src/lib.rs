//! Which weights survive, and when: scores, masks and schedules.
//!
//! Pruning is global over all weight matrices, first and last layer included; biases are never
//! pruned, and what is pruned stays pruned (PAPER §1.3; the authors' `tools/pruner.py`, which calls
//! `torch.nn.utils.prune.global_unstructured`).

pub mod mask;
pub mod schedule;
pub mod score;

pub use mask::{keep_largest, prune_round};
pub use schedule::{ladder, removed};
pub use score::{PRUNERS, Pruner, pruner};
