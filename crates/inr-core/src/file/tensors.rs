//! A safetensors file in memory: its tensors by name, decoded when they are asked for.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

use super::foreign;
use super::numbers::{Numbers, is_floating, to_f64};
use super::seal::{SEAL, seal};
use crate::error::FileError;

/// A file's tensors and metadata.
pub struct TensorFile {
    path: PathBuf,
    bytes: Vec<u8>,
    tensors: BTreeMap<String, Stored>,
    metadata: HashMap<String, String>,
}

/// Where a tensor lies in the file.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    range: Range<usize>,
}

impl TensorFile {
    /// Reads a file whole. A tensor's number type is judged when the tensor is asked for.
    ///
    /// # Errors
    /// If the file cannot be read, is of another format (the message says which), or is damaged.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = read_safetensors(path)?;
        let format =
            |e: safetensors::SafeTensorError| FileError::Format { path: path.into(), reason: e.to_string() };
        let (header_len, header) = SafeTensors::read_metadata(&bytes).map_err(format)?;
        let begin = 8 + header_len;
        let stored = |info: &safetensors::tensor::TensorInfo| Stored {
            dtype: info.dtype,
            shape: info.shape.clone(),
            range: begin + info.data_offsets.0..begin + info.data_offsets.1,
        };
        let tensors = header.tensors().into_iter().map(|(name, info)| (name, stored(info))).collect();
        let metadata = header.metadata().clone().unwrap_or_default();
        let file = Self { path: path.into(), bytes, tensors, metadata };
        match file.metadata.get(SEAL) {
            Some(seal) if *seal != file.seal() => {
                Err(file.damaged("its contents are not those of its checksum"))
            }
            _ => Ok(file),
        }
    }

    /// Reads a file that this program wrote.
    ///
    /// # Errors
    /// As [`TensorFile::read`]; and if it has no checksum.
    pub fn read_own(path: &Path) -> Result<Self, FileError> {
        let file = Self::read(path)?;
        match file.metadata.contains_key(SEAL) {
            true => Ok(file),
            false => Err(file.damaged("it has no checksum")),
        }
    }

    fn seal(&self) -> String {
        let tensors = self.tensors.iter().map(|(name, stored)| {
            (&name[..], stored.dtype, &stored.shape[..], &self.bytes[stored.range.clone()])
        });
        seal(tensors, &self.metadata)
    }

    fn damaged(&self, reason: &str) -> FileError {
        FileError::Format { path: self.path.clone(), reason: reason.into() }
    }

    /// A tensor's shape and its values: F64, F32, F16 or BF16, as f64.
    ///
    /// # Errors
    /// If there is none of that name (the message lists those there are), or its numbers are of another type.
    pub fn get(&self, name: &str) -> Result<(&[usize], Vec<f64>), FileError> {
        self.numbers(name, Numbers::Values)
    }

    /// A tensor's shape.
    ///
    /// # Errors
    /// If there is none of that name; the message lists those there are.
    pub fn shape(&self, name: &str) -> Result<&[usize], FileError> {
        Ok(&self.stored(name)?.shape)
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Names of all tensors, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A metadata entry.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// A tensor's shape and numbers.
    pub(super) fn numbers(&self, name: &str, good_for: Numbers) -> Result<(&[usize], Vec<f64>), FileError> {
        let stored = self.stored(name)?;
        let numbers = to_f64(stored.dtype, &self.bytes[stored.range.clone()], good_for).ok_or_else(|| {
            let accepted = good_for.accepted();
            self.leaf_error(
                name,
                format!("numbers of type {}; expected {accepted}: convert it", stored.dtype),
            )
        })?;
        Ok((&stored.shape, numbers))
    }

    /// A tensor's type, shape and bytes.
    pub(super) fn stored_numbers(&self, name: &str) -> Result<(Dtype, &[usize], &[u8]), FileError> {
        let stored = self.stored(name)?;
        Ok((stored.dtype, &stored.shape, &self.bytes[stored.range.clone()]))
    }

    /// Whether a tensor that is there holds floating-point numbers.
    pub(super) fn is_floating(&self, name: &str) -> bool {
        self.tensors.get(name).is_some_and(|stored| is_floating(stored.dtype))
    }

    /// An error at a leaf of this file.
    pub(super) fn leaf_error(&self, leaf: &str, reason: String) -> FileError {
        FileError::Leaf { path: self.path.clone(), leaf: leaf.into(), reason }
    }

    fn stored(&self, name: &str) -> Result<&Stored, FileError> {
        self.tensors.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            let found = if names.is_empty() { "no tensor".into() } else { names.join(", ") };
            self.leaf_error(name, format!("missing; the file has {found}"))
        })
    }
}

/// Bytes of both ends of a file that tell what it is: enough for the names in most archives.
const ENDS: usize = 1 << 16;

/// The file's bytes, if it begins like safetensors; a file of another kind is not read whole.
fn read_safetensors(path: &Path) -> Result<Vec<u8>, FileError> {
    let io = |source| FileError::Io { path: path.into(), source };
    let mut file = std::fs::File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.by_ref().take(ENDS as u64).read_to_end(&mut bytes).map_err(io)?;
    if foreign::begins_like_safetensors(&bytes) {
        file.read_to_end(&mut bytes).map_err(io)?;
        return Ok(bytes);
    }
    Err(foreign::refusal(path, &bytes, &end(&mut file)))
}

/// The last bytes of a file; none of a pipe.
fn end(file: &mut std::fs::File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = file.seek(SeekFrom::End(0)).unwrap_or(0);
    let begin = file.seek(SeekFrom::Start(length.saturating_sub(ENDS as u64)));
    if begin.and_then(|_| file.take(ENDS as u64).read_to_end(&mut bytes)).is_err() {
        bytes.clear();
    }
    bytes
}
