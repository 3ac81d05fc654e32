//! Masks: a layout that keeps fewer weights than another.

use std::sync::Arc;

use inr_core::Layout;

use crate::schedule::removed;
use crate::score::{Evidence, Pruner, Scope};

/// The layout that keeps the `keep` highest-scored weights of `layout`.
///
/// Equal scores: the weight that comes first in the flat buffer goes first. torch leaves ties to
/// `topk`, unspecified; ours are the same on every machine.
///
/// # Shapes
/// `scores: [layout.weights()]`, in the order of [`Layout::weight_leaves`].
///
/// # Panics
/// If the number of scores is not that of the surviving weights, or `keep` exceeds it.
pub fn keep_largest(layout: &Layout, scores: &[f64], keep: usize) -> Layout {
    assert_eq!(scores.len(), layout.weights(), "one score a surviving weight");
    assert!(keep <= scores.len(), "cannot keep {keep} of {}", scores.len());
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
    let mut survives = vec![true; scores.len()];
    order[..scores.len() - keep].iter().for_each(|&i| survives[i] = false);
    let mut survives = survives.into_iter();
    let kept = layout
        .weight_leaves()
        .map(|leaf| {
            let index = |i: usize| leaf.kept.as_ref().map_or(i as u32, |kept| kept[i]);
            let mask: Vec<bool> = survives.by_ref().take(leaf.len()).collect();
            (0..leaf.len()).filter(|&i| mask[i]).map(index).collect()
        })
        .collect();
    Layout::sparse(layout.siren().clone(), kept)
}

/// How much is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// This fraction of the surviving weights, rounded down.
    Fraction(f64),
    /// All but so many.
    Keep(usize),
}

impl Cut {
    /// Number removed from a group of `n` among `all` survivors; rounded down, so that a group never loses more than
    /// its share.
    fn removed(self, n: usize, all: usize) -> usize {
        match self {
            Cut::Fraction(fraction) => removed(n, fraction),
            Cut::Keep(keep) => n * all.saturating_sub(keep) / all.max(1),
        }
    }
}

