//! A network, and its optimiser's state, into the bytes of a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use safetensors::Dtype;

use super::seal::{self, Tensor};
use crate::error::FileError;
use crate::optim::Adam;
use crate::params::{Params, to_full};
use crate::real::Real;
use crate::siren::LeafKind;

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
    let mut tensors: Vec<Tensor> = Vec::new();
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
    seal::write(path, &tensors, header)
}

fn le_bytes<T: Real>(values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() * T::BYTES);
    values.iter().for_each(|v| v.push_le(&mut bytes));
    bytes
}
