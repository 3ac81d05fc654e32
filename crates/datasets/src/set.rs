//! An opened data set: what it holds, and how its signals are loaded.
//!
//! Every kind's `open` gives the same [`Contents`]: the two lists of signals, the files they come from, and
//! one function that reads a signal. What is common to all of them stands here: the search for the data, the
//! check of the side, loading many in parallel.

use crate::choose::{self, Choice};
use crate::error::DataError;
use crate::files::fingerprint;
use crate::kind::{Contents, Entry, Kind};
use crate::kinds::kind;
use crate::picture::pixels::Picture;
use crate::signal::{Held, HeldSizes, Places, Signal, Split};
use crate::trouble::Trouble;
use rayon::prelude::*;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// An opened data set.
pub struct DataSet {
    kind: &'static Kind,
    root: PathBuf,
    contents: Contents,
    /// What the fingerprint found out on its way.
    met: OnceLock<Vec<String>>,
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
    let (kind, root) = find(name, roots)?;
    opened(kind, root, &mut Trouble::Stop)
}

/// What can be used of a data set, and what is wrong with its lists and folders.
#[derive(Debug)]
pub struct Survey {
    /// Without the files there is trouble with; `None` if nothing can be used.
    pub set: Option<DataSet>,
    /// All of it; empty for a sound data set.
    pub trouble: Vec<DataError>,
}

/// Opens a data set as [`open`] does, but goes on over what is wrong with its lists and folders.
///
/// # Errors
/// An unknown name, or a data set that is nowhere.
pub fn survey(name: &str, roots: &[PathBuf]) -> Result<Survey, DataError> {
    let (kind, root) = find(name, roots)?;
    let mut trouble = Trouble::Keep(Vec::new());
    let set = opened(kind, root, &mut trouble);
    let mut trouble = trouble.into_kept();
    let set = set.map_err(|why| trouble.push(why)).ok();
    Ok(Survey { set, trouble })
}

fn find(name: &str, roots: &[PathBuf]) -> Result<(&'static Kind, PathBuf), DataError> {
    let kind = kind(name)?;
    if kind.is_generated() {
        return Ok((kind, PathBuf::from("generated")));
    }
    let candidates: Vec<PathBuf> =
        roots.iter().flat_map(|root| kind.places.iter().map(|place| root.join(place))).collect();
    if let Some(root) = candidates.iter().find(|path| is_there(path)) {
        return Ok((kind, root.clone()));
    }
    let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
    let looked_for =
        if looked.is_empty() { "nothing: no data folder is given".to_string() } else { looked.join(", ") };
    Err(DataError::NotFound { name: kind.name, looked_for, how_to_get: kind.how_to_get })
}

fn opened(kind: &'static Kind, root: PathBuf, trouble: &mut Trouble) -> Result<DataSet, DataError> {
    let mut contents = (kind.open)(kind, &root, trouble)?;
    for (split, entries) in [(Split::Train, &contents.train), (Split::Test, &contents.test)] {
        if entries.is_empty() {
            return Err(DataError::layout(
                &root,
                format!("there are no {split} signals in it"),
                kind.how_to_get,
            ));
        }
    }
    contents.remarks.extend(shadowed(kind, &root));
    Ok(DataSet { kind, root, contents, met: OnceLock::new() })
}

/// Whether there is anything at a path; a dangling link is there, and what may not be looked at: opening says what is
/// wrong with them, where another folder's set would be taken in silence.
fn is_there(path: &Path) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    !path.symlink_metadata().is_err_and(|why| matches!(why.kind(), NotFound | NotADirectory))
}

