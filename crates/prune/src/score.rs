//! Scores: a pruner is a function from a network to one number a surviving weight; the smallest go.
//!
//! | name | score | of |
//! |---|---|---|
//! | `magnitude` | \|w\| | all layers together: Meta-SparseINR |
//! | `random` | a uniform draw | all layers together: random pruning |
//! | `layer-magnitude`, `layer-random` | the same | each layer by itself, the same fraction of each |
//! | `saliency` | \|w · ∂L/∂w\|, L the meta-loss | Lee, Ajanthan & Torr 2019 (SNIP) |
//! | `movement` | \|w − w at initialisation\| | Zhou, Lan, Liu & Yosinski 2019 |

use inr_core::{Key, Params};

/// A named rule for which weights go first.
pub struct Pruner {
    /// Name in an experiment's file.
    pub name: &'static str,
    /// Which weights compete with each other.
    pub scope: Scope,
    /// What the score looks at besides the weights.
    pub needs: Needs,
    /// One score a surviving weight, in the order of [`inr_core::Layout::weight_leaves`]; the lowest are removed.
    pub score: fn(&Evidence) -> Vec<f64>,
}

/// Which weights compete for survival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of the network.
    Global,
    /// Those of one layer; every layer loses the same fraction.
    Layer,
}

/// What a score needs besides the weights and a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Weights,
    /// [`Evidence::initial`].
    Initial,
    /// [`Evidence::gradient`].
    Gradient,
}

/// What is known of a network when it is pruned.
pub struct Evidence<'a> {
    /// The network.
    pub params: &'a Params<f64>,
    /// Its random initial values, on the same layout; none unless the pruner [`Needs::Initial`].
    pub initial: Option<&'a Params<f64>>,
    /// The meta-gradient, `[params.layout().len()]`; none unless the pruner [`Needs::Gradient`].
    pub gradient: Option<&'a [f64]>,
    /// For random draws.
    pub key: &'a Key,
}

/// All pruners.
pub const PRUNERS: &[Pruner] = &[
    Pruner { name: "magnitude", scope: Scope::Global, needs: Needs::Weights, score: magnitude },
    Pruner { name: "random", scope: Scope::Global, needs: Needs::Weights, score: random },
    Pruner { name: "layer-magnitude", scope: Scope::Layer, needs: Needs::Weights, score: magnitude },
    Pruner { name: "layer-random", scope: Scope::Layer, needs: Needs::Weights, score: random },
    Pruner { name: "saliency", scope: Scope::Global, needs: Needs::Gradient, score: saliency },
    Pruner { name: "movement", scope: Scope::Global, needs: Needs::Initial, score: movement },
];

/// The pruner of a name.
pub fn pruner(name: &str) -> Option<&'static Pruner> {
    PRUNERS.iter().find(|pruner| pruner.name == name)
}

/// |w|: torch's `L1Unstructured`.
fn magnitude(evidence: &Evidence) -> Vec<f64> {
    weights(evidence.params, evidence.params.values()).map(f64::abs).collect()
}

/// One uniform draw a surviving weight and round: torch's `RandomUnstructured`.
fn random(evidence: &Evidence) -> Vec<f64> {
    let mut uniform = evidence.key.derive("random-pruning").uniform();
    (0..evidence.params.layout().weights()).map(|_| uniform.next()).collect()
}

/// |w · ∂L/∂w|: how much the loss changes, to first order, if the weight goes (SNIP's connection sensitivity,
/// here of the meta-loss at the trained weights).
fn saliency(evidence: &Evidence) -> Vec<f64> {
    let gradient = evidence.gradient.expect("a saliency needs the meta-gradient");
    assert_eq!(gradient.len(), evidence.params.values().len(), "one slope an entry");
    let pairs = weights(evidence.params, evidence.params.values()).zip(weights(evidence.params, gradient));
    pairs.map(|(w, g)| (w * g).abs()).collect()
}

/// |w − w_0|: how far training moved the weight.
fn movement(evidence: &Evidence) -> Vec<f64> {
    let initial = evidence.initial.expect("a movement needs the initial network");
    assert_eq!(initial.layout(), evidence.params.layout(), "the initial network is on the same layout");
    let pairs = weights(evidence.params, evidence.params.values()).zip(weights(initial, initial.values()));
    pairs.map(|(w, w0)| (w - w0).abs()).collect()
}

/// The entries of a buffer that belong to weights, not biases.
fn weights<'a>(params: &'a Params<f64>, values: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    params.layout().weight_leaves().flat_map(|leaf| values[leaf.range()].iter().copied())
}
