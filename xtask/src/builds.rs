//! What a command's arguments ask to be built: the cargo features of `repro` and the libraries behind them.
//!
//! burn takes as long to compile as all the rest, and most commands compute on `native`: an engine on burn tensors is
//! built in when it is named, and only then. The features are those of `crates/repro/Cargo.toml`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::libtorch;

/// The cargo feature of `repro` that builds the engines on burn tensors in; the one on LibTorch has its own.
pub const FEATURE: &str = "burn";

/// The same, as cargo names it where it builds the whole workspace.
pub const OF_TESTS: &str = "repro/burn";

/// Their names, `burn-flex` and `burn-tch`, begin so.
const BEGINNING: &str = "burn-";

/// Makes `cargo` build what these arguments of the binary need, and `repro` find it.
///
/// # Errors
/// If LibTorch is asked for and not there: the command that gets it.
pub fn prepare(
    cargo: &mut Command,
    repro: &mut Command,
    args: &[OsString],
    root: &Path,
) -> Result<(), String> {
    if engine(args).is_some_and(|name| name.starts_with(BEGINNING)) {
        cargo.args(["--features", FEATURE]);
    }
    if libtorch::prepare(cargo, args, root)? {
        cargo.args(["--features", libtorch::FEATURE]);
    }
    libtorch::prepare(repro, args, root).map(|_| ())
}

/// The value of `--engine`.
fn engine(args: &[OsString]) -> Option<&str> {
    let mut words = args.iter().filter_map(|arg| arg.to_str());
    let given = words.find_map(|word| word.strip_prefix("--engine"))?;
    given.strip_prefix('=').or_else(|| words.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo is told beyond its own arguments.
    fn told(line: &str) -> String {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let (mut cargo, mut repro) = (Command::new("cargo"), Command::new("repro"));
        prepare(&mut cargo, &mut repro, &args, Path::new("no-such-folder"))
            .unwrap_or_else(|advice| panic!("{advice}"));
        cargo.get_args().collect::<Vec<_>>().join(" ".as_ref()).to_string_lossy().into_owned()
    }

    #[test]
    fn burn_is_built_when_an_engine_of_its_own_is_named() {
        assert_eq!(told("golden small --engine burn-flex --precision f64"), "--features burn");
        assert_eq!(told("run table1 --engine=burn-flex"), "--features burn");
    }

    #[test]
    fn it_is_not_built_for_anything_else() {
        for line in ["run table1", "run table1 --engine native-avx2 --out burn-flex", "list", "--engine"] {
            assert_eq!(told(line), "", "{line}");
        }
    }
}
