//! Layouts: every leaf of a network by name, and which of its entries exist.
//!
//! A pruned weight has no entry: no gradient, no optimiser moment, no cost. A [`Layout`] lists, for
//! each weight matrix, the flat indices (row-major, `[out, in]`) of the weights that survive;
//! a buffer holds those values only, leaf after leaf: `W_0, b_0, W_1, b_1, …`.

use crate::siren::{LeafKind, Siren};

/// One named array of a network and its place in the flat buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Name in the authors' state dict, e.g. `layers.0.linear.weight`.
    pub name: String,
    /// Index of the layer it belongs to.
    pub layer: usize,
    /// Weight matrix or bias.
    pub kind: LeafKind,
    /// Number of outputs.
    pub rows: usize,
    /// Number of inputs; 1 for a bias.
    pub cols: usize,
    /// Flat indices (`row * cols + col`) of the surviving entries, ascending; `None` if all survive.
    pub kept: Option<Vec<u32>>,
    /// Where the leaf begins in the flat buffer.
    pub offset: usize,
}

impl Leaf {
    /// Number of surviving entries.
    pub fn len(&self) -> usize {
        self.kept.as_ref().map_or(self.rows * self.cols, Vec::len)
    }

    /// Whether no entry survives.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The leaf's range in the flat buffer.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The leaves of a network, in the order of the flat buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    siren: Siren,
    leaves: Vec<Leaf>,
    len: usize,
}

impl Layout {
    /// The layout of an unpruned network.
    pub fn dense(siren: Siren) -> Self {
        let kept = vec![None; siren.layers()];
        Self::build(siren, kept)
    }

    /// A layout whose weight matrix `l` keeps the entries `kept[l]` (ascending flat indices `row * cols + col`).
    ///
    /// # Panics
    /// If there is not one list a layer, or a list is not strictly ascending and inside its matrix.
    pub fn sparse(siren: Siren, kept: Vec<Vec<u32>>) -> Self {
        assert_eq!(kept.len(), siren.layers(), "one list of kept weights a layer");
        for (l, list) in kept.iter().enumerate() {
            let size = siren.widths[l] * siren.widths[l + 1];
            assert!(
                list.windows(2).all(|w| w[0] < w[1]) && list.last().is_none_or(|&i| (i as usize) < size),
                "layer {l}: kept indices must ascend and be below {size}"
            );
        }
        Self::build(siren, kept.into_iter().map(Some).collect())
    }

    fn build(siren: Siren, mut kept: Vec<Option<Vec<u32>>>) -> Self {
        let (mut leaves, mut len) = (Vec::new(), 0);
        for (layer, kind, rows, cols) in siren.leaf_shapes() {
            let (suffix, kept) = match kind {
                LeafKind::Weight => ("weight", kept[layer].take()),
                LeafKind::Bias => ("bias", None),
            };
            let name = format!("layers.{layer}.linear.{suffix}");
            leaves.push(Leaf { name, layer, kind, rows, cols, kept, offset: len });
            len += leaves[leaves.len() - 1].len();
        }
        Self { siren, leaves, len }
    }

    /// The network's shape.
    pub fn siren(&self) -> &Siren {
        &self.siren
    }

    /// All leaves in buffer order.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The weight matrix of layer `l`.
    pub fn weight(&self, layer: usize) -> &Leaf {
        &self.leaves[2 * layer]
    }

    /// The bias of layer `l`.
    pub fn bias(&self, layer: usize) -> &Leaf {
        &self.leaves[2 * layer + 1]
    }

    /// Length of the flat buffer: surviving weights and all biases.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the buffer is empty (it never is: biases survive).
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of surviving weights: the paper's "#Params".
    pub fn weights(&self) -> usize {
        self.weight_leaves().map(Leaf::len).sum()
    }

    /// Surviving weights over all weights.
    pub fn kept_fraction(&self) -> f64 {
        self.weights() as f64 / self.siren.weights() as f64
    }

    /// The weight matrices, first to last.
    pub fn weight_leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(|leaf| leaf.kind == LeafKind::Weight)
    }

    /// Positions in the flat buffer of this layout of the entries that `narrower` keeps, in its order.
    ///
    /// # Panics
    /// If `narrower` keeps an entry that this layout does not have, or has another shape.
    pub fn positions_of(&self, narrower: &Layout) -> Vec<usize> {
        assert_eq!(self.siren, narrower.siren, "layouts of different networks");
        let mut positions = Vec::with_capacity(narrower.len());
        for (wide, narrow) in self.leaves.iter().zip(&narrower.leaves) {
            let mut next = 0;
            for i in 0..narrow.len() {
                let index = narrow.kept.as_ref().map_or(i as u32, |kept| kept[i]);
                let position = match &wide.kept {
                    None => index as usize,
                    Some(kept) => {
                        next += kept[next..].iter().take_while(|&&k| k < index).count();
                        assert!(
                            kept.get(next) == Some(&index),
                            "{}: entry {index} was pruned before",
                            wide.name
                        );
                        next
                    }
                };
                positions.push(wide.offset + position);
            }
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "was pruned before")]
    fn a_pruned_weight_does_not_come_back() {
        let siren = Siren::new(2, 3, 1, 1, 30.0);
        let middle = Layout::sparse(siren.clone(), vec![vec![0, 2], vec![1]]);
        let back = Layout::sparse(siren, vec![vec![1, 2], vec![1]]);
        middle.positions_of(&back);
    }
}
