//! Which neurons of a pruned network still do something.
//!
//! A neuron of a sine layer lives if a path of surviving weights leads to it from a coordinate and from it to a value.
//! Without the first it is a constant, without the second nothing.

use inr_core::Layout;

/// For each sine layer, whether each neuron lives.
pub fn living(layout: &Layout) -> Vec<Vec<bool>> {
    let siren = layout.siren();
    let layers = siren.layers();
    let edges = |layer: usize| {
        let leaf = layout.weight(layer);
        let index = |i: usize| leaf.kept.as_ref().map_or(i, |kept| kept[i] as usize);
        (0..leaf.len()).map(move |i| (index(i) / leaf.cols, index(i) % leaf.cols))
    };
    let mut reached: Vec<Vec<bool>> = vec![vec![true; siren.d_in()]];
    for layer in 0..layers {
        let mut next = vec![false; siren.widths[layer + 1]];
        edges(layer).for_each(|(to, from)| next[to] |= reached[layer][from]);
        reached.push(next);
    }
    let mut used = vec![true; siren.d_out()];
    for layer in (1..layers).rev() {
        let mut before = vec![false; siren.widths[layer]];
        edges(layer).for_each(|(to, from)| before[from] |= used[to]);
        reached[layer].iter_mut().zip(&before).for_each(|(lives, used)| *lives &= used);
        used = before;
    }
    reached[1..layers].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Siren;

    #[test]
    fn a_neuron_lives_between_a_coordinate_and_a_value() {
        // Two layers of three neurons. Layer 1: neuron 0 is fed, 1 is fed but leads nowhere, 2 is not fed.
        // Layer 2: neuron 0 is fed by 0 and leads to the value; neuron 1 is fed by 2 only; neuron 2 leads nowhere.
        let siren = Siren::new(2, 3, 2, 1, 30.0);
        let kept = vec![vec![0, 3], vec![0, 5, 6], vec![0, 1]];
        let alive = living(&Layout::sparse(siren.clone(), kept));
        assert_eq!(alive, [vec![true, false, false], vec![true, false, false]]);
        assert!(living(&Layout::dense(siren)).concat().iter().all(|lives| *lives));
    }
}
