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

mod archive;
mod area;
mod celeba;
mod check;
mod choose;
mod crop;
mod decode_jpeg;
mod decode_png;
mod distance;
mod error;
mod fingerprint;
mod folder;
mod imagenette;
mod kinds;
mod left_out;
mod npz;
mod official;
mod photos;
mod picture;
mod place;
mod prepare;
mod random;
mod resize;
mod sdf2d;
mod set;
mod shapes;
mod silhouettes;
mod trouble;

pub use area::area_average;
pub use choose::Choice;
pub use error::DataError;
pub use kinds::{KINDS, Kind, kind};
pub use official::{Official, official_files};
pub use picture::{Picture, load_picture};
pub use prepare::{Preparation, Prepared, prepare_picture, signal_of_picture};
pub use set::{DataSet, Places, Signal, Split, Survey, open, survey};
pub use shapes::sampling::{Held, HeldSizes, Scattered, cube_grid};
