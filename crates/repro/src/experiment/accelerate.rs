//! `[accelerate]`: departures from the paper's training that make it cheaper ([`meta::accelerate`]).
//!
//! A key that is left out is the paper's way. A profile, a row or `--set` goes back to the paper's way where the file
//! departs from it with the word `"paper"`: `accelerate = { coordinates = "paper" }`.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// The section's name.
pub(super) const SECTION: &str = "accelerate";
/// The value of a key that is as good as left out.
pub(super) const PAPERS_WAY: &str = "paper";

/// Departures from the paper's training; each is its way if absent.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccelerateSpec {
    /// Random coordinates an outer step sees; all if absent.
    pub coordinates: Option<usize>,
    /// The same in the last stage of a chain; all if absent.
    pub last_coordinates: Option<usize>,
    /// First outer steps, over which the outer rate rises.
    pub warm_up: Option<u64>,
    /// Last outer steps of a chain's last stage (all, if it has no more), over which the outer rate falls to 0.
    pub decay_steps: Option<u64>,
    /// Outer steps after the last pruning; `meta.round_steps`, as after the others, if absent.
    pub last_steps: Option<u64>,
    /// Side of the signals before the first pruning; that of all others if absent.
    pub dense_resolution: Option<usize>,
    /// Fits on the way of the last stage of training.
    pub probe: Option<ProbeSpec>,
    /// Reptile instead of MAML in the last stage of a chain.
    pub last_reptile: Option<ReptileSpec>,
}

/// Fits of test signals on the way of a training, to see how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// After so many outer steps each.
    pub every: u64,
    /// How many test signals are fitted, the first of the list.
    pub signals: usize,
}

/// Meta-training by Reptile with the fits' optimiser ([`meta::reptile`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReptileSpec {
    /// Adam steps a signal.
    pub steps: usize,
    /// Their learning rate.
    pub lr: f64,
    /// How far an outer step goes towards the mean of the adapted networks, in (0, 1].
    pub rate: f64,
}

/// Leaves out the keys of the section that are said to be the paper's way.
pub(super) fn without_papers_way(table: &mut Table) {
    if let Some(Value::Table(section)) = table.get_mut(SECTION) {
        section.retain(|_, value| value.as_str() != Some(PAPERS_WAY));
    }
}
