//! Networks and optimiser states as safetensors files, under the names of the authors' state dict.
//!
//! A dense leaf is `layers.L.linear.weight` `[out, in]`; a pruned one is `…weight_orig` and
//! `…weight_mask`, as torch's pruning names them (zero where pruned); biases are `…bias`. Metadata
//! carry `w0`. A training state has the tensors `adam.exp_avg`, `adam.exp_avg_sq` (`[len]`, the
//! flat buffer of the layout) beside them. Files of the authors' code (`weight_orig` not zeroed,
//! masks in any number type) read as well. Errors name the file and the leaf.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::optim::Adam;
use crate::params::{Layout, LeafKind, Params, from_full, to_full};
use crate::real::Real;
use crate::siren::Siren;

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
    /// The file is not safetensors, or is damaged.
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
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("file");
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        std::fs::remove_file(&temporary).ok();
        io(error)
    })
}

/// All tensors of a safetensors file, in memory.
pub struct TensorFile {
    path: PathBuf,
    tensors: HashMap<String, (Vec<usize>, Vec<f64>, Dtype)>,
    metadata: HashMap<String, String>,
}

impl TensorFile {
    /// Reads a file whole; every number type becomes f64.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or holds a number type other than F64, F32, U8 or BOOL.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = std::fs::read(path).map_err(|source| FileError::Io { path: path.into(), source })?;
        let format = |reason: String| FileError::Format { path: path.into(), reason };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| format(e.to_string()))?;
        let parsed = SafeTensors::deserialize(&bytes).map_err(|e| format(e.to_string()))?;
        let mut tensors = HashMap::new();
        for (name, view) in parsed.tensors() {
            let values = to_f64(&view).ok_or_else(|| FileError::Leaf {
                path: path.into(),
                leaf: name.clone(),
                reason: format!("numbers of type {:?}; expected F32 or F64", view.dtype()),
            })?;
            tensors.insert(name, (view.shape().to_vec(), values, view.dtype()));
        }
        Ok(Self { path: path.into(), tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }

    /// A tensor's shape and values.
    ///
    /// # Errors
    /// If there is none of that name; the message lists those there are.
    pub fn get(&self, name: &str) -> Result<(&[usize], &[f64]), FileError> {
        let found = self.tensors.get(name).map(|(shape, values, _)| (shape.as_slice(), values.as_slice()));
        found.ok_or_else(|| {
            let mut names: Vec<&str> = self.tensors.keys().map(String::as_str).collect();
            names.sort();
            self.leaf_error(name, format!("missing; the file has {}", names.join(", ")))
        })
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A metadata entry.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    fn leaf_error(&self, leaf: &str, reason: String) -> FileError {
        FileError::Leaf { path: self.path.clone(), leaf: leaf.into(), reason }
    }

    /// The network in the file: shape from its leaves, mask from `weight_mask` where present.
    ///
    /// `w0_if_absent` is used where the metadata carry no `w0` (the authors' files do not).
    ///
    /// # Errors
    /// If a leaf is missing, of a shape that does not follow its neighbours, or not finite.
    pub fn params<T: Real>(&self, w0_if_absent: f64) -> Result<Params<T>, FileError> {
        let siren = self.siren(w0_if_absent)?;
        let masks = (0..siren.layers()).map(|l| self.kept(l)).collect::<Result<Vec<_>, _>>()?;
        let layout = match masks.iter().all(Option::is_none) {
            true => Layout::dense(siren),
            false => {
                let all = |l: usize| (0..(siren.widths[l] * siren.widths[l + 1]) as u32).collect();
                let kept = masks.into_iter().enumerate().map(|(l, m)| m.unwrap_or_else(|| all(l))).collect();
                Layout::sparse(siren, kept)
            }
        };
        let mut values = Vec::with_capacity(layout.len());
        for leaf in layout.leaves() {
            let (shape, full) = self.get(&self.stored_name(&leaf.name))?;
            let expected: &[usize] =
                if leaf.kind == LeafKind::Weight { &[leaf.rows, leaf.cols] } else { &[leaf.rows] };
            if shape != expected {
                return Err(self.leaf_error(&leaf.name, format!("shape {shape:?}; expected {expected:?}")));
            }
            let kept = from_full(leaf, full);
            if let Some(bad) = kept.iter().find(|v| !v.is_finite()) {
                return Err(
                    self.leaf_error(&leaf.name, format!("holds {bad}; only finite numbers are parameters"))
                );
            }
            values.extend(kept.into_iter().map(T::from_f64));
        }
        Ok(Params::new(Arc::new(layout), values))
    }

    /// `weight_orig` where a pruned leaf stores its values, else the name itself.
    fn stored_name(&self, leaf: &str) -> String {
        let orig = format!("{leaf}_orig");
        if self.has(&orig) { orig } else { leaf.to_string() }
    }

    fn siren(&self, w0_if_absent: f64) -> Result<Siren, FileError> {
        let mut widths = Vec::new();
        for layer in 0.. {
            let name = self.stored_name(&format!("layers.{layer}.linear.weight"));
            if layer > 0 && !self.has(&name) {
                break;
            }
            let (shape, _) = self.get(&name)?;
            let &[rows, cols] = shape else {
                return Err(self.leaf_error(&name, format!("shape {shape:?}; expected [out, in]")));
            };
            match widths.last() {
                None => widths.extend([cols, rows]),
                Some(&last) if last == cols => widths.push(rows),
                Some(last) => {
                    return Err(self.leaf_error(&name, format!("shape {shape:?}; expected [out, {last}]")));
                }
            }
        }
        if widths.len() < 3 || widths.contains(&0) {
            return Err(self.leaf_error("layers", format!("widths {widths:?} are no SIREN")));
        }
        let w0 = match self.metadata("w0") {
            None => w0_if_absent,
            Some(text) => text.parse().map_err(|_| self.leaf_error("metadata", format!("w0 is {text:?}")))?,
        };
        if !(w0 > 0.0 && w0 < f64::INFINITY) {
            return Err(self.leaf_error("metadata", format!("w0 is {w0}; expected a positive number")));
        }
        Ok(Siren { widths, w0 })
    }

    fn kept(&self, layer: usize) -> Result<Option<Vec<u32>>, FileError> {
        let leaf = format!("layers.{layer}.linear.weight");
        let name = format!("{leaf}_mask");
        if !self.has(&name) {
            return Ok(None);
        }
        let (shape, mask) = self.get(&name)?;
        let expected = self.get(&self.stored_name(&leaf))?.0;
        if shape != expected || mask.iter().any(|&m| m != 0.0 && m != 1.0) {
            return Err(self.leaf_error(
                &name,
                format!("expected zeros and ones of shape {expected:?}, found shape {shape:?}"),
            ));
        }
        Ok(Some((0u32..).zip(mask).filter(|(_, m)| **m == 1.0).map(|(i, _)| i).collect()))
    }

    /// The Adam state in the file, for a layout of `len` entries.
    ///
    /// # Errors
    /// If a moment or the step is missing or of another length.
    pub fn adam<T: Real>(&self, lr: f64, len: usize) -> Result<Adam<T>, FileError> {
        let moment = |name: &str| -> Result<Vec<T>, FileError> {
            let (shape, values) = self.get(name)?;
            match shape == [len] {
                true => Ok(values.iter().map(|&v| T::from_f64(v)).collect()),
                false => Err(self.leaf_error(name, format!("shape {shape:?}; expected [{len}]"))),
            }
        };
        let step = self.metadata("adam.step").and_then(|s| s.parse().ok());
        let step = step.ok_or_else(|| self.leaf_error("metadata", "adam.step is missing".into()))?;
        Ok(Adam { lr, step, exp_avg: moment("adam.exp_avg")?, exp_avg_sq: moment("adam.exp_avg_sq")? })
    }
}

fn to_f64(view: &TensorView) -> Option<Vec<f64>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F64 => bytes.chunks_exact(8).map(f64::from_le).collect(),
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le(b).to_f64()).collect(),
        Dtype::U8 | Dtype::BOOL => bytes.iter().map(|&b| b as f64).collect(),
        _ => return None,
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
