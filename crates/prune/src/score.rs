//! Scores: a pruner is a function from a network to one number a surviving weight; the smallest go.

use inr_core::{Key, Layout, Params};

/// A named rule for which weights go first.
pub struct Pruner {
    /// Name in an experiment's file.
    pub name: &'static str,
    /// One score a surviving weight, in the order of [`Layout::weight_leaves`]; the lowest are removed.
    pub score: fn(&Params<f64>, &Key) -> Vec<f64>,
}

/// All pruners.
pub const PRUNERS: &[Pruner] =
    &[Pruner { name: "magnitude", score: magnitude }, Pruner { name: "random", score: random }];

/// The pruner of a name.
pub fn pruner(name: &str) -> Option<&'static Pruner> {
    PRUNERS.iter().find(|pruner| pruner.name == name)
}

/// |w|: torch's `L1Unstructured`.
fn magnitude(params: &Params<f64>, _key: &Key) -> Vec<f64> {
    params.layout().weight_leaves().flat_map(|leaf| params.leaf(leaf)).map(|w| w.abs()).collect()
}

/// One uniform draw a surviving weight and round: torch's `RandomUnstructured`.
fn random(params: &Params<f64>, key: &Key) -> Vec<f64> {
    let mut uniform = key.derive("random-pruning").uniform();
    (0..Layout::weights(params.layout())).map(|_| uniform.next()).collect()
}
