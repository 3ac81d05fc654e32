//! Parameters: the value of every entry of a layout, in one flat buffer.

use std::sync::Arc;

use crate::layout::{Layout, Leaf};
use crate::real::Real;

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
    use crate::siren::Siren;

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
}
