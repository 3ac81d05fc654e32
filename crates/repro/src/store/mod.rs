//! Run directories, their manifests, and files that grow.

mod directory;
mod growing;
mod manifest;

pub use directory::{Held, NUMERICS, Run, Store};
pub use growing::Growing;
pub use manifest::{KeptFile, Manifest, Status, unix_time};
