//! An opened data set: what it holds, and how its signals are loaded.
//!
//! Every kind's `open` gives the same [`Contents`]: the two lists of signals, the files they come from, and
//! one function that reads a signal. What is common to all of them stands here: the search for the data, the
//! check of the side, loading many in parallel.

use crate::{Choice, DataError, Kind, choose, fingerprint, kind};
use rayon::prelude::*;
use std::fmt;
use std::path::{Path, PathBuf};

/// One signal: plain values.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Its name within the data set (or the file's name).
    pub name: String,
    /// Rows, and columns: signals are square.
    pub side: usize,
    /// Values a pixel: 3 for every kind so far.
    pub channels: usize,
    /// [side·side, channels], row-major, in [0, 1].
    pub values: Vec<f32>,
}

/// The two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// For meta-training.
    Train,
    /// For scoring.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Split::Train => "train",
            Split::Test => "test",
        })
    }
}

/// A signal in the list: its name, and the stratum it belongs to (a class, a category; 0 where there are
/// none).
pub(crate) struct Entry {
    pub name: String,
    pub stratum: usize,
}

/// (split, index, side) → values [side·side, 3]. The index is within the split's list, the side is one the
/// kind allows.
pub(crate) type Read = Box<dyn Fn(Split, usize, usize) -> Result<Vec<f32>, DataError> + Send + Sync>;

/// What the `open` function of a kind gives.
pub(crate) struct Contents {
    pub train: Vec<Entry>,
    pub test: Vec<Entry>,
    /// The files that signals are made of, relative to the data set's folder, `/` between parts, in order.
    pub files: Vec<(Split, String)>,
    pub read: Read,
}

/// An opened data set.
pub struct DataSet {
    kind: &'static Kind,
    root: PathBuf,
    contents: Contents,
}

impl fmt::Debug for DataSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "DataSet({} at {})", self.kind.name, self.root.display())
    }
}

/// Opens a data set: the first of its places that exists under the data folders `roots`, in their order.
///
/// # Errors
/// An unknown name; a data set that is in none of the folders (the message lists where it was looked for, and
/// how to get it); one that is found but incomplete. The first that exists counts: a broken one does not fall
/// through to the next folder.
pub fn open(name: &str, roots: &[PathBuf]) -> Result<DataSet, DataError> {
    let kind = kind(name)?;
    let candidates: Vec<PathBuf> =
        roots.iter().flat_map(|root| kind.places.iter().map(|place| root.join(place))).collect();
    let Some(root) = candidates.iter().find(|path| path.exists()) else {
        let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
        let looked_for = if looked.is_empty() {
            "nothing: no data folder is given".to_string()
        } else {
            looked.join(", ")
        };
        return Err(DataError::NotFound { name: kind.name, looked_for, how_to_get: kind.how_to_get });
    };
    let contents = (kind.open)(root)?;
    for (split, entries) in [(Split::Train, &contents.train), (Split::Test, &contents.test)] {
        if entries.is_empty() {
            return Err(DataError::layout(
                root,
                format!("there are no {split} signals in it"),
                kind.how_to_get,
            ));
        }
    }
    Ok(DataSet { kind, root: root.clone(), contents })
}

impl DataSet {
    /// Which kind of data set it is.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The folder (or, for `sdf2d`, the file) it was found at: `<data folder>/photos`, for instance.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How many signals a part has.
    pub fn len(&self, split: Split) -> usize {
        self.entries(split).len()
    }

    /// The name of a signal: its file's path within the data set, with the crop for photographs in training.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::len`].
    pub fn name(&self, split: Split, index: usize) -> &str {
        &self.entries(split)[index].name
    }

    /// Loads one signal: at 178 px the native one, below it its exact area average (`silhouettes` allow more:
    /// see its module).
    ///
    /// # Errors
    /// A side this kind cannot have, an index that is not there, a file that cannot be read.
    pub fn load(&self, split: Split, index: usize, side: usize) -> Result<Signal, DataError> {
        let Kind { name, smallest_side, largest_side, .. } = *self.kind;
        if side < smallest_side || side > largest_side {
            let what = format!("data set `{name}` in {}", self.root.display());
            return Err(DataError::Side { what, side, smallest: smallest_side, largest: largest_side });
        }
        let len = self.len(split);
        if index >= len {
            return Err(DataError::Index { root: self.root.clone(), name, split, index, len });
        }
        let values = (self.contents.read)(split, index, side)?;
        Ok(Signal { name: self.name(split, index).to_string(), side, channels: 3, values })
    }

    /// Loads many signals in parallel, in the order of `indices`.
    ///
    /// # Errors
    /// As [`DataSet::load`]; of several errors, the one that stands first in `indices`.
    pub fn load_many(&self, split: Split, indices: &[usize], side: usize) -> Result<Vec<Signal>, DataError> {
        let loaded: Vec<Result<Signal, DataError>> =
            indices.par_iter().map(|&index| self.load(split, index, side)).collect();
        loaded.into_iter().collect()
    }

    /// The indices of the signals that are scored, ascending.
    ///
    /// # Errors
    /// More signals than there are.
    pub fn choose(&self, split: Split, choice: Choice) -> Result<Vec<usize>, DataError> {
        let count = choice.count();
        let len = self.len(split);
        if count > len {
            return Err(DataError::Count {
                root: self.root.clone(),
                name: self.kind.name,
                split,
                count,
                len,
            });
        }
        let strata: Vec<usize> = self.entries(split).iter().map(|entry| entry.stratum).collect();
        Ok(choose::indices(&strata, choice))
    }

    /// SHA-256, in hexadecimal, of the version of the preprocessing and of every file used, in order: its
    /// part, its path relative to the data set, its size and the SHA-256 of its content. Where the folder
    /// lies does not matter.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn fingerprint(&self) -> Result<String, DataError> {
        fingerprint::of(&self.root, self.kind.preprocessing, &self.contents.files)
    }

    fn entries(&self, split: Split) -> &[Entry] {
        match split {
            Split::Train => &self.contents.train,
            Split::Test => &self.contents.test,
        }
    }
}
