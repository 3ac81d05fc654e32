//! `schedule = { … }` of a row: another way from the dense network to a budget.

use serde::{Deserialize, Serialize};

/// What goes on after a pruning besides the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// Weights and the outer Adam, as in the paper.
    Everything,
    /// Weights; the outer Adam begins anew.
    Weights,
    /// Nothing: weights and Adam go back to where dense meta-training ended (late rewinding, Frankle et al. 2020).
    Nothing,
}

impl Carry {
    /// Whether it is the paper's way.
    pub fn is_everything(&self) -> bool {
        *self == Self::Everything
    }
}

/// A way from the dense network to a budget, at as many outer steps as the paper's way.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// A pruner of [`prune::PRUNERS`].
    pub criterion: String,
    /// How many survive each pruning.
    pub path: PathName,
    /// Fraction a pruning removes, for the path `geometric`; 1 prunes once.
    pub fraction: Option<f64>,
    /// What goes on after a pruning besides the mask.
    pub carry: Carry,
    /// Batches of tasks whose meta-gradients are averaged, for a criterion that needs them.
    pub batches: Option<usize>,
}

/// Name of a path through the counts of survivors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathName {
    /// [`prune::geometric`].
    Geometric,
    /// [`prune::cubic`], with as many prunings as the paper's ladder.
    Cubic,
}
