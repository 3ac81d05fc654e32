//! What every kind of data set says of itself ([`Kind`]), and what its `open` function gives ([`Contents`]).
//!
//! The sets are given their own row: they know nothing of the table (`kinds`), which knows them.

use crate::error::DataError;
use crate::files::place::Place;
use crate::picture::pixels::Picture;
use crate::picture::preparation::Preparation;
use crate::signal::{Held, HeldSizes, Split};
use crate::trouble::Trouble;
use std::path::Path;
use std::sync::Arc;

/// One kind of data set.
#[derive(Debug)]
pub struct Kind {
    /// Its name on the command line and in experiment files.
    pub name: &'static str,
    /// How a picture becomes one of its test signals, if it is made of pictures.
    pub picture: Option<Preparation>,
    /// One line for people.
    pub title: &'static str,
    /// What may be done with the data.
    pub licence: &'static str,
    /// What to do when it is not there: a full sentence.
    pub how_to_get: &'static str,
    /// The script that gets it, where there is one.
    pub script: Option<&'static str>,
    /// Signals for training and for test in the complete set, where that is known.
    pub expected: Option<[usize; 2]>,
    /// Files of the complete set that are published with an MD5: path within the set, MD5.
    pub official_md5: &'static [(&'static str, &'static str)],
    /// Whether it comes with the repository.
    pub shipped: bool,
    /// Coordinates of a place: 2 of an image, 3 of a shape in space.
    pub coordinates: usize,
    /// Values at a place: 3 of an image, 1 of a shape (its signed distance).
    pub channels: usize,
    /// The smallest side a signal can have: pixels of an image; a shape of side s has s³ samples.
    pub smallest_side: usize,
    /// The largest side a signal can have.
    pub largest_side: usize,
    pub(crate) places: &'static [&'static str],
    pub(crate) preprocessing: &'static str,
    pub(crate) open: Open,
    pub(crate) check: Check,
    pub(crate) held: Option<Measure>,
}

/// (its own row of the table, folder or file, what becomes of trouble) → what lies there.
pub(crate) type Open = fn(&Kind, &Path, &mut Trouble) -> Result<Contents, DataError>;

/// (place, relative path of a file) → a remark on it, if there is one to make.
pub(crate) type Check = fn(&Place, &str) -> Result<Option<String>, DataError>;

/// (folder, name of a signal, sizes) → what a fit of it is measured against; `None` for images.
pub(crate) type Measure = fn(&Path, &str, HeldSizes) -> Result<Held, DataError>;

impl Kind {
    /// Whether its signals are formulas and need no files.
    pub fn is_generated(&self) -> bool {
        self.places.is_empty()
    }
}

/// A signal in the list: its name, and the stratum it belongs to (a class, a category; 0 where there are
/// none).
pub(crate) struct Entry {
    pub name: String,
    pub stratum: usize,
}

/// (split, index, side) → values [side·side, 3], or of a shape [side³, 4]: x, y, z, signed distance. The index is
/// within the split's list, the side is one the kind allows.
pub(crate) type Read = Box<dyn Fn(Split, usize, usize) -> Result<Vec<f32>, DataError> + Send + Sync>;

/// (split, index) → the picture a signal was computed from, where it is not the signal itself.
pub(crate) type Original = Box<dyn Fn(Split, usize) -> Result<Picture, DataError> + Send + Sync>;

/// What the `open` function of a kind gives.
pub(crate) struct Contents {
    pub train: Vec<Entry>,
    pub test: Vec<Entry>,
    /// Where the files lie.
    pub place: Arc<Place>,
    /// The files that signals are made of, relative to the place, `/` between parts, in order.
    pub files: Vec<(Split, String)>,
    /// What a person should know before it is used, a sentence each.
    pub remarks: Vec<String>,
    pub read: Read,
    /// For the preview: the shape beside its distances. `None` where the signal shows all there is.
    pub original: Option<Original>,
}
