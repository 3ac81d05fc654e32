//! Own numbers that are entries of the network: φ replaces what θ has at the places of a [`Subset`].
//!
//! push spreads φ over zeros, pull gathers, embedᵀ is what lies outside the subset. With all entries φ is the network, both are the
//! identity, and the recursion is the paper's.

use std::borrow::Cow;
use std::ops::Range;

use inr_core::{Layout, Leaf, Params, Real, Wanted};

use super::map::{Adapt, At};
use super::subset::Subset;

/// α of each own number, as a multiple of the inner rate or of the rate of a fit.
#[derive(Clone, Debug, PartialEq)]
pub enum StepSizes {
    /// 1.
    Same,
    /// One a leaf of the network, `[leaves]`, in buffer order: weights and biases of the first layer, of the second, ….
    /// Those of leaves that do not adapt are not read.
    OfLeaf(Vec<f64>),
    /// One an entry of the unpruned network, `[Layout::dense(siren).len()]`: pruning leaves each weight its own.
    OfEntry(Vec<f64>),
}

/// A subset of the network's entries adapts.
#[derive(Clone, Debug, PartialEq)]
pub struct Entries {
    /// Which.
    pub subset: Subset,
    /// How fast.
    pub step_sizes: StepSizes,
}

impl Entries {
    /// All entries at one rate: the paper's.
    pub const ALL: Self = Self::of(Subset::All);

    /// A subset at one rate.
    pub const fn of(subset: Subset) -> Self {
        Self { subset, step_sizes: StepSizes::Same }
    }

    /// The values of a buffer `[layout.len()]` at the subset's places, `[own]`.
    fn gathered<T: Real>(&self, layout: &Layout, values: &[T]) -> Vec<T> {
        let mut own = Vec::with_capacity(self.subset.len(layout));
        self.subset.leaves(layout).for_each(|leaf| own.extend_from_slice(&values[leaf.range()]));
        own
    }
}

/// Own numbers leaf by leaf, each part beside the range of the buffer that it belongs to.
fn parts<'a, T>(
    subset: Subset,
    layout: &'a Layout,
    own: &'a [T],
) -> impl Iterator<Item = (&'a [T], Range<usize>)> {
    let mut rest = own;
    subset.leaves(layout).map(move |leaf| {
        let (part, later) = rest.split_at(leaf.len());
        rest = later;
        (part, leaf.range())
    })
}

/// Of the numbers of an unpruned leaf those of its surviving entries.
fn surviving_of(leaf: &Leaf, of_dense: &[f64]) -> Vec<f64> {
    match &leaf.kept {
        None => of_dense.to_vec(),
        Some(kept) => kept.iter().map(|&index| of_dense[index as usize]).collect(),
    }
}

impl<T: Real> Adapt<T> for Entries {
    fn wanted(&self, layout: &Layout) -> Wanted {
        match self.subset {
            Subset::All => Wanted::All,
            subset => Wanted::those(layout, |leaf| subset.has(layout, leaf)),
        }
    }

    fn step_sizes(&self, layout: &Layout) -> Option<Vec<T>> {
        let all = layout.leaves().iter();
        let mut sizes: Vec<f64> = Vec::new();
        match &self.step_sizes {
            StepSizes::Same => return None,
            StepSizes::OfLeaf(of_leaf) => {
                assert_eq!(of_leaf.len(), layout.leaves().len(), "one step size a leaf");
                for (leaf, &size) in all.zip(of_leaf).filter(|(leaf, _)| self.subset.has(layout, leaf)) {
                    sizes.extend(std::iter::repeat_n(size, leaf.len()));
                }
            }
            StepSizes::OfEntry(of_entry) => {
                let mut rest: &[f64] = of_entry;
                for leaf in all {
                    let dense = rest.split_off(..leaf.rows * leaf.cols);
                    let dense = dense.expect("one step size an entry of the unpruned network");
                    if self.subset.has(layout, leaf) {
                        sizes.extend(surviving_of(leaf, dense));
                    }
                }
                assert!(rest.is_empty(), "one step size an entry of the unpruned network");
            }
        }
        Some(sizes.into_iter().map(T::from_f64).collect())
    }

    fn is_identity(&self) -> bool {
        self.subset == Subset::All
    }

    fn start(&self, shared: &Params<T>) -> Vec<T> {
        self.gathered(shared.layout(), shared.values())
    }

    fn embed(&self, at: At<T>) -> Params<T> {
        if self.subset == Subset::All {
            return Params::new(at.shared.layout().clone(), at.own.to_vec());
        }
        let mut network = at.shared.clone();
        let values = network.values_mut();
        for (part, range) in parts(self.subset, at.shared.layout(), at.own) {
            values[range].copy_from_slice(part);
        }
        network
    }

    fn push<'a>(&self, at: At<T>, v: &'a [T]) -> Cow<'a, [T]> {
        if self.subset == Subset::All {
            return Cow::Borrowed(v);
        }
        let mut direction = vec![T::default(); at.shared.layout().len()];
        for (part, range) in parts(self.subset, at.shared.layout(), v) {
            direction[range].copy_from_slice(part);
        }
        Cow::Owned(direction)
    }

    fn pull<'a>(&self, at: At<T>, gradient: &'a [T]) -> Cow<'a, [T]> {
        if self.subset == Subset::All {
            return Cow::Borrowed(gradient);
        }
        Cow::Owned(self.gathered(at.shared.layout(), gradient))
    }

    fn pull_shared(&self, at: At<T>, gradient: &[T], sum: &mut [T]) {
        let layout = at.shared.layout();
        for leaf in layout.leaves().iter().filter(|leaf| !self.subset.has(layout, leaf)) {
            let range = leaf.range();
            sum[range.clone()].iter_mut().zip(&gradient[range]).for_each(|(sum, &g)| *sum += g);
        }
    }

    fn pull_start(&self, shared: &Params<T>, v: &[T], sum: &mut [T]) {
        for (part, range) in parts(self.subset, shared.layout(), v) {
            sum[range].iter_mut().zip(part).for_each(|(sum, &v)| *sum += v);
        }
    }

    fn surviving(&self, wide: &Layout, narrow: &Layout) -> Vec<usize> {
        let mut number = vec![None; wide.len()];
        let places = self.subset.leaves(wide).flat_map(Leaf::range);
        places.enumerate().for_each(|(own, place)| number[place] = Some(own));
        wide.positions_of(narrow).into_iter().filter_map(|place| number[place]).collect()
    }
}
