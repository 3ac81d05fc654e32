//! The parts of a network that may be a signal's own, by name.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use inr_core::{Layout, Leaf, LeafKind};

/// Leaves of a network. A layer is its weights and its biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subset {
    /// Every leaf: the paper's (PAPER §1.3).
    All,
    /// The biases of all layers.
    Biases,
    /// The layer of the coordinates.
    FirstLayer,
    /// The linear layer of the values.
    LastLayer,
    /// Both.
    FirstAndLastLayer,
}

impl Subset {
    /// All of them, with their names in an experiment's file.
    pub const NAMED: &[(&str, Self)] = &[
        ("all", Self::All),
        ("biases", Self::Biases),
        ("first-layer", Self::FirstLayer),
        ("last-layer", Self::LastLayer),
        ("first-and-last-layer", Self::FirstAndLastLayer),
    ];

    /// Whether a leaf of a layout belongs to it.
    pub fn has(self, layout: &Layout, leaf: &Leaf) -> bool {
        let (first, last) = (leaf.layer == 0, leaf.layer + 1 == layout.siren().layers());
        match self {
            Self::All => true,
            Self::Biases => leaf.kind == LeafKind::Bias,
            Self::FirstLayer => first,
            Self::LastLayer => last,
            Self::FirstAndLastLayer => first || last,
        }
    }

    /// Its leaves, in buffer order.
    pub fn leaves(self, layout: &Layout) -> impl Iterator<Item = &Leaf> {
        layout.leaves().iter().filter(move |leaf| self.has(layout, leaf))
    }

    /// Number of its surviving entries, weights and biases: a signal's own numbers.
    pub fn len(self, layout: &Layout) -> usize {
        self.leaves(layout).map(Leaf::len).sum()
    }
}

/// A name that no subset has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no part of a network that can adapt; choose one of {names}", names = names())]
pub struct UnknownSubset {
    found: String,
}

fn names() -> String {
    Subset::NAMED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Subset {
    type Err = UnknownSubset;

    fn from_str(name: &str) -> Result<Self, UnknownSubset> {
        let named = Self::NAMED.iter().find(|(known, _)| *known == name);
        named.map(|(_, subset)| *subset).ok_or_else(|| UnknownSubset { found: name.into() })
    }
}

impl Display for Subset {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        let named = Self::NAMED.iter().find(|(_, subset)| subset == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inr_core::Siren;

    #[test]
    fn every_name_is_read_back_and_another_is_refused_with_the_list() {
        for (name, subset) in Subset::NAMED {
            assert_eq!((name.parse(), subset.to_string()), (Ok(*subset), name.to_string()));
        }
        let error = "bias".parse::<Subset>().unwrap_err().to_string();
        assert!(error.contains("`bias`") && error.ends_with("first-and-last-layer"), "{error}");
    }

    #[test]
    fn a_subset_counts_what_survives() {
        let siren = Siren::new(2, 4, 2, 3, 30.0);
        let dense = Layout::dense(siren.clone());
        let count = |layout: &Layout| Subset::NAMED.iter().map(|(_, s)| s.len(layout)).collect::<Vec<_>>();
        assert_eq!(count(&dense), [47, 11, 12, 15, 27]);
        let sparse = Layout::sparse(siren, vec![vec![0], vec![1, 2], vec![]]);
        assert_eq!(count(&sparse), [14, 11, 5, 3, 8]);
    }
}
