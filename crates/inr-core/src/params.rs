//! Parameters: one flat buffer, and a layout that names every leaf and says which entries exist.
//!
//! A pruned weight has no entry: no gradient, no optimiser moment, no cost. A [`Layout`] lists, for
//! each weight matrix, the flat indices (row-major, `[out, in]`) of the weights that survive;
//! the buffer holds those values only, leaf after leaf: `W_0, b_0, W_1, b_1, …`.

use std::sync::Arc;

use crate::real::Real;
use crate::siren::Siren;

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A weight matrix `[out, in]`; may be pruned.
    Weight,
    /// A bias vector `[out]`; never pruned (PAPER §1.3).
    Bias,
}

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

/// A network: a layout and the value of every entry it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<T> {
    layout: Arc<Layout>,
    values: Vec<T>,
}

impl<T: Real> Params<T> {
    /// Parameters of a layout.
    ///
    /// # Panics
    /// If the number of values is not the layout's length.
    pub fn new(layout: Arc<Layout>, values: Vec<T>) -> Self {
        assert_eq!(values.len(), layout.len(), "values {} against layout {}", values.len(), layout.len());
        Self { layout, values }
    }

    /// The layout.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The flat buffer, `[layout.len()]`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The flat buffer, to be changed in place.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The surviving entries of a leaf.
    pub fn leaf(&self, leaf: &Leaf) -> &[T] {
        &self.values[leaf.range()]
    }

    /// `self + scale · direction`, entry by entry.
    ///
    /// # Panics
    /// If the direction's length is not the layout's.
    pub fn plus(&self, scale: T, direction: &[T]) -> Self {
        assert_eq!(
            direction.len(),
            self.values.len(),
            "direction {} against {}",
            direction.len(),
            self.values.len()
        );
        let values = self.values.iter().zip(direction).map(|(&p, &d)| p + scale * d).collect();
        Self { layout: self.layout.clone(), values }
    }

    /// The same network on a layout that keeps fewer entries.
    ///
    /// # Panics
    /// If the new layout keeps an entry this one does not have.
    pub fn narrowed(&self, layout: Arc<Layout>) -> Self {
        let values = gather(&self.values, &self.layout.positions_of(&layout));
        Self { layout, values }
    }

    /// The values in another precision.
    pub fn cast<U: Real>(&self) -> Params<U> {
        Params {
            layout: self.layout.clone(),
            values: self.values.iter().map(|v| U::from_f64(v.to_f64())).collect(),
        }
    }

    /// Whether every value is a finite number.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|v| v.is_finite())
    }
}

/// The values at `positions`, in their order.
pub fn gather<T: Copy>(values: &[T], positions: &[usize]) -> Vec<T> {
    positions.iter().map(|&i| values[i]).collect()
}

/// A leaf's entries as a full row-major array, zero where pruned.
///
/// # Shapes
/// `values: [leaf.len()]` → `[rows * cols]`.
pub fn to_full<T: Real>(leaf: &Leaf, values: &[T]) -> Vec<T> {
    match &leaf.kept {
        None => values.to_vec(),
        Some(kept) => {
            let mut full = vec![T::default(); leaf.rows * leaf.cols];
            for (&index, &value) in kept.iter().zip(values) {
                full[index as usize] = value;
            }
            full
        }
    }
}

/// The surviving entries of a full row-major array.
///
/// # Shapes
/// `full: [rows * cols]` → `[leaf.len()]`.
pub fn from_full<T: Real>(leaf: &Leaf, full: &[T]) -> Vec<T> {
    match &leaf.kept {
        None => full.to_vec(),
        Some(kept) => kept.iter().map(|&i| full[i as usize]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn narrowing_twice_is_narrowing_once() {
        let siren = Siren::new(2, 3, 1, 1, 30.0);
        let dense: Params<f64> = siren.init(&Key::root(0));
        let middle = Arc::new(Layout::sparse(siren.clone(), vec![vec![0, 2, 3, 5], vec![1, 2]]));
        let last = Arc::new(Layout::sparse(siren, vec![vec![2, 5], vec![]]));
        assert_eq!(dense.narrowed(middle.clone()).narrowed(last.clone()), dense.narrowed(last.clone()));
        assert_eq!(last.weights(), 2);
        assert_eq!(last.len(), 2 + 3 + 1);
        let leaf = middle.weight(0);
        let full = to_full(leaf, dense.narrowed(middle.clone()).leaf(leaf));
        assert_eq!(full[1], 0.0);
        assert_eq!(from_full(leaf, &full), dense.narrowed(middle.clone()).leaf(leaf));
    }

    #[test]
    #[should_panic(expected = "was pruned before")]
    fn a_pruned_weight_does_not_come_back() {
        let siren = Siren::new(2, 3, 1, 1, 30.0);
        let middle = Layout::sparse(siren.clone(), vec![vec![0, 2], vec![1]]);
        let back = Layout::sparse(siren, vec![vec![1, 2], vec![1]]);
        middle.positions_of(&back);
    }
}
