//! Where things are: the workspace this program was built from, and the folders of data sets.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// Folders a data set is looked for in: the one named, then the shipped one.
pub fn data_roots(named: Option<&Path>) -> Result<Vec<PathBuf>> {
    if let Some(root) = named {
        anyhow::ensure!(root.is_dir(), "--data-root {}: no such folder", root.display());
    }
    Ok(named.map(Path::to_path_buf).into_iter().chain([workspace().join("data")]).collect())
}

/// The folder of the workspace this binary was built from; the current folder if that is gone.
pub fn workspace() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    built.canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}
