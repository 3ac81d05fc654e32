//! Files: where they lie, which there are, which are listed, and what was seen of them.

pub(crate) mod archive;
pub(crate) mod fingerprint;
pub(crate) mod folder;
pub(crate) mod npz;
pub(crate) mod place;
mod remarks;
