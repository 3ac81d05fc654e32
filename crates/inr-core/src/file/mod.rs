//! Networks and optimiser states as safetensors files, under the names of the authors' state dict.
//!
//! A dense leaf is `layers.L.linear.weight` `[out, in]`; a pruned one is `…weight_orig` and
//! `…weight_mask`, as torch's pruning names them (zero where pruned); biases are `…bias`. Metadata
//! carry `w0`. A training state has the tensors `adam.exp_avg`, `adam.exp_avg_sq` (`[len]`, the
//! flat buffer of the layout) beside them. Files of the authors' code (`weight_orig` not zeroed) read as well.
//!
//! Every file carries a checksum of its contents, `inr_sha256` among its metadata. A file that does not have the contents it
//! was written with is refused; one without a checksum was written by another program, and is read as it is.
//!
//! Read are weights, biases and moments in F64, F32, F16 and BF16, and masks in these, in BOOL and in whole numbers of
//! any width ([`numbers`]); other tensors are not looked at, unless they belong to layers that a SIREN does not have.
//! A file of another format is named for what it is ([`foreign`]). Errors name the file and the leaf.

mod arrays;
mod foreign;
mod network;
mod numbers;
mod save;
mod seal;
mod tensors;

pub use crate::FileError;
pub use crate::disk::write_atomically;
pub use arrays::{Array, save_arrays};
pub use save::save;
pub use tensors::TensorFile;
