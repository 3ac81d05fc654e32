//! Signed distance fields in the plane: exact ones of masks, and the authors' own.

mod distance;
pub(crate) mod mask;
pub(crate) mod sdf2d;
pub(crate) mod silhouettes;
