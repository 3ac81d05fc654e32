//! The checksum that a file of ours carries among its metadata: what is read is what was written, or it is refused.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};

use crate::disk::write_atomically;
use crate::error::FileError;

/// Its name among the metadata.
pub(super) const SEAL: &str = "inr_sha256";

/// A tensor to be written: name, type, shape, bytes.
pub(super) type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// Writes tensors and metadata with their checksum, as a whole or not at all.
pub(super) fn write(
    path: &Path,
    tensors: &[Tensor],
    mut metadata: HashMap<String, String>,
) -> Result<(), FileError> {
    let format =
        |e: safetensors::SafeTensorError| FileError::Format { path: path.into(), reason: e.to_string() };
    let parts = tensors.iter().map(|(name, dtype, shape, bytes)| (&name[..], *dtype, &shape[..], &bytes[..]));
    metadata.insert(SEAL.into(), seal(parts, &metadata));
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(format)?;
    let mut bytes = safetensors::serialize(views, Some(metadata.clone())).map_err(format)?;
    sort_metadata(&mut bytes, &metadata);
    write_atomically(path, &bytes)
}

/// Puts the metadata in alphabetical order, so that the same contents are the same file: safetensors writes them in that of
/// a hash map.
fn sort_metadata(file: &mut [u8], metadata: &HashMap<String, String>) {
    const BEFORE: &[u8] = br#"{"__metadata__":"#;
    let sorted = serde_json::to_vec(&metadata.iter().collect::<BTreeMap<_, _>>()).unwrap_or_default();
    let place = 8 + BEFORE.len()..8 + BEFORE.len() + sorted.len();
    if file[8..].starts_with(BEFORE) && file.get(place.end - 1) == Some(&b'}') {
        file[place].copy_from_slice(&sorted);
    }
}

/// SHA-256 of tensors and of all metadata but the checksum itself, each in alphabetical order; hexadecimal.
pub(super) fn seal<'a>(
    tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>,
    metadata: &HashMap<String, String>,
) -> String {
    let mut sha = Sha256::new();
    // With its length in front, no part can pass for a piece of its neighbour.
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    };
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_by_key(|(name, ..)| *name);
    for (name, dtype, shape, bytes) in tensors {
        part(name.as_bytes());
        part(format!("{dtype} {shape:?}").as_bytes());
        part(bytes);
    }
    let mut entries: Vec<_> = metadata.iter().filter(|(key, _)| *key != SEAL).collect();
    entries.sort();
    for (key, value) in entries {
        part(key.as_bytes());
        part(value.as_bytes());
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::TensorFile;

    #[test]
    fn the_same_contents_are_the_same_file_and_a_changed_bit_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let tensors = [("a".to_string(), Dtype::F32, vec![2], vec![0; 8])];
        let metadata = || (0..20).map(|n| (format!("key{n}"), format!("\"{n}\"\n"))).collect();
        let file = |name: &str| {
            write(&dir.path().join(name), &tensors, metadata()).unwrap();
            std::fs::read(dir.path().join(name)).unwrap()
        };
        let whole = file("one");
        assert_eq!(whole, file("two"));
        assert_eq!(TensorFile::read_own(&dir.path().join("one")).unwrap().metadata("key7"), Some("\"7\"\n"));
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                std::fs::write(dir.path().join("changed"), changed).unwrap();
                assert!(TensorFile::read_own(&dir.path().join("changed")).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}
