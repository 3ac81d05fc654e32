//! Folders for a short time that nobody else has: made anew under a name that cannot be known before, and, where the
//! system has such rights, open to their owner only. What is there already, a link above all, is never used.

use std::collections::hash_map::RandomState;
use std::env;
use std::fs::DirBuilder;
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Names that are tried before it is given up: 64 random bits do not meet twice.
const TRIES: usize = 16;

/// A fresh folder in the temporary folder of the system.
///
/// # Errors
/// If none can be made there; what to do.
pub fn folder(what: &str) -> Result<PathBuf, String> {
    fresh(&env::temp_dir(), || format!("{what}-{:016x}", random()))
}

fn fresh(place: &Path, name: impl Fn() -> String) -> Result<PathBuf, String> {
    let refused = |why: &dyn std::fmt::Display| {
        format!(
            "cannot make a folder in {}: {why}; set TMPDIR to a folder that can be written",
            place.display()
        )
    };
    for _ in 0..TRIES {
        let path = place.join(name());
        match private().create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(refused(&error)),
        }
    }
    Err(refused(&"every name is taken"))
}

#[cfg(unix)]
fn private() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private() -> DirBuilder {
    DirBuilder::new()
}

/// 64 bits of the system's random numbers: the standard library keys its hash maps with them.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_anew_and_is_its_owners() {
        let [a, b] =
            [folder("xtask-private"), folder("xtask-private")].map(|made| made.expect("TMPDIR is there"));
        assert!(a.is_dir() && a != b);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&a).expect("just made").permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        // What is there is not taken, be it a folder or a link to one.
        assert!(fresh(&a, || ".".into()).is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&b, a.join("planted")).expect("a link");
            assert!(fresh(&a, || "planted".into()).is_err_and(|why| why.contains("taken")));
        }
        assert!(fresh(&a.join("nowhere"), || "x".into()).is_err_and(|why| why.contains("TMPDIR")));
        [a, b].iter().for_each(|made| std::fs::remove_dir_all(made).expect("ours"));
    }
}
