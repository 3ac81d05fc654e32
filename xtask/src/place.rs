//! Where the workspace is, and what is in its folders.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The names in a folder, sorted.
///
/// # Errors
/// If it cannot be listed, or has a name that is not UTF-8: passed over, it would be missing without a word.
pub fn names(folder: &Path) -> Result<Vec<String>, String> {
    let said = |error| format!("{}: {error}", folder.display());
    let name = |entry: fs::DirEntry| {
        let refused = |name: std::ffi::OsString| {
            format!("{}: its name is not UTF-8; rename it", folder.join(name).display())
        };
        entry.file_name().into_string().map_err(refused)
    };
    let entries = fs::read_dir(folder).map_err(said)?;
    let mut names =
        entries.map(|entry| entry.map_err(said).and_then(name)).collect::<Result<Vec<String>, String>>()?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")] // others refuse to make such a name
    #[test]
    fn names_are_sorted_and_one_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let folder = std::env::temp_dir().join(format!("xtask-names-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for name in ["b.toml", "a.toml"] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(names(&folder), Ok(vec!["a.toml".into(), "b.toml".into()]));
        fs::write(folder.join(std::ffi::OsStr::from_bytes(b"c\xff.toml")), "").unwrap();
        assert!(names(&folder).is_err_and(|error| error.contains("not UTF-8; rename it")));
        fs::remove_dir_all(&folder).unwrap();
    }
}
