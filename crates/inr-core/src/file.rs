//! Networks and optimiser states as safetensors files, under the names of the authors' state dict.
//!
//! A dense leaf is `layers.L.linear.weight` `[out, in]`; a pruned one is `…weight_orig` and
//! `…weight_mask`, as torch's pruning names them (zero where pruned); biases are `…bias`. Metadata
//! carry `w0`. A training state has the tensors `adam.exp_avg`, `adam.exp_avg_sq` (`[len]`, the
//! flat buffer of the layout) beside them. Files of the authors' code (`weight_orig` not zeroed) read as well.
//!
//! Read are weights, biases and moments in F64, F32, F16 and BF16, and masks in these, in BOOL and in whole numbers of
//! any width ([`numbers`]); other tensors are not looked at, unless they belong to layers that a SIREN does not have.
//! A file of another format is named for what it is ([`foreign`]). Errors name the file and the leaf.

mod arrays;
mod foreign;
mod network;
mod numbers;
mod tensors;

pub use arrays::{Array, save_arrays};
pub use tensors::TensorFile;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::optim::Adam;
use crate::params::{LeafKind, Params, to_full};
use crate::real::Real;

/// What can be wrong with a parameter file.
#[derive(Debug)]
pub enum FileError {
    /// The file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is of another format.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// How to make a safetensors file of it.
        advice: String,
    },
    /// The file is damaged, or of no format that is known here.
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser met.
        reason: String,
    },
    /// A leaf is missing or does not fit.
    Leaf {
        /// The file.
        path: PathBuf,
        /// The leaf's name.
        leaf: String,
        /// What was expected and found.
        reason: String,
    },
}

// By hand: a derive macro would cost this crate's check a tenth of its time.
impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Foreign { path, what, advice } => {
                write!(f, "{}: {what}, not a safetensors file; {advice}", path.display())
            }
            Self::Format { path, reason } => write!(
                f,
                "{}: not a whole safetensors file ({reason}); write it again or take another copy",
                path.display()
            ),
            Self::Leaf { path, leaf, reason } => write!(f, "{}: {leaf}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for FileError {}

impl FileError {
    /// The operating system's reason, if it was one.
    pub fn io(&self) -> Option<&std::io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Writes a file as a whole or not at all: a temporary name in the same folder, sync, rename.
///
/// # Errors
/// If the folder cannot be written or the disk is full; the old file, if any, is then untouched.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let io = |source| FileError::Io { path: path.to_path_buf(), source };
    // Not by way of text: two names that are no UTF-8 would share one temporary file.
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        std::fs::remove_file(&temporary).ok();
        io(error)
    })
}

/// Writes a network, with the optimiser's state if given, and free metadata; as a whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn save<T: Real>(
    path: &Path,
    params: &Params<T>,
    adam: Option<&Adam<T>>,
    metadata: &[(&str, String)],
) -> Result<(), FileError> {
    let dtype = if T::BYTES == 4 { Dtype::F32 } else { Dtype::F64 };
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for leaf in params.layout().leaves() {
        let shape = if leaf.kind == LeafKind::Weight { vec![leaf.rows, leaf.cols] } else { vec![leaf.rows] };
        let bytes = le_bytes(&to_full(leaf, params.leaf(leaf)));
        match &leaf.kept {
            None => tensors.push((leaf.name.clone(), dtype, shape, bytes)),
            Some(kept) => {
                let mut mask = vec![0u8; leaf.rows * leaf.cols];
                kept.iter().for_each(|&i| mask[i as usize] = 1);
                tensors.push((format!("{}_orig", leaf.name), dtype, shape.clone(), bytes));
                tensors.push((format!("{}_mask", leaf.name), Dtype::U8, shape, mask));
            }
        }
    }
    let mut header = HashMap::from([("w0".to_string(), params.layout().siren().w0.to_string())]);
    if let Some(adam) = adam {
        for (name, moment) in [("adam.exp_avg", &adam.exp_avg), ("adam.exp_avg_sq", &adam.exp_avg_sq)] {
            tensors.push((name.into(), dtype, vec![moment.len()], le_bytes(moment)));
        }
        header.insert("adam.step".into(), adam.step.to_string());
    }
    header.extend(metadata.iter().map(|(k, v)| (k.to_string(), v.clone())));
    let format =
        |e: safetensors::SafeTensorError| FileError::Format { path: path.into(), reason: e.to_string() };
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(format)?;
    let bytes = safetensors::serialize(views, Some(header)).map_err(format)?;
    write_atomically(path, &bytes)
}

fn le_bytes<T: Real>(values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * T::BYTES);
    values.iter().for_each(|v| v.push_le(&mut bytes));
    bytes
}