/// The other places of the same data folder where such a set lies too, and is not looked at.
fn shadowed(kind: &Kind, root: &Path) -> Option<String> {
    let used = kind.places.iter().find(|place| root.ends_with(place))?;
    let folder = root.ancestors().nth(Path::new(used).components().count())?;
    let others = kind.places.iter().filter(|place| *place != used).map(|place| folder.join(place));
    let others: Vec<String> =
        others.filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    (!others.is_empty()).then(|| format!("{} counts; not looked at: {}", root.display(), others.join(", ")))
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
        Ok(self.signal(split, index, side, self.values(split, index, side)?))
    }

    /// The values of one signal, to be kept and given to [`DataSet::signal`] later.
    ///
    /// # Errors
    /// As [`DataSet::load`].
    pub fn values(&self, split: Split, index: usize, side: usize) -> Result<Vec<f32>, DataError> {
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
        if self.kind.picture.is_none() {
            self.check_unchanged(self.name(split, index))?;
        }
        Ok(values)
    }

    /// Refuses the values of a signal whose file is not what the fingerprint saw. (Pictures are held to it as they are
    /// decoded: `files/place.rs`.)
    fn check_unchanged(&self, signal: &str) -> Result<(), DataError> {
        let files = &self.contents.files;
        let file_of = |name: &str| files.iter().find(|(_, file)| file == name);
        let of_view = || signal.rsplit_once(", ").and_then(|(name, _)| file_of(name)); // `chair.obj, slice x`
        let only = || files.first().filter(|_| files.len() == 1); // `train_data[0]` of `sdf2d`
        match file_of(signal).or_else(of_view).or_else(only) {
            Some((_, file)) => self.contents.place.check_unchanged(file),
            None => Ok(()), // of a generated set, which has no files
        }
    }

    /// The signal that has these values, as [`DataSet::values`] gave them.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::len`].
    pub fn signal(&self, split: Split, index: usize, side: usize, values: Vec<f32>) -> Signal {
        let (places, values) =
            if self.kind.coordinates == 3 { parted(&values) } else { (Places::Pixels, values) };
        let name = self.name(split, index).to_string();
        Signal { name, side, channels: self.kind.channels, places, values }
    }

    /// What a fit of a test shape is measured against; nothing of an image, whose own pixels are.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::len`] of the test part.
    pub fn held(&self, index: usize, sizes: HeldSizes) -> Result<Option<Held>, DataError> {
        let name = self.name(Split::Test, index);
        let held = self.kind.held.map(|held| held(&self.root, name, sizes)).transpose()?;
        self.check_unchanged(name)?;
        Ok(held)
    }

    /// What a person should know before the set is used: what was left out, and why; once there is a fingerprint, also
    /// which pictures have a size that was not meant.
    pub fn remarks(&self) -> Vec<String> {
        self.contents.remarks.iter().chain(self.met.get().into_iter().flatten()).cloned().collect()
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
    /// lies does not matter. From then on a file that is found changed is an error, not a signal.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn fingerprint(&self) -> Result<String, DataError> {
        let Contents { place, files, .. } = &self.contents;
        let (fingerprint, met) = fingerprint::of(place, self.kind.preprocessing, files, self.kind.picture)?;
        self.met.get_or_init(|| met);
        Ok(fingerprint)
    }

    /// How many files the signals are made of.
    pub fn files(&self) -> usize {
        self.contents.files.len()
    }

    /// The path of a file within the data set.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::files`].
    pub fn file(&self, index: usize) -> &str {
        &self.contents.files[index].1
    }

    /// Reads and decodes one file whole, as a signal would be made from it. A remark is something a person
    /// should know and training can live with: a picture smaller than the crop, for instance.
    ///
    /// # Errors
    /// What is wrong with the file.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::files`].
    pub fn check_file(&self, index: usize) -> Result<Option<String>, DataError> {
        (self.kind.check)(&self.contents.place, &self.contents.files[index].1)
    }

    /// The picture a signal was computed from, where it is not the signal itself: the mask of a silhouette.
    ///
    /// # Errors
    /// A file that cannot be read.
    ///
    /// # Panics
    /// If `index` is not below [`DataSet::len`].
    pub fn original(&self, split: Split, index: usize) -> Result<Option<Picture>, DataError> {
        self.contents.original.as_ref().map(|original| original(split, index)).transpose()
    }

    fn entries(&self, split: Split) -> &[Entry] {
        match split {
            Split::Train => &self.contents.train,
            Split::Test => &self.contents.test,
        }
    }
}

/// Points and distances of the rows x, y, z, d.
fn parted(rows: &[f32]) -> (Places, Vec<f32>) {
    let points = rows.chunks_exact(4).flat_map(|row| [row[0], row[1], row[2]]).collect();
    (Places::Points(points), rows.chunks_exact(4).map(|row| row[3]).collect())
}