/// The layout after a cut: the lowest-scored go, of the whole network or of each layer as the pruner says.
///
/// # Panics
/// If the evidence lacks what the pruner [`crate::score::Needs`].
pub fn prune(evidence: &Evidence, pruner: &Pruner, cut: Cut) -> Arc<Layout> {
    let (layout, mut scores) = (evidence.params.layout(), (pruner.score)(evidence));
    let all = layout.weights();
    if pruner.scope == Scope::Global {
        return keep_largest(layout, &scores, all - cut.removed(all, all)).into();
    }
    // Within a layer the order of the scores decides, between layers nothing: what goes is marked below all else.
    let (mut start, mut gone) = (0, 0);
    for leaf in layout.weight_leaves() {
        let of_layer = &mut scores[start..start + leaf.len()];
        let mut order: Vec<usize> = (0..of_layer.len()).collect();
        order.sort_by(|&a, &b| of_layer[a].total_cmp(&of_layer[b]).then(a.cmp(&b)));
        let count = cut.removed(of_layer.len(), all);
        order[..count].iter().for_each(|&i| of_layer[i] = f64::NEG_INFINITY);
        (start, gone) = (start + of_layer.len(), gone + count);
    }
    keep_largest(layout, &scores, all - gone).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{PRUNERS, pruner};
    use inr_core::{Key, Params, Siren};

    fn small() -> Params<f64> {
        Siren::new(2, 4, 2, 3, 30.0).init(&Key::root(5))
    }

    /// Prunes with an initial network at zero and a gradient of ones: movement and saliency are then magnitude.
    fn pruned(params: &Params<f64>, pruner: &Pruner, cut: Cut, key: &Key) -> Arc<Layout> {
        let zeros = Params::new(params.layout().clone(), vec![0.0; params.values().len()]);
        let ones = vec![1.0; params.values().len()];
        prune(&Evidence { params, initial: Some(&zeros), gradient: Some(&ones), key }, pruner, cut)
    }

    #[test]
    fn every_pruner_removes_the_count_and_nothing_comes_back() {
        for pruner in PRUNERS {
            let mut params = small();
            for round in 0..6 {
                let expected = match pruner.scope {
                    Scope::Global => params.layout().weights() - params.layout().weights() / 5,
                    Scope::Layer => params.layout().weight_leaves().map(|l| l.len() - l.len() / 5).sum(),
                };
                let layout = pruned(&params, pruner, Cut::Fraction(0.2), &Key::root(1).fold(round));
                assert_eq!(layout.weights(), expected, "{}", pruner.name);
                let narrow = params.narrowed(layout.clone()); // panics if a pruned weight came back
                for l in 0..3 {
                    assert_eq!(narrow.leaf(layout.bias(l)), params.leaf(params.layout().bias(l)));
                }
                params = narrow;
            }
        }
    }

    #[test]
    fn saliency_is_weight_times_slope_and_movement_is_distance_from_the_start() {
        let (params, key) = (small(), Key::root(0));
        let n = params.values().len();
        // Only the last weight matrix has slopes; only the first has moved.
        let (first, last) = (params.layout().weight(0).range(), params.layout().weight(2).range());
        let slopes: Vec<f64> = (0..n).map(|i| if last.contains(&i) { 1.0 } else { 0.0 }).collect();
        let start = params.values().iter().enumerate();
        let start = start.map(|(i, &w)| if first.contains(&i) { w + 1.0 } else { w }).collect();
        let initial = Params::new(params.layout().clone(), start);
        let evidence =
            Evidence { params: &params, initial: Some(&initial), gradient: Some(&slopes), key: &key };
        let kept = |name: &str| prune(&evidence, pruner(name).unwrap(), Cut::Keep(8));
        assert_eq!([0, 1, 2].map(|l| kept("saliency").weight(l).len()), [0, 0, 8]);
        assert_eq!([0, 1, 2].map(|l| kept("movement").weight(l).len()), [8, 0, 0]);
    }

    #[test]
    fn layer_wise_every_layer_keeps_its_largest() {
        let params = small();
        let layout = pruned(&params, pruner("layer-magnitude").unwrap(), Cut::Keep(18), &Key::root(0));
        // 8, 16 and 12 weights lose half each.
        assert_eq!([0, 1, 2].map(|l| layout.weight(l).len()), [4, 8, 6]);
        let narrow = params.narrowed(layout);
        for l in 0..3 {
            let size = |p: &Params<f64>| p.leaf(p.layout().weight(l)).iter().map(|w| w.abs()).collect();
            let (mut all, kept): (Vec<f64>, Vec<f64>) = (size(&params), size(&narrow));
            all.sort_by(f64::total_cmp);
            assert!(kept.iter().all(|w| *w >= all[all.len() / 2]), "layer {l}");
        }
    }

    #[test]
    fn magnitude_keeps_the_largest_of_all_layers_together() {
        let params = small();
        let layout = pruned(&params, pruner("magnitude").unwrap(), Cut::Fraction(0.5), &Key::root(0));
        let all: Vec<f64> =
            params.layout().weight_leaves().flat_map(|l| params.leaf(l)).map(|w| w.abs()).collect();
        let narrow = params.narrowed(layout);
        let kept: Vec<f64> =
            narrow.layout().weight_leaves().flat_map(|l| narrow.leaf(l)).map(|w| w.abs()).collect();
        let mut sorted = all;
        sorted.sort_by(f64::total_cmp);
        let threshold = sorted[sorted.len() / 2];
        assert!(kept.iter().all(|&w| w >= threshold) && kept.len() == sorted.len() / 2);
    }

    #[test]
    fn ties_go_in_buffer_order() {
        let params = small();
        let layout = keep_largest(params.layout(), &vec![1.0; params.layout().weights()], 12);
        assert_eq!(layout.weight(0).len(), 0);
        assert_eq!(layout.weight(1).len(), 0);
        assert_eq!(layout.weight(2).len(), 12);
    }

    #[test]
    fn everything_may_be_pruned() {
        let params = small();
        let layout = keep_largest(params.layout(), &vec![1.0; params.layout().weights()], 0);
        assert_eq!(layout.weights(), 0);
        assert_eq!(params.narrowed(layout.into()).values().len(), 4 + 4 + 3);
    }

    #[test]
    fn random_pruning_is_the_same_under_the_same_key_only() {
        let (params, random) = (small(), pruner("random").unwrap());
        let draw = |seed| pruned(&params, random, Cut::Fraction(0.5), &Key::root(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
