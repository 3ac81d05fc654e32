//! LibTorch for the engine `burn-tch`: whether the arguments ask for it, and where it is.
//!
//! `LIBTORCH` if it is set, else `target/libtorch`, where `data-scripts/libtorch.sh` puts it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cargo feature of `repro` and `inr-burn` that builds it in.
pub const FEATURE: &str = "tch";

/// Sets a command's environment if the arguments ask for LibTorch; whether they do.
///
/// # Errors
/// If they do and it is not there: the command that gets it.
pub fn prepare(command: &mut Command, args: &[OsString], root: &Path) -> Result<bool, String> {
    if !wanted(args) {
        return Ok(false);
    }
    let libtorch = place(env::var_os("LIBTORCH"), root)?;
    command.env("LD_LIBRARY_PATH", search_path(&libtorch, env::var_os("LD_LIBRARY_PATH").as_deref()));
    command.env("LIBTORCH", libtorch);
    Ok(true)
}

/// `--engine burn-tch` of a run, `--features tch` of a test.
fn wanted(args: &[OsString]) -> bool {
    let words = args.iter().filter_map(|arg| arg.to_str());
    words.flat_map(|arg| arg.split(['=', ',', '/'])).any(|word| word == "burn-tch" || word == FEATURE)
}

fn place(named: Option<OsString>, root: &Path) -> Result<PathBuf, String> {
    let ours = root.join("target/libtorch");
    match named {
        Some(named) => Ok(named.into()),
        None if ours.is_dir() => Ok(ours),
        None => Err("the engine burn-tch needs LibTorch, and there is none in target/libtorch\n  \
                     get it (0.9 GB): data-scripts/libtorch.sh target/libtorch\n  \
                     or name one:     export LIBTORCH=<its folder>"
            .into()),
    }
}

/// LibTorch's libraries before those that were searched already.
fn search_path(libtorch: &Path, known: Option<&OsStr>) -> OsString {
    let mut path = libtorch.join("lib").into_os_string();
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        path.push(":");
        path.push(known);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(line: &str) -> bool {
        wanted(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn it_is_wanted_by_engine_or_feature_only() {
        assert!(asks("run table1 --engine burn-tch"));
        assert!(asks("run table1 --engine=burn-tch"));
        assert!(asks("--features inr-burn/tch"));
        assert!(!asks("run table1 --engine burn-flex --out patch"));
    }

    #[test]
    fn the_named_one_comes_first_and_a_missing_one_is_explained() {
        let nowhere = Path::new("no-such-folder");
        assert_eq!(place(Some("torch".into()), nowhere), Ok(PathBuf::from("torch")));
        assert!(place(None, nowhere).is_err_and(|advice| advice.contains("data-scripts/libtorch.sh")));
    }

    #[test]
    fn its_libraries_are_found_first() {
        assert_eq!(search_path(Path::new("t"), Some(OsStr::new("b"))), "t/lib:b");
        assert_eq!(search_path(Path::new("t"), None), "t/lib");
    }
}
