//! What can be wrong with data. Every message names the file (or the data set) and ends with what to do next,
//! so that a person can act on it without reading this source.

use crate::signal::Split;
use std::path::{Path, PathBuf};

/// Anything that keeps a signal from being read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No data set has this name.
    #[error("there is no data set `{name}`; did you mean `{nearest}`? Known data sets: {known}")]
    UnknownKind {
        /// What was asked for.
        name: String,
        /// The known name with the fewest differing letters.
        nearest: &'static str,
        /// All known names.
        known: String,
    },
    /// The data set is in none of the data folders.
    #[error("the data set `{name}` was not found; looked for {looked_for}. {how_to_get}")]
    NotFound {
        /// The data set.
        name: &'static str,
        /// Every path that was tried.
        looked_for: String,
        /// The remedy.
        how_to_get: &'static str,
    },
    /// The operating system refused to read a file or folder.
    #[error("{}: cannot be read ({source}). {remedy}", file.display())]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
        /// What to do next.
        remedy: String,
    },
    /// A file holds something else than the picture or array it should.
    #[error("{}: {problem}. {remedy}", file.display())]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do next.
        remedy: String,
    },
    /// A folder or list is not laid out as the data set asks.
    #[error("{}: {problem}. {remedy}", file.display())]
    Layout {
        /// The file or folder.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do next.
        remedy: String,
    },
    /// A signal of this side (pixels of an image, the cube root of a shape's samples) cannot be made.
    #[error("{what}: a side of {side} is not possible; ask for {smallest} to {largest}")]
    Side {
        /// The data set, or the picture.
        what: String,
        /// What was asked for.
        side: usize,
        /// The smallest possible side.
        smallest: usize,
        /// The largest possible side.
        largest: usize,
    },
    /// There is no signal of this index.
    #[error(
        "{}: the {split} part of `{name}` has {len} signals, \
             there is no index {index}; ask for 0 to {}",
        root.display(),
        len.saturating_sub(1)
    )]
    Index {
        /// The folder of the data set.
        root: PathBuf,
        /// The data set.
        name: &'static str,
        /// The part of it.
        split: Split,
        /// What was asked for.
        index: usize,
        /// How many signals there are.
        len: usize,
    },
    /// More signals are asked for than there are.
    #[error(
        "{}: {count} signals are asked for, but the {split} part of `{name}` has {len}; \
             ask for at most {len}, or add the missing files",
        root.display()
    )]
    Count {
        /// The folder of the data set.
        root: PathBuf,
        /// The data set.
        name: &'static str,
        /// The part of it.
        split: Split,
        /// What was asked for.
        count: usize,
        /// How many signals there are.
        len: usize,
    },
}

impl DataError {
    pub(crate) fn unreadable(file: &Path, source: std::io::Error, remedy: &str) -> Self {
        DataError::Unreadable { file: file.to_path_buf(), source, remedy: remedy.to_string() }
    }

    pub(crate) fn content(file: &Path, problem: impl Into<String>, remedy: &str) -> Self {
        DataError::Content { file: file.to_path_buf(), problem: problem.into(), remedy: remedy.to_string() }
    }

    pub(crate) fn layout(file: &Path, problem: impl Into<String>, remedy: &str) -> Self {
        DataError::Layout { file: file.to_path_buf(), problem: problem.into(), remedy: remedy.to_string() }
    }
}
