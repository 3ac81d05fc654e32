//! Where peers live: a virtual environment of Python for each, made once from PyPI.
//!
//! PyTorch's is `target/peers`, the others' are `target/peers-NAME`. SparseProp is an extension of PyTorch, which it
//! finds in PyTorch's environment; it is compiled for this machine when it is installed.
//!
//! What is installed is named in `pins/*.txt`, every package with its version and the SHA-256 of its files: pip takes
//! nothing else. An environment of other versions is brought to these.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use inr_core::file::write_atomically;
use serde::Serialize;

/// A program that computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerName {
    /// PyTorch, eager.
    Torch,
    /// JAX, jit.
    Jax,
    /// SparseProp, sparse layers for PyTorch.
    Sparseprop,
}

impl Display for PeerName {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Torch => "torch",
            Self::Jax => "jax",
            Self::Sparseprop => "sparseprop",
        })
    }
}

/// A file of requirements, and what pip is told besides.
struct Pins {
    file: &'static str,
    text: &'static str,
    options: &'static [&'static str],
}

const WHEELS: &[&str] = &["--only-binary=:all:"];
const TORCH: Pins = Pins { file: "torch.txt", text: include_str!("pins/torch.txt"), options: WHEELS };
const JAX: Pins = Pins { file: "jax.txt", text: include_str!("pins/jax.txt"), options: WHEELS };
/// SparseProp asks for PyTorch when it runs and for pybind11 when it is built, and declares neither.
const SPARSEPROP_BUILD: Pins =
    Pins { file: "sparseprop-build.txt", text: include_str!("pins/sparseprop-build.txt"), options: WHEELS };
const SPARSEPROP: Pins = Pins {
    file: "sparseprop.txt",
    text: include_str!("pins/sparseprop.txt"),
    options: &["--no-build-isolation", "--no-deps"],
};

/// Fails if a package has another version than its pin; one that is not there is not for this system, or its import
/// fails.
const VERSIONS: &str = "
import sys
from importlib.metadata import PackageNotFoundError, version
for pin in sys.argv[1:]:
    name, wanted = pin.split('==')
    try:
        found = version(name).split('+')[0]
    except PackageNotFoundError:
        continue
    assert found == wanted, pin + ' is wanted, and ' + found + ' is here'
";

/// The words `name==version` of a file of requirements.
fn pinned(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| word.contains("=="))
}

/// A Python that has what a peer needs.
pub struct Environment {
    /// The interpreter.
    pub python: PathBuf,
    /// Folders of modules beside its own.
    pub modules: Vec<PathBuf>,
}

impl Environment {
    /// The environment of a peer below `target`; makes it if it is not there.
    ///
    /// # Errors
    /// If Python is missing or a package cannot be installed; the message has pip's last words.
    pub fn of(name: PeerName, target: &Path) -> Result<Self> {
        let home = |folder: &str| target.join(folder);
        match name {
            PeerName::Torch => Self::make(home("peers"), "import torch", &[TORCH], Vec::new()),
            PeerName::Jax => Self::make(home("peers-jax"), "import jax", &[JAX], Vec::new()),
            PeerName::Sparseprop => {
                let torch = Self::of(PeerName::Torch, target)?.modules()?;
                let check = "import torch, sparseprop.modules";
                Self::make(home("peers-sparseprop"), check, &[SPARSEPROP_BUILD, SPARSEPROP], vec![torch])
            }
        }
    }

    fn make(home: PathBuf, check: &str, packages: &[Pins], modules: Vec<PathBuf>) -> Result<Self> {
        let environment = Self { python: home.join("bin/python"), modules };
        let pins: Vec<&str> = packages.iter().flat_map(|pins| pinned(pins.text)).collect();
        let is_here =
            || output(environment.command()?.args(["-c", &format!("{check}\n{VERSIONS}")]).args(&pins));
        if is_here().is_ok() {
            return Ok(environment);
        }
        let last = packages.last().map_or("nothing", |pins| pins.file);
        crate::screen::note(&format!("installing {last} from PyPI into {} (minutes)", home.display()));
        let begin_again =
            || format!("delete {} to begin again; Python 3.11 to 3.14 is needed", home.display());
        output(Command::new("python3").args(["-m", "venv"]).arg(&home)).with_context(begin_again)?;
        packages.iter().try_for_each(|pins| environment.install(&home, pins)).with_context(begin_again)?;
        is_here().with_context(begin_again)?;
        Ok(environment)
    }

    fn install(&self, home: &Path, pins: &Pins) -> Result<()> {
        let file = home.join(pins.file);
        write_atomically(&file, pins.text.as_bytes())?;
        let mut pip = Command::new(&self.python);
        // Building a package calls the first `python3` and `pip` of the path: let them be this environment's.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(home.join("bin")).chain(std::env::split_paths(&path));
        pip.env("PATH", std::env::join_paths(path)?).args(["-m", "pip", "install", "--quiet"]);
        pip.args(["--require-hashes", "--requirement"]).arg(&file).args(pins.options);
        output(&mut pip).map(drop)
    }

    /// Every package of it with its version, as `name==version`, for the record.
    ///
    /// # Errors
    /// If pip does not answer.
    pub fn packages(&self) -> Result<Vec<String>> {
        let list = output(self.command()?.args(["-m", "pip", "freeze", "--all"]))?;
        Ok(list.lines().map(String::from).collect())
    }

    /// The interpreter, told where its modules are.
    ///
    /// # Errors
    /// If a folder's name has a colon, which PYTHONPATH cannot hold.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.python);
        command.env("PYTHONPATH", std::env::join_paths(&self.modules)?);
        Ok(command)
    }

    /// The folder of its own modules.
    fn modules(&self) -> Result<PathBuf> {
        let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
        Ok(PathBuf::from(output(self.command()?.args(["-c", ask]))?.trim()))
    }
}

/// What a command prints.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last_words = lines[lines.len().saturating_sub(8)..].join("\n");
        bail!("{:?} ended with {}:\n{last_words}", command.get_program(), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_version_and_hash() {
        for pins in [TORCH, JAX, SPARSEPROP_BUILD, SPARSEPROP] {
            let heads: Vec<&str> = pins.text.lines().filter(|l| l.starts_with(char::is_alphabetic)).collect();
            assert!(!heads.is_empty() && heads.len() == pinned(pins.text).count(), "{}", pins.file);
            for head in heads {
                let (_, behind) = pins.text.split_once(head).unwrap();
                assert!(head.ends_with('\\') && behind.trim_start().starts_with("--hash=sha256:"), "{head}");
            }
        }
        assert!(pinned(TORCH.text).any(|pin| pin.starts_with("torch==")));
    }
}
