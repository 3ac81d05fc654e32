//! Signals from photographs, silhouettes, CelebA, Imagenette, ShapeNet and other shapes, in two and three
//! dimensions.
//!
//! A data set is one file and one row of [`KINDS`]: where it lies under a data folder, what its licence
//! allows, how to get it, and the function that opens it. Opening lists the signals; loading one decodes its
//! file, crops it as the paper's code does (Meta-SparseINR, tools/dataloader.py: 178 × 178 × 3 in [0, 1]) and
//! averages it down to the side asked for. Signals are plain values, with no tensor type: `values` is [side ·
//! side, channels], row-major; those of a shape in space stand at scattered points (`shapes`).
//!
//! ```no_run
//! # fn main() -> Result<(), datasets::DataError> {
//! let photos = datasets::open("photos", &["data".into()])?;
//! let scored = photos.choose(datasets::Split::Test, datasets::Choice::Stratified { count: 8 })?;
//! let signals = photos.load_many(datasets::Split::Test, &scored, 64)?;
//! # Ok(()) }
//! ```

mod choose;
mod error;
mod fields;
mod files;
mod images;
mod kind;
mod kinds;
mod left_out;
mod official;
mod own_picture;
mod picture;
mod random;
mod set;
mod shapes;
mod signal;
mod trouble;

pub use choose::Choice;
pub use error::DataError;
pub use kind::Kind;
pub use kinds::{KINDS, kind};
pub use official::{Official, official_files};
pub use own_picture::{Prepared, prepare_picture, signal_of_picture};
pub use picture::area::area_average;
pub use picture::decode::load_picture;
pub use picture::pixels::Picture;
pub use picture::preparation::Preparation;
pub use set::{DataSet, Survey, open, survey};
pub use shapes::sampling::cube_grid;
pub use signal::{Held, HeldSizes, Places, Scattered, Signal, Split};
