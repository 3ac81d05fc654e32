//! Named arrays that are no network: what a program keeps beside one.

use std::path::Path;

use safetensors::Dtype;

use super::seal::{self, Tensor};
use super::tensors::TensorFile;
use crate::error::FileError;

/// Numbers of one type, in C order.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers.
    U32(Vec<u32>),
}

impl Array {
    fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
            Self::U32(_) => Dtype::U32,
        }
    }

    fn le_bytes(&self) -> Vec<u8> {
        match self {
            Self::F32(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::F64(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::U32(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }
}

/// Writes arrays (name, shape, numbers) and free metadata as safetensors, as a whole or not at all.
///
/// # Errors
/// If a shape is not that of its numbers, or the file cannot be written.
pub fn save_arrays(
    path: &Path,
    arrays: &[(&str, Vec<usize>, Array)],
    metadata: &[(&str, String)],
) -> Result<(), FileError> {
    let tensor = |(name, shape, array): &(&str, Vec<usize>, Array)| {
        (name.to_string(), array.dtype(), shape.clone(), array.le_bytes())
    };
    let tensors: Vec<Tensor> = arrays.iter().map(tensor).collect();
    let metadata = metadata.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    seal::write(path, &tensors, metadata)
}

impl TensorFile {
    /// A tensor's shape and its whole numbers: U32.
    ///
    /// # Errors
    /// If there is none of that name (the message lists those there are), or its numbers are of another type.
    pub fn whole_numbers(&self, name: &str) -> Result<(&[usize], Vec<u32>), FileError> {
        let (dtype, shape, bytes) = self.stored_numbers(name)?;
        match dtype {
            Dtype::U32 => {
                let number = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                Ok((shape, bytes.chunks_exact(4).map(number).collect()))
            }
            other => {
                Err(self.leaf_error(name, format!("numbers of type {other}; expected U32: compute it anew")))
            }
        }
    }
}
