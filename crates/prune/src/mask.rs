//! Masks: a layout that keeps fewer weights than another.

use std::sync::Arc;

use inr_core::{Key, Layout, Params, Real};

use crate::schedule::removed;
use crate::score::Pruner;

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

/// One round: removes `fraction` of the surviving weights, the lowest-scored, counted as torch counts.
pub fn prune_round<T: Real>(params: &Params<T>, pruner: &Pruner, fraction: f64, key: &Key) -> Arc<Layout> {
    let survivors = params.layout().weights();
    let scores = (pruner.score)(&params.cast::<f64>(), key);
    keep_largest(params.layout(), &scores, survivors - removed(survivors, fraction)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{PRUNERS, pruner};
    use inr_core::Siren;

    fn small() -> Params<f64> {
        Siren::new(2, 4, 2, 3, 30.0).init(&Key::root(5))
    }

    #[test]
    fn every_pruner_removes_the_count_and_nothing_comes_back() {
        for pruner in PRUNERS {
            let mut params = small();
            for round in 0..6 {
                let before = params.layout().weights();
                let layout = prune_round(&params, pruner, 0.2, &Key::root(1).fold(round));
                assert_eq!(layout.weights(), before - before / 5, "{}", pruner.name);
                let narrow = params.narrowed(layout.clone()); // panics if a pruned weight came back
                for l in 0..3 {
                    assert_eq!(narrow.leaf(layout.bias(l)), params.leaf(params.layout().bias(l)));
                }
                params = narrow;
            }
        }
    }

    #[test]
    fn magnitude_keeps_the_largest_of_all_layers_together() {
        let params = small();
        let layout = prune_round(&params, pruner("magnitude").unwrap(), 0.5, &Key::root(0));
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
        let draw = |seed| prune_round(&params, random, 0.5, &Key::root(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
